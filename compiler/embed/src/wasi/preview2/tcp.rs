//! `wasi:sockets/tcp` and `wasi:sockets/tcp-create-socket`

use super::addresses::{Answered, Done, IpSocketAddress, answer, check_local, check_remote, reaching};
use super::handles::{self, InputStream, Network, OutputStream, Pollable};
use super::network::{hop_limit, option, set_option};
use super::resources::{Input, Output, Position, Resource, TcpSocket, TcpState as State};
use super::types::{IpAddressFamily, NetworkErrorCode as Code, ShutdownType};
use super::{Answer, io};
use crate::component::Borrowed;
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptor;
use crate::wasi::errno::Errno;
use crate::wasi::socket::{Socket, SocketOption};
use rustix::net::Shutdown;
use std::net::SocketAddr;

/// Connections that can wait to be accepted, where the guest does not say it.
const BACKLOG: i32 = 128;

type Handle = Borrowed<handles::TcpSocket>;
type Streams = (InputStream, OutputStream);

/// Answers a call on a socket, whose new state is kept.
fn on<T>(wasi: &mut Wasi, socket: Handle, call: impl FnOnce(&mut Wasi, u32, &mut TcpSocket) -> Done<T>) -> Answered<T> {
    let number = socket.0.0;
    let mut socket = wasi.resources.tcp(socket.0)?;
    let result = call(wasi, number, &mut socket);
    wasi.resources.set(number, Resource::Tcp(socket));
    answer(result)
}

/// Goes from one state to the next, where the guest finishes what it has started.
fn finish(wasi: &mut Wasi, socket: Handle, (from, to): (State, State)) -> Answered<()> {
    on(wasi, socket, |_, _, socket| {
        if socket.state != from {
            return Err(Code::NotInProgress.into());
        }
        socket.state = to;
        Ok(())
    })
}

impl TcpSocket {
    fn host(self, wasi: &Wasi) -> Done<&Socket> {
        Ok(wasi.descriptors.socket(self.descriptor)?)
    }

    /// The two streams of a connection, which are children of the socket.
    fn streams(self, wasi: &mut Wasi, number: u32) -> Done<Streams> {
        let descriptor = self.descriptor;
        let input = Resource::Input(Input { descriptor, offset: None, closed: false });
        let output = Resource::Output(Output { descriptor, position: Position::None, closed: false });
        let input = wasi.resources.insert(input, Some(number))?;
        wasi.descriptors.share(descriptor)?;
        let output = wasi.resources.insert(output, Some(number))?;
        wasi.descriptors.share(descriptor)?;
        Ok((input, output))
    }
}

pub fn sockets_tcp_create_socket_create_tcp_socket(
    wasi: &mut Wasi,
    (family,): (IpAddressFamily,),
) -> Answered<handles::TcpSocket> {
    let is_version_6 = family == IpAddressFamily::Ipv6;
    let mut make = || {
        let descriptor = wasi.descriptors.add(Descriptor::Socket(Socket::new(is_version_6, false)?))?;
        let state = State::Unbound;
        let socket = TcpSocket { descriptor, is_version_6, state, backlog: BACKLOG, may_listen: false };
        Ok(wasi.resources.insert(Resource::Tcp(socket), None)?)
    };
    answer(make())
}

pub fn sockets_tcp_tcp_socket_start_bind(
    wasi: &mut Wasi,
    (socket, _, address): (Handle, Borrowed<Network>, IpSocketAddress),
) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| {
        if socket.state != State::Unbound {
            return Err(Code::InvalidState.into());
        }
        let address = SocketAddr::from(address);
        check_local(wasi, address, socket.is_version_6)?;
        socket.host(wasi)?.bind(address)?;
        socket.may_listen = wasi.network.listens(address);
        socket.state = State::BindStarted;
        Ok(())
    })
}

