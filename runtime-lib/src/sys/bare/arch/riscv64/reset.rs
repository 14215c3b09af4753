//! The first instructions. The linker script places them at the start of the image, where machines without a loader
//! begin.
//!
//! The section is not flagged as code, so that linkers place it before code.

use core::arch::global_asm;

global_asm!(
    ".pushsection .reset,\"a\",@progbits",
    ".balign 8",
    ".globl _start",
    "_start:",
    "csrw mie, zero",
    // All harts but one wait.
    "csrr t0, mhartid",
    "lla t1, 81f",
    "ld t1, 0(t1)",
    "bne t0, t1, 9f",
    "lla t0, {vector}",
    "csrw mtvec, t0",
    // Floating point and vectors: state "initial" (FS, VS of mstatus). Round to nearest.
    "li t0, 0x2200",
    "csrs mstatus, t0",
    "csrwi fcsr, 0",
    "lla t0, wasmc_ram_end_word",
    "ld sp, 0(t0)",
    "csrw mscratch, sp",
    // Whole words: the first is aligned, and nothing uses the bytes after the last yet.
    "lla t0, wasmc_zero_start",
    "lla t1, wasmc_zero_end",
    "j 2f",
    "1:",
    "sd zero, 0(t0)",
    "addi t0, t0, 8",
    "2:",
    "bltu t0, t1, 1b",
    "li gp, {gp}",
    "li s0, 0",
    "li ra, 0",
    "lla t0, 8f",
    "ld t0, 0(t0)",
    "jr t0",
    "9:",
    "wfi",
    "j 9b",
    ".balign 8",
    // Addresses, as linkers add veneers to calls that leave a section without code.
    "8:",
    ".dword wasmc_boot",
    "81:",
    ".dword wasmc_boot_core",
    ".globl wasmc_ram_end_word",
    "wasmc_ram_end_word:",
    ".dword wasmc_ram_end",
    ".popsection",
    vector = sym super::exceptions::vector,
    gp = const wasmc_abi::memory::RISCV_GP,
);
