//! `wasi:sockets/tcp` and `wasi:sockets/tcp-create-socket`

use super::errors::NetworkError;
use super::network::{
    self, Answer, FlatAddress, Use, answer, check_local, check_network, check_remote, host, is_version_6,
};
use super::resources::{self, Input, Output, Position, Resource};
use super::state::{TcpSocket as Socket, TcpState as State};
use super::waiting;
use crate::component::{Caller, Own, trap_with_number};
use crate::errno::Errno;
use crate::sys::{self, SocketAddress, SocketOption};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;

/// Connections that can wait to be accepted, where the program does not say it.
const BACKLOG: u32 = 128;

impl Socket {
    fn is_open(&self) -> Answer<()> {
        if self.state == State::Closed { Err(NetworkError::InvalidState) } else { Ok(()) }
    }

    /// The two streams of a connection, which are children of the socket.
    fn streams(&self, representation: u32) -> (Own, Own) {
        let input = Input { opened: self.opened.share(), offset: None, closed: false };
        let output = Output { opened: self.opened.share(), position: Position::None, closed: false };
        (
            resources::child(numbers::INPUT_STREAM, Resource::Input(input), representation),
            resources::child(numbers::OUTPUT_STREAM, Resource::Output(output), representation),
        )
    }

    fn bind(&mut self, address: &SocketAddress) -> Answer<()> {
        if self.state != State::Unbound {
            return Err(NetworkError::InvalidState);
        }
        check_local(address, self.is_version_6)?;
        sys::bind(host(self.opened)?, address)?;
        self.may_listen = network::check(Use::Listen(address)).is_ok();
        self.state = State::BindStarted;
        Ok(())
    }

    fn connect(&mut self, address: &SocketAddress) -> Answer<()> {
        if !matches!(self.state, State::Unbound | State::Bound) {
            return Err(match self.state {
                State::BindStarted | State::ListenStarted | State::Connecting => NetworkError::ConcurrencyConflict,
                _ => NetworkError::InvalidState,
            });
        }
        check_remote(address, self.is_version_6)?;
        match sys::connect(host(self.opened)?, Some(address)) {
            Ok(()) | Err(Errno::INPROGRESS) => {
                self.state = State::Connecting;
                Ok(())
            }
            Err(error) => {
                self.state = State::Closed;
                Err(network::reaching(error))
            }
        }
    }

    fn finish_connect(&mut self, representation: u32) -> Answer<(Own, Own)> {
        if self.state != State::Connecting {
            return Err(NetworkError::NotInProgress);
        }
        if !waiting::is_ready(representation) {
            return Err(NetworkError::WouldBlock);
        }
        self.state = State::Closed;
        sys::socket_error(host(self.opened)?).map_err(network::reaching)?;
        self.state = State::Connected;
        Ok(self.streams(representation))
    }

    fn listen(&mut self) -> Answer<()> {
        match self.state {
            State::Bound if !self.may_listen => Err(NetworkError::AccessDenied),
            State::Bound => {
                sys::listen_on(host(self.opened)?, self.backlog)?;
                self.state = State::ListenStarted;
                Ok(())
            }
            State::BindStarted | State::ListenStarted | State::Connecting => Err(NetworkError::ConcurrencyConflict),
            _ => Err(NetworkError::InvalidState),
        }
    }

    /// Goes from one state to the next, where the caller finishes what it has started.
    fn finish(&mut self, from: State, to: State) -> Answer<()> {
        if self.state != from {
            return Err(NetworkError::NotInProgress);
        }
        self.state = to;
        Ok(())
    }

    fn accept(&mut self) -> Answer<(Own, Own, Own)> {
        if self.state != State::Listening {
            return Err(NetworkError::InvalidState);
        }
        let opened = network::keep(sys::accept(host(self.opened)?, true)?)?;
        let socket = Self { opened, state: State::Connected, ..*self };
        let own = resources::own(numbers::TCP_SOCKET, Resource::Tcp(socket));
        let (input, output) = socket.streams(own.representation);
        Ok((own, input, output))
    }
}

