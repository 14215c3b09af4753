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
        "addi sp, sp, -224",
        "sd ra, 24(sp)",
        "sd s0, 32(sp)",
        "sd s1, 40(sp)",
        "sd s2, 48(sp)",
        "sd s3, 56(sp)",
        "sd s4, 64(sp)",
        "sd s5, 72(sp)",
        "sd s6, 80(sp)",
        "sd s7, 88(sp)",
        "sd s8, 96(sp)",
        "sd s9, 104(sp)",
        "sd s10, 112(sp)",
        "sd s11, 120(sp)",
        "fsd fs0, 128(sp)",
        "fsd fs1, 136(sp)",
        "fsd fs2, 144(sp)",
        "fsd fs3, 152(sp)",
        "fsd fs4, 160(sp)",
        "fsd fs5, 168(sp)",
        "fsd fs6, 176(sp)",
        "fsd fs7, 184(sp)",
        "fsd fs8, 192(sp)",
        "fsd fs9, 200(sp)",
        "fsd fs10, 208(sp)",
        "fsd fs11, 216(sp)",
        "sd a2, 16(sp)",
        "lla t0, 2f",
        "sd t0, 0(sp)",
        "ld t0, 0(a2)",
        "sd t0, 8(sp)",
        "sd sp, 0(a2)",
        "mv t0, a0",
        "mv a0, a1",
        "jalr t0",
        "li a0, 0",
        "2:",
        "ld a2, 16(sp)",
        "ld t0, 8(sp)",
        "sd t0, 0(a2)",
        "ld s0, 32(sp)",
        "ld s1, 40(sp)",
        "ld s2, 48(sp)",
        "ld s3, 56(sp)",
        "ld s4, 64(sp)",
        "ld s5, 72(sp)",
        "ld s6, 80(sp)",
        "ld s7, 88(sp)",
        "ld s8, 96(sp)",
        "ld s9, 104(sp)",
        "ld s10, 112(sp)",
        "ld s11, 120(sp)",
        "fld fs0, 128(sp)",
        "fld fs1, 136(sp)",
        "fld fs2, 144(sp)",
        "fld fs3, 152(sp)",
        "fld fs4, 160(sp)",
        "fld fs5, 168(sp)",
        "fld fs6, 176(sp)",
        "fld fs7, 184(sp)",
        "fld fs8, 192(sp)",
        "fld fs9, 200(sp)",
        "fld fs10, 208(sp)",
        "fld fs11, 216(sp)",
        "ld ra, 24(sp)",
        "addi sp, sp, 224",
        "ret",
    )
}

/// The return address, if the function interrupted after the code `before` has no frame, or not yet: `link` is the link
/// register. One that sets up a frame, as it calls others, begins with four instructions of two or four bytes each:
/// `addi sp, sp, -n; sd ra, n - 8(sp); sd s0, n - 16(sp); addi s0, sp, n - 16`, or less than `n` and more later.
pub fn unframed_return(before: &[u8], link: usize) -> Option<usize> {
    let has_frame = lowers_stack(before) && first(before, 4).is_some();
    (!has_frame).then_some(link)
}

/// Whether code begins with `addi sp, sp, -n`, of two bytes (`c.addi16sp`) or of four.
fn lowers_stack(code: &[u8]) -> bool {
    match *code {
        [low, high, ..] if u16::from_le_bytes([low, high]) & 0xff83 == 0x7101 => true,
        [a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]) & 0x800f_ffff == 0x8001_0113,
        _ => false,
    }
}

/// So many instructions from the first of `code`; `None` where it has fewer.
fn first(code: &[u8], count: usize) -> Option<&[u8]> {
    let mut end = 0;
    for _ in 0..count {
        end += if code.get(end)? & 3 == 3 { 4 } else { 2 };
    }
    code.get(..end)
}

/// The return address that a function saved: nothing signs it here.
pub fn return_address(saved: usize) -> usize {
    saved
}
