//! `wasi:sockets`: a host grants no network. No socket can be made and no name looked up, so that the functions on
//! sockets have no handle to be called with.

use super::Answer;
use super::handles::{self, Network, ResolveAddressStream, TcpSocket, UdpSocket};
use super::resources::Resource;
use super::types::{IpAddressFamily, NetworkErrorCode};
use crate::component::{Borrowed, Violation};
use crate::wasi::Wasi;
use wasmc_abi::component::UNKNOWN_HANDLE_TEXT;
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

pub fn sockets_tcp_create_socket_create_tcp_socket(
    _: &mut Wasi,
    _: (IpAddressFamily,),
) -> Answer<Result<TcpSocket, NetworkErrorCode>> {
    Ok(Err(NetworkErrorCode::NotSupported))
}

pub fn sockets_udp_create_socket_create_udp_socket(
    _: &mut Wasi,
    _: (IpAddressFamily,),
) -> Answer<Result<UdpSocket, NetworkErrorCode>> {
    Ok(Err(NetworkErrorCode::NotSupported))
}

pub fn sockets_ip_name_lookup_resolve_addresses(
    _: &mut Wasi,
    _: (Borrowed<Network>, String),
) -> Answer<Result<ResolveAddressStream, NetworkErrorCode>> {
    Ok(Err(NetworkErrorCode::AccessDenied))
}

macro_rules! without_handle {
    ($($name:ident)*) => { $(
        pub fn $name(_: &mut Wasi, (): ()) -> Answer<()> {
            Err(Violation(UNKNOWN_HANDLE_TEXT).into())
        }
    )* };
}

without_handle! {
    sockets_ip_name_lookup_resolve_address_stream_resolve_next_address
    sockets_ip_name_lookup_resolve_address_stream_subscribe
    sockets_tcp_tcp_socket_start_bind
    sockets_tcp_tcp_socket_finish_bind
    sockets_tcp_tcp_socket_start_connect
    sockets_tcp_tcp_socket_finish_connect
    sockets_tcp_tcp_socket_start_listen
    sockets_tcp_tcp_socket_finish_listen
    sockets_tcp_tcp_socket_accept
    sockets_tcp_tcp_socket_local_address
    sockets_tcp_tcp_socket_remote_address
    sockets_tcp_tcp_socket_is_listening
    sockets_tcp_tcp_socket_address_family
    sockets_tcp_tcp_socket_set_listen_backlog_size
    sockets_tcp_tcp_socket_keep_alive_enabled
    sockets_tcp_tcp_socket_set_keep_alive_enabled
    sockets_tcp_tcp_socket_keep_alive_idle_time
    sockets_tcp_tcp_socket_set_keep_alive_idle_time
    sockets_tcp_tcp_socket_keep_alive_interval
    sockets_tcp_tcp_socket_set_keep_alive_interval
    sockets_tcp_tcp_socket_keep_alive_count
    sockets_tcp_tcp_socket_set_keep_alive_count
    sockets_tcp_tcp_socket_hop_limit
    sockets_tcp_tcp_socket_set_hop_limit
    sockets_tcp_tcp_socket_receive_buffer_size
    sockets_tcp_tcp_socket_set_receive_buffer_size
    sockets_tcp_tcp_socket_send_buffer_size
    sockets_tcp_tcp_socket_set_send_buffer_size
    sockets_tcp_tcp_socket_subscribe
    sockets_tcp_tcp_socket_shutdown
    sockets_udp_udp_socket_start_bind
    sockets_udp_udp_socket_finish_bind
    sockets_udp_udp_socket_stream
    sockets_udp_udp_socket_local_address
    sockets_udp_udp_socket_remote_address
    sockets_udp_udp_socket_address_family
    sockets_udp_udp_socket_unicast_hop_limit
    sockets_udp_udp_socket_set_unicast_hop_limit
    sockets_udp_udp_socket_receive_buffer_size
    sockets_udp_udp_socket_set_receive_buffer_size
    sockets_udp_udp_socket_send_buffer_size
    sockets_udp_udp_socket_set_send_buffer_size
    sockets_udp_udp_socket_subscribe
    sockets_udp_incoming_datagram_stream_receive
    sockets_udp_incoming_datagram_stream_subscribe
    sockets_udp_outgoing_datagram_stream_check_send
    sockets_udp_outgoing_datagram_stream_send
    sockets_udp_outgoing_datagram_stream_subscribe
}
