//! Changing between the stack of a context and that of whoever embeds it: see [`wasmc_abi::context`]. The pinned
//! register, x21, holds the block.

use core::arch::naked_asm;
#[cfg(target_os = "linux")]
use core::arch::{asm, global_asm};
use core::ffi::c_void;
use wasmc_abi::context::{GuestFunction, SUSPENDED, offsets};

#[cfg(target_os = "linux")]
unsafe extern "C" {
    /// Has the calling thread, by its thread pointer, ready for faults of a guest. Defined in `crate::context`.
    fn wasmc_context_prepare(thread: usize);
}

// Whether a thread has called into a context before, so that faults of the guest find a stack for their handler: it has
// its own byte, which is 0 at first.
#[cfg(target_os = "linux")]
global_asm!(
    ".pushsection .tbss.wasmc_context_thread, \"awT\", @nobits",
    "wasmc_context_thread:",
    ".zero 1",
    ".popsection",
);

/// Calls as [`entering_ready`], once the thread is ready for faults.
#[cfg(target_os = "linux")]
macro_rules! entering {
    ([$($before:literal),*], [$($after:literal),*]) => {
        entering_ready!(
            [
                "adrp x9, :gottprel:wasmc_context_thread",
                "ldr x9, [x9, :gottprel_lo12:wasmc_context_thread]",
                "mrs x10, tpidr_el0",
                "ldrb w11, [x10, x9]",
                "cbz w11, 3f",
                "2:"
            ],
            [$($before),*],
            [$($after),*],
            [
                "3:",
                "mov w11, #1",
                "strb w11, [x10, x9]",
                "stp x0, x1, [sp, #-80]!",
                "stp x2, x3, [sp, #16]",
                "stp x4, x5, [sp, #32]",
                "stp d0, d1, [sp, #48]",
                "str d2, [sp, #64]",
                "mov x0, x10",
                "bl {prepare}",
                "ldr d2, [sp, #64]",
                "ldp d0, d1, [sp, #48]",
                "ldp x4, x5, [sp, #32]",
                "ldp x2, x3, [sp, #16]",
                "ldp x0, x1, [sp], #80",
                "b 2b"
            ]
            prepare = sym wasmc_context_prepare,
        )
    };
}

/// Calls as [`entering_ready`]: whoever has the machine sees to faults.
#[cfg(target_os = "none")]
macro_rules! entering {
    ([$($before:literal),*], [$($after:literal),*]) => {
        entering_ready!([], [$($before),*], [$($after),*], [])
    };
}

