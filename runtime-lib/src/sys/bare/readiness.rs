//! Waiting for time to pass and for input.

use super::board::NOTHING_YET;
use super::console::{NO_FILE, is_console, peek};
use super::time::now;
use crate::errno::Result;
use crate::sys::types::{Clock, Fd};

/// A stream to wait for.
#[derive(Clone, Copy)]
pub struct Waiter {
    /// One more than the descriptor; 0 for no stream, as in zeroed memory.
    fd_plus_one: Fd,
    writing: bool,
    ready: bool,
}

impl Waiter {
    /// No stream.
    pub const NONE: Self = Self { fd_plus_one: 0, writing: false, ready: false };

    /// Waits until reading, or writing, would not block.
    pub fn new(fd: Fd, writing: bool) -> Self {
        Self { fd_plus_one: fd + 1, writing, ready: false }
    }

    /// Whether the last wait found it ready.
    pub fn is_ready(self) -> bool {
        self.ready
    }

    /// The console has no peer.
    pub fn is_hung_up(self) -> bool {
        false
    }

    /// Whether there is no such stream.
    pub fn is_invalid(self) -> bool {
        self.fd_plus_one != 0 && !is_console(self.fd_plus_one - 1)
    }
}

/// Waits until one is ready or `timeout` nanoseconds have passed.
pub fn wait(waiters: &mut [Waiter], timeout: Option<u64>) -> Result<usize> {
    let end = match timeout {
        Some(timeout) => Some(now(Clock::Monotonic)?.saturating_add(timeout)),
        None => None,
    };
    loop {
        let mut ready = 0;
        for waiter in waiters.iter_mut().filter(|waiter| waiter.fd_plus_one != 0) {
            waiter.ready = waiter.writing || waiter.is_invalid() || peek() != NOTHING_YET;
            ready += usize::from(waiter.ready);
        }
        if ready > 0 {
            return Ok(ready);
        }
        let time = now(Clock::Monotonic)?;
        if end.is_some_and(|end| time >= end) {
            return Ok(0);
        }
    }
}

/// How many bytes can be read at once, at least.
pub fn available(fd: Fd) -> Result<u64> {
    if is_console(fd) { Ok(u64::from(peek() >= 0)) } else { Err(NO_FILE) }
}
