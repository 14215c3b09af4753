//! Growing the memories and tables of an instance, within what it may have.

use super::context_of;
use crate::budget::Allowance;
use crate::errno::{Errno, Result};
use crate::{memory, table};
use wasmc_abi::memory::Memory;
use wasmc_abi::table::Table;

/// What the instance whose block this is may still have.
pub(super) struct OfInstance(pub(super) *mut u8);

impl Allowance for OfInstance {
    fn allocate<R>(&mut self, bytes: usize, map: impl FnOnce() -> Result<R>) -> Result<R> {
        // SAFETY: whoever makes this promises the block of an instance, before which lies its context; its code waits.
        let budget = unsafe { &mut (*context_of(self.0)).budget };
        let rest = budget.checked_sub(bytes as u64).ok_or(Errno::NOMEM)?;
        let result = map()?;
        if *budget != u64::MAX {
            *budget = rest;
        }
        Ok(result)
    }
}

/// Grows a memory (`Builtin::ContextMemoryGrow`).
///
/// # Safety
/// `memory` must be a memory of the instance whose block `block` is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_memory_grow(block: *mut u8, memory: *mut u8, delta_pages: u64) -> u64 {
    // SAFETY: the caller promises a memory of the instance; its code waits for the result.
    let memory = unsafe { &mut *memory.cast::<Memory>() };
    memory::grow_by(memory, delta_pages, &mut OfInstance(block))
}

/// Grows a table (`Builtin::ContextTableGrow`).
///
/// # Safety
/// `table` must be a table of the instance whose block `block` is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_table_grow(block: *mut u8, table: *mut u8, delta: u64, value: u64) -> u64 {
    // SAFETY: the caller promises a table of the instance; its code waits for the result.
    let table = unsafe { &mut *table.cast::<Table>() };
    table::grow_by(table, delta, value, &mut OfInstance(block))
}
