//! Instructions for RV64GC (RISC-V ELF psABI, LP64D).

mod signal;

pub use signal::*;

use core::arch::naked_asm;

/// The instruction of a system call with up to six arguments; the kernel changes a0 alone, which becomes `$result`.
macro_rules! system_call {
    ($result:ident, $number:ident) => {
        core::arch::asm!("ecall", in("a7") $number as usize, lateout("a0") $result, options(nostack, preserves_flags))
    };
    (
        $result:ident, $number:ident, $a:ident
        $(, $b:ident $(, $c:ident $(, $d:ident $(, $e:ident $(, $f:ident)?)?)?)?)?
    ) => {
        core::arch::asm!(
            "ecall",
            in("a7") $number as usize,
            inlateout("a0") $a => $result,
            $(in("a1") $b, $(in("a2") $c, $(in("a3") $d, $(in("a4") $e, $(in("a5") $f,)?)?)?)?)?
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
        "mv a0, sp",
        "andi sp, sp, -16",
        "li gp, {gp}",
        "li s0, 0",
        "li ra, 0",
        "tail {start}",
        gp = const wasmc_abi::memory::RISCV_GP,
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
    // The kernel takes the pointer to thread-local storage, of which there is none, before the child's number.
    naked_asm!(
        "mv t0, a4",
        "mv t1, a5",
        "mv a4, a3",
        "li a3, 0",
        "li a7, {number}",
        "ecall",
        "bnez a0, 2f",
        "li s0, 0",
        "li ra, 0",
        "mv a0, t1",
        "jr t0",
        "2:",
        "ret",
        number = const linux_raw_sys::general::__NR_clone,
    )
}
