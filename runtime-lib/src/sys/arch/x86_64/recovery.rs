//! Recovery from traps, and frames that are not set up yet.

use crate::sys::types::RecoveryPoint;
use core::arch::naked_asm;

/// Offset of a [`RecoveryPoint`] from the stack pointer of [`call_with_recovery`]; the saved registers lie above it.
pub const RECOVERY_POINT_OFFSET: usize = 0;

/// Calls `function(argument)` with a recovery point in `innermost`. Returns 0, or the number that a fault handler put
/// in the register of results when it continued at that point.
///
/// # Safety
/// As for `function`; `innermost` must be where the fault handler looks for the calling thread's recovery point.
#[unsafe(naked)]
pub unsafe extern "C" fn call_with_recovery(
    function: extern "C" fn(*mut u8),
    argument: *mut u8,
    innermost: *mut *const RecoveryPoint,
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

/// `push rbp`, with which a function begins that sets up a frame; `mov rbp, rsp` follows.
const PUSH: u8 = 0x55;

/// `endbr64`, the landing pad that comes first where control flow is hardened.
const LANDING_PAD: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

/// The return address, if the function interrupted after the code `before` has no frame, or not yet. `read` reads a
/// word of the stack.
pub fn unframed_return(before: &[u8], stack_pointer: usize, read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    match before.strip_prefix(&LANDING_PAD).unwrap_or(before) {
        [PUSH] => read(stack_pointer + size_of::<usize>()),
        [PUSH, ..] => None,
        _ => read(stack_pointer),
    }
}

/// The return address that a function saved: nothing signs it here.
pub fn return_address(saved: usize) -> usize {
    saved
}
