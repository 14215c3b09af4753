//! From a fault to the trap that caused it.
//!
//! A fault is ours where the program counter lies in the module's code, or where code that the module called, such as
//! `memmove`, faults in the guard of its stack. Nothing is kept by thread: the registers say which context runs.

use super::{context_of, interruption, module, pointer, tables};
use crate::sys::{self, Context as Interrupted, FaultKind};
use crate::traps::{self, Frames};
use wasmc_abi::context::{Context, Module};
use wasmc_abi::memory::Memory;
use wasmc_abi::trap::{NO_FUNCTION, TrapCode, TrapTables};

/// Has what was interrupted go on where the call of its embedder ends, where the fault is a trap of the module's.
/// Returns whether it is.
pub fn trapped(kind: FaultKind, address: usize, interrupted: &mut Interrupted) -> bool {
    let Some(block) = block_of(interrupted) else { return false };
    let Some(trap) = trap_of(block, kind, address, interrupted) else { return false };
    if trap == TrapCode::OutOfFuel {
        // Code may have added to it before it found that this is too much.
        // SAFETY: as in `trap_of`; nothing else refers to the context now.
        unsafe { (*context_of(block)).fuel = u64::MAX };
    }
    record(block, interrupted);
    interrupted.go_to(sys::wasmc_context_exit as *const () as usize, trap as u32);
    true
}

/// The block of the context that was interrupted, where it was one of the module.
fn block_of(interrupted: &Interrupted) -> Option<*mut u8> {
    let module = module();
    let block = match module.stack_area {
        0 => pinned(interrupted),
        area => {
            let last = (interrupted.stack_pointer() | (area as usize - 1)) - (size_of::<usize>() - 1);
            if !is_code(module, interrupted) && !sys::is_readable(last) {
                return None;
            }
            // SAFETY: code of the module runs on stacks whose area ends so; else the word was found to be readable.
            unsafe { pointer::<usize>(last).read() }
        }
    };
    if is_code(module, interrupted) {
        return Some(pointer(block));
    }
    // What code of the module called still has the register, and runs on the same stack.
    let context = context_of(pointer(block));
    let own = context.addr().checked_add(core::mem::offset_of!(Context, own))?;
    let is_context = block.is_multiple_of(align_of::<Context>())
        && sys::is_readable(own)
        && sys::is_readable(context.addr())
        // SAFETY: both words were found to be readable, and as the first names itself, it is that of a context.
        && unsafe { pointer::<usize>(own).read() == context.addr() && core::ptr::eq((*context).module, module) };
    is_context.then(|| pointer(block))
}

#[cfg(not(target_arch = "riscv64"))]
fn pinned(interrupted: &Interrupted) -> usize {
    interrupted.pinned()
}

/// No register is set aside.
#[cfg(target_arch = "riscv64")]
fn pinned(_: &Interrupted) -> usize {
    0
}

/// Whether code of the module was interrupted.
fn is_code(module: &Module, interrupted: &Interrupted) -> bool {
    // SAFETY: the compiler writes valid tables into every library.
    let TrapTables { text, text_len, .. } = unsafe { &*module.traps };
    interrupted.program_counter().wrapping_sub(text.addr()) < *text_len as usize
}

/// The trap that a fault is.
fn trap_of(block: *mut u8, kind: FaultKind, address: usize, interrupted: &Interrupted) -> Option<TrapCode> {
    let module = module();
    // SAFETY: `block_of` has found it to be that of a context, whose code waits meanwhile.
    let context = unsafe { &*context_of(block) };
    if kind == FaultKind::Access && context.guard.contains(address) {
        return Some(TrapCode::CallStackExhausted);
    }
    let trap = tables().trap(interrupted.program_counter())?;
    if trap == TrapCode::Interrupted && kind == FaultKind::Access && interruption::is_asked_for(context, address) {
        // The next call may run.
        // SAFETY: the block is that of a context.
        unsafe { interruption::interrupt(block, 0) };
        return Some(trap);
    }
    let offsets = match module.memories_len {
        0 => &[],
        // SAFETY: the compiler writes an array of this length into every library.
        len => unsafe { core::slice::from_raw_parts(module.memories, len as usize) },
    };
    // SAFETY: the array has the places of memories in the block.
    let mut memories = offsets.iter().map(|&at| unsafe { &*block.add(at as usize).cast::<Memory>() });
    traps::is_plausible(trap, kind, address, &mut memories).then_some(trap)
}

/// Keeps where the trap happened.
fn record(block: *mut u8, interrupted: &Interrupted) {
    // SAFETY: as in `trap_of`; nothing else refers to the context now.
    let context = unsafe { &mut *context_of(block) };
    let tables = tables();
    let stack = context.stack.start..context.stack.end;
    let mut len = 0;
    // What calls functions for the embedder is none of the module's.
    let frames = Frames::new(&tables, interrupted, stack).filter(|frame| frame.index(&tables) != Some(NO_FUNCTION));
    for (to, frame) in context.trap.frames.iter_mut().zip(frames) {
        *to = frame.pc();
        len += 1;
    }
    context.trap.frames_len = len;
}
