//! Signal frames of AArch64 (`asm/ucontext.h`, `asm/sigcontext.h`), and the way out of a trap.

use crate::sys::Catch;
use crate::sys::arch::unframed_return;

/// Signals of instructions that trap by themselves: undefined instructions.
pub const INSTRUCTION_FAULTS: [u32; 1] = [linux_raw_sys::general::SIGILL];

/// The part of `struct ucontext` up to the program counter.
#[repr(C)]
pub struct Context {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    mask: [u64; 17],
    fault_address: u64,
    /// x0..x30
    registers: [u64; 31],
    stack_pointer: u64,
    program_counter: u64,
}

const FRAME_POINTER: usize = 29;
const LINK: usize = 30;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.program_counter as usize
    }

    /// The stack pointer at that place.
    pub fn stack_pointer(&self) -> usize {
        self.stack_pointer as usize
    }

    /// The frame pointer at that place.
    pub fn frame_pointer(&self) -> usize {
        self.registers[FRAME_POINTER] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[LINK] as usize)
    }

    /// Arranges that the program goes on behind the call of [`catch`](crate::sys::catch), which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let (program_counter, stack_pointer) = unsafe { Catch::resumption(catch) };
        self.stack_pointer = stack_pointer as u64;
        self.program_counter = program_counter as u64;
        self.registers[0] = answer.into();
    }
}
