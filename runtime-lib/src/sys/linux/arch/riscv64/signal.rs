//! Signal frames of RISC-V (`asm/ucontext.h`, `asm/sigcontext.h`), and the way out of a trap.

use crate::sys::Catch;
use crate::sys::arch::unframed_return;

/// Signals of instructions that trap by themselves: undefined instructions.
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

    /// The stack pointer at that place.
    pub fn stack_pointer(&self) -> usize {
        self.registers[SP] as usize
    }

    /// The frame pointer at that place.
    pub fn frame_pointer(&self) -> usize {
        self.registers[S0] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[RA] as usize)
    }

    /// Arranges that the program goes on behind the call of [`catch`](crate::sys::catch), which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let (program_counter, stack_pointer) = unsafe { Catch::resumption(catch) };
        self.registers[SP] = stack_pointer as u64;
        self.registers[PC] = program_counter as u64;
        self.registers[A0] = answer.into();
    }
}
