//! Waiting for time to pass and for files to become ready.

use super::errno::check;
use super::files::argument;
use super::syscalls::{syscall3, syscall5};
use crate::errno::Result;
use crate::sys::types::Fd;
use core::ptr::null_mut;
use linux_raw_sys::general::{__NR_ioctl, __NR_ppoll, timespec};
use linux_raw_sys::general::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};

const FIONREAD: usize = 0x541b;

/// A file to wait for (`struct pollfd`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Waiter {
    fd: Fd,
    events: i16,
    revents: i16,
}

impl Waiter {
    /// No file.
    pub const NONE: Self = Self { fd: -1, events: 0, revents: 0 };

    /// Waits until reading, or writing, would not block.
    pub fn new(fd: Fd, writing: bool) -> Self {
        Self { fd, events: if writing { POLLOUT } else { POLLIN } as i16, revents: 0 }
    }

    /// Whether the last wait found it ready, or in error.
    pub fn is_ready(self) -> bool {
        self.revents != 0
    }

    /// Whether the peer has hung up.
    pub fn is_hung_up(self) -> bool {
        self.revents as u32 & (POLLHUP | POLLERR) != 0
    }

    /// Whether the descriptor is closed.
    pub fn is_invalid(self) -> bool {
        self.revents as u32 & POLLNVAL != 0
    }
}

/// Waits until one is ready or `timeout` nanoseconds have passed; a signal ends the wait with an error.
pub fn wait(waiters: &mut [Waiter], timeout: Option<u64>) -> Result<usize> {
    let mut time = timeout.map(|nanoseconds| timespec {
        tv_sec: (nanoseconds / 1_000_000_000) as i64,
        tv_nsec: (nanoseconds % 1_000_000_000) as i64,
    });
    let time = time.as_mut().map_or(null_mut(), |time| &raw mut *time);
    let (base, len) = (waiters.as_mut_ptr() as usize, waiters.len());
    // SAFETY: the kernel writes to the waiters, which are `struct pollfd`, and to the time if there is one.
    check(unsafe { syscall5(__NR_ppoll, base, len, time as usize, 0, 8) })
}

/// How many bytes can be read at once from a pipe, a socket or a terminal.
pub fn available(fd: Fd) -> Result<u64> {
    let mut count = 0_i32;
    // SAFETY: the kernel writes one `int`.
    check(unsafe { syscall3(__NR_ioctl, argument(fd), FIONREAD, &raw mut count as usize) })?;
    Ok(count as u64)
}
