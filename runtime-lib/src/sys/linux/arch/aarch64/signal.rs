//! Signal frames of AArch64 (`asm/ucontext.h`, `asm/sigcontext.h`), and recovery from traps.

use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;

/// Signals that instructions raise as traps: undefined instructions.
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

const PINNED: usize = 21;
const FRAME_POINTER: usize = 29;
const LINK: usize = 30;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.program_counter as usize
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        self.stack_pointer as usize
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        self.registers[FRAME_POINTER] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[LINK] as usize)
    }

    /// The register that compiled code finds a context's block by.
    pub fn pinned(&self) -> usize {
        self.registers[PINNED] as usize
    }

    /// Continues at `function(argument)`.
    pub fn go_to(&mut self, function: usize, argument: u32) {
        self.program_counter = function as u64;
        self.registers[0] = argument.into();
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        self.stack_pointer = stack_pointer as u64;
        self.program_counter = program_counter as u64;
        self.registers[0] = result.into();
    }
}
