//! `wasi:sockets/network`: addresses, and which of them the program may use.

use super::errors::NetworkError;
use super::resources::{self, Opened, Resource};
use crate::component::caller::{Address, LIST};
use crate::component::{Area, Caller, Lower, lower, trap_with_number};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileType, IpAddress, SocketAddress, SocketOption};
use crate::wasi::descriptors::{self, Descriptor, Kind, NONBLOCK};
use crate::wasi::grants;
use crate::wasi::reached::Reached;
use crate::wasi::rights::{SOCK_ACCEPT, SOCKET};
use wasmc_abi::component::Canonical;
use wasmc_abi::grants::{LISTEN, NAME_LOOKUP, NETWORK};
use wasmc_abi::preview2::{network_error, numbers};

/// `result<T, error-code>`
pub type Answer<T> = core::result::Result<T, NetworkError>;

/// What a program may want of the network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use<'a> {
    /// To be reached at an address. At port 0 that is one which nobody knows.
    Listen(&'a SocketAddress),
    /// To reach an address.
    Reach(&'a SocketAddress),
    /// To look up names.
    LookUp,
}

/// Fails unless the user has granted a use of the network. Nothing is granted by default.
pub fn check(wanted: Use) -> Answer<()> {
    let is_granted = |record: grants::Record| {
        let text = record.first.to_bytes();
        match (wanted, record.tag) {
            (Use::Listen(address), LISTEN) | (Use::Reach(address), NETWORK) => {
                Reached::parse(text).is_some_and(|reached| reached.includes(address))
            }
            (Use::LookUp, NETWORK) => text == NAME_LOOKUP.as_bytes(),
            _ => false,
        }
    };
    if grants::records().any(is_granted) { Ok(()) } else { Err(NetworkError::AccessDenied) }
}

/// Answers a call with what `call` makes of it.
pub fn answer<T: Lower>(canonical: &Canonical, to: u32, call: impl FnOnce(Caller) -> Answer<T>) {
    let caller = Caller::enter(canonical);
    let area = Area::<Answer<T>>::new(caller, to);
    area.put(caller, call(caller));
}

/// Answers a call on a socket, whose new state is kept: `get` finds it, with its representation, and `kept` is what is
/// kept of it.
pub fn answer_on<S, T: Lower>(
    canonical: &Canonical,
    to: u32,
    (get, kept): (impl FnOnce(Caller) -> (u32, S), fn(S) -> Resource),
    call: impl FnOnce(Caller, u32, &mut S) -> Answer<T>,
) {
    answer(canonical, to, |caller| {
        let (representation, mut socket) = get(caller);
        let answer = call(caller, representation, &mut socket);
        resources::set(representation, kept(socket));
        answer
    });
}

/// The flat values of an `ip-socket-address`: its case, and those of the larger case.
pub struct FlatAddress {
    /// The case.
    pub case: u32,
    /// Values.
    pub values: [u32; 11],
}

impl FlatAddress {
    /// The address. Traps where there is no such case.
    pub fn lift(&self) -> SocketAddress {
        match (self.case, self.values) {
            (0, [port, a, b, c, d, ..]) => {
                let mut ip = IpAddress::unspecified(false);
                ip.bytes.iter_mut().zip([a, b, c, d]).for_each(|(to, value)| *to = value as u8);
                SocketAddress::new(ip, port as u16)
            }
            (1, [port, flow, parts @ .., scope]) => {
                let mut ip = IpAddress::unspecified(true);
                let bytes = parts.into_iter().flat_map(|part| (part as u16).to_be_bytes());
                ip.bytes.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
                SocketAddress { ip, port: port as u16, flow, scope }
            }
            (case, _) => trap_with_number("unexpected discriminant: ", case, ""),
        }
    }
}

/// An IP address of version 6 as eight words.
fn words(ip: &IpAddress) -> [u16; 8] {
    let mut words = [0; 8];
    let mut bytes = ip.bytes.into_iter();
    for word in &mut words {
        *word = u16::from_be_bytes([bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)]);
    }
    words
}

/// The first four bytes of an address.
fn bytes(ip: &IpAddress) -> [u8; 4] {
    let [a, b, c, d, ..] = ip.bytes;
    [a, b, c, d]
}

/// `ip-address`
impl Lower for IpAddress {
    const SIZE: u32 = lower::variant_size(16, Self::ALIGN);
    const ALIGN: u32 = 2;

    fn lower(self, caller: Caller, to: Address) {
        let at = lower::lower_case(caller, to, self.is_version_6.into(), Self::ALIGN);
        if self.is_version_6 {
            caller.write(at, words(&self));
        } else {
            caller.write(at, bytes(&self));
        }
    }
}

/// Offsets in an `ipv4-socket-address`: the port comes first.
const ADDRESS_4: u32 = 2;
/// Offsets in an `ipv6-socket-address`: the port comes first.
const FLOW: u32 = 4;
const ADDRESS_6: u32 = 8;
const SCOPE: u32 = 24;
const SIZE_6: u32 = 28;

/// `ip-socket-address`
impl Lower for SocketAddress {
    const SIZE: u32 = lower::variant_size(SIZE_6, Self::ALIGN);
    const ALIGN: u32 = 4;

