//! `wasi:sockets/udp` and `wasi:sockets/udp-create-socket`

use super::errors::NetworkError;
use super::network::{self, Answer, FlatAddress, answer, check_local, check_network, check_remote, host, is_version_6};
use super::resources::{self, Resource};
use super::state::{UdpSocket as Socket, UdpState as State};
use super::waiting;
use crate::component::caller::LIST;
use crate::component::{Bytes, Caller, List, Own, trap, trap_with_number};
use crate::errno::Errno;
use crate::sys::{self, SocketAddress, SocketOption};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;

/// Datagrams that one call may send.
const PERMIT: u32 = 16;

impl Socket {
    /// The socket is associated with an address, or with none any more.
    fn associate(&mut self, remote: Option<SocketAddress>) -> Answer<()> {
        if self.state != State::Bound {
            return Err(NetworkError::InvalidState);
        }
        if let Some(remote) = &remote {
            check_remote(remote, self.is_version_6)?;
        }
        let host = host(self.opened)?;
        if self.remote.is_some() {
            // The address that it is bound to stays.
            sys::connect(host, None)?;
            self.remote = None;
        }
        if let Some(remote) = &remote {
            sys::connect(host, Some(remote)).map_err(network::reaching)?;
        }
        self.remote = remote;
        Ok(())
    }

    fn streams(&self, representation: u32) -> (Own, Own) {
        let stream = |state| Resource::Udp(Self { opened: self.opened.share(), state, permit: 0, ..*self });
        (
            resources::child(numbers::INCOMING_DATAGRAM_STREAM, stream(State::Incoming), representation),
            resources::child(numbers::OUTGOING_DATAGRAM_STREAM, stream(State::Outgoing), representation),
        )
    }
}

