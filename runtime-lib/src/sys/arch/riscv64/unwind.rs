//! Throwing: from the registers of a call to those of a handler, and calls that see the registers of their caller.

use crate::sys::types::Unwound;
use core::arch::naked_asm;
use core::mem::offset_of;

unsafe extern "C" {
    /// `crate::exceptions::find_handler`: both sides know its symbol, as what compiled code calls has to begin here.
    fn wasmc_find_handler(unwound: &mut Unwound) -> bool;
    /// `crate::exceptions::kept::keep`.
    fn wasmc_keep(unwound: &mut Unwound) -> u64;
    /// `crate::context::exceptions::keep`. The second argument is that of whoever calls.
    #[cfg(not(target_os = "macos"))]
    fn wasmc_keep_for_context(unwound: &mut Unwound, block: *mut u8) -> u64;
}

/// Bytes of stack that a function called with an [`Unwound`] has. Where they are not there, the guard faults at once,
/// with the registers of compiled code: so it is known whose stack is exhausted.
const STACK: usize = 8 << 10;

/// Fills in an [`Unwound`] in a frame of its own with the registers of the caller, and calls a function with it.
macro_rules! with_registers {
    ($function:ident, $($resume:literal),*) => {
        naked_asm!(
            "li t0, {probe}",
            "sub t0, sp, t0",
            "ld t0, 0(t0)",
            "addi sp, sp, -16",
            "sd ra, 8(sp)",
            "sd s0, 0(sp)",
            "mv s0, sp",
            "addi sp, sp, -{size}",
            "sd s1, 8 * 9(sp)",
            "sd s2, 8 * 18(sp)",
            "sd s3, 8 * 19(sp)",
            "sd s4, 8 * 20(sp)",
            "sd s5, 8 * 21(sp)",
            "sd s6, 8 * 22(sp)",
            "sd s7, 8 * 23(sp)",
            "sd s8, 8 * 24(sp)",
            "sd s9, 8 * 25(sp)",
            "sd s10, 8 * 26(sp)",
            "sd s11, 8 * 27(sp)",
            "fsd fs0, 8 * 40(sp)",
            "fsd fs1, 8 * 41(sp)",
            "fsd fs2, 8 * 50(sp)",
            "fsd fs3, 8 * 51(sp)",
            "fsd fs4, 8 * 52(sp)",
            "fsd fs5, 8 * 53(sp)",
            "fsd fs6, 8 * 54(sp)",
            "fsd fs7, 8 * 55(sp)",
            "fsd fs8, 8 * 56(sp)",
            "fsd fs9, 8 * 57(sp)",
            "fsd fs10, 8 * 58(sp)",
            "fsd fs11, 8 * 59(sp)",
            "ld t0, 0(s0)",
            "sd t0, {fp}(sp)",
            "ld t0, 8(s0)",
            "sd t0, {pc}(sp)",
            "addi t0, s0, 16",
            "sd t0, {sp}(sp)",
            "sd a0, {exception}(sp)",
            "mv a0, sp",
            "call {function}",
            $($resume,)*
            "mv sp, s0",
            "ld ra, 8(sp)",
            "ld s0, 0(sp)",
            "addi sp, sp, 16",
            "ret",
            probe = const STACK,
            size = const size_of::<Unwound>(),
            pc = const offset_of!(Unwound, pc),
            sp = const offset_of!(Unwound, sp),
            fp = const offset_of!(Unwound, fp),
            exception = const offset_of!(Unwound, exception),
            function = sym $function,
        )
    };
}

/// Continues at the innermost handler of an exception; returns where there is none (`Builtin::Throw`).
///
/// # Safety
/// The exception must be one that compiled code or the runtime has made; only compiled code may call it.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_throw(exception: u64) {
    with_registers!(
        wasmc_find_handler,
        "andi a0, a0, 1",
        "beqz a0, 2f",
        "ld s1, 8 * 9(sp)",
        "ld s2, 8 * 18(sp)",
        "ld s3, 8 * 19(sp)",
        "ld s4, 8 * 20(sp)",
        "ld s5, 8 * 21(sp)",
        "ld s6, 8 * 22(sp)",
        "ld s7, 8 * 23(sp)",
        "ld s8, 8 * 24(sp)",
        "ld s9, 8 * 25(sp)",
        "ld s10, 8 * 26(sp)",
        "ld s11, 8 * 27(sp)",
        "fld fs0, 8 * 40(sp)",
        "fld fs1, 8 * 41(sp)",
        "fld fs2, 8 * 50(sp)",
        "fld fs3, 8 * 51(sp)",
        "fld fs4, 8 * 52(sp)",
        "fld fs5, 8 * 53(sp)",
        "fld fs6, 8 * 54(sp)",
        "fld fs7, 8 * 55(sp)",
        "fld fs8, 8 * 56(sp)",
        "fld fs9, 8 * 57(sp)",
        "fld fs10, 8 * 58(sp)",
        "fld fs11, 8 * 59(sp)",
        "ld a0, {exception}(sp)",
        "ld t0, {pc}(sp)",
        "ld s0, {fp}(sp)",
        "ld sp, {sp}(sp)",
        "jr t0",
        "2:"
    )
}

/// An exception as a reference that may be kept; 0 where there is no memory (`Builtin::KeepException`).
///
/// # Safety
/// As for [`wasmc_throw`].
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_keep_exception(exception: u64) -> u64 {
    with_registers!(wasmc_keep,)
}

/// As [`wasmc_keep_exception`], for the context of `block` (`Builtin::ContextKeepException`).
///
/// # Safety
/// As for [`wasmc_throw`]; the block must be that of the context that runs, which has called this by
/// [`wasmc_context_call`](crate::sys::wasmc_context_call).
#[cfg(not(target_os = "macos"))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_keep_exception(exception: u64, block: *mut u8) -> u64 {
    with_registers!(wasmc_keep_for_context,)
}
