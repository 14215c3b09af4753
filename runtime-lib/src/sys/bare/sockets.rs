//! Sockets, of which there are none: no standard stream is one.

use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, Iovec};

/// Nothing listens.
pub fn accept(_fd: Fd, _nonblocking: bool) -> Result<Fd> {
    Err(Errno::NOTSOCK)
}

/// Receives nothing.
///
/// # Safety
/// Nothing is required.
pub unsafe fn receive(_fd: Fd, _vectors: &[Iovec], _peek: bool, _wait_all: bool) -> Result<(usize, bool)> {
    Err(Errno::NOTSOCK)
}

/// Sends nothing.
///
/// # Safety
/// Nothing is required.
pub unsafe fn send(_fd: Fd, _vectors: &[Iovec]) -> Result<usize> {
    Err(Errno::NOTSOCK)
}

/// Nothing is connected.
pub fn shut_down(_fd: Fd, _receiving: bool, _sending: bool) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// No descriptor is a socket.
pub fn is_datagram_socket(_fd: Fd) -> bool {
    false
}