fn on<T: crate::component::Lower>(
    canonical: &Canonical,
    handle: u32,
    to: u32,
    call: impl FnOnce(Caller, u32, &mut Socket) -> Answer<T>,
) {
    network::answer_on(canonical, to, (|caller| resources::udp(caller, handle), Resource::Udp), call);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_create_socket_create_udp_socket(canonical: &Canonical, family: u32, to: u32) {
    let is_version_6 = is_version_6(family);
    answer(canonical, to, |_| {
        let opened = network::keep(sys::new_socket(is_version_6, true)?)?;
        let socket = Socket { opened, is_version_6, state: State::Unbound, remote: None, permit: 0 };
        Ok(resources::own(numbers::UDP_SOCKET, Resource::Udp(socket)))
    });
}

fn drop(canonical: &Canonical, handle: u32, number: u32) {
    if let Some(Resource::Udp(socket)) = resources::drop_handle(Caller::enter(canonical), handle, number) {
        socket.opened.release();
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_drop_udp_socket(canonical: &Canonical, handle: u32) {
    drop(canonical, handle, numbers::UDP_SOCKET);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_drop_incoming_datagram_stream(canonical: &Canonical, handle: u32) {
    drop(canonical, handle, numbers::INCOMING_DATAGRAM_STREAM);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_drop_outgoing_datagram_stream(canonical: &Canonical, handle: u32) {
    drop(canonical, handle, numbers::OUTGOING_DATAGRAM_STREAM);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_start_bind(
    canonical: &Canonical,
    handle: u32,
    network: u32,
    case: u32,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
    g: u32,
    h: u32,
    i: u32,
    j: u32,
    k: u32,
    to: u32,
) {
    on(canonical, handle, to, |caller, _, socket| {
        check_network(caller, network);
        let address = FlatAddress { case, values: [a, b, c, d, e, f, g, h, i, j, k] }.lift();
        if socket.state != State::Unbound {
            return Err(NetworkError::InvalidState);
        }
        check_local(&address, socket.is_version_6)?;
        sys::bind(host(socket.opened)?, &address)?;
        socket.state = State::BindStarted;
        Ok(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_finish_bind(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| {
        if socket.state != State::BindStarted {
            return Err(NetworkError::NotInProgress);
        }
        socket.state = State::Bound;
        Ok(())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_stream(
    canonical: &Canonical,
    handle: u32,
    is_some: u32,
    case: u32,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
    g: u32,
    h: u32,
    i: u32,
    j: u32,
    k: u32,
    to: u32,
) {
    let remote = match is_some {
        0 => None,
        1 => Some(FlatAddress { case, values: [a, b, c, d, e, f, g, h, i, j, k] }.lift()),
        _ => trap("invalid option discriminant"),
    };
    on(canonical, handle, to, |_, representation, socket| {
        socket.associate(remote)?;
        Ok(socket.streams(representation))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_local_address(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| match socket.state {
        State::Bound => Ok(sys::local_address(host(socket.opened)?)?),
        _ => Err(NetworkError::InvalidState),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_remote_address(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| match socket.remote {
        Some(_) => Ok(sys::remote_address(host(socket.opened)?)?),
        None => Err(NetworkError::InvalidState),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_address_family(canonical: &Canonical, handle: u32) -> u32 {
    resources::udp(Caller::enter(canonical), handle).1.is_version_6.into()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_unicast_hop_limit(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| {
        network::option(socket.opened, network::hop_limit(socket.is_version_6)).map(|value| value as u8)
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_set_unicast_hop_limit(
    canonical: &Canonical,
    handle: u32,
    value: u32,
    to: u32,
) {
    on(canonical, handle, to, |_, _, socket| {
        network::set_option(socket.opened, network::hop_limit(socket.is_version_6), u64::from(value as u8))
    });
}

fn buffer_size(canonical: &Canonical, handle: u32, option: SocketOption, to: u32) {
    on(canonical, handle, to, |_, _, socket| network::option(socket.opened, option).map(u64::from));
}

fn set_buffer_size(canonical: &Canonical, handle: u32, (option, value): (SocketOption, u64), to: u32) {
    on(canonical, handle, to, |_, _, socket| network::set_option(socket.opened, option, value));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_receive_buffer_size(canonical: &Canonical, handle: u32, to: u32) {
    buffer_size(canonical, handle, SocketOption::ReceiveBuffer, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_set_receive_buffer_size(
    canonical: &Canonical,
    handle: u32,
    value: u64,
    to: u32,
) {
    set_buffer_size(canonical, handle, (SocketOption::ReceiveBuffer, value), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_send_buffer_size(canonical: &Canonical, handle: u32, to: u32) {
    buffer_size(canonical, handle, SocketOption::SendBuffer, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_set_send_buffer_size(
    canonical: &Canonical,
    handle: u32,
    value: u64,
    to: u32,
) {
    set_buffer_size(canonical, handle, (SocketOption::SendBuffer, value), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_udp_socket_subscribe(canonical: &Canonical, handle: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::udp(caller, handle).0).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_incoming_datagram_stream_subscribe(canonical: &Canonical, handle: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::incoming(caller, handle).0).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_outgoing_datagram_stream_subscribe(canonical: &Canonical, handle: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::outgoing(caller, handle).0).give(caller)
}

/// Receives one datagram at most, of as many as are wanted.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_incoming_datagram_stream_receive(
    canonical: &Canonical,
    handle: u32,
    most: u64,
    to: u32,
) {
    answer(canonical, to, |caller| {
        let (_, stream) = resources::incoming(caller, handle);
        let buffer = super::transfer::buffer();
        let received = match most {
            0 => Err(Errno::AGAIN),
            // SAFETY: the buffer is the runtime's own.
            _ => unsafe { sys::receive_from(host(stream.opened)?, buffer) },
        };
        let (count, datagram) = match received {
            Ok((len, from)) => {
                // SAFETY: so many bytes of the buffer were written, and nothing writes there before the next call.
                let bytes = unsafe { core::slice::from_raw_parts(buffer.base, len.min(buffer.len)) };
                (1, Some((Bytes(bytes), from)))
            }
            Err(Errno::AGAIN) => (0, None),
            Err(error) => return Err(error.into()),
        };
        let mut list = List::<(Bytes, SocketAddress)>::new(caller, count);
        if let Some(datagram) = datagram {
            list.push(caller, datagram);
        }
        Ok(list.end())
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_outgoing_datagram_stream_check_send(
    canonical: &Canonical,
    handle: u32,
    to: u32,
) {
    answer(canonical, to, |caller| {
        let (representation, stream) = resources::outgoing(caller, handle);
        let permit = if waiting::is_ready(representation) { PERMIT } else { 0 };
        resources::set(representation, Resource::Udp(Socket { permit, ..stream }));
        Ok(u64::from(permit))
    });
}

/// Offset of the address in an `outgoing-datagram`, which begins with the data.
const REMOTE: u32 = 8;
/// Bytes of one.
const DATAGRAM: u32 = 44;

/// Sends one datagram of the caller's memory.
fn send(caller: Caller, stream: &Socket, datagram: u32) -> Answer<()> {
    let [data, len] = caller.read::<[u32; 2]>(datagram, &LIST);
    let data = caller.bytes(data, len);
    let given = match caller.read::<u8>(datagram.wrapping_add(REMOTE), &LIST) {
        0 => None,
        1 => Some(network::load(caller, datagram.wrapping_add(REMOTE + 4))),
        case => trap_with_number("unexpected discriminant: ", case.into(), ""),
    };
    let to = match (given, stream.remote) {
        (Some(given), Some(remote)) if given != remote => return Err(NetworkError::InvalidArgument),
        (_, Some(_)) => None,
        (Some(given), None) => {
            check_remote(&given, stream.is_version_6)?;
            Some(given)
        }
        (None, None) => return Err(NetworkError::InvalidArgument),
    };
    // SAFETY: the bytes are inside the caller's memory.
    match unsafe { sys::send_to(host(stream.opened)?, data, to.as_ref()) } {
        Ok(_) => Ok(()),
        Err(error) => Err(network::reaching(error)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_udp_outgoing_datagram_stream_send(
    canonical: &Canonical,
    handle: u32,
    datagrams: u32,
    count: u32,
    to: u32,
) {
    answer(canonical, to, |caller| {
        caller.list(datagrams, count, DATAGRAM, 4);
        let (representation, stream) = resources::outgoing(caller, handle);
        if count > stream.permit {
            trap("unpermitted: argument exceeds permitted size");
        }
        resources::set(representation, Resource::Udp(Socket { permit: stream.permit - count, ..stream }));
        let mut sent = 0_u64;
        for index in 0..count {
            match send(caller, &stream, datagrams.wrapping_add(index * DATAGRAM)) {
                Ok(()) => sent += 1,
                Err(NetworkError::WouldBlock) => break,
                Err(error) if sent == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(sent)
    });
}
