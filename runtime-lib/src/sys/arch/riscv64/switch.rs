//! Changing between the stack of a context and that of whoever embeds it: see [`wasmc_abi::context`]. The last word of
//! the area that the context's stack lies in holds the block. Long because no instruction saves more than one register.

use core::arch::naked_asm;
use core::ffi::c_void;
use core::mem::offset_of;
use wasmc_abi::context::{Module, SUSPENDED, offsets};

unsafe extern "C" {
    /// What is compiled ([`wasmc_abi::context::MODULE`]).
    static wasmc_context_module: Module;
}

/// Offset of the size of stack areas in a module.
const AREA: usize = offset_of!(Module, stack_area);

/// Goes back to whoever called into the context (`Builtin::ContextExit`): the code is where each of them looks for it.
///
/// # Safety
/// Code of a context must run.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_exit(code: u32) -> ! {
    naked_asm!("mv a1, a0", "tail {leave}", leave = sym leave)
}

/// Goes back to whoever called into the context, with what is returned in place.
///
/// # Safety
/// As for [`wasmc_context_exit`].
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave() -> ! {
    naked_asm!(
        "lla t1, {module}",
        "ld t1, {area}(t1)",
        "addi t1, t1, -1",
        "or t1, t1, sp",
        "ld t1, -7(t1)",
        "ld sp, {host}(t1)",
        "ld t0, 8(sp)",
        "sd t0, {guest}(t1)",
        "ld ra, 16(sp)",
        "ld s0, 24(sp)",
        "ld s1, 32(sp)",
        "ld s2, 40(sp)",
        "ld s3, 48(sp)",
        "ld s4, 56(sp)",
        "ld s5, 64(sp)",
        "ld s6, 72(sp)",
        "ld s7, 80(sp)",
        "ld s8, 88(sp)",
        "ld s9, 96(sp)",
        "ld s10, 104(sp)",
        "ld s11, 112(sp)",
        "fld fs0, 120(sp)",
        "fld fs1, 128(sp)",
        "fld fs2, 136(sp)",
        "fld fs3, 144(sp)",
        "fld fs4, 152(sp)",
        "fld fs5, 160(sp)",
        "fld fs6, 168(sp)",
        "fld fs7, 176(sp)",
        "fld fs8, 184(sp)",
        "fld fs9, 192(sp)",
        "fld fs10, 200(sp)",
        "fld fs11, 208(sp)",
        "addi sp, sp, 224",
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        module = sym wasmc_context_module,
        area = const AREA,
    )
}

