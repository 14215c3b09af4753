//! Sockets that programs make. Calls on them do not block.

use super::errno::{check, check_unit};
use super::files::{above_standard_streams, argument, close, read, retry};
use super::paths::open_at;
use super::sockets::Header;
use super::syscalls::{syscall2, syscall3, syscall5};
use crate::errno::{Errno, Result};
use crate::sys::address::{IpAddress, SocketAddress};
use crate::sys::types::{Fd, Iovec, SocketOption};
use core::ffi::CStr;
use linux_raw_sys::general::{
    __NR_bind, __NR_connect, __NR_getpeername, __NR_getsockname, __NR_getsockopt, __NR_listen, __NR_recvmsg,
    __NR_sendmsg, __NR_setsockopt, __NR_socket, AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDONLY,
};
use linux_raw_sys::net::{
    AF_INET, AF_INET6, AF_UNSPEC, IP_TTL, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPV6_UNICAST_HOPS, IPV6_V6ONLY,
    MSG_NOSIGNAL, SO_ERROR, SO_KEEPALIVE, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET,
    TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL,
};

/// `struct sockaddr_in` or `struct sockaddr_in6`, and its length.
struct Name {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl Name {
    const MOST: usize = 28;

    /// Room for the kernel to write one.
    const EMPTY: Self = Self { bytes: [0; Self::MOST], len: Self::MOST };

    fn of(address: &SocketAddress) -> Self {
        let SocketAddress { ip, port, flow, scope } = *address;
        let mut name = Self { bytes: [0; Self::MOST], len: if ip.is_version_6 { Self::MOST } else { 16 } };
        let family = if ip.is_version_6 { AF_INET6 } else { AF_INET } as u16;
        let head = family.to_ne_bytes().into_iter().chain(port.to_be_bytes());
        let mut put = |bytes: &mut dyn Iterator<Item = u8>| {
            name.bytes.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        };
        if ip.is_version_6 {
            put(&mut head.chain(flow.to_be_bytes()).chain(ip.bytes).chain(scope.to_ne_bytes()));
        } else {
            put(&mut head.chain(ip.bytes).take(8));
        }
        name
    }

