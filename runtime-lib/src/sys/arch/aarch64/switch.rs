//! Changing between the stack of a context and that of whoever embeds it: see [`wasmc_abi::context`]. The pinned
//! register, x21, holds the block.

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
        "hint #25", // paciasp
        "stp x29, x30, [sp, #-192]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "adrp x9, :gottprel:wasmc_context_thread",
        "ldr x9, [x9, :gottprel_lo12:wasmc_context_thread]",
        "mrs x10, tpidr_el0",
        "ldrb w11, [x10, x9]",
        "cbz w11, 3f",
        "2:",
        "mov x21, x0",
        "ldur x9, [x21, #{guest}]",
        "ldur x10, [x21, #{host}]",
        "ldur x11, [x21, #{data}]",
        "stp x9, x10, [sp, #160]",
        "str x11, [sp, #176]",
        "mov x10, sp",
        "stur x10, [x21, #{host}]",
        "stur x1, [x21, #{data}]",
        "mov sp, x9",
        "mov x29, #0",
        "mov x0, x3",
        "blr x2",
        "mov w0, #0",
        "b {exit}",
        "3:",
        "mov w11, #1",
        "strb w11, [x10, x9]",
        "mov x19, x0",
        "mov x20, x1",
        "mov x21, x2",
        "mov x22, x3",
        "mov x0, x10",
        "bl {prepare}",
        "mov x0, x19",
        "mov x1, x20",
        "mov x2, x21",
        "mov x3, x22",
        "b 2b",
        prepare = sym wasmc_context_prepare,
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        data = const offsets::DATA,
        exit = sym wasmc_context_exit,
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
        "hint #34", // bti c
        "ldur x10, [x21, #{host}]",
        "mov sp, x10",
        "ldp x9, x10, [sp, #160]",
        "ldr x11, [sp, #176]",
        "stur x9, [x21, #{guest}]",
        "stur x10, [x21, #{host}]",
        "stur x11, [x21, #{data}]",
        "ldp d14, d15, [sp, #144]",
        "ldp d12, d13, [sp, #128]",
        "ldp d10, d11, [sp, #112]",
        "ldp d8, d9, [sp, #96]",
        "ldp x27, x28, [sp, #80]",
        "ldp x25, x26, [sp, #64]",
        "ldp x23, x24, [sp, #48]",
        "ldp x21, x22, [sp, #32]",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #192",
        "hint #29", // autiasp
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
            "hint #25", // paciasp
            "stp x29, x30, [sp, #-16]!",
            "mov x29, sp",
            "stur x29, [x21, #{guest}]",
            $($instruction,)*
            "mov sp, x29",
            "ldp x29, x30, [sp], #16",
            "hint #29", // autiasp
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
        "ldur x10, [x21, #{host}]",
        "mov sp, x10",
        "mov x9, x0",
        "mov x0, x1",
        "mov x1, x2",
        "mov x2, x3",
        "mov x3, x4",
        "blr x9"
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
            "ldur x9, [x21, #{imports}]",
            "ldr x9, [x9, x0]",
            "ldur x0, [x21, #{data}]",
            "ldur x10, [x21, #{host}]",
            "mov sp, x10",
            "blr x9"
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
        "hint #25", // paciasp
        "stp x29, x30, [sp, #-160]!",
        "stp x19, x20, [sp, #16]",
        "str x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "stur x9, [x21, #{suspended}]",
        "mov w0, #{code_low}",
        "movk w0, #{code_high}, lsl #16",
        "b {exit}",
        suspended = const offsets::SUSPENDED,
        code_low = const SUSPENDED & 0xffff,
        code_high = const SUSPENDED >> 16,
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
        "hint #25", // paciasp
        "stp x29, x30, [sp, #-192]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x21, x0",
        "ldur x9, [x21, #{guest}]",
        "ldur x10, [x21, #{host}]",
        "ldur x11, [x21, #{data}]",
        "stp x9, x10, [sp, #160]",
        "str x11, [sp, #176]",
        "mov x10, sp",
        "stur x10, [x21, #{host}]",
        "stur x1, [x21, #{data}]",
        "ldur x9, [x21, #{suspended}]",
        "stur xzr, [x21, #{suspended}]",
        "mov sp, x9",
        "ldp d14, d15, [sp, #144]",
        "ldp d12, d13, [sp, #128]",
        "ldp d10, d11, [sp, #112]",
        "ldp d8, d9, [sp, #96]",
        "ldp x27, x28, [sp, #80]",
        "ldp x25, x26, [sp, #64]",
        "ldp x23, x24, [sp, #48]",
        "ldr x22, [sp, #32]",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #160",
        "hint #29", // autiasp
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
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
