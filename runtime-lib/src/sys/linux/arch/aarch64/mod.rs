//! Instructions for AArch64 (AAPCS64).

mod signal;

pub use signal::*;

use core::arch::{asm, naked_asm};

/// Makes a system call with no arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall0(number: u32) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe { asm!("svc #0", in("x8") number as usize, lateout("x0") answer, options(nostack, preserves_flags)) };
    answer
}

/// Makes a system call with 1 argument. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall1(number: u32, a: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe { asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, options(nostack, preserves_flags)) };
    answer
}

/// Makes a system call with 2 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall2(number: u32, a: usize, b: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, in("x1") b, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 3 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall3(number: u32, a: usize, b: usize, c: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, in("x1") b, in("x2") c, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 4 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall4(number: u32, a: usize, b: usize, c: usize, d: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, in("x1") b, in("x2") c, in("x3") d, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 5 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall5(number: u32, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, in("x1") b, in("x2") c, in("x3") d, in("x4") e, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 6 arguments and returns the kernel's answer, -4095..=-1 for an error.
///
/// # Safety
/// The call must not break what other code relies on: memory that it writes to must be the caller's.
#[inline(always)]
pub unsafe fn syscall6(number: u32, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes x0 only.
    unsafe {
        asm!("svc #0", in("x8") number as usize, inlateout("x0") a => answer, in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f, options(nostack, preserves_flags))
    };
    answer
}

/// The entry point of the image: passes the initial stack's address on.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov x29, xzr", "mov x30, xzr", "mov x0, sp", "b {start}", start = sym crate::start::start)
}

/// Makes a thread by `clone`, which calls `function(argument)`. Returns in the calling thread alone.
///
/// # Safety
/// As `clone`; `stack` must be a multiple of 16 and end memory that the new thread alone uses.
#[unsafe(naked)]
pub unsafe extern "C" fn clone_thread(
    flags: usize,
    stack: usize,
    parent_number: *mut u32,
    child_number: *mut u32,
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> isize {
    // The kernel takes the thread's own storage, of which there is none, before the child's number.
    naked_asm!(
        "mov x6, x4",
        "mov x7, x5",
        "mov x4, x3",
        "mov x3, xzr",
        "mov x8, #{number}",
        "svc #0",
        "cbnz x0, 2f",
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, x7",
        "br x6",
        "2:",
        "ret",
        number = const linux_raw_sys::general::__NR_clone,
    )
}
