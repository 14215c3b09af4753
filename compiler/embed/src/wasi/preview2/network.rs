//! `wasi:sockets/network`, `instance-network` and `ip-name-lookup`; and what sockets of both kinds share.

use super::addresses::{Answered, Done, IpAddress, answer};
use super::handles::{self, Network, ResolveAddressStream};
use super::resources::Resource;
use super::types::NetworkErrorCode;
use super::{Answer, io};
use crate::component::Borrowed;
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptor;
use crate::wasi::errno::Errno;
use crate::wasi::socket::SocketOption;
use std::net::{IpAddr, ToSocketAddrs};
use wasmc_abi::preview2::network_error;

pub fn sockets_instance_network_instance_network(wasi: &mut Wasi, (): ()) -> Answer<Network> {
    Ok(wasi.resources.insert(Resource::Network, None)?)
}

pub fn sockets_network_network_error_code(
    wasi: &mut Wasi,
    (error,): (Borrowed<handles::Error>,),
) -> Answer<Option<NetworkErrorCode>> {
    Ok(network_error(wasi.resources.error(error.0)?.0))
}

/// Whether a name is one that can be looked up: labels of letters, digits, hyphens and underscores.
fn is_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// The addresses of a host, as the system finds them. Addresses stand for themselves.
fn look_up(wasi: &Wasi, name: &str) -> Done<Vec<IpAddr>> {
    let address = name.parse::<IpAddr>().ok();
    let mut found = match address {
        Some(address) => vec![address],
        None if !is_name(name) => return Err(NetworkErrorCode::InvalidArgument.into()),
        None if !wasi.network.looks_up => return Err(NetworkErrorCode::AccessDenied.into()),
        None => {
            let found = (name, 0).to_socket_addrs().map_err(|error| match error.raw_os_error() {
                Some(_) => Errno::from(error).into(),
                // Without a number, it is what the system's resolver says.
                None => super::addresses::Failure::Code(NetworkErrorCode::NameUnresolvable),
            })?;
            let mut found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            let mut known = std::collections::HashSet::new();
            found.retain(|&address| known.insert(address));
            found
        }
    };
    found.retain(|address| !matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()));
    Ok(found)
}

pub fn sockets_ip_name_lookup_resolve_addresses(
    wasi: &mut Wasi,
    (_, name): (Borrowed<Network>, String),
) -> Answered<ResolveAddressStream> {
    let result = look_up(wasi, &name).and_then(|found| {
        let number = wasi.descriptors.add(Descriptor::Addresses(found.into_iter()))?;
        Ok(wasi.resources.insert(Resource::Addresses(number), None)?)
    });
    answer(result)
}

pub fn sockets_ip_name_lookup_resolve_address_stream_resolve_next_address(
    wasi: &mut Wasi,
    (stream,): (Borrowed<ResolveAddressStream>,),
) -> Answered<Option<IpAddress>> {
    let number = wasi.resources.addresses(stream.0)?;
    Ok(Ok(match wasi.descriptors.get(number) {
        Ok(Descriptor::Addresses(addresses)) => addresses.next().map(IpAddress::from),
        _ => None,
    }))
}

pub fn sockets_ip_name_lookup_resolve_address_stream_subscribe(
    wasi: &mut Wasi,
    (stream,): (Borrowed<ResolveAddressStream>,),
) -> Answer<handles::Pollable> {
    wasi.resources.addresses(stream.0)?;
    io::subscribe(wasi, stream.0.0)
}

/// The option for the hop limit.
pub fn hop_limit(is_version_6: bool) -> SocketOption {
    if is_version_6 { SocketOption::HopLimitOfVersion6 } else { SocketOption::HopLimit }
}

/// What is set on a socket, by its number among what is open.
pub fn option(wasi: &Wasi, descriptor: i32, option: SocketOption) -> Done<u64> {
    Ok(wasi.descriptors.socket(descriptor)?.option(option)?)
}

/// Sets something on a socket, where zero is no value.
pub fn set_option(wasi: &Wasi, descriptor: i32, option: SocketOption, value: u64) -> Done<()> {
    if value == 0 && option != SocketOption::KeepAlive {
        return Err(NetworkErrorCode::InvalidArgument.into());
    }
    Ok(wasi.descriptors.socket(descriptor)?.set_option(option, value)?)
}
