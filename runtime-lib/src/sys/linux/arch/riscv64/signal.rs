//! Signal frames of RISC-V (`asm/ucontext.h`, `asm/sigcontext.h`), and recovery from traps.

use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;

/// Signals that instructions raise as traps: undefined instructions.
pub const INSTRUCTION_FAULTS: [u32; 1] = [linux_raw_sys::general::SIGILL];

/// The part of `struct ucontext` up to the general registers.
#[repr(C)]
pub struct Context {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    mask: [u64; 17],
    /// pc, ra, sp, gp, tp, t0..t2, s0, s1, a0..a7, s2..s11, t3..t6
    registers: [u64; 32],
}

const PC: usize = 0;
const RA: usize = 1;
const SP: usize = 2;
const S0: usize = 8;
const A0: usize = 10;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.registers[PC] as usize
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        self.registers[SP] as usize
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        self.registers[S0] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[RA] as usize)
    }

    /// Continues at `function(argument)`.
    pub fn go_to(&mut self, function: usize, argument: u32) {
        self.registers[PC] = function as u64;
        self.registers[A0] = argument.into();
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        self.registers[SP] = stack_pointer as u64;
        self.registers[PC] = program_counter as u64;
        self.registers[A0] = result.into();
    }
}
