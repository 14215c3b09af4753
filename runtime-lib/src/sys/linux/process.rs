//! The process: what it was started with, its end, its signals to itself, yielding, random bytes.

use super::errno::check_unit;
use super::files::retry;
use super::syscalls::{syscall0, syscall1, syscall3};
use crate::errno::Result;
use crate::process;
use linux_raw_sys::general::{
    __NR_exit_group, __NR_getpid, __NR_getrandom, __NR_gettid, __NR_sched_yield, __NR_tgkill,
};

/// The array of pointers to the arguments: the initial stack holds, as the System V ABI describes it ("Initial Stack and
/// Register State"), the argument count, pointers to the arguments, a null pointer, pointers to the variables of the
/// environment, a null pointer, and pairs of a tag and a value, ended by the tag `AT_NULL`.
pub fn arguments(initial_stack: *const usize) -> *const *const u8 {
    // SAFETY: the argument count is the first word of the initial stack, the pointers follow it.
    unsafe { initial_stack.add(1) }.cast()
}

/// The array of pointers to the variables of the environment.
pub fn environment(initial_stack: *const usize) -> *const *const u8 {
    // SAFETY: the argument count is the first word; as many pointers and a null pointer lie before the environment.
    unsafe { initial_stack.add(*initial_stack + 2) }.cast()
}

/// The value of an entry of the auxiliary vector.
pub(super) fn auxiliary(tag: u32) -> Option<usize> {
    let mut entry: *const [usize; 2] = process::environment().end().cast();
    loop {
        // SAFETY: entries up to the one with tag 0 exist, and the loop stops there.
        let [present, value] = unsafe { *entry };
        if present == tag as usize {
            return Some(value);
        }
        if present == 0 {
            return None;
        }
        // SAFETY: as above.
        entry = unsafe { entry.add(1) };
    }
}

/// Whether the program got privileges of its file.
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

/// Sends a signal to the calling thread.
pub fn raise(signal: u32) -> Result<()> {
    // SAFETY: touches no memory.
    check_unit(unsafe {
        syscall3(__NR_tgkill, syscall0(__NR_getpid) as usize, syscall0(__NR_gettid) as usize, signal as usize)
    })
}

/// Lets others run.
pub fn yield_now() {
    // SAFETY: touches no memory.
    unsafe { syscall0(__NR_sched_yield) };
}

/// Fills memory with random bytes; returns how many.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub unsafe fn random(to: *mut u8, len: usize) -> Result<usize> {
    // SAFETY: the caller's promise.
    retry(|| unsafe { syscall3(__NR_getrandom, to as usize, len, 0) })
}

/// Number of a signal, from its number in WASI preview 1: the same, but for SIGSTKFLT, which WASI does not have.
pub fn signal_number(signal: u32) -> u32 {
    if signal < linux_raw_sys::general::SIGSTKFLT { signal } else { signal + 1 }
}
