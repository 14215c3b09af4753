//! The way out of a trap, and frames that are not there yet.

use crate::sys::Catch;
use core::arch::naked_asm;

/// Where a [`Catch`] lies above the stack pointer of [`catch`], the registers saved above it.
pub const CATCH_OFFSET: usize = 0;

/// Calls `function(argument)` with itself registered in `innermost`, and returns 0, or the number that a signal handler
/// gave it by [`Catch::resumption`] meanwhile.
///
/// # Safety
/// As for `function`; `innermost` must be the place that the signal handler looks at.
#[unsafe(naked)]
pub unsafe extern "C" fn catch(
    function: extern "C" fn(*mut u8),
    argument: *mut u8,
    innermost: *mut *const Catch,
) -> u32 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdx",
        "push [rdx]",
        "lea rax, [rip + 2f]",
        "push rax",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "xor eax, eax",
        "2:",
        "pop rcx",
        "pop rcx",
        "pop rdx",
        "mov [rdx], rcx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// The address to return to, if the function interrupted behind the code `before` has not made its frame yet
/// (`push rbp; mov rbp, rsp`). `read` reads a word of the stack.
pub fn unframed_return(before: &[u8], stack_pointer: usize, read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    match before.len() {
        0 => read(stack_pointer),
        1 => read(stack_pointer + 8),
        _ => None,
    }
}

/// The address in what a function keeps of the one that it returns to: the same.
pub fn return_address(kept: usize) -> usize {
    kept
}
