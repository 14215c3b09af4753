//! Clocks.

use super::errno::check_unit;
use crate::errno::{Errno, Result};
use crate::sys::types::Clock;
use libc::{CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID, CLOCK_UPTIME_RAW, clockid_t, timespec};

/// The system's number of a clock. The monotonic clock counts nanoseconds, and stands still while the machine sleeps.
fn id(clock: Clock) -> clockid_t {
    match clock {
        Clock::Realtime => CLOCK_REALTIME,
        Clock::Monotonic => CLOCK_UPTIME_RAW,
        Clock::ProcessCpu => CLOCK_PROCESS_CPUTIME_ID,
        Clock::ThreadCpu => CLOCK_THREAD_CPUTIME_ID,
    }
}

/// A clock's time in nanoseconds.
pub fn now(clock: Clock) -> Result<u64> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the system writes one `timespec`.
    check_unit(unsafe { libc::clock_gettime(id(clock), &raw mut time) })?;
    nanoseconds(&time)
}

/// The resolution of a clock in nanoseconds.
pub fn resolution(clock: Clock) -> Result<u64> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the system writes one `timespec`.
    check_unit(unsafe { libc::clock_getres(id(clock), &raw mut time) })?;
    nanoseconds(&time)
}

fn nanoseconds(time: &timespec) -> Result<u64> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::OVERFLOW)?;
    let whole = seconds.checked_mul(1_000_000_000).ok_or(Errno::OVERFLOW)?;
    whole.checked_add(time.tv_nsec as u64).ok_or(Errno::OVERFLOW)
}
