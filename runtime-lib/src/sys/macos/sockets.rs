//! Sockets.

use super::errno::{check_unit, retry};
use super::files::{close, own, set_flags, vectors};
use crate::errno::Result;
use crate::sys::types::{Fd, Slice};
use core::ptr::null_mut;
use libc::{
    F_SETFD, FD_CLOEXEC, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_TYPE, SOCK_DGRAM,
    SOL_SOCKET, msghdr,
};

fn header(slices: &[Slice]) -> msghdr {
    let (base, len) = vectors(slices);
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

/// Takes a connection from a listening socket, whose flags the system would pass on to it.
pub fn accept(fd: Fd, nonblocking: bool) -> Result<Fd> {
    // SAFETY: no address is asked for, so no memory is touched.
    let connection = own(retry(|| unsafe { libc::accept(fd, null_mut(), null_mut()) })?)?;
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

/// Whether a socket keeps messages apart.
pub fn is_datagram_socket(fd: Fd) -> bool {
    let (mut kind, mut len) = (0_i32, size_of::<i32>() as u32);
    // SAFETY: the system writes one `int` and its length.
    unsafe { libc::getsockopt(fd, SOL_SOCKET, SO_TYPE, (&raw mut kind).cast(), &raw mut len) };
    kind == SOCK_DGRAM
}

/// Receives; returns the number of bytes and whether a message was cut short.
///
/// # Safety
/// The slices must be writable.
pub unsafe fn receive(fd: Fd, slices: &[Slice], peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    let mut header = header(slices);
    let flags = if peek { MSG_PEEK } else { 0 } | if wait_all { MSG_WAITALL } else { 0 };
    // SAFETY: the caller's promise.
    let len = retry(|| unsafe { libc::recvmsg(fd, &raw mut header, flags) as i64 })?;
    Ok((len, header.msg_flags & MSG_TRUNC != 0))
}

/// Sends; returns the number of bytes. A connection that the peer closed is an error: its signal is ignored, as WASI's start
/// sees to.
///
/// # Safety
/// The slices must be readable.
pub unsafe fn send(fd: Fd, slices: &[Slice]) -> Result<usize> {
    let header = header(slices);
    // SAFETY: the caller's promise.
    retry(|| unsafe { libc::sendmsg(fd, &raw const header, 0) as i64 })
}

/// Ends receiving or sending or both.
pub fn shut_down(fd: Fd, receiving: bool, sending: bool) -> Result<()> {
    let how = match (receiving, sending) {
        (true, true) => SHUT_RDWR,
        (true, false) => SHUT_RD,
        _ => SHUT_WR,
    };
    // SAFETY: touches no memory.
    check_unit(unsafe { libc::shutdown(fd, how) })
}
