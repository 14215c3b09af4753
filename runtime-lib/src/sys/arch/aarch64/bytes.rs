//! The C library's memory functions, which compiled `memory.copy` and `memory.fill` call as well.
//!
//! Written as instructions, so that a loop cannot be compiled to a call of the function that it implements. Up to 64
//! bytes both ends are moved by accesses that may overlap each other; longer ranges take loops of 64 bytes.
//!
//! Native code may call them through pointers: they begin with a landing pad (`bti c`, which older processors
//! ignore).

use core::arch::naked_asm;

/// Copies between ranges that may overlap, as `memmove` of C.
///
/// # Safety
/// `from` must be readable, `to` writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
#[allow(clippy::too_many_lines, reason = "assembly")]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "hint #34", // bti c
        "add x4, x1, x2",
        "add x5, x0, x2",
        "cmp x2, #16",
        "b.lo 20f",
        "cmp x2, #32",
        "b.hi 30f",
        // 16..=32
        "ldr q0, [x1]",
        "ldur q1, [x4, #-16]",
        "str q0, [x0]",
        "stur q1, [x5, #-16]",
        "ret",
        // 0..16
        "20:",
        "tbz x2, #3, 21f",
        "ldr x6, [x1]",
        "ldur x7, [x4, #-8]",
        "str x6, [x0]",
        "stur x7, [x5, #-8]",
        "ret",
        "21:",
        "tbz x2, #2, 22f",
        "ldr w6, [x1]",
        "ldur w7, [x4, #-4]",
        "str w6, [x0]",
        "stur w7, [x5, #-4]",
        "ret",
        "22:",
        "cbz x2, 23f",
        "lsr x8, x2, #1",
        "ldrb w6, [x1]",
        "ldrb w7, [x1, x8]",
        "ldurb w9, [x4, #-1]",
        "strb w6, [x0]",
        "strb w7, [x0, x8]",
        "sturb w9, [x5, #-1]",
        "23:",
        "ret",
        "30:",
        "cmp x2, #64",
        "b.hi 40f",
        // 33..=64
        "ldp q0, q1, [x1]",
        "ldp q2, q3, [x4, #-32]",
        "stp q0, q1, [x0]",
        "stp q2, q3, [x5, #-32]",
        "ret",
        // 65..: upwards, unless the target begins inside the source.
        "40:",
        "sub x6, x0, x1",
        "cmp x6, x2",
        "b.lo 60f",
        // Upwards by 64, the last 64 bytes read before anything is written.
        "mov x3, x0",
        "ldp q4, q5, [x4, #-64]",
        "ldp q6, q7, [x4, #-32]",
        "sub x5, x5, #64",
        "51:",
        "ldp q0, q1, [x1]",
        "ldp q2, q3, [x1, #32]",
        "add x1, x1, #64",
        "stp q0, q1, [x3]",
        "stp q2, q3, [x3, #32]",
        "add x3, x3, #64",
        "cmp x3, x5",
        "b.lo 51b",
        "stp q4, q5, [x5]",
        "stp q6, q7, [x5, #32]",
        "ret",
        // Downwards by 64, the first 64 bytes read before anything is written.
        "60:",
        "ldp q4, q5, [x1]",
        "ldp q6, q7, [x1, #32]",
        "add x6, x0, #64",
        "61:",
        "ldp q0, q1, [x4, #-32]",
        "ldp q2, q3, [x4, #-64]",
        "sub x4, x4, #64",
        "stp q0, q1, [x5, #-32]",
        "stp q2, q3, [x5, #-64]",
        "sub x5, x5, #64",
        "cmp x5, x6",
        "b.hi 61b",
        "stp q4, q5, [x0]",
        "stp q6, q7, [x0, #32]",
        "ret",
    )
}

/// Copies between ranges, as `memcpy` of C; overlap does no harm.
///
/// # Safety
/// As [`memmove`].
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!("hint #34", "b {memmove}", memmove = sym memmove)
}

/// Fills a range with a byte, as `memset` of C.
///
/// # Safety
/// `to` must be writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, len: usize) -> *mut u8 {
    naked_asm!(
        "hint #34", // bti c
        "dup v0.16b, w1",
        "add x5, x0, x2",
        "cmp x2, #16",
        "b.lo 20f",
        "str q0, [x0]",
        "stur q0, [x5, #-16]",
        "cmp x2, #32",
        "b.ls 10f",
        "str q0, [x0, #16]",
        "stur q0, [x5, #-32]",
        "cmp x2, #64",
        "b.ls 10f",
        "mov x3, x0",
        "sub x5, x5, #64",
        "11:",
        "stp q0, q0, [x3]",
        "stp q0, q0, [x3, #32]",
        "add x3, x3, #64",
        "cmp x3, x5",
        "b.lo 11b",
        "stp q0, q0, [x5]",
        "10:",
        "ret",
        // 0..16
        "20:",
        "umov x6, v0.d[0]",
        "tbz x2, #3, 21f",
        "str x6, [x0]",
        "stur x6, [x5, #-8]",
        "ret",
        "21:",
        "tbz x2, #2, 22f",
        "str w6, [x0]",
        "stur w6, [x5, #-4]",
        "ret",
        "22:",
        "cbz x2, 10b",
        "lsr x8, x2, #1",
        "strb w6, [x0]",
        "strb w6, [x0, x8]",
        "sturb w6, [x5, #-1]",
        "ret",
    )
}
