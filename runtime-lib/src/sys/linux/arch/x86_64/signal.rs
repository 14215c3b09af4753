//! Signal frames of x86-64 (`asm/ucontext.h`, `asm/sigcontext.h`), and the way out of a trap.

use crate::sys::Catch;
use crate::sys::arch::unframed_return;
use core::arch::naked_asm;

/// Signals of instructions that trap by themselves: undefined instructions, and divisions.
pub const INSTRUCTION_FAULTS: [u32; 2] = [linux_raw_sys::general::SIGILL, linux_raw_sys::general::SIGFPE];

/// The part of `struct ucontext` up to the general registers.
#[repr(C)]
pub struct Context {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    /// r8..r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip
    registers: [u64; 17],
}

const RBP: usize = 10;
const RAX: usize = 13;
const RSP: usize = 15;
const RIP: usize = 16;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.registers[RIP] as usize
    }

    /// The stack pointer at that place.
    pub fn stack_pointer(&self) -> usize {
        self.registers[RSP] as usize
    }

    /// The frame pointer at that place.
    pub fn frame_pointer(&self) -> usize {
        self.registers[RBP] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.stack_pointer(), read)
    }

    /// Arranges that the program goes on behind the call of [`catch`](crate::sys::catch), which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let (program_counter, stack_pointer) = unsafe { Catch::resumption(catch) };
        self.registers[RSP] = stack_pointer as u64;
        self.registers[RIP] = program_counter as u64;
        self.registers[RAX] = answer.into();
    }
}

/// Returns from a signal handler (`sa_restorer`).
#[unsafe(naked)]
pub unsafe extern "C" fn restore() {
    naked_asm!("mov eax, {number}", "syscall", "ud2", number = const linux_raw_sys::general::__NR_rt_sigreturn)
}
