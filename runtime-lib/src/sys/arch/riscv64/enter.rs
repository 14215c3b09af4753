//! Calling into a context: changing from the stack of whoever embeds it to its own.

use super::switch::leave;
use core::arch::naked_asm;
#[cfg(target_os = "linux")]
use core::arch::{asm, global_asm};
use core::ffi::c_void;
use wasmc_abi::context::{GuestFunction, offsets};

#[cfg(target_os = "linux")]
unsafe extern "C" {
    /// Has the calling thread, by its thread pointer, ready for faults of a guest. Defined in `crate::context`.
    fn wasmc_context_prepare(thread: usize);
}

// Whether a thread has called into a context before, so that faults of the guest find a stack for their handler: it has
// its own byte, which is 0 at first.
#[cfg(target_os = "linux")]
global_asm!(
    ".pushsection .tbss.wasmc_context_thread, \"awT\", @nobits",
    "wasmc_context_thread:",
    ".zero 1",
    ".popsection",
);

/// Calls as [`entering_ready`], once the thread is ready for faults.
#[cfg(target_os = "linux")]
macro_rules! entering {
    ([$($before:literal),*], $after:literal) => {
        entering_ready!(
            [
                "la.tls.ie t0, wasmc_context_thread",
                "add t0, t0, tp",
                "lbu t1, 0(t0)",
                "beqz t1, 3f",
                "2:"
            ],
            [$($before),*],
            $after,
            [
                "3:",
                "li t1, 1",
                "sb t1, 0(t0)",
                "addi sp, sp, -80",
                "sd a0, 0(sp)",
                "sd a1, 8(sp)",
                "sd a2, 16(sp)",
                "sd a3, 24(sp)",
                "sd a4, 32(sp)",
                "sd a5, 40(sp)",
                "fsd fa0, 48(sp)",
                "fsd fa1, 56(sp)",
                "fsd fa2, 64(sp)",
                "mv a0, tp",
                "call {prepare}",
                "ld a0, 0(sp)",
                "ld a1, 8(sp)",
                "ld a2, 16(sp)",
                "ld a3, 24(sp)",
                "ld a4, 32(sp)",
                "ld a5, 40(sp)",
                "fld fa0, 48(sp)",
                "fld fa1, 56(sp)",
                "fld fa2, 64(sp)",
                "addi sp, sp, 80",
                "j 2b"
            ]
            prepare = sym wasmc_context_prepare,
        )
    };
}

/// Calls as [`entering_ready`]: whoever has the machine sees to faults.
#[cfg(target_os = "none")]
macro_rules! entering {
    ([$($before:literal),*], $after:literal) => {
        entering_ready!([], [$($before),*], $after, [])
    };
}

/// Saves the registers of whoever calls, executes the first instructions, which can branch to the last ones, changes to
/// the stack of the context of `block` (a0), whose embedder's
/// functions get `data` (a1), and calls what the second ones put into t2; one more sets what is returned after.
macro_rules! entering_ready {
    ([$($first:literal),*], [$($before:literal),*], $after:literal, [$($last:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "addi sp, sp, -224",
            "sd ra, 16(sp)",
            "sd s0, 24(sp)",
            "sd s1, 32(sp)",
            "sd s2, 40(sp)",
            "sd s3, 48(sp)",
            "sd s4, 56(sp)",
            "sd s5, 64(sp)",
            "sd s6, 72(sp)",
            "sd s7, 80(sp)",
            "sd s8, 88(sp)",
            "sd s9, 96(sp)",
            "sd s10, 104(sp)",
            "sd s11, 112(sp)",
            "fsd fs0, 120(sp)",
            "fsd fs1, 128(sp)",
            "fsd fs2, 136(sp)",
            "fsd fs3, 144(sp)",
            "fsd fs4, 152(sp)",
            "fsd fs5, 160(sp)",
            "fsd fs6, 168(sp)",
            "fsd fs7, 176(sp)",
            "fsd fs8, 184(sp)",
            "fsd fs9, 192(sp)",
            "fsd fs10, 200(sp)",
            "fsd fs11, 208(sp)",
            $($first,)*
            "ld t0, {guest}(a0)",
            "sd a1, 0(sp)",
            "sd t0, 8(sp)",
            "sd sp, {host}(a0)",
            $($before,)*
            "mv sp, t0",
            "li s0, 0",
            "jalr t2",
            $after,
            "tail {leave}",
            $($last,)*
            guest = const offsets::GUEST_STACK,
            host = const offsets::HOST_STACK,
            leave = sym leave,
            $($operands)*
        )
    };
}

/// Calls `function(values)` on the stack of the context of `block`, whose embedder's functions get `data`. Returns 0,
/// or the code given to [`wasmc_context_exit`].
///
/// # Safety
/// As for the function; the context must not be suspended, nor in use on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(block: *mut u8, data: *mut c_void, function: GuestFunction, values: *mut u8) -> u32 {
    entering!(["mv t2, a2", "mv a0, a3"], "li a0, 0")
}

/// Calls a function with arguments and result in registers: see [`wasmc_abi::context::Api::call`].
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call() {
    entering!(["mv t2, a2", "mv a0, a3", "mv a1, a4", "mv a2, a5"], "li a1, 0")
}

/// As [`call`]: the result is a float, and the status the first integer that is returned.
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call_float() {
    entering!(["mv t2, a2", "mv a0, a3", "mv a1, a4", "mv a2, a5"], "li a0, 0")
}

/// The thread pointer, which tells threads apart.
#[cfg(target_os = "linux")]
pub fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: it only reads a register, or the word that the ABI has at the thread pointer.
    unsafe { asm!("mv {}, tp", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
