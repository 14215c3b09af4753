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

/// Saves the registers of whoever calls, changes to the stack of the context of `block` (rdi), whose embedder's
/// functions get `data` (rsi), and calls: these instructions have all in place before, and set what is returned after.
/// Where the guest begins and who has called are written back where they differ alone: so no call waits for what the
/// one before has stored.
macro_rules! entering {
    ([$($before:literal),*], $call:literal, $after:literal) => {
        naked_asm!(
            "push rbp",
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
            "sub rsp, 8",
            "push [r15 + {guest}]",
            "push rsi",
            $($before,)*
            "mov [r15 + {host}], rsp",
            "mov rsp, [r15 + {guest}]",
            "xor ebp, ebp",
            $call,
            // As `wasmc_context_exit`.
            "cmp [r15 + {guest}], rsp",
            "jne 4f",
            "5:",
            "mov rsp, [r15 + {host}]",
            $after,
            "add rsp, 24",
            "pop r15",
            "pop r14",
            "pop r13",
            "pop r12",
            "pop rbx",
            "pop rbp",
            "ret",
            "4:",
            "mov [r15 + {guest}], rsp",
            "jmp 5b",
            "3:",
            "mov byte ptr fs:[rax], 1",
            "push rdi",
            "push rsi",
            "push rdx",
            "push rcx",
            "push r8",
            "push r9",
            "sub rsp, 24",
            "movq [rsp], xmm0",
            "movq [rsp + 8], xmm1",
            "movq [rsp + 16], xmm2",
            "mov rdi, fs:[0]",
            "call {prepare}",
            "movq xmm0, [rsp]",
            "movq xmm1, [rsp + 8]",
            "movq xmm2, [rsp + 16]",
            "add rsp, 24",
            "pop r9",
            "pop r8",
            "pop rcx",
            "pop rdx",
            "pop rsi",
            "pop rdi",
            "jmp 2b",
            prepare = sym wasmc_context_prepare,
            guest = const offsets::GUEST_STACK,
            host = const offsets::HOST_STACK,
        )
    };
}

/// Calls `function(values)` on the stack of the context of `block`, whose embedder's functions get `data`. Returns 0,
/// or the code given to [`wasmc_context_exit`].
///
/// # Safety
/// As for the function; the context must not be suspended, nor in use on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(block: *mut u8, data: *mut c_void, function: GuestFunction, values: *mut u8) -> u32 {
    entering!(["mov rdi, rcx"], "call rdx", "xor eax, eax")
}

/// Calls a function with arguments and result in registers: see [`wasmc_abi::context::Api::call`].
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call() {
    entering!(["mov rax, rdx", "mov rdi, rcx", "mov rsi, r8", "mov rdx, r9"], "call rax", "xor edx, edx")
}

/// As [`call`]: the result is a float, and the status the first integer that is returned.
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call_float() {
    entering!(["mov rax, rdx", "mov rdi, rcx", "mov rsi, r8", "mov rdx, r9"], "call rax", "xor eax, eax")
}

/// Goes back to whoever called into the context (`Builtin::ContextExit`): the code is where each of them looks for it.
///
/// # Safety
/// Code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_exit(code: u32) -> ! {
    naked_asm!(
        "mov eax, edi",
        "mov edx, edi",
        "mov rsp, [r15 + {host}]",
        "pop rcx",
        "pop [r15 + {guest}]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
    )
}

/// Calls on the stack of whoever called into the context: these instructions change to it and call; those that are
/// rarely needed stand apart. Before, the stack pointer becomes what the guest's next activation begins with, and stays
/// that afterwards: it is set before each call that can make one.
macro_rules! on_host_stack {
    ([$($keeping:literal),*], [$($instruction:literal),*], [$($apart:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "push rbp",
            "mov rbp, rsp",
            $($keeping,)*
            "mov [r15 + {guest}], rsp",
            $($instruction,)*
            "mov rsp, rbp",
            "pop rbp",
            "ret",
            $($apart,)*
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
    on_host_stack!(
        [],
        [
            "mov rsp, [r15 + {host}]",
            "mov rax, rdi",
            "mov rdi, rsi",
            "mov rsi, rdx",
            "mov rdx, rcx",
            "mov rcx, r8",
            "call rax"
        ],
        []
    )
}

/// Calls a function of the embedder's on the stack of whoever called into the context, with all arguments but the first
/// as they are; before that, these instructions keep registers on the context's.
macro_rules! importing {
    ($($keeping:literal),*) => {
        on_host_stack!(
            [$($keeping),*],
            [
                "mov rax, [r15 + {imports}]",
                "mov rax, [rax + rdi]",
                "mov rsp, [r15 + {host}]",
                "mov rdi, [rsp]",
                "call rax",
                // The embedder may have called into the context meanwhile.
                "cmp [r15 + {host}], rsp",
                "jne 3f",
                "2:"
            ],
            ["3:", "mov [r15 + {host}], rsp", "jmp 2b"]
            imports = const offsets::IMPORTS,
        )
    };
}

/// `Builtin::ContextImport`.
///
/// # Safety
/// As for the function; code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_import(offset: u64, values: *mut u8) -> u32 {
    importing!()
}

/// `Builtin::ContextImportKeeping`.
///
/// # Safety
/// As for the function; code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_import_keeping(offset: u64, values: *mut u8) -> u32 {
    importing!("push rbx", "push r12", "push r13", "push r14")
}

/// Goes back to whoever called into the context, and returns where that was suspended and is resumed
/// (`Builtin::ContextEnd`).
///
/// # Safety
/// Code of a context must run, called by nothing but its embedder.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_end(status: u32) {
    naked_asm!(
        "cmp edi, {code}",
        "jne {exit}",
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "mov [r15 + {suspended}], rsp",
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
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r15, rdi",
        "sub rsp, 8",
        "push [r15 + {guest}]",
        "push rsi",
        "mov [r15 + {host}], rsp",
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