/// Answers a call on a socket, whose new state is kept.
fn on<T: crate::component::Lower>(
    canonical: &Canonical,
    handle: u32,
    to: u32,
    call: impl FnOnce(Caller, u32, &mut Socket) -> Answer<T>,
) {
    network::answer_on(canonical, to, (|caller| resources::tcp(caller, handle), Resource::Tcp), call);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_create_socket_create_tcp_socket(canonical: &Canonical, family: u32, to: u32) {
    let is_version_6 = is_version_6(family);
    answer(canonical, to, |_| {
        let opened = network::keep(sys::new_socket(is_version_6, false)?)?;
        let socket = Socket { opened, is_version_6, state: State::Unbound, backlog: BACKLOG, may_listen: false };
        Ok(resources::own(numbers::TCP_SOCKET, Resource::Tcp(socket)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_drop_tcp_socket(canonical: &Canonical, handle: u32) {
    if let Some(Resource::Tcp(socket)) = resources::drop_handle(Caller::enter(canonical), handle, numbers::TCP_SOCKET) {
        socket.opened.release();
    }
}

/// A function that takes an `ip-socket-address`, in flat values.
macro_rules! with_address {
    ($symbol:ident, $method:ident) => {
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(
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
                socket.$method(&FlatAddress { case, values: [a, b, c, d, e, f, g, h, i, j, k] }.lift())
            });
        }
    };
}
with_address!(wasmc_p2_sockets_tcp_tcp_socket_start_bind, bind);
with_address!(wasmc_p2_sockets_tcp_tcp_socket_start_connect, connect);

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_finish_bind(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| socket.finish(State::BindStarted, State::Bound));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_finish_connect(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, representation, socket| socket.finish_connect(representation));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_start_listen(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| socket.listen());
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_finish_listen(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| socket.finish(State::ListenStarted, State::Listening));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_accept(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| socket.accept());
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_local_address(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| match socket.state {
        State::Unbound | State::BindStarted | State::Closed => Err(NetworkError::InvalidState),
        _ => Ok(sys::local_address(host(socket.opened)?)?),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_remote_address(canonical: &Canonical, handle: u32, to: u32) {
    on(canonical, handle, to, |_, _, socket| match socket.state {
        State::Connected => Ok(sys::remote_address(host(socket.opened)?)?),
        _ => Err(NetworkError::InvalidState),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_is_listening(canonical: &Canonical, handle: u32) -> u32 {
    let (_, socket) = resources::tcp(Caller::enter(canonical), handle);
    (socket.state == State::Listening).into()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_address_family(canonical: &Canonical, handle: u32) -> u32 {
    resources::tcp(Caller::enter(canonical), handle).1.is_version_6.into()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_set_listen_backlog_size(
    canonical: &Canonical,
    handle: u32,
    size: u64,
    to: u32,
) {
    on(canonical, handle, to, |_, _, socket| {
        if size == 0 {
            return Err(NetworkError::InvalidArgument);
        }
        match socket.state {
            State::Connecting | State::Connected | State::Closed => Err(NetworkError::InvalidState),
            state => {
                socket.backlog = i32::try_from(size).unwrap_or(i32::MAX) as u32;
                match state {
                    State::Listening => Ok(sys::listen_on(host(socket.opened)?, socket.backlog)?),
                    _ => Ok(()),
                }
            }
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_shutdown(canonical: &Canonical, handle: u32, how: u32, to: u32) {
    let (receiving, sending) = match how {
        0 => (true, false),
        1 => (false, true),
        2 => (true, true),
        how => trap_with_number("unexpected discriminant: ", how, ""),
    };
    on(canonical, handle, to, |_, _, socket| match socket.state {
        State::Connected => Ok(sys::shut_down(host(socket.opened)?, receiving, sending)?),
        _ => Err(NetworkError::InvalidState),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_sockets_tcp_tcp_socket_subscribe(canonical: &Canonical, handle: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::subscribe(resources::tcp(caller, handle).0).give(caller)
}

/// Nanoseconds of a second, in which the system counts.
const SECOND: u64 = 1_000_000_000;

/// Functions that get and set an option, as the caller has it: for each the option, a conversion from what the system
/// has, and one to it.
macro_rules! options {
    ($($get:ident, $set:ident: $flat:ty as $ty:ty, $option:expr, $from:expr, $to:expr;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $get(canonical: &Canonical, handle: u32, to: u32) {
            on(canonical, handle, to, |_, _, socket| {
                socket.is_open()?;
                let from: fn(u32) -> $ty = $from;
                let option: fn(&Socket) -> SocketOption = $option;
                network::option(socket.opened, option(socket)).map(from)
            });
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $set(canonical: &Canonical, handle: u32, value: $flat, to: u32) {
            on(canonical, handle, to, |_, _, socket| {
                socket.is_open()?;
                let to: fn($flat) -> u64 = $to;
                let option: fn(&Socket) -> SocketOption = $option;
                network::set_option(socket.opened, option(socket), to(value))
            });
        }
    )* };
}

options! {
    wasmc_p2_sockets_tcp_tcp_socket_keep_alive_enabled, wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_enabled:
        u32 as bool, |_| SocketOption::KeepAlive, |value| value != 0, |value| u64::from(value != 0);
    wasmc_p2_sockets_tcp_tcp_socket_keep_alive_idle_time, wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_idle_time:
        u64 as u64, |_| SocketOption::KeepAliveIdle, |value| u64::from(value) * SECOND, |value| value.div_ceil(SECOND);
    wasmc_p2_sockets_tcp_tcp_socket_keep_alive_interval, wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_interval:
        u64 as u64, |_| SocketOption::KeepAliveInterval, |value| u64::from(value) * SECOND,
        |value| value.div_ceil(SECOND);
    wasmc_p2_sockets_tcp_tcp_socket_keep_alive_count, wasmc_p2_sockets_tcp_tcp_socket_set_keep_alive_count:
        u32 as u32, |_| SocketOption::KeepAliveCount, |value| value, u64::from;
    wasmc_p2_sockets_tcp_tcp_socket_hop_limit, wasmc_p2_sockets_tcp_tcp_socket_set_hop_limit:
        u32 as u8, |socket| network::hop_limit(socket.is_version_6), |value| value as u8,
        |value| u64::from(value as u8);
    wasmc_p2_sockets_tcp_tcp_socket_receive_buffer_size, wasmc_p2_sockets_tcp_tcp_socket_set_receive_buffer_size:
        u64 as u64, |_| SocketOption::ReceiveBuffer, u64::from, |value| value;
    wasmc_p2_sockets_tcp_tcp_socket_send_buffer_size, wasmc_p2_sockets_tcp_tcp_socket_set_send_buffer_size:
        u64 as u64, |_| SocketOption::SendBuffer, u64::from, |value| value;
}
