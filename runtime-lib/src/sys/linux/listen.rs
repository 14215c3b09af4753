//! Listening sockets.

use super::errno::check;
use super::files::{above_standard_streams, argument};
use super::syscalls::{syscall2, syscall3, syscall5};
use crate::errno::Result;
use crate::sys::address_text::{version_4, version_6};
use crate::sys::types::Fd;
use linux_raw_sys::general::{__NR_bind, __NR_listen, __NR_setsockopt, __NR_socket, O_CLOEXEC};
use linux_raw_sys::net::{AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET};
use wasmc_abi::grants::decimal;

/// How many connections can wait to be accepted, at most; the kernel has a limit of its above_standard_streams.
const BACKLOG: usize = 128;

/// The address of a listening socket: a `struct sockaddr_in` or `struct sockaddr_in6`.
pub struct ListenAddress {
    family: u32,
    bytes: [u8; 28],
    len: usize,
}

impl ListenAddress {
    /// Parses `1.2.3.4:80` or `[1:2::3]:80`. The parser of `core` would bring its `Debug` formatting into every
    /// program.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let colon = text.iter().rposition(|&byte| byte == b':')?;
        let (host, port) = (text.get(..colon)?, text.get(colon + 1..)?);
        let port = u16::try_from(decimal(port)?).ok()?;
        let mut bytes = [0; 28];
        let (family, len) = match host.strip_prefix(b"[") {
            Some(host) => {
                version_6(host.strip_suffix(b"]")?, bytes.get_mut(8..24)?)?;
                (AF_INET6, 28)
            }
            None => {
                version_4(host, bytes.get_mut(4..8)?)?;
                (AF_INET, 16)
            }
        };
        let head = (family as u16).to_ne_bytes().into_iter().chain(port.to_be_bytes());
        bytes.iter_mut().zip(head).for_each(|(to, byte)| *to = byte);
        Some(Self { family, bytes, len })
    }
}

/// Makes a socket that listens on an address.
pub fn listen(address: &ListenAddress) -> Result<Fd> {
    let ListenAddress { family, bytes, len } = address;
    let kind = (SOCK_STREAM | O_CLOEXEC) as usize;
    // SAFETY: touches no memory.
    let fd = above_standard_streams(check(unsafe { syscall3(__NR_socket, *family as usize, kind, 0) })?)?;
    let yes = 1_u32;
    let (to, len_of_yes) = (&raw const yes as usize, size_of::<u32>());
    // Without this, a restarted program would have to wait.
    // SAFETY: the kernel only reads the value.
    check(unsafe {
        syscall5(__NR_setsockopt, argument(fd), SOL_SOCKET as usize, SO_REUSEADDR as usize, to, len_of_yes)
    })?;
    // SAFETY: the kernel only reads the address.
    check(unsafe { syscall3(__NR_bind, argument(fd), bytes.as_ptr() as usize, *len) })?;
    // SAFETY: touches no memory.
    check(unsafe { syscall2(__NR_listen, argument(fd), BACKLOG) })?;
    Ok(fd)
}
