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

/// The registers that a call preserves (psABI 3.2.1), as they are now. What functions have saved of them is on the
/// stack.
#[inline(always)]
pub fn kept_registers() -> [usize; 6] {
    let mut registers = [0; 6];
    // SAFETY: the stores fill the array.
    unsafe {
        asm!(
            "mov [{array} + 0], rbx",
            "mov [{array} + 8], rbp",
            "mov [{array} + 16], r12",
            "mov [{array} + 24], r13",
            "mov [{array} + 32], r14",
            "mov [{array} + 40], r15",
            array = in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags),
        )
    }
    registers
}
