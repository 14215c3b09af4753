//! Exceptions (RISC-V privileged architecture, 3.1 "Machine-Level CSRs"). Interrupts are never enabled.
//!
//! `mscratch` holds the end of the stack for exceptions, or of what an exception in progress leaves of it.

use super::super::faults::{SignalInfo, on_exception};
use crate::sys::Catch;
use crate::sys::FaultKind;
use crate::sys::arch::unframed_return;
use core::arch::{asm, naked_asm};

/// What is saved of the program that was interrupted.
#[repr(C)]
pub struct Context {
    /// pc, ra, sp, gp, tp, t0..t2, s0, s1, a0..a7, s2..s11, t3..t6
    registers: [usize; 32],
}

const PC: usize = 0;
const RA: usize = 1;
const SP: usize = 2;
const S0: usize = 8;
const A0: usize = 10;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.registers[PC]
    }

    /// The stack pointer at that place.
    pub fn stack_pointer(&self) -> usize {
        self.registers[SP]
    }

    /// The frame pointer at that place.
    pub fn frame_pointer(&self) -> usize {
        self.registers[S0]
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[RA])
    }

    /// The board has no way to end: waits for a reset.
    pub fn skip_failed_end(&mut self) {
        super::stop()
    }

    /// Arranges that the program goes on behind the call of [`catch`](crate::sys::catch), which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let (program_counter, stack_pointer) = unsafe { Catch::resumption(catch) };
        self.registers[SP] = stack_pointer;
        self.registers[PC] = program_counter;
        self.registers[A0] = answer as usize;
    }
}

/// Where the processor goes on an exception. Registers of floating point are not saved: what goes on behind
/// an exception is the end of a call, which expects nothing in those that calls do not keep.
#[unsafe(naked)]
pub unsafe extern "C" fn vector() {
    naked_asm!(
        // `mtvec` takes multiples of 4.
        ".balign 4",
        "csrrw sp, mscratch, sp",
        "addi sp, sp, -256",
        ".irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
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
        ".irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
        "ld x\\n, 8*\\n(sp)",
        ".endr",
        "ld sp, 16(sp)",
        "mret",
        handle = sym handle,
    )
}

/// Causes of exceptions (table "Machine cause register values after trap").
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

/// Has exceptions use the stack that ends at `top` from now on. Must not be called while one is in progress.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn set_exception_stack(top: usize) {
    // SAFETY: the caller's promise.
    unsafe { asm!("csrw mscratch, {top}", top = in(reg) top, options(nomem, nostack)) };
}
