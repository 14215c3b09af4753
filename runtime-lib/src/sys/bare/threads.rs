//! There is one thread. The compiler refuses programs that start more.

use super::process::{exit, fatal};
use super::time::now;
use crate::errno::{Errno, Result};
use crate::sys::types::Clock;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// Always fails.
///
/// # Safety
/// Nothing is required.
pub unsafe fn start_thread(
    _top: usize,
    _running: &'static AtomicU32,
    _function: extern "C" fn(*mut u8) -> !,
    _argument: *mut u8,
) -> Result<()> {
    Err(Errno::NOSYS)
}

/// Ends the program with its only thread.
pub fn exit_thread(_running: impl FnOnce() -> &'static AtomicU32) -> ! {
    exit(0)
}

/// Lets `timeout` nanoseconds pass, unless `word` is not `expected`. Nothing can wake the only thread: a wait without a
/// timeout ends the program, as a trap does (the wait operators trap where a thread cannot be suspended). Returns
/// whether the time is over.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> bool {
    if word.load(SeqCst) != expected {
        return false;
    }
    let Some(timeout) = timeout else {
        fatal("wasm trap: waiting for ever: there is no other thread\n", TRAP_EXIT_STATUS)
    };
    let time = || now(Clock::Monotonic).unwrap_or(u64::MAX);
    let end = time().saturating_add(timeout);
    while time() < end {}
    true
}

/// There are none to wait for.
pub fn wait_for_thread(_running: &AtomicU32, _expected: u32) {}

/// There are none to wake.
pub fn futex_wake(_word: &AtomicU32, _count: u32) {}
