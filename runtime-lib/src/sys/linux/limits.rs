//! Limits that the kernel enforces: open files and time.

use super::process::{fatal, raise};
use super::signals::{SignalInfo, set_action, set_default};
use super::syscalls::{syscall3, syscall4};
use core::ptr::null;
use linux_raw_sys::general::{__NR_prlimit64, __NR_setitimer, SIGALRM};
use wasmc_abi::grants::TIMEOUT_EXIT_STATUS;

/// Whether the system enforces limits.
pub const KEEPS_LIMITS: bool = true;

/// Limits the process to descriptors below `count`, or to the lower limit that it already has.
pub fn limit_open_files(count: u64) {
    const RLIMIT_NOFILE: usize = 7;
    let mut present = [0_u64; 2];
    // SAFETY: the kernel writes a `struct rlimit64`.
    unsafe { syscall4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, present.as_mut_ptr() as usize) };
    let limits = present.map(|limit| limit.min(count));
    // SAFETY: the kernel only reads the structure.
    unsafe { syscall4(__NR_prlimit64, 0, RLIMIT_NOFILE, limits.as_ptr() as usize, 0) };
}

/// Ends the process once this much time has passed.
pub fn limit_time(milliseconds: u64) {
    const ITIMER_REAL: usize = 0;
    let _ = set_action(SIGALRM, on_alarm as *const () as usize);
    // `struct itimerval`: no repetition, seconds, microseconds.
    let time = [0, 0, milliseconds / 1000, milliseconds % 1000 * 1000];
    let previous: *const u64 = null();
    // SAFETY: the kernel only reads the structure.
    if unsafe { syscall3(__NR_setitimer, ITIMER_REAL, time.as_ptr() as usize, previous as usize) } != 0 {
        fatal("wasmc: this is no time that the system can measure: see --timeout\n", 1)
    }
}

extern "C" fn on_alarm(signal: u32, info: &SignalInfo) {
    if info.is_sent() {
        set_default(signal);
        let _ = raise(signal);
        return;
    }
    fatal("wasmc: the program ran longer than --timeout allows, and was ended\n", TIMEOUT_EXIT_STATUS)
}
