//! The process: its end, its signals to itself, yielding, random bytes.

use super::arch::{syscall0, syscall1, syscall3};
use super::errno::check_unit;
use super::files::retry;
use crate::errno::Result;
use linux_raw_sys::general::{
    __NR_exit_group, __NR_getpid, __NR_getrandom, __NR_gettid, __NR_sched_yield, __NR_tgkill,
};

/// Tags of the auxiliary vector.
pub mod auxiliary {
    /// Address of the image of the functions that the kernel maps into every process.
    pub const VDSO: usize = linux_raw_sys::auxvec::AT_SYSINFO_EHDR as usize;
    /// Not 0 where the program got privileges of its file.
    pub const SECURE: usize = linux_raw_sys::auxvec::AT_SECURE as usize;
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
