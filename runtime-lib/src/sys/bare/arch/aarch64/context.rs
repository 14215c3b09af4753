//! The interrupted program, and the stack that exceptions use.

use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;
use core::arch::asm;

/// The saved state of the interrupted program.
#[repr(C)]
pub struct Context {
    /// x0..x30
    registers: [usize; 31],
    stack_pointer: usize,
    program_counter: usize,
    status: usize,
}

const PINNED: usize = 21;
const FRAME_POINTER: usize = 29;
const LINK: usize = 30;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.program_counter
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        self.stack_pointer
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        self.registers[FRAME_POINTER]
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[LINK])
    }

    /// Nothing handled the instruction that was to end the program: continues after it.
    pub fn skip_failed_end(&mut self) {
        self.program_counter += 4;
    }

    /// The register that compiled code finds a context's block by.
    pub fn pinned(&self) -> usize {
        self.registers[PINNED]
    }

    /// Continues at `function(argument)`.
    pub fn go_to(&mut self, function: usize, argument: u32) {
        self.program_counter = function;
        self.registers[0] = argument as usize;
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        self.stack_pointer = stack_pointer;
        self.program_counter = program_counter;
        self.registers[0] = result as usize;
    }
}

/// Makes exceptions use the stack that ends at `top` from now on. Must not be called while one is in progress.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn set_exception_stack(top: usize) {
    // SAFETY: the caller promises a stack of the exceptions' own; nothing uses a stack between the two switches.
    unsafe {
        asm!("msr spsel, #1", "mov sp, {top}", "msr spsel, #0", top = in(reg) top, options(nomem, preserves_flags))
    };
}