pub fn sockets_tcp_tcp_socket_finish_bind(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<()> {
    finish(wasi, socket, (State::BindStarted, State::Bound))
}

pub fn sockets_tcp_tcp_socket_start_connect(
    wasi: &mut Wasi,
    (socket, _, address): (Handle, Borrowed<Network>, IpSocketAddress),
) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| {
        match socket.state {
            State::Unbound | State::Bound => {}
            State::BindStarted | State::ListenStarted | State::Connecting => {
                return Err(Code::ConcurrencyConflict.into());
            }
            _ => return Err(Code::InvalidState.into()),
        }
        let address = SocketAddr::from(address);
        check_remote(wasi, address, socket.is_version_6)?;
        match socket.host(wasi)?.connect(address) {
            Ok(()) | Err(Errno::INPROGRESS) => {
                socket.state = State::Connecting;
                Ok(())
            }
            Err(errno) => {
                socket.state = State::Closed;
                Err(reaching(errno))
            }
        }
    })
}

pub fn sockets_tcp_tcp_socket_finish_connect(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<Streams> {
    on(wasi, socket, |wasi, number, socket| {
        if socket.state != State::Connecting {
            return Err(Code::NotInProgress.into());
        }
        if !io::is_writable(wasi, socket.descriptor) {
            return Err(Code::WouldBlock.into());
        }
        socket.state = State::Closed;
        socket.host(wasi)?.error().map_err(reaching)?;
        socket.state = State::Connected;
        socket.streams(wasi, number)
    })
}

pub fn sockets_tcp_tcp_socket_start_listen(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| match socket.state {
        State::Bound if !socket.may_listen => Err(Code::AccessDenied.into()),
        State::Bound => {
            socket.host(wasi)?.listen(socket.backlog)?;
            socket.state = State::ListenStarted;
            Ok(())
        }
        State::BindStarted | State::ListenStarted | State::Connecting => Err(Code::ConcurrencyConflict.into()),
        _ => Err(Code::InvalidState.into()),
    })
}

