//! Threads: `clone`, `futex`, `exit`.

use super::arch::clone_thread;
use super::errno::check_unit;
use super::syscalls::{syscall1, syscall3, syscall4};
use crate::errno::{Errno, Result};
use core::ptr::null;
use core::sync::atomic::AtomicU32;
use linux_raw_sys::general::{
    __NR_exit, __NR_futex, CLONE_CHILD_CLEARTID, CLONE_FILES, CLONE_FS, CLONE_PARENT_SETTID, CLONE_SIGHAND,
    CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM, FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE, timespec,
};

/// Starts a thread that calls `function(argument)` on the stack that ends at `top`. The kernel stores the thread's
/// number in `running`, and 0 when the thread has ended.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses while the thread runs.
pub unsafe fn start_thread(
    top: usize,
    running: &'static AtomicU32,
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> Result<()> {
    const FLAGS: u32 = CLONE_VM
        | CLONE_FS
        | CLONE_FILES
        | CLONE_SIGHAND
        | CLONE_THREAD
        | CLONE_SYSVSEM
        | CLONE_PARENT_SETTID
        | CLONE_CHILD_CLEARTID;
    let running = running.as_ptr();
    // SAFETY: the caller promises a stack of the new thread's own; `running` lives as long as the process.
    check_unit(unsafe { clone_thread(FLAGS as usize, top, running, running, function, argument) })
}

/// Ends the calling thread alone. The kernel itself clears its word `running`.
pub fn exit_thread(_running: impl FnOnce() -> &'static AtomicU32) -> ! {
    loop {
        // SAFETY: does not return.
        unsafe { syscall1(__NR_exit, 0) };
    }
}

/// Waits until woken, unless `word` is not `expected`; `timeout` nanoseconds at most. May wake spuriously. Returns
/// whether the time is over.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> bool {
    let time = timeout.map(|nanoseconds| timespec {
        tv_sec: (nanoseconds / 1_000_000_000) as i64,
        tv_nsec: (nanoseconds % 1_000_000_000) as i64,
    });
    let time = time.as_ref().map_or(null(), |time| &raw const *time);
    wait(word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, expected, time) == Err(Errno::TIMEDOUT)
}

/// Waits until the kernel reports that a thread has ended. May wake spuriously.
pub fn wait_for_thread(running: &AtomicU32, expected: u32) {
    // At the end of a thread, the kernel wakes only waiters without the private flag.
    let _ = wait(running, FUTEX_WAIT, expected, null());
}

fn wait(word: &AtomicU32, operation: u32, expected: u32, time: *const timespec) -> Result<()> {
    let word = word.as_ptr() as usize;
    // SAFETY: the kernel only reads the word and the time.
    check_unit(unsafe { syscall4(__NR_futex, word, operation as usize, expected as usize, time as usize) })
}

/// Wakes at most `count` of the threads that wait at `word`.
pub fn futex_wake(word: &AtomicU32, count: u32) {
    let operation = FUTEX_WAKE | FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel uses the address as a key and touches no memory.
    let _ = unsafe { syscall3(__NR_futex, word.as_ptr() as usize, operation as usize, count as usize) };
}
