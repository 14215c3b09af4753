//! The C library's memory functions, which compiled `memory.copy` and `memory.fill` call as well.
//!
//! Written as instructions, so that a loop cannot be compiled to a call of the function that it implements. Up to 64
//! bytes both ends are moved by accesses that may overlap each other; longer ranges take loops of 64 bytes, and from
//! [`STRING_THRESHOLD`] on the string instructions, which move whole cache lines.

use core::arch::naked_asm;

/// Length from which `rep movsb` and `rep stosb` beat loops of 16-byte accesses.
const STRING_THRESHOLD: usize = 2048;

/// Copies between ranges that may overlap, as `memmove` of C.
///
/// # Safety
/// `from` must be readable, `to` writable for `len` bytes.
#[unsafe(naked)]
#[unsafe(no_mangle)]
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
        // 65..: upwards, unless the target begins inside the source.
        "40:",
        "mov rcx, rdi",
        "sub rcx, rsi",
        "cmp rcx, rdx",
        "jb 60f",
        "cmp rdx, {threshold}",
        "jb 50f",
        // A target close below the source makes the string instruction crawl.
        "neg rcx",
        "cmp rcx, 64",
        "jb 50f",
        "mov rcx, rdx",
        "rep movsb",
        "ret",
        // Upwards by 64, the last 64 bytes read before anything is written.
        "50:",
        "movups xmm4, [rsi + rdx - 64]",
        "movups xmm5, [rsi + rdx - 48]",
        "movups xmm6, [rsi + rdx - 32]",
        "movups xmm7, [rsi + rdx - 16]",
        "lea r8, [rdi + rdx - 64]",
        "51:",
        "movups xmm0, [rsi]",
        "movups xmm1, [rsi + 16]",
        "movups xmm2, [rsi + 32]",
        "movups xmm3, [rsi + 48]",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm1",
        "movups [rdi + 32], xmm2",
        "movups [rdi + 48], xmm3",
        "add rsi, 64",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 51b",
        "movups [r8], xmm4",
        "movups [r8 + 16], xmm5",
        "movups [r8 + 32], xmm6",
        "movups [r8 + 48], xmm7",
        "ret",
        // Downwards by 64, the first 64 bytes read before anything is written.
        "60:",
        "movups xmm4, [rsi]",
        "movups xmm5, [rsi + 16]",
        "movups xmm6, [rsi + 32]",
        "movups xmm7, [rsi + 48]",
        "lea r8, [rdi + 64]",
        "add rsi, rdx",
        "add rdi, rdx",
        "61:",
        "movups xmm0, [rsi - 16]",
        "movups xmm1, [rsi - 32]",
        "movups xmm2, [rsi - 48]",
        "movups xmm3, [rsi - 64]",
        "movups [rdi - 16], xmm0",
        "movups [rdi - 32], xmm1",
        "movups [rdi - 48], xmm2",
        "movups [rdi - 64], xmm3",
        "sub rsi, 64",
        "sub rdi, 64",
        "cmp rdi, r8",
        "ja 61b",
        "movups [rax], xmm4",
        "movups [rax + 16], xmm5",
        "movups [rax + 32], xmm6",
        "movups [rax + 48], xmm7",
        "ret",
        threshold = const STRING_THRESHOLD,
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
        "lea r8, [rdi + rdx - 64]",
        "40:",
        "movups [rdi], xmm0",
        "movups [rdi + 16], xmm0",
        "movups [rdi + 32], xmm0",
        "movups [rdi + 48], xmm0",
        "add rdi, 64",
        "cmp rdi, r8",
        "jb 40b",
        "movups [r8], xmm0",
        "movups [r8 + 16], xmm0",
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
