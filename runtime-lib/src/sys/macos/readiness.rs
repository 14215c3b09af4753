//! Waiting for time to pass and for files to become ready.

use super::errno::{check, check_unit};
use crate::errno::Result;
use crate::sys::types::Fd;
use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, pollfd};

/// A file to wait for.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Waiter(pollfd);

impl Waiter {
    /// No file.
    pub const NONE: Self = Self(pollfd { fd: -1, events: 0, revents: 0 });

    /// Waits until reading, or writing, would not block.
    pub fn new(fd: Fd, writing: bool) -> Self {
        Self(pollfd { fd, events: if writing { POLLOUT } else { POLLIN }, revents: 0 })
    }

    /// Whether the last wait found it ready, or in error.
    pub fn is_ready(self) -> bool {
        self.0.revents != 0
    }

    /// Whether the peer has hung up.
    pub fn is_hung_up(self) -> bool {
        self.0.revents & (POLLHUP | POLLERR) != 0
    }

    /// Whether the descriptor is closed.
    pub fn is_invalid(self) -> bool {
        self.0.revents & POLLNVAL != 0
    }
}

/// Waits until one is ready or `timeout` nanoseconds have passed; a signal ends the wait with an error. The system
/// counts milliseconds: the time is rounded up to a whole one.
pub fn wait(waiters: &mut [Waiter], timeout: Option<u64>) -> Result<usize> {
    let mut left = timeout.map(|nanoseconds| nanoseconds.div_ceil(1_000_000));
    loop {
        let now = left.map_or(-1, |milliseconds| i32::try_from(milliseconds).unwrap_or(i32::MAX));
        // SAFETY: the system writes to the waiters, which are `struct pollfd`.
        let ready = check(unsafe { libc::poll(waiters.as_mut_ptr().cast(), waiters.len() as u32, now) })?;
        left = left.map(|milliseconds| milliseconds - now.unsigned_abs() as u64);
        if ready > 0 || left.is_none_or(|left| left == 0) {
            return Ok(ready);
        }
    }
}

/// How many bytes can be read at once from a pipe, a socket or a terminal.
pub fn available(fd: Fd) -> Result<u64> {
    let mut count = 0_i32;
    // SAFETY: the system writes one `int`.
    check_unit(unsafe { libc::ioctl(fd, libc::FIONREAD, &raw mut count) })?;
    Ok(count as u64)
}
