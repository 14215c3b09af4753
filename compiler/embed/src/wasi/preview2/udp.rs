//! `wasi:sockets/udp` and `wasi:sockets/udp-create-socket`

use super::addresses::{Answered, Done, IpSocketAddress, answer, check_local, check_remote, reaching};
use super::handles::{self, IncomingDatagramStream, Network, OutgoingDatagramStream, Pollable};
use super::network::{hop_limit, option, set_option};
use super::resources::{Datagrams, Resource, UdpSocket, UdpState as State};
use super::types::{IpAddressFamily, NetworkErrorCode as Code};
use super::{Answer, io};
use crate::component::{Borrowed, Violation, record};
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptor;
use crate::wasi::errno::Errno;
use crate::wasi::socket::{Socket, SocketOption};
use std::net::SocketAddr;

/// Datagrams that one call may send.
const PERMIT: u32 = 16;

/// Bytes of the longest datagram.
const LONGEST: usize = 1 << 16;

record! {
    /// `wasi:sockets/udp#incoming-datagram`
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct IncomingDatagram {
        /// What it says.
        pub data: Vec<u8>,
        /// Where it comes from.
        pub remote_address: IpSocketAddress,
    }
}

record! {
    /// `wasi:sockets/udp#outgoing-datagram`
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct OutgoingDatagram {
        /// What it says.
        pub data: Vec<u8>,
        /// Where it is to go, where the stream goes to more than one.
        pub remote_address: Option<IpSocketAddress>,
    }
}

type Handle = Borrowed<handles::UdpSocket>;

/// Answers a call on a socket, whose new state is kept.
fn on<T>(wasi: &mut Wasi, socket: Handle, call: impl FnOnce(&mut Wasi, u32, &mut UdpSocket) -> Done<T>) -> Answered<T> {
    let number = socket.0.0;
    let mut socket = wasi.resources.udp(socket.0)?;
    let result = call(wasi, number, &mut socket);
    wasi.resources.set(number, Resource::Udp(socket));
    answer(result)
}

fn host(wasi: &Wasi, descriptor: i32) -> Done<&Socket> {
    Ok(wasi.descriptors.socket(descriptor)?)
}

impl UdpSocket {
    /// The socket is associated with an address, or with none any more.
    fn associate(&mut self, wasi: &Wasi, remote: Option<SocketAddr>) -> Done<()> {
        if self.state != State::Bound {
            return Err(Code::InvalidState.into());
        }
        if let Some(remote) = remote {
            check_remote(wasi, remote, self.is_version_6)?;
        }
        let host = host(wasi, self.descriptor)?;
        if self.remote.is_some() {
            // The address that it is bound to stays.
            host.disconnect()?;
            self.remote = None;
        }
        if let Some(remote) = remote {
            host.connect(remote).map_err(reaching)?;
        }
        self.remote = remote;
        Ok(())
    }

    /// Both streams, which are children of the socket.
    fn streams(self, wasi: &mut Wasi, number: u32) -> Done<(IncomingDatagramStream, OutgoingDatagramStream)> {
        let Self { descriptor, is_version_6, remote, .. } = self;
        let stream = Datagrams { descriptor, is_version_6, remote, permit: 0 };
        let incoming = wasi.resources.insert(Resource::Incoming(stream), Some(number))?;
        wasi.descriptors.share(descriptor)?;
        let outgoing = wasi.resources.insert(Resource::Outgoing(stream), Some(number))?;
        wasi.descriptors.share(descriptor)?;
        Ok((incoming, outgoing))
    }
}

pub fn sockets_udp_create_socket_create_udp_socket(
    wasi: &mut Wasi,
    (family,): (IpAddressFamily,),
) -> Answered<handles::UdpSocket> {
    let is_version_6 = family == IpAddressFamily::Ipv6;
    let mut make = || {
        let descriptor = wasi.descriptors.add(Descriptor::Socket(Socket::new(is_version_6, true)?))?;
        let socket = UdpSocket { descriptor, is_version_6, state: State::Unbound, remote: None };
        Ok(wasi.resources.insert(Resource::Udp(socket), None)?)
    };
    answer(make())
}

