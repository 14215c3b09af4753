//! Limits that the kernel enforces: open files and time.

use super::process::{exit, fatal, raise};
use super::signals::{SignalInfo, change_mask, set_action, set_default};
use super::syscalls::{syscall3, syscall4};
use core::ptr::null;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use linux_raw_sys::general::{__NR_prlimit64, __NR_setitimer, SIG_BLOCK, SIGALRM, SIGTTIN, SIGTTOU};
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

/// Microseconds that the report of the end may take. Nobody may be reading standard error.
const REPORT_TIME: u64 = 50_000;

/// Ends the process once this much time has passed. A terminal that another job has does not stop it meanwhile, as the
/// time would not end a stopped process.
pub fn limit_time(milliseconds: u64) {
    const ITIMER_REAL: usize = 0;
    let _ = set_action(SIGALRM, on_alarm as *const () as usize);
    let _ = change_mask(SIG_BLOCK, &[SIGTTIN, SIGTTOU]);
    // `struct itimerval`: repetition, then the first time, in seconds and microseconds each.
    let time = [0, REPORT_TIME, milliseconds / 1000, milliseconds % 1000 * 1000];
    let previous: *const u64 = null();
    // SAFETY: the kernel only reads the structure.
    if unsafe { syscall3(__NR_setitimer, ITIMER_REAL, time.as_ptr() as usize, previous as usize) } != 0 {
        fatal("wasmc: this is no time that the system can measure: see --timeout\n", 1)
    }
}

/// Reports the end and ends the process. The timer's second signal interrupts a report that cannot be written, on
/// whichever thread it arrives.
extern "C" fn on_alarm(signal: u32, info: &SignalInfo) {
    static REPORTING: AtomicBool = AtomicBool::new(false);
    if info.is_sent() {
        set_default(signal);
        let _ = raise(signal);
        return;
    }
    if REPORTING.swap(true, Relaxed) {
        exit(TIMEOUT_EXIT_STATUS)
    }
    fatal("wasmc: the program ran longer than --timeout allows, and was ended\n", TIMEOUT_EXIT_STATUS)
}
