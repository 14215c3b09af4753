//! Sockets.

use super::errno::check_unit;
use super::files::{above_standard_streams, argument, retry};
use super::syscalls::{syscall2, syscall3, syscall4, syscall5};
use crate::errno::Result;
use crate::sys::types::{Fd, Iovec};
use core::ptr::null_mut;
use linux_raw_sys::general::{
    __NR_accept4, __NR_getsockopt, __NR_recvmsg, __NR_sendmsg, __NR_shutdown, O_CLOEXEC, O_NONBLOCK,
};
use linux_raw_sys::net::{
    MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SHUT_RD, SHUT_RDWR, SHUT_WR, SO_TYPE, SOCK_DGRAM, SOL_SOCKET,
};

/// `struct msghdr`.
#[repr(C)]
pub(super) struct Header {
    name: *mut u8,
    /// An `int`, and what aligns the next field.
    name_len: usize,
    vectors: *const Iovec,
    vectors_len: usize,
    control: *mut u8,
    control_len: usize,
    flags: u32,
}

impl Header {
    /// A message in these buffers.
    pub(super) fn new(vectors: &[Iovec]) -> Self {
        Self {
            name: null_mut(),
            name_len: 0,
            vectors: vectors.as_ptr(),
            vectors_len: vectors.len(),
            control: null_mut(),
            control_len: 0,
            flags: 0,
        }
    }

    /// The same, with room for an address.
    #[cfg(feature = "component")]
    pub(super) fn with_name(self, name: *mut u8, name_len: usize) -> Self {
        Self { name, name_len, ..self }
    }
}

/// Accepts a connection of a listening socket.
pub fn accept(fd: Fd, nonblocking: bool) -> Result<Fd> {
    let flags = O_CLOEXEC | if nonblocking { O_NONBLOCK } else { 0 };
    // SAFETY: without a buffer for the address, touches no memory.
    above_standard_streams(retry(|| unsafe { syscall4(__NR_accept4, argument(fd), 0, 0, flags as usize) })?)
}

/// Whether a socket sends and receives datagrams.
pub fn is_datagram_socket(fd: Fd) -> bool {
    let (mut kind, mut len) = (0_u32, size_of::<u32>() as u32);
    let (to, len_to) = (&raw mut kind as usize, &raw mut len as usize);
    // SAFETY: the kernel writes one `int` and its length.
    unsafe { syscall5(__NR_getsockopt, argument(fd), SOL_SOCKET as usize, SO_TYPE as usize, to, len_to) };
    kind == SOCK_DGRAM
}

/// Receives; returns the number of bytes and whether a datagram was truncated.
///
/// # Safety
/// The buffers must be writable.
pub unsafe fn receive(fd: Fd, vectors: &[Iovec], peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    let mut header = Header::new(vectors);
    let flags = if peek { MSG_PEEK } else { 0 } | if wait_all { MSG_WAITALL } else { 0 };
    // SAFETY: the kernel writes to the buffers, which the caller promises are writable, and to the header.
    let len = retry(|| unsafe { syscall3(__NR_recvmsg, argument(fd), &raw mut header as usize, flags as usize) })?;
    Ok((len, header.flags & MSG_TRUNC != 0))
}

/// Sends; returns the number of bytes. A connection that the peer closed gives an error, not a signal.
///
/// # Safety
/// The buffers must be readable.
pub unsafe fn send(fd: Fd, vectors: &[Iovec]) -> Result<usize> {
    let header = Header::new(vectors);
    // SAFETY: the kernel reads the header and the buffers, which the caller promises are readable.
    retry(|| unsafe { syscall3(__NR_sendmsg, argument(fd), &raw const header as usize, MSG_NOSIGNAL as usize) })
}

/// Shuts down receiving or sending or both.
pub fn shut_down(fd: Fd, receiving: bool, sending: bool) -> Result<()> {
    let how = match (receiving, sending) {
        (true, true) => SHUT_RDWR,
        (true, false) => SHUT_RD,
        _ => SHUT_WR,
    };
    // SAFETY: touches no memory.
    check_unit(unsafe { syscall2(__NR_shutdown, argument(fd), how as usize) })
}
