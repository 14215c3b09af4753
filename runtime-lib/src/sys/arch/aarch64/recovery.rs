//! Recovery from traps, and frames that are not set up yet.

use crate::sys::types::RecoveryPoint;
use core::arch::{asm, naked_asm};

/// Offset of a [`RecoveryPoint`] from the stack pointer of [`call_with_recovery`].
pub const RECOVERY_POINT_OFFSET: usize = 16;

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
        "hint #25", // paciasp
        "stp x29, x30, [sp, #-192]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #32]",
        "stp x21, x22, [sp, #48]",
        "stp x23, x24, [sp, #64]",
        "stp x25, x26, [sp, #80]",
        "stp x27, x28, [sp, #96]",
        "stp d8, d9, [sp, #112]",
        "stp d10, d11, [sp, #128]",
        "stp d12, d13, [sp, #144]",
        "stp d14, d15, [sp, #160]",
        "str x2, [sp, #176]",
        "adr x9, 2f",
        "ldr x10, [x2]",
        "stp x9, x10, [sp, #{point}]",
        "add x9, sp, #{point}",
        "str x9, [x2]",
        "mov x9, x0",
        "mov x0, x1",
        "blr x9",
        "mov w0, #0",
        "2:",
        "ldr x2, [sp, #176]",
        "ldr x10, [sp, #{point} + 8]",
        "str x10, [x2]",
        "ldp d14, d15, [sp, #160]",
        "ldp d12, d13, [sp, #144]",
        "ldp d10, d11, [sp, #128]",
        "ldp d8, d9, [sp, #112]",
        "ldp x27, x28, [sp, #96]",
        "ldp x25, x26, [sp, #80]",
        "ldp x23, x24, [sp, #64]",
        "ldp x21, x22, [sp, #48]",
        "ldp x19, x20, [sp, #32]",
        "ldp x29, x30, [sp], #192",
        "hint #29", // autiasp
        "ret",
        point = const RECOVERY_POINT_OFFSET,
    )
}

/// `stp x29, x30, [sp, #-16]!`, with which a function begins that sets up a frame: those that call others.
const FRAME: [u8; 4] = 0xa9bf_7bfd_u32.to_le_bytes();

/// The return address, if the function interrupted after the code `before` has no frame, or not yet
/// (`stp x29, x30, [sp, #-16]!; mov x29, sp`, after hints where control flow is hardened): `link` is the link register.
pub fn unframed_return(before: &[u8], link: usize) -> Option<usize> {
    let hints = before.chunks_exact(4).take_while(|word| is_hint(word)).count();
    let setup = before.get(4 * hints..).filter(|setup| setup.len() >= 8);
    (!setup.is_some_and(|setup| setup.starts_with(&FRAME))).then_some(link)
}

/// Whether an instruction is a hint (Arm ARM C6.2): landing pads and what signs return addresses are.
fn is_hint(word: &[u8]) -> bool {
    matches!(word, [low, crm, 0x03, 0xd5] if low & 0x1f == 0x1f && crm >> 4 == 2)
}

/// The return address that a function saved, without the signature that it may carry.
pub fn return_address(saved: usize) -> usize {
    let address;
    // SAFETY: `xpaclri`, which older processors ignore, changes at most this register.
    unsafe { asm!("hint #7", inlateout("x30") saved => address, options(nomem, nostack, preserves_flags)) };
    address
}
