//! Sockets that programs make, on platforms where they cannot.

use super::address::SocketAddress;
use super::types::{Fd, Iovec, SocketOption};
use crate::errno::{Errno, Result};
use core::ffi::CStr;

/// There are none.
pub fn new_socket(_is_version_6: bool, _datagrams: bool) -> Result<Fd> {
    Err(Errno::NOTSUP)
}

/// No descriptor is such a socket.
pub fn bind(_fd: Fd, _address: &SocketAddress) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn connect(_fd: Fd, _address: Option<&SocketAddress>) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn listen_on(_fd: Fd, _backlog: u32) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn local_address(_fd: Fd) -> Result<SocketAddress> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn remote_address(_fd: Fd) -> Result<SocketAddress> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn socket_error(_fd: Fd) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn socket_option(_fd: Fd, _option: SocketOption) -> Result<u32> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
pub fn set_socket_option(_fd: Fd, _option: SocketOption, _value: u32) -> Result<()> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
///
/// # Safety
/// Nothing is required.
pub unsafe fn receive_from(_fd: Fd, _buffer: Iovec) -> Result<(usize, SocketAddress)> {
    Err(Errno::NOTSOCK)
}

/// See [`bind`].
///
/// # Safety
/// Nothing is required.
pub unsafe fn send_to(_fd: Fd, _buffer: Iovec, _to: Option<&SocketAddress>) -> Result<usize> {
    Err(Errno::NOTSOCK)
}

/// There is no use for it.
///
/// # Safety
/// Nothing is required.
pub unsafe fn read_system_file(_path: &CStr, _buffer: Iovec) -> Result<usize> {
    Err(Errno::NOTSUP)
}
