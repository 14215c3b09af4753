//! Clocks.

use super::errno::check_unit;
use super::syscalls::syscall2;
use super::vdso;
use crate::errno::{Errno, Result};
use crate::sys::types::Clock;
use linux_raw_sys::general::{
    __NR_clock_getres, __NR_clock_gettime, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME,
    CLOCK_THREAD_CPUTIME_ID, timespec,
};

const _: () = {
    assert!(Clock::Realtime as u32 == CLOCK_REALTIME && Clock::Monotonic as u32 == CLOCK_MONOTONIC);
    assert!(Clock::ProcessCpu as u32 == CLOCK_PROCESS_CPUTIME_ID && Clock::ThreadCpu as u32 == CLOCK_THREAD_CPUTIME_ID);
};

/// A clock's time in nanoseconds.
pub fn now(clock: Clock) -> Result<u64> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    if vdso::clock_gettime(clock as i32, &mut time).is_none() {
        // SAFETY: the kernel writes one `timespec`.
        check_unit(unsafe { syscall2(__NR_clock_gettime, clock as usize, &raw mut time as usize) })?;
    }
    nanoseconds(&time)
}

/// The resolution of a clock in nanoseconds.
pub fn resolution(clock: Clock) -> Result<u64> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one `timespec`.
    check_unit(unsafe { syscall2(__NR_clock_getres, clock as usize, &raw mut time as usize) })?;
    nanoseconds(&time)
}

fn nanoseconds(time: &timespec) -> Result<u64> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::OVERFLOW)?;
    let whole = seconds.checked_mul(1_000_000_000).ok_or(Errno::OVERFLOW)?;
    whole.checked_add(time.tv_nsec as u64).ok_or(Errno::OVERFLOW)
}
