//! Sockets of the system's, none of which blocks.

use super::errno::{Errno, Result};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrAny, SocketFlags, SocketType, ipproto, sockopt,
};
use std::net::SocketAddr;
use std::time::Duration;

/// A socket.
#[derive(Debug)]
pub struct Socket(OwnedFd);

/// What can be set on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SocketOption {
    KeepAlive,
    /// Seconds.
    KeepAliveIdle,
    /// Seconds.
    KeepAliveInterval,
    KeepAliveCount,
    HopLimit,
    HopLimitOfVersion6,
    ReceiveBuffer,
    SendBuffer,
}

fn address(address: SocketAddrAny) -> Result<SocketAddr> {
    Ok(address.try_into()?)
}

impl Socket {
    /// Makes a socket for a connection, or for datagrams. One of version 6 has nothing to do with version 4.
    pub fn new(is_version_6: bool, is_for_datagrams: bool) -> Result<Self> {
        let family = if is_version_6 { AddressFamily::INET6 } else { AddressFamily::INET };
        let (ty, protocol) =
            if is_for_datagrams { (SocketType::DGRAM, ipproto::UDP) } else { (SocketType::STREAM, ipproto::TCP) };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(family, ty, flags, Some(protocol))?;
        if is_version_6 {
            sockopt::set_ipv6_v6only(&socket, true)?;
        }
        if !is_for_datagrams {
            // Without this, a host that starts again could not listen on its port for some time.
            sockopt::set_socket_reuseaddr(&socket, true)?;
        }
        Ok(Self(socket))
    }

    /// Gives it an address.
    pub fn bind(&self, address: SocketAddr) -> Result<()> {
        Ok(rustix::net::bind(&self.0, &address)?)
    }

    /// Begins to connect it.
    pub fn connect(&self, address: SocketAddr) -> Result<()> {
        Ok(rustix::net::connect(&self.0, &address)?)
    }

    /// Ends the association of one for datagrams.
    pub fn disconnect(&self) -> Result<()> {
        Ok(rustix::net::connect_unspec(&self.0)?)
    }

    /// Makes it listen, or changes how many connections can wait.
    pub fn listen(&self, backlog: i32) -> Result<()> {
        Ok(rustix::net::listen(&self.0, backlog)?)
    }

    /// Takes a connection that waits.
    pub fn accept(&self) -> Result<Self> {
        Ok(Self(rustix::net::accept_with(&self.0, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?))
    }

    /// The address that it has.
    pub fn local_address(&self) -> Result<SocketAddr> {
        address(rustix::net::getsockname(&self.0)?)
    }

    /// The address that it is connected to.
    pub fn remote_address(&self) -> Result<SocketAddr> {
        address(rustix::net::getpeername(&self.0)?.ok_or(Errno::INVAL)?)
    }

    /// Ends what it receives, or sends, or both.
    pub fn shut_down(&self, how: Shutdown) -> Result<()> {
        Ok(rustix::net::shutdown(&self.0, how)?)
    }

    /// How the last attempt to connect ended.
    pub fn error(&self) -> Result<()> {
        Ok(sockopt::socket_error(&self.0)??)
    }

    /// Receives some bytes of a connection.
    pub fn receive(&self, bytes: &mut [u8]) -> Result<usize> {
        Ok(rustix::net::recv(&self.0, bytes, RecvFlags::empty())?.0)
    }

    /// Sends some bytes to where it is connected to.
    pub fn send(&self, bytes: &[u8]) -> Result<usize> {
        Ok(rustix::net::send(&self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    /// Receives a datagram; returns how many bytes of it there is room for, and where it comes from.
    pub fn receive_from(&self, bytes: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let (len, _, from) = rustix::net::recvfrom(&self.0, bytes, RecvFlags::empty())?;
        Ok((len, address(from.ok_or(Errno::INVAL)?)?))
    }

    /// Sends a datagram to an address.
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> Result<usize> {
        Ok(rustix::net::sendto(&self.0, bytes, SendFlags::NOSIGNAL, &to)?)
    }

    /// What is set on it.
    pub fn option(&self, option: SocketOption) -> Result<u64> {
        let socket = &self.0;
        Ok(match option {
            SocketOption::KeepAlive => sockopt::socket_keepalive(socket)?.into(),
            SocketOption::KeepAliveIdle => sockopt::tcp_keepidle(socket)?.as_secs(),
            SocketOption::KeepAliveInterval => sockopt::tcp_keepintvl(socket)?.as_secs(),
            SocketOption::KeepAliveCount => sockopt::tcp_keepcnt(socket)?.into(),
            SocketOption::HopLimit => sockopt::ip_ttl(socket)?.into(),
            SocketOption::HopLimitOfVersion6 => sockopt::ipv6_unicast_hops(socket)?.into(),
            // The kernel counts twice what is asked for, for what it keeps beside the data.
            SocketOption::ReceiveBuffer => sockopt::socket_recv_buffer_size(socket)? as u64 / 2,
            SocketOption::SendBuffer => sockopt::socket_send_buffer_size(socket)? as u64 / 2,
        })
    }

    /// Sets something on it; more than there can be is the most.
    pub fn set_option(&self, option: SocketOption, value: u64) -> Result<()> {
        let socket = &self.0;
        // The kernel's limits (`MAX_TCP_KEEPIDLE` and the two that follow it).
        let seconds = Duration::from_secs(value.min(32767));
        let bytes = value.min(i32::MAX as u64 / 2) as usize;
        match option {
            SocketOption::KeepAlive => sockopt::set_socket_keepalive(socket, value != 0)?,
            SocketOption::KeepAliveIdle => sockopt::set_tcp_keepidle(socket, seconds)?,
            SocketOption::KeepAliveInterval => sockopt::set_tcp_keepintvl(socket, seconds)?,
            SocketOption::KeepAliveCount => sockopt::set_tcp_keepcnt(socket, value.min(127) as u32)?,
            SocketOption::HopLimit => sockopt::set_ip_ttl(socket, value as u32)?,
            SocketOption::HopLimitOfVersion6 => sockopt::set_ipv6_unicast_hops(socket, Some(value as u8))?,
            SocketOption::ReceiveBuffer => sockopt::set_socket_recv_buffer_size(socket, bytes)?,
            SocketOption::SendBuffer => sockopt::set_socket_send_buffer_size(socket, bytes)?,
        }
        Ok(())
    }

    /// Waits until it can be read, or written.
    pub fn wait(&self, is_written: bool) -> Result<()> {
        poll(&[(self, is_written)], None).map(drop)
    }
}

/// Waits until one of these sockets can be read, or written, for as many nanoseconds at most; returns which can.
pub fn poll(sockets: &[(&Socket, bool)], most: Option<u64>) -> Result<Vec<bool>> {
    let flags = |is_written| if is_written { PollFlags::OUT } else { PollFlags::IN };
    let polled = sockets.iter().map(|&(socket, is_written)| (socket.0.as_fd(), flags(is_written)));
    let mut polled: Vec<PollFd<'_>> = polled.map(|(socket, flags)| PollFd::from_borrowed_fd(socket, flags)).collect();
    let timeout =
        most.map(|most| Timespec { tv_sec: (most / 1_000_000_000) as i64, tv_nsec: (most % 1_000_000_000) as _ });
    loop {
        match rustix::event::poll(&mut polled, timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            answer => {
                answer?;
                return Ok(polled.iter().map(|polled| !polled.revents().is_empty()).collect());
            }
        }
    }
}
