//! Exceptions (Arm ARM, D1.3 "Exceptions"). Interrupts stay masked.

use super::super::faults::{SignalInfo, on_exception};
use crate::sys::Catch;
use crate::sys::FaultKind;
use crate::sys::arch::unframed_return;
use core::arch::{asm, naked_asm};

/// What is saved of the program that was interrupted.
#[repr(C)]
pub struct Context {
    /// x0..x30
    registers: [usize; 31],
    stack_pointer: usize,
    program_counter: usize,
    status: usize,
}

const FRAME_POINTER: usize = 29;
const LINK: usize = 30;

impl Context {
    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        self.program_counter
    }

    /// The stack pointer at that place.
    pub fn stack_pointer(&self) -> usize {
        self.stack_pointer
    }

    /// The frame pointer at that place.
    pub fn frame_pointer(&self) -> usize {
        self.registers[FRAME_POINTER]
    }

    /// See [`unframed_return`].
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.registers[LINK])
    }

    /// Nobody listens to the instruction that was to end the program: goes on behind it.
    pub fn skip_failed_end(&mut self) {
        self.program_counter += 4;
    }

    /// Arranges that the program goes on behind the call of [`catch`](crate::sys::catch), which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let (program_counter, stack_pointer) = unsafe { Catch::resumption(catch) };
        self.stack_pointer = stack_pointer;
        self.program_counter = program_counter;
        self.registers[0] = answer as usize;
    }
}

/// Where exceptions go, with `x0` and `x1` saved. Registers of floating point are not saved: what goes on behind an
/// exception is the end of a call, which expects nothing in those that calls do not keep.
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

/// Classes of exceptions (ESR_EL1.EC).
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

/// Has exceptions use the stack that ends at `top` from now on. Must not be called while one is in progress.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses.
pub unsafe fn set_exception_stack(top: usize) {
    // SAFETY: the caller's promise; between the two switches nothing uses a stack.
    unsafe {
        asm!("msr spsel, #1", "mov sp, {top}", "msr spsel, #0", top = in(reg) top, options(nomem, preserves_flags))
    };
}