    fn lower(self, caller: Caller, to: Address) {
        let at = lower::lower_case(caller, to, self.ip.is_version_6.into(), Self::ALIGN);
        caller.write(at, self.port);
        if self.ip.is_version_6 {
            caller.write(at.wrapping_add(FLOW), self.flow);
            caller.write(at.wrapping_add(ADDRESS_6), words(&self.ip));
            caller.write(at.wrapping_add(SCOPE), self.scope);
        } else {
            caller.write(at.wrapping_add(ADDRESS_4), bytes(&self.ip));
        }
    }
}

/// Reads an `ip-socket-address` of the caller's memory.
pub fn load(caller: Caller, from: Address) -> SocketAddress {
    let read_u8 = |offset: u32| u32::from(caller.read::<u8>(from.wrapping_add(offset), &LIST));
    let at = from.wrapping_add(4);
    let words: [u16; 12] = caller.read(at, &LIST);
    let [port, _, f0, f1, parts @ ..] = words.map(u16::from_le);
    let [p0, p1, p2, p3, p4, p5, p6, p7] = parts.map(u32::from);
    let flow = u32::from(f0) | u32::from(f1) << 16;
    let scope: u32 = if read_u8(0) == 1 { caller.read(at.wrapping_add(SCOPE), &LIST) } else { 0 };
    let values = match read_u8(0) {
        0 => [port.into(), read_u8(6), read_u8(7), read_u8(8), read_u8(9), 0, 0, 0, 0, 0, 0],
        _ => [port.into(), flow, p0, p1, p2, p3, p4, p5, p6, p7, scope],
    };
    FlatAddress { case: read_u8(0), values }.lift()
}

/// Checks an address of the caller's to reach: it must be that of one host, at a port, and of the socket's version.
pub fn check_remote(address: &SocketAddress, is_version_6: bool) -> Answer<()> {
    check_kind(address, is_version_6)?;
    if address.ip.is_unspecified() || address.port == 0 {
        return Err(NetworkError::InvalidArgument);
    }
    check(Use::Reach(address))
}

/// Checks an address of the caller's to bind a socket to. Any port may be used that nobody knows.
pub fn check_local(address: &SocketAddress, is_version_6: bool) -> Answer<()> {
    check_kind(address, is_version_6)?;
    if address.port == 0 { Ok(()) } else { check(Use::Listen(address)) }
}

fn check_kind(address: &SocketAddress, is_version_6: bool) -> Answer<()> {
    let is_right = address.ip.is_version_6 == is_version_6 && address.ip.is_unicast() && !address.ip.is_mapped();
    if is_right { Ok(()) } else { Err(NetworkError::InvalidArgument) }
}

/// An `ip-address-family`. Traps where there is no such case.
pub fn is_version_6(family: u32) -> bool {
    match family {
        0 => false,
        1 => true,
        family => trap_with_number("unexpected discriminant: ", family, ""),
    }
}

/// Makes a socket, or keeps a connection, as a descriptor of the guest.
pub fn keep(host: Fd) -> Result<Opened> {
    let descriptor = Descriptor {
        host,
        kind: Kind::File(FileType::Socket),
        flags: NONBLOCK,
        rights: SOCKET & !SOCK_ACCEPT,
        ..Descriptor::FREE
    };
    let fd = descriptors::insert(descriptor).inspect_err(|_| {
        let _ = sys::close(host);
    })?;
    Ok(Opened::new(fd))
}

/// The descriptor of the system's behind a socket.
pub fn host(opened: Opened) -> Result<Fd> {
    descriptors::get(opened.fd, 0).map(|descriptor| descriptor.host)
}

/// What is set on a socket.
pub fn option(opened: Opened, option: SocketOption) -> Answer<u32> {
    Ok(sys::socket_option(host(opened)?, option)?)
}

/// Sets something on a socket, where zero is no value.
pub fn set_option(opened: Opened, option: SocketOption, value: u64) -> Answer<()> {
    if value == 0 && option != SocketOption::KeepAlive {
        return Err(NetworkError::InvalidArgument);
    }
    let most = match option {
        // The kernel's limits (`MAX_TCP_KEEPIDLE` and the two that follow it).
        SocketOption::KeepAliveIdle | SocketOption::KeepAliveInterval => 32767,
        SocketOption::KeepAliveCount => 127,
        _ => i32::MAX as u64 / 2,
    };
    Ok(sys::set_socket_option(host(opened)?, option, value.min(most) as u32)?)
}

/// The option for the hop limit.
pub fn hop_limit(is_version_6: bool) -> SocketOption {
    if is_version_6 { SocketOption::HopLimitOfVersion6 } else { SocketOption::HopLimit }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_network_drop_network(canonical: &Canonical, handle: u32) {
    resources::drop_handle(Caller::enter(canonical), handle, numbers::NETWORK);
}

/// What may be reached is the same for all handles of the network.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_instance_network_instance_network(canonical: &Canonical) -> u32 {
    resources::own(numbers::NETWORK, Resource::Token).give(Caller::enter(canonical))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_network_network_error_code(canonical: &Canonical, error: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::new(caller, to);
    area.put(caller, network_error(resources::error(caller, error).1.0));
}

/// The network that a call names: there is one.
pub fn check_network(caller: Caller, handle: u32) {
    resources::borrowed(caller, handle, numbers::NETWORK);
}

/// An error of an attempt to reach an address: where the system has no port left, it says that the address is not one
/// of its own.
pub fn reaching(error: Errno) -> NetworkError {
    if error == Errno::ADDRNOTAVAIL { NetworkError::AddressInUse } else { error.into() }
}
