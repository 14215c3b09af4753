//! Sockets.

use super::errno::{check_unit, retry};
use super::files::{above_standard_streams, close, iovec_array, set_flags};
use crate::errno::Result;
use crate::sys::types::{Fd, Iovec};
use core::ptr::null_mut;
use libc::{
    F_SETFD, FD_CLOEXEC, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_TYPE, SOCK_DGRAM,
    SOL_SOCKET, msghdr,
};

fn header(vectors: &[Iovec]) -> msghdr {
    let (base, len) = iovec_array(vectors);
    msghdr {
        msg_name: null_mut(),
        msg_namelen: 0,
        msg_iov: base.cast_mut(),
        msg_iovlen: len,
        msg_control: null_mut(),
        msg_controllen: 0,
        msg_flags: 0,
    }
}

/// Accepts a connection of a listening socket, and sets its flags, which it inherits from that socket.
pub fn accept(fd: Fd, nonblocking: bool) -> Result<Fd> {
    // SAFETY: without a buffer for the address, touches no memory.
    let connection = above_standard_streams(retry(|| unsafe { libc::accept(fd, null_mut(), null_mut()) })?)?;
    // SAFETY: touches no memory.
    let kept = check_unit(unsafe { libc::fcntl(connection, F_SETFD, FD_CLOEXEC) });
    match kept.and_then(|()| set_flags(connection, false, nonblocking)) {
        Ok(()) => Ok(connection),
        Err(error) => {
            let _ = close(connection);
            Err(error)
        }
    }
}

/// Whether a socket sends and receives datagrams.
pub fn is_datagram_socket(fd: Fd) -> bool {
    let (mut kind, mut len) = (0_i32, size_of::<i32>() as u32);
    // SAFETY: the system writes one `int` and its length.
    unsafe { libc::getsockopt(fd, SOL_SOCKET, SO_TYPE, (&raw mut kind).cast(), &raw mut len) };
    kind == SOCK_DGRAM
}

/// Receives; returns the number of bytes and whether a datagram was truncated.
///
/// # Safety
/// The buffers must be writable.
pub unsafe fn receive(fd: Fd, vectors: &[Iovec], peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    let mut header = header(vectors);
    let flags = if peek { MSG_PEEK } else { 0 } | if wait_all { MSG_WAITALL } else { 0 };
    // SAFETY: the system writes to the buffers, which the caller promises are writable, and to the header.
    let len = retry(|| unsafe { libc::recvmsg(fd, &raw mut header, flags) as i64 })?;
    Ok((len, header.msg_flags & MSG_TRUNC != 0))
}

/// Sends; returns the number of bytes. A connection that the peer closed gives an error: start-up of WASI has its
/// signal ignored.
///
/// # Safety
/// The buffers must be readable.
pub unsafe fn send(fd: Fd, vectors: &[Iovec]) -> Result<usize> {
    let header = header(vectors);
    // SAFETY: the system reads the header and the buffers, which the caller promises are readable.
    retry(|| unsafe { libc::sendmsg(fd, &raw const header, 0) as i64 })
}

/// Shuts down receiving or sending or both.
pub fn shut_down(fd: Fd, receiving: bool, sending: bool) -> Result<()> {
    let how = match (receiving, sending) {
        (true, true) => SHUT_RDWR,
        (true, false) => SHUT_RD,
        _ => SHUT_WR,
    };
    // SAFETY: touches no memory.
    check_unit(unsafe { libc::shutdown(fd, how) })
}
