//! Instructions for AArch64 (AAPCS64).

#[cfg(not(target_os = "macos"))]
mod bytes;
mod recovery;
#[cfg(not(target_os = "macos"))]
mod switch;
mod unwind;

#[cfg(not(target_os = "macos"))]
pub use bytes::{memmove, memset};
pub use recovery::*;
#[cfg(not(target_os = "macos"))]
pub use switch::*;
pub use unwind::*;

use core::arch::asm;

/// Whether compiled code finds a thread's block by the area its stack lies in
/// ([`wasmc_abi::thread::BlockPointer::StackArea`]).
pub const STACK_AREAS: bool = false;

/// Switches to the stack that ends at `top` and calls `function(argument)` there.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn run_on_stack(top: usize, function: extern "C" fn(*mut u8) -> !, argument: *mut u8) -> ! {
    // Zero in the frame pointer and the return address ends the frame chain. A jump through x16 may land where calls
    // do. SAFETY: the caller promises a stack that nothing else uses; nothing returns to the present one.
    unsafe {
        asm!(
            "mov sp, {top}",
            "mov x29, xzr",
            "mov x30, xzr",
            "br x16",
            top = in(reg) top,
            in("x16") function,
            in("x0") argument,
            options(noreturn),
        )
    }
}

/// The registers that a call preserves (AAPCS64 6.1.1), as they are now. What functions have saved of them is on the
/// stack.
#[inline(always)]
pub fn kept_registers() -> [usize; 11] {
    let mut registers = [0; 11];
    // SAFETY: the stores fill the array.
    unsafe {
        asm!(
            "str x19, [{array}, #0]",
            "str x20, [{array}, #8]",
            "str x21, [{array}, #16]",
            "str x22, [{array}, #24]",
            "str x23, [{array}, #32]",
            "str x24, [{array}, #40]",
            "str x25, [{array}, #48]",
            "str x26, [{array}, #56]",
            "str x27, [{array}, #64]",
            "str x28, [{array}, #72]",
            "str x29, [{array}, #80]",
            array = in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags),
        )
    }
    registers
}
