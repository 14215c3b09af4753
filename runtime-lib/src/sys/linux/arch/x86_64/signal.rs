//! Signal frames of x86-64 (`asm/ucontext.h`, `asm/sigcontext.h`), and recovery from traps.

use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;
use core::arch::naked_asm;

/// Signals that instructions raise as traps: undefined instructions, and divisions.
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

const R15: usize = 7;
const RDI: usize = 8;
const RBP: usize = 10;
const RAX: usize = 13;
const RSP: usize = 15;
const RIP: usize = 16;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.registers[RIP] as usize
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        self.registers[RSP] as usize
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        self.registers[RBP] as usize
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.stack_pointer(), read)
    }

    /// The register that compiled code finds a context's block by.
    pub fn pinned(&self) -> usize {
        self.registers[R15] as usize
    }

    /// Continues at `function(argument)`.
    pub fn go_to(&mut self, function: usize, argument: u32) {
        self.registers[RIP] = function as u64;
        self.registers[RDI] = argument.into();
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        self.registers[RSP] = stack_pointer as u64;
        self.registers[RIP] = program_counter as u64;
        self.registers[RAX] = result.into();
    }
}

/// Returns from a signal handler (`sa_restorer`).
///
/// # Safety
/// Only signal handlers may return here.
#[unsafe(naked)]
pub unsafe extern "C" fn restore() {
    naked_asm!("mov eax, {number}", "syscall", "ud2", number = const linux_raw_sys::general::__NR_rt_sigreturn)
}
