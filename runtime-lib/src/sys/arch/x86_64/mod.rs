//! Instructions for x86-64 (System V ABI, AMD64 supplement).

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
    // `call` leaves rsp as a function expects it on entry; a zero rbp ends the frame chain.
    // SAFETY: the caller promises a stack that nothing else uses; nothing returns to the present one.
    unsafe {
        asm!(
            "mov rsp, {top}",
            "xor ebp, ebp",
            "call {function}",
            "ud2",
            top = in(reg) top,
            function = in(reg) function,
            in("rdi") argument,
            options(noreturn),
        )
    }
}