pub fn sockets_tcp_tcp_socket_finish_listen(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<()> {
    finish(wasi, socket, (State::ListenStarted, State::Listening))
}

pub fn sockets_tcp_tcp_socket_accept(
    wasi: &mut Wasi,
    (socket,): (Handle,),
) -> Answered<(handles::TcpSocket, InputStream, OutputStream)> {
    on(wasi, socket, |wasi, _, socket| {
        if socket.state != State::Listening {
            return Err(Code::InvalidState.into());
        }
        let accepted = socket.host(wasi)?.accept()?;
        let descriptor = wasi.descriptors.add(Descriptor::Socket(accepted))?;
        let accepted = TcpSocket { descriptor, state: State::Connected, ..*socket };
        let handle: handles::TcpSocket = wasi.resources.insert(Resource::Tcp(accepted), None)?;
        let (input, output) = accepted.streams(wasi, handle.0)?;
        Ok((handle, input, output))
    })
}

pub fn sockets_tcp_tcp_socket_local_address(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<IpSocketAddress> {
    on(wasi, socket, |wasi, _, socket| match socket.state {
        State::Unbound | State::BindStarted | State::Closed => Err(Code::InvalidState.into()),
        _ => Ok(socket.host(wasi)?.local_address()?.into()),
    })
}

pub fn sockets_tcp_tcp_socket_remote_address(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<IpSocketAddress> {
    on(wasi, socket, |wasi, _, socket| match socket.state {
        State::Connected => Ok(socket.host(wasi)?.remote_address()?.into()),
        _ => Err(Code::InvalidState.into()),
    })
}

pub fn sockets_tcp_tcp_socket_is_listening(wasi: &mut Wasi, (socket,): (Handle,)) -> Answer<bool> {
    Ok(wasi.resources.tcp(socket.0)?.state == State::Listening)
}

pub fn sockets_tcp_tcp_socket_address_family(wasi: &mut Wasi, (socket,): (Handle,)) -> Answer<IpAddressFamily> {
    let is_version_6 = wasi.resources.tcp(socket.0)?.is_version_6;
    Ok(if is_version_6 { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 })
}

pub fn sockets_tcp_tcp_socket_set_listen_backlog_size(wasi: &mut Wasi, (socket, size): (Handle, u64)) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| {
        if size == 0 {
            return Err(Code::InvalidArgument.into());
        }
        if matches!(socket.state, State::Connecting | State::Connected | State::Closed) {
            return Err(Code::InvalidState.into());
        }
        socket.backlog = i32::try_from(size).unwrap_or(i32::MAX);
        if socket.state == State::Listening {
            socket.host(wasi)?.listen(socket.backlog)?;
        }
        Ok(())
    })
}

pub fn sockets_tcp_tcp_socket_shutdown(wasi: &mut Wasi, (socket, how): (Handle, ShutdownType)) -> Answered<()> {
    let how = match how {
        ShutdownType::Receive => Shutdown::Read,
        ShutdownType::Send => Shutdown::Write,
        ShutdownType::Both => Shutdown::Both,
    };
    on(wasi, socket, |wasi, _, socket| match socket.state {
        State::Connected => Ok(socket.host(wasi)?.shut_down(how)?),
        _ => Err(Code::InvalidState.into()),
    })
}

pub fn sockets_tcp_tcp_socket_subscribe(wasi: &mut Wasi, (socket,): (Handle,)) -> Answer<Pollable> {
    wasi.resources.tcp(socket.0)?;
    io::subscribe(wasi, socket.0.0)
}

/// Nanoseconds of a second, in which the system counts.
const SECOND: u64 = 1_000_000_000;

/// Functions that get and set an option, as the guest has it: for each the option, a conversion from what the system
/// has, and one to it.
macro_rules! options {
    ($($get:ident, $set:ident: $ty:ty, $option:expr, $from:expr, $to:expr;)*) => { $(
        pub fn $get(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<$ty> {
            on(wasi, socket, |wasi, _, socket| {
                let from: fn(u64) -> $ty = $from;
                let of: fn(&TcpSocket) -> SocketOption = $option;
                socket.check_open()?;
                option(wasi, socket.descriptor, of(socket)).map(from)
            })
        }

        pub fn $set(wasi: &mut Wasi, (socket, value): (Handle, $ty)) -> Answered<()> {
            on(wasi, socket, |wasi, _, socket| {
                let to: fn($ty) -> u64 = $to;
                let of: fn(&TcpSocket) -> SocketOption = $option;
                socket.check_open()?;
                set_option(wasi, socket.descriptor, of(socket), to(value))
            })
        }
    )* };
}

impl TcpSocket {
    fn check_open(self) -> Done<()> {
        if self.state == State::Closed { Err(Code::InvalidState.into()) } else { Ok(()) }
    }
}

options! {
    sockets_tcp_tcp_socket_keep_alive_enabled, sockets_tcp_tcp_socket_set_keep_alive_enabled:
        bool, |_| SocketOption::KeepAlive, |value| value != 0, u64::from;
    sockets_tcp_tcp_socket_keep_alive_idle_time, sockets_tcp_tcp_socket_set_keep_alive_idle_time:
        u64, |_| SocketOption::KeepAliveIdle, |value| value * SECOND, |value| value.div_ceil(SECOND);
    sockets_tcp_tcp_socket_keep_alive_interval, sockets_tcp_tcp_socket_set_keep_alive_interval:
        u64, |_| SocketOption::KeepAliveInterval, |value| value * SECOND, |value| value.div_ceil(SECOND);
    sockets_tcp_tcp_socket_keep_alive_count, sockets_tcp_tcp_socket_set_keep_alive_count:
        u32, |_| SocketOption::KeepAliveCount, |value| value as u32, u64::from;
    sockets_tcp_tcp_socket_hop_limit, sockets_tcp_tcp_socket_set_hop_limit:
        u8, |socket| hop_limit(socket.is_version_6), |value| value as u8, u64::from;
    sockets_tcp_tcp_socket_receive_buffer_size, sockets_tcp_tcp_socket_set_receive_buffer_size:
        u64, |_| SocketOption::ReceiveBuffer, |value| value, |value| value;
    sockets_tcp_tcp_socket_send_buffer_size, sockets_tcp_tcp_socket_set_send_buffer_size:
        u64, |_| SocketOption::SendBuffer, |value| value, |value| value;
}
