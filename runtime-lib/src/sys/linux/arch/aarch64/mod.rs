//! Instructions for AArch64 (AAPCS64).

mod signal;

pub use signal::*;

use core::arch::naked_asm;

/// The instruction of a system call with up to six arguments; the kernel changes x0 alone, which becomes `$result`.
macro_rules! system_call {
    ($result:ident, $number:ident) => {
        core::arch::asm!("svc #0", in("x8") $number as usize, lateout("x0") $result, options(nostack, preserves_flags))
    };
    (
        $result:ident, $number:ident, $a:ident
        $(, $b:ident $(, $c:ident $(, $d:ident $(, $e:ident $(, $f:ident)?)?)?)?)?
    ) => {
        core::arch::asm!(
            "svc #0",
            in("x8") $number as usize,
            inlateout("x0") $a => $result,
            $(in("x1") $b, $(in("x2") $c, $(in("x3") $d, $(in("x4") $e, $(in("x5") $f,)?)?)?)?)?
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
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, sp",
        "b {start}",
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
    // The kernel takes the pointer to thread-local storage, of which there is none, before the child's number. A jump
    // through x16 may land where calls do.
    naked_asm!(
        "mov x16, x4",
        "mov x7, x5",
        "mov x4, x3",
        "mov x3, xzr",
        "mov x8, #{number}",
        "svc #0",
        "cbnz x0, 2f",
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, x7",
        "br x16",
        "2:",
        "ret",
        number = const linux_raw_sys::general::__NR_clone,
    )
}
