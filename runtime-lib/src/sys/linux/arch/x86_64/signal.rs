//! Signal frames of x86-64 (`asm/ucontext.h`, `asm/sigcontext.h`), and the way out of a trap.

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

    /// The address to return to, if the function interrupted at `offset` bytes from its start has not made its frame yet
    /// (`push rbp; mov rbp, rsp`). `read` reads a word of the stack.
    pub fn unframed_return(&self, offset: usize, read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        match offset {
            0 => read(self.stack_pointer()),
            1 => read(self.stack_pointer() + 8),
            _ => None,
        }
    }

    /// Arranges that the program goes on behind [`catch`], which returns `answer`.
    pub fn resume_catch(&mut self, catch: *const Catch, answer: u32) {
        // SAFETY: a registered catch lies on the stack of a call of `catch` that has not returned.
        let resume = unsafe { (*catch).resume };
        self.registers[RSP] = catch as u64;
        self.registers[RIP] = resume as u64;
        self.registers[RAX] = answer.into();
    }
}

/// What [`catch`] keeps on the stack: the place to go on at, and the catch around this one; below the registers saved.
#[repr(C)]
pub struct Catch {
    resume: usize,
    outer: *const Catch,
}

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
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdx",
        "push [rdx]",
        "lea rax, [rip + 2f]",
        "push rax",
        "mov [rdx], rsp",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "xor eax, eax",
        "2:",
        "pop rcx",
        "pop rcx",
        "pop rdx",
        "mov [rdx], rcx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Returns from a signal handler (`sa_restorer`).
#[unsafe(naked)]
pub unsafe extern "C" fn restore() {
    naked_asm!("mov eax, {number}", "syscall", "ud2", number = const linux_raw_sys::general::__NR_rt_sigreturn)
}
