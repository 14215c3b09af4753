//! Instructions for x86-64 (System V ABI, AMD64 supplement).

mod signal;

pub use signal::*;

use core::arch::naked_asm;

/// The instruction of a system call with up to six arguments; the kernel changes rax, which becomes `$result`, rcx and
/// r11.
macro_rules! system_call {
    (
        $result:ident, $number:ident
        $(, $a:ident $(, $b:ident $(, $c:ident $(, $d:ident $(, $e:ident $(, $f:ident)?)?)?)?)?)?
    ) => {
        core::arch::asm!(
            "syscall",
            inlateout("rax") $number as usize => $result,
            $(in("rdi") $a, $(in("rsi") $b, $(in("rdx") $c, $(in("r10") $d, $(in("r8") $e, $(in("r9") $f,)?)?)?)?)?)?
            out("rcx") _,
            out("r11") _,
            options(nostack, preserves_flags),
        )
    };
}

/// The entry point of the image: passes on the address of the initial stack.
///
/// # Safety
/// Only the kernel may go here.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rdi, rsp",
        "and rsp, -16",
        "call {start}",
        "ud2",
        start = sym crate::sys::start_data::wasmc_start,
    )
}

/// Starts a thread by `clone`, which calls `function(argument)`. Returns in the calling thread alone.
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
