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
    #[cfg(target_os = "linux")]
    fn wasmc_keep_for_context(unwound: &mut Unwound, block: *mut u8) -> u64;
}

/// Bytes of stack that a function called with an [`Unwound`] has. Where they are not there, the guard faults at once,
/// with the registers of compiled code: so it is known whose stack is exhausted.
const STACK: usize = 8 << 10;

/// Fills in an [`Unwound`] in a frame of its own with the registers of the caller, and calls a function with it.
macro_rules! with_registers {
    ($function:ident, $($resume:literal),*) => {
        naked_asm!(
            "test [rsp - {probe}], eax",
            "push rbp",
            "mov rbp, rsp",
            "sub rsp, {size}",
            "mov [rsp + 8 * 3], rbx",
            "mov [rsp + 8 * 12], r12",
            "mov [rsp + 8 * 13], r13",
            "mov [rsp + 8 * 14], r14",
            "mov [rsp + 8 * 15], r15",
            "mov rax, [rbp]",
            "mov [rsp + {fp}], rax",
            "mov rax, [rbp + 8]",
            "mov [rsp + {pc}], rax",
            "lea rax, [rbp + 16]",
            "mov [rsp + {sp}], rax",
            "mov [rsp + {exception}], rdi",
            "mov rdi, rsp",
            "call {function}",
            $($resume,)*
            "leave",
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
        "test al, al",
        "jz 2f",
        "mov rbx, [rsp + 8 * 3]",
        "mov r12, [rsp + 8 * 12]",
        "mov r13, [rsp + 8 * 13]",
        "mov r14, [rsp + 8 * 14]",
        "mov r15, [rsp + 8 * 15]",
        "mov rax, [rsp + {exception}]",
        "mov rcx, [rsp + {pc}]",
        "mov rbp, [rsp + {fp}]",
        "mov rsp, [rsp + {sp}]",
        "jmp rcx",
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
#[cfg(target_os = "linux")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_keep_exception(exception: u64, block: *mut u8) -> u64 {
    with_registers!(wasmc_keep_for_context,)
}
