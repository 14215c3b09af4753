//! The heap of a context: objects of its own, which no other context sees, and which end with it.

use super::{context_of, objects, pointer};
use crate::gc;
use core::ffi::c_void;
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
        (*context).each_objects = Some(each_objects);
        (*context).snapshots = Some(&objects::FUNCTIONS);
        gc::init_for_context(tables, heap, context);
    }
}

/// Gives back the heap of a context, where it has one.
pub fn free(context: *mut Context) {
    // SAFETY: the context is given up: none of its code will run, and nothing has its references.
    unsafe {
        if let Some(end) = (*context).end_heap.take() {
            (*context).each_objects = None;
            (*context).snapshots = None;
            end((*context).heap);
        }
    }
}

/// See [`Context::each_objects`].
///
/// # Safety
/// The block must be that of a context with a heap, which waits, and `visit` take `data` with memory that can be read.
unsafe extern "C" fn each_objects(
    block: *mut u8,
    visit: unsafe extern "C" fn(*mut c_void, usize, usize),
    data: *mut c_void,
) {
    // SAFETY: the caller promises a context with a heap, which waits, and what `visit` takes.
    unsafe { gc::each_block(&*(*context_of(block)).heap, |start, end| visit(data, start, end)) };
}
