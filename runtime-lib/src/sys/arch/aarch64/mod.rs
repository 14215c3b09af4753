//! Instructions for AArch64 (AAPCS64).

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
