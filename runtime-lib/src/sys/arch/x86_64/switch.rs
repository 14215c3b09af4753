//! Changing between the stack of a context and that of whoever embeds it: see [`wasmc_abi::context`]. The pinned
//! register, r15, holds the block.

use core::arch::{asm, global_asm, naked_asm};
use core::ffi::c_void;
use wasmc_abi::context::{GuestFunction, SUSPENDED, offsets};

unsafe extern "C" {
    /// Has the calling thread, by its thread pointer, ready for faults of a guest. Defined in `crate::context`.
    fn wasmc_context_prepare(thread: usize);
}

// Whether a thread has called into a context before, so that faults of the guest find a stack for their handler: it has
// its own byte, which is 0 at first.
global_asm!(
    ".pushsection .tbss.wasmc_context_thread, \"awT\", @nobits",
    "wasmc_context_thread:",
    ".zero 1",
    ".popsection",
);

/// Calls `function(values)` on the stack of the context of `block`, whose embedder's functions get `data`. Returns 0,
/// or the code given to [`wasmc_context_exit`].
///
/// # Safety
/// As for the function; the context must not be suspended, nor in use on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(block: *mut u8, data: *mut c_void, function: GuestFunction, values: *mut u8) -> u32 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rax, [rip + wasmc_context_thread@GOTTPOFF]",
        "cmp byte ptr fs:[rax], 0",
        "je 3f",
        "2:",
        "mov r15, rdi",
        "push [r15 + {guest}]",
        "push [r15 + {host}]",
        "push [r15 + {data}]",
        "mov [r15 + {host}], rsp",
        "mov [r15 + {data}], rsi",
        "mov rsp, [r15 + {guest}]",
        "xor ebp, ebp",
        "mov rdi, rcx",
        "call rdx",
        // As `wasmc_context_exit`, but that the next activation does not wait for what was saved.
        "mov [r15 + {guest}], rsp",
        "mov rsp, [r15 + {host}]",
        "xor eax, eax",
        "pop [r15 + {data}]",
        "pop [r15 + {host}]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        "3:",
        "mov byte ptr fs:[rax], 1",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "sub rsp, 8",
        "mov rdi, fs:[0]",
        "call {prepare}",
        "add rsp, 8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "jmp 2b",
        prepare = sym wasmc_context_prepare,
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        data = const offsets::DATA,
    )
}

/// Goes back to whoever called into the context (`Builtin::ContextExit`).
///
/// # Safety
/// Code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_exit(code: u32) -> ! {
    naked_asm!(
        "mov eax, edi",
        "mov rsp, [r15 + {host}]",
        "pop [r15 + {data}]",
        "pop [r15 + {host}]",
        "pop [r15 + {guest}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        data = const offsets::DATA,
    )
}

/// Calls on the stack of whoever called into the context: these instructions change to it and call. Before, the stack
/// pointer becomes what the guest's next activation begins with, and stays that afterwards: it is set before each call
/// that can make one.
macro_rules! on_host_stack {
    ([$($instruction:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "push rbp",
            "mov rbp, rsp",
            "mov [r15 + {guest}], rsp",
            $($instruction,)*
            "mov rsp, rbp",
            "pop rbp",
            "ret",
            guest = const offsets::GUEST_STACK,
            host = const offsets::HOST_STACK,
            $($operands)*
        )
    };
}

/// Calls `function(a, b, c, d)` on the stack of whoever called into the context (`Builtin::ContextCall`).
///
/// # Safety
/// As for the function; code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_call(function: *const u8, a: u64, b: u64, c: u64, d: u64) -> u64 {
    on_host_stack!([
        "mov rsp, [r15 + {host}]",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov rcx, r8",
        "call rax"
    ])
}

/// Calls a function of the embedder's on the stack of whoever called into the context (`Builtin::ContextImport`).
///
/// # Safety
/// As for the function; code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_import(offset: u64, values: *mut u8) -> u32 {
    on_host_stack!(
        [
            "mov rax, [r15 + {imports}]",
            "add rax, rdi",
            "mov rdi, [r15 + {data}]",
            "mov rsp, [r15 + {host}]",
            "call [rax]"
        ]
        imports = const offsets::IMPORTS,
        data = const offsets::DATA,
    )
}

/// Goes back to whoever called into the context, and returns when that is resumed (`Builtin::ContextSuspend`).
///
/// # Safety
/// Code of a context must run, called by nothing but its embedder.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_suspend() {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "mov [r15 + {suspended}], rsp",
        "mov edi, {code}",
        "jmp {exit}",
        suspended = const offsets::SUSPENDED,
        code = const SUSPENDED,
        exit = sym wasmc_context_exit,
    )
}

/// Continues a suspended context. Returns as [`enter`] does.
///
/// # Safety
/// The context must be suspended, and not in use on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(block: *mut u8, data: *mut c_void) -> u32 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r15, rdi",
        "push [r15 + {guest}]",
        "push [r15 + {host}]",
        "push [r15 + {data}]",
        "mov [r15 + {host}], rsp",
        "mov [r15 + {data}], rsi",
        "mov rsp, [r15 + {suspended}]",
        "mov qword ptr [r15 + {suspended}], 0",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        data = const offsets::DATA,
        suspended = const offsets::SUSPENDED,
    )
}

/// The thread pointer, which tells threads apart.
pub fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: it only reads a register, or the word that the ABI has at the thread pointer.
    unsafe { asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
