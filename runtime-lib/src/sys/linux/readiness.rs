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

/// A file waited for (`struct pollfd`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Waiter {
    fd: Fd,
    wanted: i16,
    got: i16,
}

impl Waiter {
    /// Waits for nothing.
    pub const NONE: Self = Self { fd: -1, wanted: 0, got: 0 };

    /// Waits until reading, or writing, would not block.
    pub fn new(fd: Fd, writing: bool) -> Self {
        Self { fd, wanted: if writing { POLLOUT } else { POLLIN } as i16, got: 0 }
    }

    /// Whether it is ready, as far as the last wait showed; errors count.
    pub fn is_ready(self) -> bool {
        self.got != 0
    }

    /// Whether the other side is gone.
    pub fn is_hung_up(self) -> bool {
        self.got as u32 & (POLLHUP | POLLERR) != 0
    }

    /// Whether the descriptor is closed.
    pub fn is_invalid(self) -> bool {
        self.got as u32 & POLLNVAL != 0
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
    // SAFETY: the kernel writes the waiters and, where there is one, the time.
    check(unsafe { syscall5(__NR_ppoll, base, len, time as usize, 0, 8) })
}

/// How many bytes can be read at once from a pipe, a socket or a terminal.
pub fn available(fd: Fd) -> Result<u64> {
    let mut count = 0_i32;
    // SAFETY: the kernel writes one `int`.
    check(unsafe { syscall3(__NR_ioctl, argument(fd), FIONREAD, &raw mut count as usize) })?;
    Ok(count as u64)
}