    fn address(&self) -> Result<SocketAddress> {
        let [f0, f1, p0, p1, rest @ ..] = self.bytes;
        let port = u16::from_be_bytes([p0, p1]);
        let mut ip = IpAddress::unspecified(false);
        match u32::from(u16::from_ne_bytes([f0, f1])) {
            AF_INET => {
                ip.bytes.iter_mut().zip(rest).take(4).for_each(|(to, byte)| *to = byte);
                Ok(SocketAddress::new(ip, port))
            }
            AF_INET6 => {
                let [l0, l1, l2, l3, rest @ ..] = rest;
                ip.is_version_6 = true;
                ip.bytes.iter_mut().zip(rest).for_each(|(to, byte)| *to = byte);
                let [.., s0, s1, s2, s3] = rest;
                let (flow, scope) = (u32::from_be_bytes([l0, l1, l2, l3]), u32::from_ne_bytes([s0, s1, s2, s3]));
                Ok(SocketAddress { ip, port, flow, scope })
            }
            _ => Err(Errno::INVAL),
        }
    }
}

/// Makes a socket for a connection, or for datagrams. One of version 6 has nothing to do with version 4.
pub fn new_socket(is_version_6: bool, datagrams: bool) -> Result<Fd> {
    let family = if is_version_6 { AF_INET6 } else { AF_INET } as usize;
    let kind = if datagrams { SOCK_DGRAM } else { SOCK_STREAM } | O_CLOEXEC | O_NONBLOCK;
    // SAFETY: touches no memory.
    let fd = above_standard_streams(check(unsafe { syscall3(__NR_socket, family, kind as usize, 0) })?)?;
    let set = |level, name| set_option(fd, level, name, 1);
    let version = if is_version_6 { set(IPPROTO_IPV6 as u32, IPV6_V6ONLY) } else { Ok(()) };
    // Without this, a restarted program could not listen on its port for some time.
    let reuse = if datagrams { Ok(()) } else { set(SOL_SOCKET, SO_REUSEADDR) };
    match version.and(reuse) {
        Ok(()) => Ok(fd),
        Err(error) => {
            let _ = close(fd);
            Err(error)
        }
    }
}

/// Gives a socket an address.
pub fn bind(fd: Fd, address: &SocketAddress) -> Result<()> {
    let name = Name::of(address);
    // SAFETY: the kernel only reads the address.
    check_unit(unsafe { syscall3(__NR_bind, argument(fd), name.bytes.as_ptr() as usize, name.len) })
}

/// Begins to connect a socket, or ends the association of one for datagrams.
pub fn connect(fd: Fd, address: Option<&SocketAddress>) -> Result<()> {
    let mut name = address.map_or(Name::EMPTY, Name::of);
    if address.is_none() {
        const { assert!(AF_UNSPEC == 0) };
        name.len = 16;
    }
    // SAFETY: the kernel only reads the address.
    check_unit(unsafe { syscall3(__NR_connect, argument(fd), name.bytes.as_ptr() as usize, name.len) })
}

/// Makes a socket listen, or changes how many connections can wait.
pub fn listen_on(fd: Fd, backlog: u32) -> Result<()> {
    // SAFETY: touches no memory.
    check_unit(unsafe { syscall2(__NR_listen, argument(fd), backlog as usize) })
}

fn name_of(number: u32, fd: Fd) -> Result<SocketAddress> {
    let mut name = Name::EMPTY;
    let mut len = Name::MOST as u32;
    // SAFETY: the kernel writes at most `len` bytes of an address, and its length.
    check(unsafe { syscall3(number, argument(fd), name.bytes.as_mut_ptr() as usize, &raw mut len as usize) })?;
    name.address()
}

/// The address that a socket has.
pub fn local_address(fd: Fd) -> Result<SocketAddress> {
    name_of(__NR_getsockname, fd)
}

/// The address that a socket is connected to.
pub fn remote_address(fd: Fd) -> Result<SocketAddress> {
    name_of(__NR_getpeername, fd)
}

fn option(fd: Fd, level: u32, name: u32) -> Result<u32> {
    let (mut value, mut len) = (0_u32, size_of::<u32>() as u32);
    let (to, len_to) = (&raw mut value as usize, &raw mut len as usize);
    // SAFETY: the kernel writes one `int` and its length.
    check(unsafe { syscall5(__NR_getsockopt, argument(fd), level as usize, name as usize, to, len_to) })?;
    Ok(value)
}

fn set_option(fd: Fd, level: u32, name: u32, value: u32) -> Result<()> {
    let (from, len) = (&raw const value as usize, size_of::<u32>());
    // SAFETY: the kernel only reads the value.
    check_unit(unsafe { syscall5(__NR_setsockopt, argument(fd), level as usize, name as usize, from, len) })
}

/// How the last attempt to connect ended.
pub fn socket_error(fd: Fd) -> Result<()> {
    match option(fd, SOL_SOCKET, SO_ERROR)? {
        0 => Ok(()),
        number => check_unit(-(number as isize)),
    }
}

fn level_and_name(option: SocketOption) -> (u32, u32) {
    match option {
        SocketOption::KeepAlive => (SOL_SOCKET, SO_KEEPALIVE),
        SocketOption::KeepAliveIdle => (IPPROTO_TCP as u32, TCP_KEEPIDLE),
        SocketOption::KeepAliveInterval => (IPPROTO_TCP as u32, TCP_KEEPINTVL),
        SocketOption::KeepAliveCount => (IPPROTO_TCP as u32, TCP_KEEPCNT),
        SocketOption::HopLimit => (IPPROTO_IP as u32, IP_TTL),
        SocketOption::HopLimitOfVersion6 => (IPPROTO_IPV6 as u32, IPV6_UNICAST_HOPS),
        SocketOption::ReceiveBuffer => (SOL_SOCKET, SO_RCVBUF),
        SocketOption::SendBuffer => (SOL_SOCKET, SO_SNDBUF),
    }
}

/// The kernel counts twice what is asked for, for what it keeps beside the data.
fn scale(option: SocketOption) -> u32 {
    if matches!(option, SocketOption::ReceiveBuffer | SocketOption::SendBuffer) { 2 } else { 1 }
}

/// What is set on a socket.
pub fn socket_option(fd: Fd, of: SocketOption) -> Result<u32> {
    let (level, name) = level_and_name(of);
    Ok(option(fd, level, name)? / scale(of))
}

/// Sets something on a socket.
pub fn set_socket_option(fd: Fd, of: SocketOption, value: u32) -> Result<()> {
    let (level, name) = level_and_name(of);
    set_option(fd, level, name, value)
}

/// Receives a datagram; returns its length, cut to that of the buffer, and where it comes from.
///
/// # Safety
/// The buffer must be writable.
pub unsafe fn receive_from(fd: Fd, buffer: Iovec) -> Result<(usize, SocketAddress)> {
    let mut name = Name::EMPTY;
    let vectors = [buffer];
    let mut header = Header::new(&vectors).with_name(name.bytes.as_mut_ptr(), name.len);
    // SAFETY: the kernel writes to the buffer, which the caller promises is writable, and to header and address.
    let len = retry(|| unsafe { syscall3(__NR_recvmsg, argument(fd), &raw mut header as usize, 0) })?;
    Ok((len, name.address()?))
}

/// Sends a datagram to an address, or to the one that the socket is connected to.
///
/// # Safety
/// The buffer must be readable.
pub unsafe fn send_to(fd: Fd, buffer: Iovec, to: Option<&SocketAddress>) -> Result<usize> {
    let vectors = [buffer];
    let mut name = to.map(Name::of);
    let mut header = Header::new(&vectors);
    if let Some(name) = &mut name {
        header = header.with_name(name.bytes.as_mut_ptr(), name.len);
    }
    // SAFETY: the kernel reads header, address and buffer, which the caller promises is readable.
    retry(|| unsafe { syscall3(__NR_sendmsg, argument(fd), &raw const header as usize, MSG_NOSIGNAL as usize) })
}

/// Reads a file that says how the system is set up, as much of it as there is room for; returns how many bytes.
///
/// # Safety
/// The buffer must be writable.
pub unsafe fn read_system_file(path: &CStr, buffer: Iovec) -> Result<usize> {
    let fd = open_at(AT_FDCWD, path, O_RDONLY, 0)?;
    // SAFETY: the caller promises that the buffer is writable.
    let len = unsafe { read(fd, &[buffer], None) };
    close(fd)?;
    len
}
