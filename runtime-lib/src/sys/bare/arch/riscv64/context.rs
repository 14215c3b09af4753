//! The interrupted program, and the stack that exceptions use.

use super::halt::halt;
use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;
use core::arch::asm;

/// The saved state of the interrupted program.
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

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        self.registers[SP]
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        self.registers[S0]
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[RA])
    }

    /// The board cannot end the program: waits for a reset.
    pub fn skip_failed_end(&mut self) {
        halt()
    }

    /// Continues at `function(argument)`.
    pub fn go_to(&mut self, function: usize, argument: u32) {
        self.registers[PC] = function;
        self.registers[A0] = argument as usize;
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        self.registers[SP] = stack_pointer;
        self.registers[PC] = program_counter;
        self.registers[A0] = result as usize;
    }
}

/// Makes exceptions use the stack that ends at `top` from now on. Must not be called while one is in progress.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn set_exception_stack(top: usize) {
    // SAFETY: the caller promises a stack of the exceptions' own.
    unsafe { asm!("csrw mscratch, {top}", top = in(reg) top, options(nomem, nostack)) };
}