pub fn sockets_udp_udp_socket_start_bind(
    wasi: &mut Wasi,
    (socket, _, address): (Handle, Borrowed<Network>, IpSocketAddress),
) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| {
        if socket.state != State::Unbound {
            return Err(Code::InvalidState.into());
        }
        let address = SocketAddr::from(address);
        check_local(wasi, address, socket.is_version_6)?;
        host(wasi, socket.descriptor)?.bind(address)?;
        socket.state = State::BindStarted;
        Ok(())
    })
}

pub fn sockets_udp_udp_socket_finish_bind(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<()> {
    on(wasi, socket, |_, _, socket| {
        if socket.state != State::BindStarted {
            return Err(Code::NotInProgress.into());
        }
        socket.state = State::Bound;
        Ok(())
    })
}

pub fn sockets_udp_udp_socket_stream(
    wasi: &mut Wasi,
    (socket, remote): (Handle, Option<IpSocketAddress>),
) -> Answered<(IncomingDatagramStream, OutgoingDatagramStream)> {
    on(wasi, socket, |wasi, number, socket| {
        socket.associate(wasi, remote.map(SocketAddr::from))?;
        socket.streams(wasi, number)
    })
}

pub fn sockets_udp_udp_socket_local_address(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<IpSocketAddress> {
    on(wasi, socket, |wasi, _, socket| match socket.state {
        State::Bound => Ok(host(wasi, socket.descriptor)?.local_address()?.into()),
        _ => Err(Code::InvalidState.into()),
    })
}

pub fn sockets_udp_udp_socket_remote_address(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<IpSocketAddress> {
    on(wasi, socket, |wasi, _, socket| match socket.remote {
        Some(_) => Ok(host(wasi, socket.descriptor)?.remote_address()?.into()),
        None => Err(Code::InvalidState.into()),
    })
}

pub fn sockets_udp_udp_socket_address_family(wasi: &mut Wasi, (socket,): (Handle,)) -> Answer<IpAddressFamily> {
    let is_version_6 = wasi.resources.udp(socket.0)?.is_version_6;
    Ok(if is_version_6 { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 })
}

pub fn sockets_udp_udp_socket_unicast_hop_limit(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<u8> {
    on(wasi, socket, |wasi, _, socket| {
        option(wasi, socket.descriptor, hop_limit(socket.is_version_6)).map(|value| value as u8)
    })
}

pub fn sockets_udp_udp_socket_set_unicast_hop_limit(wasi: &mut Wasi, (socket, value): (Handle, u8)) -> Answered<()> {
    on(wasi, socket, |wasi, _, socket| {
        set_option(wasi, socket.descriptor, hop_limit(socket.is_version_6), value.into())
    })
}

macro_rules! buffers {
    ($($get:ident, $set:ident: $option:ident;)*) => { $(
        pub fn $get(wasi: &mut Wasi, (socket,): (Handle,)) -> Answered<u64> {
            on(wasi, socket, |wasi, _, socket| option(wasi, socket.descriptor, SocketOption::$option))
        }

        pub fn $set(wasi: &mut Wasi, (socket, value): (Handle, u64)) -> Answered<()> {
            on(wasi, socket, |wasi, _, socket| set_option(wasi, socket.descriptor, SocketOption::$option, value))
        }
    )* };
}

buffers! {
    sockets_udp_udp_socket_receive_buffer_size, sockets_udp_udp_socket_set_receive_buffer_size: ReceiveBuffer;
    sockets_udp_udp_socket_send_buffer_size, sockets_udp_udp_socket_set_send_buffer_size: SendBuffer;
}

pub fn sockets_udp_udp_socket_subscribe(wasi: &mut Wasi, (socket,): (Handle,)) -> Answer<Pollable> {
    wasi.resources.udp(socket.0)?;
    io::subscribe(wasi, socket.0.0)
}

pub fn sockets_udp_incoming_datagram_stream_subscribe(
    wasi: &mut Wasi,
    (stream,): (Borrowed<IncomingDatagramStream>,),
) -> Answer<Pollable> {
    wasi.resources.incoming(stream.0)?;
    io::subscribe(wasi, stream.0.0)
}

pub fn sockets_udp_outgoing_datagram_stream_subscribe(
    wasi: &mut Wasi,
    (stream,): (Borrowed<OutgoingDatagramStream>,),
) -> Answer<Pollable> {
    wasi.resources.outgoing(stream.0)?;
    io::subscribe(wasi, stream.0.0)
}

/// Receives one datagram at most, of as many as are wanted.
pub fn sockets_udp_incoming_datagram_stream_receive(
    wasi: &mut Wasi,
    (stream, most): (Borrowed<IncomingDatagramStream>, u64),
) -> Answered<Vec<IncomingDatagram>> {
    let stream = wasi.resources.incoming(stream.0)?;
    let receive = || {
        if most == 0 {
            return Ok(Vec::new());
        }
        let mut data = vec![0; LONGEST];
        match host(wasi, stream.descriptor)?.receive_from(&mut data) {
            Ok((len, from)) => {
                data.truncate(len);
                Ok(vec![IncomingDatagram { data, remote_address: from.into() }])
            }
            Err(Errno::AGAIN) => Ok(Vec::new()),
            Err(errno) => Err(errno.into()),
        }
    };
    answer(receive())
}

pub fn sockets_udp_outgoing_datagram_stream_check_send(
    wasi: &mut Wasi,
    (stream,): (Borrowed<OutgoingDatagramStream>,),
) -> Answered<u64> {
    let state = wasi.resources.outgoing(stream.0)?;
    let permit = if io::is_writable(wasi, state.descriptor) { PERMIT } else { 0 };
    wasi.resources.set(stream.0.0, Resource::Outgoing(Datagrams { permit, ..state }));
    Ok(Ok(permit.into()))
}

fn send(wasi: &Wasi, stream: Datagrams, datagram: &OutgoingDatagram) -> Done<()> {
    let host = host(wasi, stream.descriptor)?;
    let sent = match (datagram.remote_address.map(SocketAddr::from), stream.remote) {
        (Some(given), Some(remote)) if given != remote => return Err(Code::InvalidArgument.into()),
        (_, Some(_)) => host.send(&datagram.data),
        (Some(given), None) => {
            check_remote(wasi, given, stream.is_version_6)?;
            host.send_to(&datagram.data, given)
        }
        (None, None) => return Err(Code::InvalidArgument.into()),
    };
    sent.map(drop).map_err(reaching)
}

/// Sends datagrams up to the first that cannot be sent; that it cannot is told where it is the first of all.
pub fn sockets_udp_outgoing_datagram_stream_send(
    wasi: &mut Wasi,
    (stream, datagrams): (Borrowed<OutgoingDatagramStream>, Vec<OutgoingDatagram>),
) -> Answered<u64> {
    let state = wasi.resources.outgoing(stream.0)?;
    let permit = u32::try_from(datagrams.len()).ok().and_then(|count| state.permit.checked_sub(count));
    let permit = permit.ok_or(Violation("unpermitted: argument exceeds permitted size"))?;
    wasi.resources.set(stream.0.0, Resource::Outgoing(Datagrams { permit, ..state }));
    let mut sent = 0;
    for datagram in &datagrams {
        match answer(send(wasi, state, datagram))? {
            Ok(()) => sent += 1,
            Err(code) if sent == 0 && code != Code::WouldBlock => return Ok(Err(code)),
            Err(_) => break,
        }
    }
    Ok(Ok(sent))
}