/// Calls on the stack of whoever called into the context: these instructions change to it and call. Before, the stack
/// pointer becomes what the guest's next activation begins with, and stays that afterwards: it is set before each call
/// that can make one.
macro_rules! on_host_stack {
    ([$($keeping:literal),*], [$($instruction:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "addi sp, sp, -16",
            "sd ra, 8(sp)",
            "sd s0, 0(sp)",
            "addi s0, sp, 16",
            $($keeping,)*
            "lla t1, {module}",
            "ld t1, {area}(t1)",
            "addi t1, t1, -1",
            "or t1, t1, sp",
            "ld t1, -7(t1)",
            "sd sp, {guest}(t1)",
            $($instruction,)*
            "addi sp, s0, -16",
            "ld s0, 0(sp)",
            "ld ra, 8(sp)",
            "addi sp, sp, 16",
            "ret",
            guest = const offsets::GUEST_STACK,
            host = const offsets::HOST_STACK,
            module = sym wasmc_context_module,
            area = const AREA,
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
        ["ld sp, {host}(t1)", "mv t0, a0", "mv a0, a1", "mv a1, a2", "mv a2, a3", "mv a3, a4", "jalr t0"]
    )
}

/// Calls a function of the embedder's on the stack of whoever called into the context, with all arguments but the first
/// as they are; before that, these instructions keep registers on the context's.
macro_rules! importing {
    ($($keeping:literal),*) => {
        on_host_stack!(
            [$($keeping),*],
            [
                "ld t0, {imports}(t1)",
                "add t0, t0, a0",
                "ld t0, 0(t0)",
                "ld sp, {host}(t1)",
                "ld a0, 0(sp)",
                "jalr t0",
                // The embedder may have called into the context meanwhile.
                "mv t0, sp",
                "addi sp, s0, -16",
                "lla t1, {module}",
                "ld t1, {area}(t1)",
                "addi t1, t1, -1",
                "or t1, t1, sp",
                "ld t1, -7(t1)",
                "sd t0, {host}(t1)"
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
        "addi sp, sp, -96",
        "sd s1, 0(sp)",
        "sd s2, 8(sp)",
        "sd s3, 16(sp)",
        "sd s4, 24(sp)",
        "sd s5, 32(sp)",
        "sd s6, 40(sp)",
        "sd s7, 48(sp)",
        "sd s8, 56(sp)",
        "sd s9, 64(sp)",
        "sd s10, 72(sp)",
        "sd s11, 80(sp)"
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
        "li t0, {code}",
        "beq a0, t0, 2f",
        "tail {exit}",
        "2:",
        "addi sp, sp, -208",
        "sd ra, 0(sp)",
        "sd s0, 8(sp)",
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        "fsd fs0, 104(sp)",
        "fsd fs1, 112(sp)",
        "fsd fs2, 120(sp)",
        "fsd fs3, 128(sp)",
        "fsd fs4, 136(sp)",
        "fsd fs5, 144(sp)",
        "fsd fs6, 152(sp)",
        "fsd fs7, 160(sp)",
        "fsd fs8, 168(sp)",
        "fsd fs9, 176(sp)",
        "fsd fs10, 184(sp)",
        "fsd fs11, 192(sp)",
        "lla t1, {module}",
        "ld t1, {area}(t1)",
        "addi t1, t1, -1",
        "or t1, t1, sp",
        "ld t1, -7(t1)",
        "sd sp, {suspended}(t1)",
        "tail {exit}",
        suspended = const offsets::SUSPENDED,
        code = const SUSPENDED,
        exit = sym wasmc_context_exit,
        module = sym wasmc_context_module,
        area = const AREA,
    )
}

/// Continues a suspended context. Returns as [`enter`] does.
///
/// # Safety
/// The context must be suspended, and not in use on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(block: *mut u8, data: *mut c_void) -> u32 {
    naked_asm!(
        "addi sp, sp, -224",
        "sd ra, 16(sp)",
        "sd s0, 24(sp)",
        "sd s1, 32(sp)",
        "sd s2, 40(sp)",
        "sd s3, 48(sp)",
        "sd s4, 56(sp)",
        "sd s5, 64(sp)",
        "sd s6, 72(sp)",
        "sd s7, 80(sp)",
        "sd s8, 88(sp)",
        "sd s9, 96(sp)",
        "sd s10, 104(sp)",
        "sd s11, 112(sp)",
        "fsd fs0, 120(sp)",
        "fsd fs1, 128(sp)",
        "fsd fs2, 136(sp)",
        "fsd fs3, 144(sp)",
        "fsd fs4, 152(sp)",
        "fsd fs5, 160(sp)",
        "fsd fs6, 168(sp)",
        "fsd fs7, 176(sp)",
        "fsd fs8, 184(sp)",
        "fsd fs9, 192(sp)",
        "fsd fs10, 200(sp)",
        "fsd fs11, 208(sp)",
        "ld t0, {guest}(a0)",
        "sd a1, 0(sp)",
        "sd t0, 8(sp)",
        "sd sp, {host}(a0)",
        "ld sp, {suspended}(a0)",
        "sd zero, {suspended}(a0)",
        "ld ra, 0(sp)",
        "ld s0, 8(sp)",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        "fld fs0, 104(sp)",
        "fld fs1, 112(sp)",
        "fld fs2, 120(sp)",
        "fld fs3, 128(sp)",
        "fld fs4, 136(sp)",
        "fld fs5, 144(sp)",
        "fld fs6, 152(sp)",
        "fld fs7, 160(sp)",
        "fld fs8, 168(sp)",
        "fld fs9, 176(sp)",
        "fld fs10, 184(sp)",
        "fld fs11, 192(sp)",
        "addi sp, sp, 208",
        "ret",
        guest = const offsets::GUEST_STACK,
        host = const offsets::HOST_STACK,
        suspended = const offsets::SUSPENDED,
    )
}
