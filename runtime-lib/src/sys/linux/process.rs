//! The process: its start data, its exit, its privileges, signals to itself, yielding, random bytes.

use super::errno::check_unit;
use super::files::{retry, write_error};
use super::syscalls::{syscall0, syscall1, syscall3, syscall5};
use crate::errno::Result;
use crate::sys::start_data::{Strings, start_data};
use linux_raw_sys::general::{
    __NR_exit_group, __NR_getpid, __NR_getrandom, __NR_gettid, __NR_prctl, __NR_sched_yield, __NR_tgkill,
};

/// The arguments, the program's name first. The start data is the initial stack, which holds, as the System V ABI
/// describes it ("Initial Stack and Register State"), the argument count, pointers to the arguments, a null pointer,
/// pointers to the environment variables, a null pointer, and pairs of a tag and a value, ended by the tag `AT_NULL`.
pub fn arguments() -> Strings {
    // SAFETY: the argument count is the first word of the initial stack; the pointers and a null pointer follow it.
    unsafe { Strings::new(start_data().add(1).cast()) }
}

/// The environment as it was at the start, `NAME=VALUE` each.
pub fn environment() -> Strings {
    let initial_stack = start_data();
    // SAFETY: the argument count is the first word; as many pointers and a null pointer lie before the environment.
    unsafe { Strings::new(initial_stack.add(*initial_stack + 2).cast()) }
}

/// The value of an entry of the auxiliary vector.
pub(super) fn auxiliary(tag: u32) -> Option<usize> {
    let mut entry: *const [usize; 2] = environment().end().cast();
    loop {
        // SAFETY: entries up to the one with tag 0 exist, and the loop stops there.
        let [present, value] = unsafe { *entry };
        if present == tag as usize {
            return Some(value);
        }
        if present == 0 {
            return None;
        }
        // SAFETY: this entry was not the last.
        entry = unsafe { entry.add(1) };
    }
}

/// Whether the program has privileges that its file gave it (set-user-ID, capabilities).
pub fn is_privileged() -> bool {
    auxiliary(linux_raw_sys::auxvec::AT_SECURE).is_some_and(|secure| secure != 0)
}

/// Ends the process with all its threads.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: does not return.
        unsafe { syscall1(__NR_exit_group, status as usize) };
    }
}

/// Prints a line to standard error, without the buffer of [`crate::report`], and ends the process.
pub fn fatal(line: &'static str, status: i32) -> ! {
    let _ = write_error(line.as_bytes());
    exit(status)
}

/// The process's number.
pub fn process_id() -> u32 {
    // SAFETY: touches no memory; always succeeds.
    unsafe { syscall0(__NR_getpid) as u32 }
}

/// Gives up gaining privileges from files that the process executes. Without this, only the privileged may confine
/// themselves.
pub(super) fn set_no_new_privileges() {
    const PR_SET_NO_NEW_PRIVS: usize = 38;
    // SAFETY: touches no memory.
    unsafe { syscall5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
}

/// Sends a signal to the calling thread.
pub fn raise(signal: u32) -> Result<()> {
    // SAFETY: none of the three calls touches memory; the first two always succeed.
    check_unit(unsafe { syscall3(__NR_tgkill, process_id() as usize, syscall0(__NR_gettid) as usize, signal as usize) })
}

/// Lets other threads run.
pub fn yield_now() {
    // SAFETY: touches no memory.
    unsafe { syscall0(__NR_sched_yield) };
}

/// Writes random bytes; returns how many.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub unsafe fn random(to: *mut u8, len: usize) -> Result<usize> {
    // SAFETY: the kernel writes at most `len` bytes to `to`, which the caller promises are writable.
    retry(|| unsafe { syscall3(__NR_getrandom, to as usize, len, 0) })
}

/// The number of a signal, from its number in WASI preview 1: the same, but for SIGSTKFLT, which WASI does not have.
pub fn signal_number(signal: u32) -> u32 {
    if signal < linux_raw_sys::general::SIGSTKFLT { signal } else { signal + 1 }
}