/// Saves the registers of whoever calls, executes the first instructions, which can branch to the last ones, changes to
/// the stack of the context of `block` (x0), whose embedder's functions get `data` (x1), and calls what the second ones
/// put into x9; the third ones set what is returned after.
macro_rules! entering_ready {
    (
        [$($first:literal),*],
        [$($before:literal),*],
        [$($after:literal),*],
        [$($last:literal),*] $($operands:tt)*
    ) => {
        naked_asm!(
            "hint #25", // paciasp
            "stp x29, x30, [sp, #-176]!",
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
            $($first,)*
            "mov x21, x0",
            "ldur x11, [x21, #{guest}]",
            "stp x1, x11, [sp, #160]",
            "mov x10, sp",
            "stur x10, [x21, #{host}]",
            $($before,)*
            "mov sp, x11",
            "mov x29, #0",
            "blr x9",
            // As `wasmc_context_exit`.
            $($after,)*
            "ldur x10, [x21, #{host}]",
            "mov sp, x10",
            "ldr x9, [sp, #168]",
            "stur x9, [x21, #{guest}]",
            "ldp d14, d15, [sp, #144]",
            "ldp d12, d13, [sp, #128]",
            "ldp d10, d11, [sp, #112]",
            "ldp d8, d9, [sp, #96]",
            "ldp x27, x28, [sp, #80]",
            "ldp x25, x26, [sp, #64]",
            "ldp x23, x24, [sp, #48]",
            "ldp x21, x22, [sp, #32]",
            "ldp x19, x20, [sp, #16]",
            "ldp x29, x30, [sp], #176",
            "hint #29", // autiasp
            "ret",
            $($last,)*
            guest = const offsets::GUEST_STACK,
            host = const offsets::HOST_STACK,
            $($operands)*
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
    entering!(["mov x9, x2", "mov x0, x3"], ["mov w0, #0"])
}

/// Calls a function with arguments and result in registers: see [`wasmc_abi::context::Api::call`].
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call() {
    entering!(["mov x9, x2", "mov x0, x3", "mov x1, x4", "mov x2, x5"], ["mov x1, #0"])
}

/// As [`call`]: the result is a float, which is returned as part of a structure (AAPCS64, 6.9).
///
/// # Safety
/// As for [`enter`].
#[unsafe(naked)]
pub unsafe extern "C" fn call_float() {
    entering!(["mov x9, x2", "mov x0, x3", "mov x1, x4", "mov x2, x5"], ["fmov x0, d0", "mov x1, #0"])
}

/// Goes back to whoever called into the context (`Builtin::ContextExit`): the code is where each of them looks for it.
///
/// # Safety
/// Code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_exit(code: u32) -> ! {
    naked_asm!(
        "hint #34", // bti c
        "mov w0, w0",
        "mov x1, x0",
        "ldur x10, [x21, #{host}]",
        "mov sp, x10",
        "ldr x9, [sp, #168]",
        "stur x9, [x21, #{guest}]",
        "ldp d14, d15, [sp, #144]",
        "ldp d12, d13, [sp, #128]",
        "ldp d10, d11, [sp, #112]",
        "ldp d8, d9, [sp, #96]",
        "ldp x27, x28, [sp, #80]",
        "ldp x25, x26, [sp, #64]",
        "ldp x23, x24, [sp, #48]",
        "ldp x21, x22, [sp, #32]",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #176",
        "hint #29", // autiasp
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
    )
}

/// Calls on the stack of whoever called into the context: these instructions change to it and call. Before, the stack
/// pointer becomes what the guest's next activation begins with, and stays that afterwards: it is set before each call
/// that can make one.
macro_rules! on_host_stack {
    ([$($keeping:literal),*], [$($instruction:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "hint #25", // paciasp
            "stp x29, x30, [sp, #-16]!",
            "mov x29, sp",
            $($keeping,)*
            "mov x9, sp",
            "stur x9, [x21, #{guest}]",
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
    on_host_stack!(
        [],
        [
            "ldur x10, [x21, #{host}]",
            "mov sp, x10",
            "mov x9, x0",
            "mov x0, x1",
            "mov x1, x2",
            "mov x2, x3",
            "mov x3, x4",
            "blr x9"
        ]
    )
}

/// Calls a function of the embedder's on the stack of whoever called into the context, with all arguments but the first
/// as they are; before that, these instructions keep registers on the context's.
macro_rules! importing {
    ($($keeping:literal),*) => {
        on_host_stack!(
            [$($keeping),*],
            [
                "ldur x9, [x21, #{imports}]",
                "ldr x9, [x9, x0]",
                "ldur x10, [x21, #{host}]",
                "mov sp, x10",
                "ldr x0, [sp, #160]",
                "blr x9",
                // The embedder may have called into the context meanwhile.
                "mov x10, sp",
                "stur x10, [x21, #{host}]"
            ]
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
    importing!(
        "stp x19, x20, [sp, #-16]!",
        "stp x22, x23, [sp, #-16]!",
        "stp x24, x25, [sp, #-16]!",
        "stp x26, x27, [sp, #-16]!",
        "stp x28, xzr, [sp, #-16]!"
    )
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
        "hint #25", // paciasp
        "mov w9, #{code_low}",
        "movk w9, #{code_high}, lsl #16",
        "cmp w0, w9",
        "b.eq 2f",
        "b {exit}",
        "2:",
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
        "stp x29, x30, [sp, #-176]!",
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
        "stp x1, x9, [sp, #160]",
        "mov x10, sp",
        "stur x10, [x21, #{host}]",
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
        suspended = const offsets::SUSPENDED,
    )
}

/// The thread pointer, which tells threads apart.
#[cfg(target_os = "linux")]
pub fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: it only reads a register, or the word that the ABI has at the thread pointer.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}
