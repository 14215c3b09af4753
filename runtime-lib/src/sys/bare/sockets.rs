//! Sockets, of which there are none: no standard stream is one.

use crate::errno::{Errno, Result};
use crate::sys::{Fd, Slice};

/// Nothing listens.
pub fn accept(_fd: Fd, _nonblocking: bool) -> Result<Fd> {
    Err(Errno::NOTSOCK)
}

/// Receives nothing.
///
/// # Safety
/// None is needed.
pub unsafe fn receive(_fd: Fd, _slices: &[Slice], _peek: bool, _wait_all: bool) -> Result<(usize, bool)> {
    Err(Errno::NOTSOCK)
}

/// Sends nothing.
///
/// # Safety
/// None is needed.
pub unsafe fn send(_fd: Fd, _slices: &[Slice]) -> Result<usize> {
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
