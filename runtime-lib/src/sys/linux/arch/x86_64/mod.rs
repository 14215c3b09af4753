//! Instructions for x86-64 (System V ABI, AMD64 supplement).

mod signal;

pub use signal::*;

use core::arch::{asm, naked_asm};

/// Makes a system call without arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall0(number: u32) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, out("rcx") _, out("r11") _, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 1 argument. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall1(number: u32, a: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a,
            out("rcx") _, out("r11") _, options(nostack, preserves_flags))
    };
    answer
}

/// Makes a system call with 2 arguments. See [`syscall6`].
///
/// # Safety
/// As [`syscall6`].
#[inline(always)]
pub unsafe fn syscall2(number: u32, a: usize, b: usize) -> isize {
    let answer;
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a, in("rsi") b,
            out("rcx") _, out("r11") _, options(nostack, preserves_flags))
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
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a, in("rsi") b, in("rdx") c,
            out("rcx") _, out("r11") _, options(nostack, preserves_flags))
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
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            out("rcx") _, out("r11") _, options(nostack, preserves_flags))
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
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            in("r8") e, out("rcx") _, out("r11") _, options(nostack, preserves_flags))
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
    // SAFETY: the caller's promise; the kernel changes rax, rcx and r11 only.
    unsafe {
        asm!("syscall", inlateout("rax") number as usize => answer, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            in("r8") e, in("r9") f, out("rcx") _, out("r11") _, options(nostack, preserves_flags))
    };
    answer
}

/// The entry point of the image: passes the initial stack's address on.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {start}", "ud2", start = sym crate::start::start)
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
    // The kernel takes the fourth argument in r10 and keeps r8 and r9.
    naked_asm!(
        "mov r10, rcx",
        "mov eax, {number}",
        "syscall",
        "test rax, rax",
        "jnz 2f",
        "xor ebp, ebp",
        "mov rdi, r9",
        "call r8",
        "ud2",
        "2:",
        "ret",
        number = const linux_raw_sys::general::__NR_clone,
    )
}
