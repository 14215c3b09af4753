//! Addresses of `wasi:sockets/network`, and which of them a guest may use.

use super::types::NetworkErrorCode;
use crate::component::{Violation, record, variant};
use crate::wasi::Wasi;
use crate::wasi::errno::Errno;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use wasmc_abi::preview2::network_error;

/// `wasi:sockets/network#ipv4-address`
type Version4 = (u8, u8, u8, u8);
/// `wasi:sockets/network#ipv6-address`
type Version6 = (u16, u16, u16, u16, u16, u16, u16, u16);

record! {
    /// `wasi:sockets/network#ipv4-socket-address`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Ipv4SocketAddress {
        /// The port.
        pub port: u16,
        /// The host.
        pub address: Version4,
    }
}

record! {
    /// `wasi:sockets/network#ipv6-socket-address`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Ipv6SocketAddress {
        /// The port.
        pub port: u16,
        /// What datagrams belong together.
        pub flow_info: u32,
        /// The host.
        pub address: Version6,
        /// Where the address means something.
        pub scope_id: u32,
    }
}

variant! {
    /// `wasi:sockets/network#ip-socket-address`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum IpSocketAddress {
        /// Version 4.
        0 => Ipv4(Ipv4SocketAddress),
        /// Version 6.
        1 => Ipv6(Ipv6SocketAddress),
    }
}

variant! {
    /// `wasi:sockets/network#ip-address`
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum IpAddress {
        /// Version 4.
        0 => Ipv4(Version4),
        /// Version 6.
        1 => Ipv6(Version6),
    }
}

impl From<IpSocketAddress> for SocketAddr {
    fn from(address: IpSocketAddress) -> Self {
        match address {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) }) => {
                SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port).into()
            }
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port,
                flow_info,
                address: (a, b, c, d, e, f, g, h),
                scope_id,
            }) => SocketAddrV6::new(Ipv6Addr::new(a, b, c, d, e, f, g, h), port, flow_info, scope_id).into(),
        }
    }
}

fn version_4(address: Ipv4Addr) -> Version4 {
    address.octets().into()
}

fn version_6(address: Ipv6Addr) -> Version6 {
    address.segments().into()
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(v4) => Self::Ipv4(Ipv4SocketAddress { port: v4.port(), address: version_4(*v4.ip()) }),
            SocketAddr::V6(v6) => Self::Ipv6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                address: version_6(*v6.ip()),
                scope_id: v6.scope_id(),
            }),
        }
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::Ipv4(version_4(v4)),
            IpAddr::V6(v6) => Self::Ipv6(version_6(v6)),
        }
    }
}

/// Why a call on a socket does not do what it should.
#[derive(Clone, Copy, Debug)]
pub enum Failure {
    /// With an error code.
    Code(NetworkErrorCode),
    /// It ends the call of the component.
    Broken(Violation),
}

impl From<NetworkErrorCode> for Failure {
    fn from(code: NetworkErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self::Code(network_error(errno.0).unwrap_or(NetworkErrorCode::Unknown))
    }
}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

/// What comes of a call on a socket.
pub type Done<T> = Result<T, Failure>;

/// What such a call answers.
pub type Answered<T> = super::Answer<Result<T, NetworkErrorCode>>;

/// Answers a call.
pub fn answer<T>(result: Done<T>) -> Answered<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Code(code)) => Ok(Err(code)),
        Err(Failure::Broken(violation)) => Err(violation.into()),
    }
}

/// An error of an attempt to reach an address: where the system has no port left, it says that the address is not one
/// of its own.
pub fn reaching(errno: Errno) -> Failure {
    if errno == Errno::ADDRNOTAVAIL { NetworkErrorCode::AddressInUse.into() } else { errno.into() }
}

fn check_kind(address: SocketAddr, is_version_6: bool) -> Done<()> {
    let stands_for_one = match address.ip() {
        IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast(),
        IpAddr::V6(v6) => !v6.is_multicast() && v6.to_ipv4_mapped().is_none(),
    };
    let is_right = address.is_ipv6() == is_version_6 && stands_for_one;
    if is_right { Ok(()) } else { Err(NetworkErrorCode::InvalidArgument.into()) }
}

fn granted(is_granted: bool) -> Done<()> {
    if is_granted { Ok(()) } else { Err(NetworkErrorCode::AccessDenied.into()) }
}

/// Checks an address to reach: it must be that of one host, at a port, and of the socket's version.
pub fn check_remote(wasi: &Wasi, address: SocketAddr, is_version_6: bool) -> Done<()> {
    check_kind(address, is_version_6)?;
    if address.ip().is_unspecified() || address.port() == 0 {
        return Err(NetworkErrorCode::InvalidArgument.into());
    }
    granted(wasi.network.reaches(address))
}

/// Checks an address to bind a socket to. Any port may be used that nobody knows.
pub fn check_local(wasi: &Wasi, address: SocketAddr, is_version_6: bool) -> Done<()> {
    check_kind(address, is_version_6)?;
    granted(address.port() == 0 || wasi.network.listens(address))
}
