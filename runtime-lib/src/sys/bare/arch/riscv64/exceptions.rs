//! Exceptions (RISC-V privileged architecture, 3.1 "Machine-Level CSRs"). Interrupts are never enabled.
//!
//! `mscratch` holds the end of the stack for exceptions, or of the part that an exception in progress leaves free.

use super::super::faults::{SignalInfo, on_exception};
use super::context::Context;
use crate::sys::types::FaultKind;
use core::arch::naked_asm;

/// Where the processor goes on an exception. Floating-point registers are not saved: after an exception the program
/// continues at the return of a call, which expects nothing in registers that calls do not preserve.
///
/// # Safety
/// Only the processor may go here, on an exception.
#[unsafe(naked)]
pub unsafe extern "C" fn vector() {
    naked_asm!(
        // `mtvec` takes multiples of 4.
        ".balign 4",
        "csrrw sp, mscratch, sp",
        "addi sp, sp, -256",
        concat!(
            ".irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ",
            "17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        ),
        "sd x\\n, 8*\\n(sp)",
        ".endr",
        "csrr t0, mscratch",
        "sd t0, 16(sp)",
        "csrw mscratch, sp",
        "csrr t0, mepc",
        "sd t0, 0(sp)",
        "mv a0, sp",
        "csrr a1, mcause",
        "csrr a2, mtval",
        "call {handle}",
        "ld t0, 0(sp)",
        "csrw mepc, t0",
        "addi t0, sp, 256",
        "csrw mscratch, t0",
        concat!(
            ".irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, ",
            "17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        ),
        "ld x\\n, 8*\\n(sp)",
        ".endr",
        "ld sp, 16(sp)",
        "mret",
        handle = sym handle,
    )
}

/// Exception causes (table "Machine cause register values after trap").
mod cause {
    pub const ILLEGAL_INSTRUCTION: usize = 2;
    pub const BREAKPOINT: usize = 3;
}

extern "C" fn handle(context: &mut Context, number: usize, address: usize) {
    let kind = match number {
        cause::ILLEGAL_INSTRUCTION | cause::BREAKPOINT => FaultKind::Instruction,
        _ => FaultKind::Access,
    };
    on_exception(&SignalInfo { kind, number: number as u32, address }, context)
}
