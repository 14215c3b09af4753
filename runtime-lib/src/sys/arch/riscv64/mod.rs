//! Instructions for RISC-V (psABI).

#[cfg(not(target_os = "macos"))]
mod bytes;
#[cfg(not(target_os = "macos"))]
mod enter;
mod recovery;
#[cfg(not(target_os = "macos"))]
mod switch;
mod unwind;

#[cfg(not(target_os = "macos"))]
pub use bytes::{memmove, memset};
#[cfg(not(target_os = "macos"))]
pub use enter::*;
pub use recovery::*;
#[cfg(not(target_os = "macos"))]
pub use switch::*;
pub use unwind::*;

use core::arch::asm;

/// Whether compiled code finds a thread's block by the area its stack lies in
/// ([`wasmc_abi::thread::BlockPointer::StackArea`]).
pub const STACK_AREAS: bool = true;

/// Switches to the stack that ends at `top` and calls `function(argument)` there.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn run_on_stack(top: usize, function: extern "C" fn(*mut u8) -> !, argument: *mut u8) -> ! {
    // Zero in the frame pointer and the return address ends the frame chain.
    // SAFETY: the caller promises a stack that nothing else uses; nothing returns to the present one.
    unsafe {
        asm!(
            "mv sp, {top}",
            "li s0, 0",
            "li ra, 0",
            "jr {function}",
            top = in(reg) top,
            function = in(reg) function,
            in("a0") argument,
            options(noreturn),
        )
    }
}

/// The registers that a call preserves (psABI 2.1), as they are now. What functions have saved of them is on the
/// stack.
#[inline(always)]
pub fn kept_registers() -> [usize; 12] {
    let mut registers = [0; 12];
    // SAFETY: the stores fill the array.
    unsafe {
        asm!(
            "sd s0, 0({array})",
            "sd s1, 8({array})",
            "sd s2, 16({array})",
            "sd s3, 24({array})",
            "sd s4, 32({array})",
            "sd s5, 40({array})",
            "sd s6, 48({array})",
            "sd s7, 56({array})",
            "sd s8, 64({array})",
            "sd s9, 72({array})",
            "sd s10, 80({array})",
            "sd s11, 88({array})",
            array = in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags),
        )
    }
    registers
}
