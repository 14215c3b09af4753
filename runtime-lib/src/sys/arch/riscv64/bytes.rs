//! The C library's memory functions, which compiled `memory.copy` and `memory.fill` call as well.
//!
//! Written as instructions, so that a loop cannot be compiled to a call of the function that it implements. Whole words
//! are moved where source and target are aligned alike: misaligned accesses may be emulated by the kernel.

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
        "mv a3, a0",
        "xor t1, a0, a1",
        "andi t1, t1, 7",
        "sub a4, a0, a1",
        "bltu a4, a2, 50f",
        // Upwards: bytes to a multiple of 8, 64 bytes at once, words, bytes.
        "bnez t1, 40f",
        "10:",
        "andi t0, a3, 7",
        "beqz t0, 20f",
        "beqz a2, 90f",
        "lb t0, 0(a1)",
        "sb t0, 0(a3)",
        "addi a1, a1, 1",
        "addi a3, a3, 1",
        "addi a2, a2, -1",
        "j 10b",
        "20:",
        "li t1, 64",
        "21:",
        "bltu a2, t1, 30f",
        "ld t0, 0(a1)",
        "ld t2, 8(a1)",
        "ld t3, 16(a1)",
        "ld t4, 24(a1)",
        "ld t5, 32(a1)",
        "ld t6, 40(a1)",
        "ld a5, 48(a1)",
        "ld a6, 56(a1)",
        "sd t0, 0(a3)",
        "sd t2, 8(a3)",
        "sd t3, 16(a3)",
        "sd t4, 24(a3)",
        "sd t5, 32(a3)",
        "sd t6, 40(a3)",
        "sd a5, 48(a3)",
        "sd a6, 56(a3)",
        "addi a1, a1, 64",
        "addi a3, a3, 64",
        "addi a2, a2, -64",
        "j 21b",
        "30:",
        "li t1, 8",
        "31:",
        "bltu a2, t1, 40f",
        "ld t0, 0(a1)",
        "sd t0, 0(a3)",
        "addi a1, a1, 8",
        "addi a3, a3, 8",
        "addi a2, a2, -8",
        "j 31b",
        "40:",
        "beqz a2, 90f",
        "lb t0, 0(a1)",
        "sb t0, 0(a3)",
        "addi a1, a1, 1",
        "addi a3, a3, 1",
        "addi a2, a2, -1",
        "j 40b",
        // Downwards, the target beginning inside the source: the same from the end.
        "50:",
        "add a1, a1, a2",
        "add a3, a3, a2",
        "bnez t1, 80f",
        "51:",
        "andi t0, a3, 7",
        "beqz t0, 60f",
        "beqz a2, 90f",
        "lb t0, -1(a1)",
        "sb t0, -1(a3)",
        "addi a1, a1, -1",
        "addi a3, a3, -1",
        "addi a2, a2, -1",
        "j 51b",
        "60:",
        "li t1, 64",
        "61:",
        "bltu a2, t1, 70f",
        "ld t0, -8(a1)",
        "ld t2, -16(a1)",
        "ld t3, -24(a1)",
        "ld t4, -32(a1)",
        "ld t5, -40(a1)",
        "ld t6, -48(a1)",
        "ld a5, -56(a1)",
        "ld a6, -64(a1)",
        "sd t0, -8(a3)",
        "sd t2, -16(a3)",
        "sd t3, -24(a3)",
        "sd t4, -32(a3)",
        "sd t5, -40(a3)",
        "sd t6, -48(a3)",
        "sd a5, -56(a3)",
        "sd a6, -64(a3)",
        "addi a1, a1, -64",
        "addi a3, a3, -64",
        "addi a2, a2, -64",
        "j 61b",
        "70:",
        "li t1, 8",
        "71:",
        "bltu a2, t1, 80f",
        "ld t0, -8(a1)",
        "sd t0, -8(a3)",
        "addi a1, a1, -8",
        "addi a3, a3, -8",
        "addi a2, a2, -8",
        "j 71b",
        "80:",
        "beqz a2, 90f",
        "lb t0, -1(a1)",
        "sb t0, -1(a3)",
        "addi a1, a1, -1",
        "addi a3, a3, -1",
        "addi a2, a2, -1",
        "j 80b",
        "90:",
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
    naked_asm!("tail {memmove}", memmove = sym memmove)
}

/// Fills a range with a byte, as `memset` of C.
///
/// # Safety
/// `to` must be writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, len: usize) -> *mut u8 {
    naked_asm!(
        "mv a3, a0",
        "andi a1, a1, 255",
        "10:",
        "andi t0, a3, 7",
        "beqz t0, 20f",
        "beqz a2, 90f",
        "sb a1, 0(a3)",
        "addi a3, a3, 1",
        "addi a2, a2, -1",
        "j 10b",
        "20:",
        "slli t0, a1, 8",
        "or a1, a1, t0",
        "slli t0, a1, 16",
        "or a1, a1, t0",
        "slli t0, a1, 32",
        "or a1, a1, t0",
        "li t1, 64",
        "21:",
        "bltu a2, t1, 30f",
        "sd a1, 0(a3)",
        "sd a1, 8(a3)",
        "sd a1, 16(a3)",
        "sd a1, 24(a3)",
        "sd a1, 32(a3)",
        "sd a1, 40(a3)",
        "sd a1, 48(a3)",
        "sd a1, 56(a3)",
        "addi a3, a3, 64",
        "addi a2, a2, -64",
        "j 21b",
        "30:",
        "li t1, 8",
        "31:",
        "bltu a2, t1, 40f",
        "sd a1, 0(a3)",
        "addi a3, a3, 8",
        "addi a2, a2, -8",
        "j 31b",
        "40:",
        "beqz a2, 90f",
        "sb a1, 0(a3)",
        "addi a3, a3, 1",
        "addi a2, a2, -1",
        "j 40b",
        "90:",
        "ret",
    )
}
