//! The C library's memory functions, which compiled `memory.copy` and `memory.fill` call as well.
//!
//! Written as instructions, so that a loop cannot be compiled to a call of the function that it implements. Up to 64
//! bytes both ends are moved by accesses that may overlap each other; longer ranges take loops of 64 bytes. `rep movsb`
//! is avoided: on some processors it crawls unless both sides are aligned alike. `rep stosb` is good from
//! [`STRING_THRESHOLD`] on.

use core::arch::naked_asm;

/// Length from which `rep stosb` beats a loop of 16-byte accesses.
const STRING_THRESHOLD: usize = 4096;

/// Copies between ranges that may overlap, as `memmove` of C.
///
/// # Safety
/// `from` must be readable, `to` writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
#[allow(clippy::too_many_lines, reason = "assembly")]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "cmp rdx, 16",
        "jb 20f",
        "cmp rdx, 32",
        "ja 30f",
        // 16..=32
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm1",
        "ret",
        // 0..16
        "20:",
        "cmp edx, 8",
        "jae 22f",
        "cmp edx, 4",
        "jae 23f",
        "cmp edx, 1",
        "jb 21f",
        "movzx ecx, byte ptr [rsi]",
        "movzx r8d, byte ptr [rsi + rdx - 1]",
        "je 24f",
        "movzx r9d, byte ptr [rsi + 1]",
        "mov [rdi + 1], r9b",
        "24:",
        "mov [rdi], cl",
        "mov [rdi + rdx - 1], r8b",
        "21:",
        "ret",
        "22:",
        "mov rcx, [rsi]",
        "mov r8, [rsi + rdx - 8]",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], r8",
        "ret",
        "23:",
        "mov ecx, [rsi]",
        "mov r8d, [rsi + rdx - 4]",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], r8d",
        "ret",
        "30:",
        "cmp rdx, 64",
        "ja 40f",
        // 33..=64
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + rdx - 32]",
        "movups xmm3, [rsi + rdx - 16]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + rdx - 32], xmm2",
        "movups [rdi + rdx - 16], xmm3",
        "ret",
        // 65..: upwards, unless the target begins inside the source. Both ends are read before anything is written.
        "40:",
        "movups xmm4, [rsi + rdx - 64]",
        "movups xmm5, [rsi + rdx - 48]",
        "movups xmm6, [rsi + rdx - 32]",
        "movups xmm7, [rsi + rdx - 16]",
        "movups xmm8, [rsi]",
        "mov rcx, rdi",
        "sub rcx, rsi",
        "cmp rcx, rdx",
        "jb 60f",
        // Upwards by 64 from the first multiple of 16 in the target.
        "lea r8, [rdi + rdx - 64]",
        "and rdi, -16",
        "add rdi, 16",
        "sub rsi, rax",
        "add rsi, rdi",
        "cmp rdi, r8",
        "jae 52f",
        "51:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movaps [rdi], xmm0",
        "movaps [rdi + 16], xmm1",
        "movaps [rdi + 32], xmm2",
        "movaps [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 51b",
        "52:",
        "movups [r8], xmm4",
        "movups [r8 + 16], xmm5",
        "movups [r8 + 32], xmm6",
        "movups [r8 + 48], xmm7",
        "movups [rax], xmm8",
        "ret",
        // Downwards by 64 from the last multiple of 16 in the target.
        "60:",
        "movups xmm9, [rsi + 16]",
        "movups xmm10, [rsi + 32]",
        "movups xmm11, [rsi + 48]",
        "lea r8, [rdi + 64]",
        "add rdi, rdx",
        "add rsi, rdx",
        "mov r9, rdi",
        "mov rcx, rdi",
        "and ecx, 15",
        "sub rdi, rcx",
        "sub rsi, rcx",
        "cmp rdi, r8",
        "jbe 62f",
        "61:",
        "movups xmm0, [rsi - 16]",
        "movups xmm1, [rsi - 32]",
        "movups xmm2, [rsi - 48]",
        "movups xmm3, [rsi - 64]",
        "movaps [rdi - 16], xmm0",
        "movaps [rdi - 32], xmm1",
        "movaps [rdi - 48], xmm2",
        "movaps [rdi - 64], xmm3",
        "sub rsi, 64",
        "sub rdi, 64",
        "cmp rdi, r8",
        "ja 61b",
        "62:",
        "movups [rax], xmm8",
        "movups [rax + 16], xmm9",
        "movups [rax + 32], xmm10",
        "movups [rax + 48], xmm11",
        "movups [r9 - 16], xmm7",
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
    naked_asm!("jmp {memmove}", memmove = sym memmove)
}

/// Fills a range with a byte, as `memset` of C.
///
/// # Safety
/// `to` must be writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, len: usize) -> *mut u8 {
    naked_asm!(
        "mov rax, rdi",
        "movzx esi, sil",
        "mov rcx, 0x0101010101010101",
        "imul rcx, rsi",
        "cmp rdx, 16",
        "jb 20f",
        "cmp rdx, {threshold}",
        "jae 50f",
        "movq xmm0, rcx",
        "punpcklqdq xmm0, xmm0",
        "movups [rdi], xmm0",
        "movups [rdi + rdx - 16], xmm0",
        "cmp rdx, 32",
        "jbe 21f",
        "movups [rdi + 16], xmm0",
        "movups [rdi + rdx - 32], xmm0",
        "cmp rdx, 64",
        "jbe 21f",
        // What the loop leaves is written first: the rest of the last 64 bytes.
        "lea r8, [rdi + rdx - 64]",
        "movups [r8], xmm0",
        "movups [r8 + 16], xmm0",
        "and rdi, -16",
        "add rdi, 16",
        "cmp rdi, r8",
        "jae 21f",
        "40:",
        "movaps [rdi], xmm0",
        "movaps [rdi + 16], xmm0",
        "movaps [rdi + 32], xmm0",
        "movaps [rdi + 48], xmm0",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 40b",
        "21:",
        "ret",
        // 0..16
        "20:",
        "cmp edx, 8",
        "jae 22f",
        "cmp edx, 4",
        "jae 23f",
        "test edx, edx",
        "je 21b",
        "mov [rdi], cl",
        "mov [rdi + rdx - 1], cl",
        "shr edx, 1",
        "mov [rdi + rdx], cl",
        "ret",
        "22:",
        "mov [rdi], rcx",
        "mov [rdi + rdx - 8], rcx",
        "ret",
        "23:",
        "mov [rdi], ecx",
        "mov [rdi + rdx - 4], ecx",
        "ret",
        "50:",
        "mov r8, rdi",
        "mov eax, esi",
        "mov rcx, rdx",
        "rep stosb",
        "mov rax, r8",
        "ret",
        threshold = const STRING_THRESHOLD,
    )
}
