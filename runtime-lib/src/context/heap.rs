//! The heap of a context: objects of its own, which no other context sees, and which end with it.

use super::{context_of, pointer};
use crate::gc;
use wasmc_abi::context::Context;
use wasmc_abi::heap::{Heap, HeapTables};

/// Makes the heap of a context ready (`Builtin::ContextHeapInit`).
///
/// # Safety
/// `block` must be that of a context whose code waits, `heap` its heap, and `tables` those of the module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_context_heap_init(tables: *mut HeapTables, heap: *mut Heap, block: u64) {
    let context = context_of(pointer(block as usize));
    // SAFETY: the caller promises a context, whose code waits.
    unsafe {
        (*context).heap = heap;
        (*context).end_heap = Some(gc::wasmc_heap_end);
        gc::init_for_context(tables, heap, context);
    }
}

/// Gives back the heap of a context, where it has one.
pub fn free(context: *mut Context) {
    // SAFETY: the context is given up: none of its code will run, and nothing has its references.
    unsafe {
        if let Some(end) = (*context).end_heap.take() {
            end((*context).heap);
        }
    }
}
