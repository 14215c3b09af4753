//! Instructions for RISC-V (psABI).

#[cfg(not(target_os = "macos"))]
mod bytes;
mod recovery;
#[cfg(target_os = "linux")]
mod switch;
mod unwind;

#[cfg(not(target_os = "macos"))]
pub use bytes::{memmove, memset};
pub use recovery::*;
#[cfg(target_os = "linux")]
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
