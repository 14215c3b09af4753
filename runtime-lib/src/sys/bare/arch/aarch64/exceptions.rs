//! Exceptions (Arm ARM, D1.3 "Exceptions"). Interrupts stay masked.

use super::super::faults::{SignalInfo, on_exception};
use super::context::Context;
use crate::sys::types::FaultKind;
use core::arch::naked_asm;

/// Where exceptions go, with `x0` and `x1` saved. Floating-point registers are not saved: after an exception the
/// program continues at the return of a call, which expects nothing in registers that calls do not preserve.
///
/// # Safety
/// Only the vector in the reset code may go here.
#[unsafe(naked)]
pub unsafe extern "C" fn handler() {
    naked_asm!(
        "stp x2, x3, [sp, #16]",
        "stp x4, x5, [sp, #32]",
        "stp x6, x7, [sp, #48]",
        "stp x8, x9, [sp, #64]",
        "stp x10, x11, [sp, #80]",
        "stp x12, x13, [sp, #96]",
        "stp x14, x15, [sp, #112]",
        "stp x16, x17, [sp, #128]",
        "stp x18, x19, [sp, #144]",
        "stp x20, x21, [sp, #160]",
        "stp x22, x23, [sp, #176]",
        "stp x24, x25, [sp, #192]",
        "stp x26, x27, [sp, #208]",
        "stp x28, x29, [sp, #224]",
        "mrs x1, sp_el0",
        "stp x30, x1, [sp, #240]",
        "mrs x1, elr_el1",
        "mrs x2, spsr_el1",
        "stp x1, x2, [sp, #256]",
        "mov x0, sp",
        "mrs x1, esr_el1",
        "mrs x2, far_el1",
        "bl {handle}",
        "ldp x1, x2, [sp, #256]",
        "msr elr_el1, x1",
        "msr spsr_el1, x2",
        "ldp x30, x1, [sp, #240]",
        "msr sp_el0, x1",
        "ldp x28, x29, [sp, #224]",
        "ldp x26, x27, [sp, #208]",
        "ldp x24, x25, [sp, #192]",
        "ldp x22, x23, [sp, #176]",
        "ldp x20, x21, [sp, #160]",
        "ldp x18, x19, [sp, #144]",
        "ldp x16, x17, [sp, #128]",
        "ldp x14, x15, [sp, #112]",
        "ldp x12, x13, [sp, #96]",
        "ldp x10, x11, [sp, #80]",
        "ldp x8, x9, [sp, #64]",
        "ldp x6, x7, [sp, #48]",
        "ldp x4, x5, [sp, #32]",
        "ldp x2, x3, [sp, #16]",
        "ldp x0, x1, [sp], #272",
        "eret",
        handle = sym handle,
    )
}

/// Exception classes (ESR_EL1.EC).
mod class {
    pub const UNKNOWN: usize = 0x00;
    pub const BREAKPOINT: usize = 0x3c;
}

extern "C" fn handle(context: &mut Context, syndrome: usize, address: usize) {
    let number = syndrome >> 26 & 0x3f;
    let kind = match number {
        class::UNKNOWN | class::BREAKPOINT => FaultKind::Instruction,
        _ => FaultKind::Access,
    };
    on_exception(&SignalInfo { kind, number: number as u32, address }, context)
}
