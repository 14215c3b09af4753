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
            "hint #25", // paciasp
            "sub x9, sp, #{probe}",
            "ldr x9, [x9]",
            "stp x29, x30, [sp, #-16]!",
            "mov x29, sp",
            "sub sp, sp, #{size}",
            "stp x19, x20, [sp, #8 * 19]",
            "stp x21, x22, [sp, #8 * 21]",
            "stp x23, x24, [sp, #8 * 23]",
            "stp x25, x26, [sp, #8 * 25]",
            "stp x27, x28, [sp, #8 * 27]",
            "stp d8, d9, [sp, #8 * 40]",
            "stp d10, d11, [sp, #8 * 42]",
            "stp d12, d13, [sp, #8 * 44]",
            "stp d14, d15, [sp, #8 * 46]",
            "ldp x9, x10, [x29]",
            "add x11, x29, #16",
            "str x9, [sp, #{fp}]",
            "str x10, [sp, #{pc}]",
            "str x11, [sp, #{sp}]",
            "str x0, [sp, #{exception}]",
            "mov x0, sp",
            "bl {function}",
            $($resume,)*
            "mov sp, x29",
            "ldp x29, x30, [sp], #16",
            "hint #29", // autiasp
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
        "tbz w0, #0, 2f",
        "ldp x19, x20, [sp, #8 * 19]",
        "ldp x21, x22, [sp, #8 * 21]",
        "ldp x23, x24, [sp, #8 * 23]",
        "ldp x25, x26, [sp, #8 * 25]",
        "ldp x27, x28, [sp, #8 * 27]",
        "ldp d8, d9, [sp, #8 * 40]",
        "ldp d10, d11, [sp, #8 * 42]",
        "ldp d12, d13, [sp, #8 * 44]",
        "ldp d14, d15, [sp, #8 * 46]",
        "ldr x0, [sp, #{exception}]",
        "ldr x9, [sp, #{pc}]",
        "ldr x29, [sp, #{fp}]",
        "ldr x10, [sp, #{sp}]",
        "mov sp, x10",
        "ret x9", // unlike `br`, it needs no landing pad
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
