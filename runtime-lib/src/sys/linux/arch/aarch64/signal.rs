//! Signal frames of AArch64 (`asm/ucontext.h`, `asm/sigcontext.h`), and the way out of a trap.

use core::arch::naked_asm;

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

    /// The address to return to, if the function interrupted at `offset` bytes from its start has not made its frame yet
    /// (`stp x29, x30, [sp, #-16]!; mov x29, sp`).
    pub fn unframed_return(&self, offset: usize, _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        (offset < 8).then_some(self.registers[LINK] as usize)
    }

    /// Arranges that the program goes on behind [`catch`], which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let resume = unsafe { (*catch).resume };
        self.stack_pointer = catch as u64 - CATCH_OFFSET;
        self.program_counter = resume as u64;
        self.registers[0] = answer.into();
    }
}

/// What [`catch`] keeps on the stack: the place to go on at, and the catch around this one.
#[repr(C)]
pub struct Catch {
    resume: usize,
    outer: *const Catch,
}

/// Where a [`Catch`] lies above the stack pointer of [`catch`].
const CATCH_OFFSET: u64 = 16;

/// Calls `function(argument)` with itself registered in `innermost`, and returns 0, or the number given to
/// [`Context::resume_catch`] if that was called meanwhile.
///
/// # Safety
/// As for `function`; `innermost` must be the place that the signal handler looks at.
#[unsafe(naked)]
pub unsafe extern "C" fn catch(
    function: extern "C" fn(*mut u8),
    argument: *mut u8,
    innermost: *mut *const Catch,
) -> u32 {
    naked_asm!(
        "stp x29, x30, [sp, #-192]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #32]",
        "stp x21, x22, [sp, #48]",
        "stp x23, x24, [sp, #64]",
        "stp x25, x26, [sp, #80]",
        "stp x27, x28, [sp, #96]",
        "stp d8, d9, [sp, #112]",
        "stp d10, d11, [sp, #128]",
        "stp d12, d13, [sp, #144]",
        "stp d14, d15, [sp, #160]",
        "str x2, [sp, #176]",
        "adr x9, 2f",
        "ldr x10, [x2]",
        "stp x9, x10, [sp, #{catch}]",
        "add x9, sp, #{catch}",
        "str x9, [x2]",
        "mov x9, x0",
        "mov x0, x1",
        "blr x9",
        "mov w0, #0",
        "2:",
        "ldr x2, [sp, #176]",
        "ldr x10, [sp, #{catch} + 8]",
        "str x10, [x2]",
        "ldp d14, d15, [sp, #160]",
        "ldp d12, d13, [sp, #144]",
        "ldp d10, d11, [sp, #128]",
        "ldp d8, d9, [sp, #112]",
        "ldp x27, x28, [sp, #96]",
        "ldp x25, x26, [sp, #80]",
        "ldp x23, x24, [sp, #64]",
        "ldp x21, x22, [sp, #48]",
        "ldp x19, x20, [sp, #32]",
        "ldp x29, x30, [sp], #192",
        "ret",
        catch = const CATCH_OFFSET,
    )
}
