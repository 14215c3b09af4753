//! Making and freeing instances.
//!
//! One mapping holds, from low to high addresses, the guard, the stack, the page by which the guest is interrupted
//! where it can be, the context, the block, and in its last word the address of the block. Each memory is a reservation
//! of its own. Elements of tables are mapped as they grow.

use super::{block_of, context_of, exceptions, handlers, heap, interruption, module, pointer, pool, references};
use crate::errno::{Errno, Result};
use crate::memory;
use crate::sys::{self, GRANULE};
use core::ptr::null_mut;
use core::slice;
use wasmc_abi::context::{
    CHECKED_STACK, Context, CreationError, InstanceOptions, MAX_FRAMES, Module, Range, TrapRecord,
};
use wasmc_abi::memory::Memory;
use wasmc_abi::table::{ELEMENT_SIZE, Table};

/// The smallest stack of an instance, in bytes.
const LEAST_STACK: u64 = if sys::STACK_GUARD == 0 { 2 * CHECKED_STACK } else { 16 << 10 };

/// See [`wasmc_abi::context::Api::create`].
///
/// # Safety
/// `options` must be valid, and `block` a place for the answer.
pub unsafe extern "C" fn create(options: *const InstanceOptions, block: *mut *mut u8) -> u32 {
    // SAFETY: the caller passes valid options.
    let options = unsafe { &*options };
    match make(options) {
        Ok(context) => {
            // SAFETY: the caller passes a place for the answer.
            unsafe { block.write(block_of(context)) };
            0
        }
        Err(error) => error as u32,
    }
}

fn make(options: &InstanceOptions) -> core::result::Result<*mut Context, CreationError> {
    let module = module();
    let stack_size = if options.stack_size == 0 { module.stack_size } else { options.stack_size };
    let fits = module.stack_area == 0 || stack_size <= module.stack_size;
    if options.imports_len != module.imports_len || stack_size < LEAST_STACK || !fits {
        return Err(CreationError::BadOptions);
    }
    if !handlers::are_handled() {
        return Err(CreationError::NoHandlers);
    }
    let stack_size = usize::try_from(stack_size).map_err(|_| CreationError::OutOfMemory)?;
    let context = match pool::take(stack_size) {
        Some(context) => context,
        None => map(module, stack_size).map_err(|_| CreationError::OutOfMemory)?,
    };
    // SAFETY: nobody else has the context.
    let fields = unsafe { &mut *context };
    fields.budget = module.growth.min(options.growth.saturating_add(module.first_tables));
    fields.imports = options.imports;
    fields.trap.frames_len = 0;
    fields.suspended = 0;
    fields.exception = 0;
    fields.collects_always = options.collects_always != 0;
    fields.fuel = module.fuel;
    fields.guest_stack = fields.stack.end;
    Ok(context)
}

/// A new instance, in the state before instantiation.
fn map(module: &Module, stack_size: usize) -> Result<*mut Context> {
    let guard = sys::STACK_GUARD;
    let after = (size_of::<Context>() + module.template_len as usize + size_of::<usize>()).next_multiple_of(GRANULE);
    let stack_size = stack_size.checked_next_multiple_of(GRANULE).ok_or(Errno::NOMEM)?;
    let page = interruption::page_size();
    let total = stack_size.checked_add(guard + page + after).ok_or(Errno::NOMEM)?;
    let start = match module.stack_area {
        0 => sys::map_stack(total)?,
        area => sys::map_stack_in_area(total, area as usize)?,
    };
    let guarded = match guard {
        0 => Ok(()),
        // SAFETY: the guard is the start of the mapping just made, which nothing uses yet.
        _ => unsafe { sys::protect_none(start, guard) },
    };
    if let Err(error) = guarded {
        // SAFETY: as above.
        unsafe { sys::unmap(start, total) };
        return Err(error);
    }
    let top = start + guard + stack_size;
    let context: *mut Context = pointer(top + page);
    let block = block_of(context);
    // SAFETY: the mapping has room for the context, for the block behind it, and for a word behind both.
    unsafe {
        context.write(Context {
            trap: TrapRecord { frames_len: 0, frames: [0; MAX_FRAMES] },
            mapping: Range { start, end: start + total },
            guard: Range { start, end: start + guard },
            stack: Range { start: start + guard, end: top },
            budget: 0,
            next: null_mut(),
            suspended: 0,
            own: context,
            module,
            release: None,
            heap: null_mut(),
            end_heap: None,
            each_objects: None,
            each_kept: None,
            snapshots: None,
            handles: null_mut(),
            collects_always: false,
            exception: 0,
            fuel: 0,
            imports: core::ptr::null(),
            host_stack: 0,
            lowest_stack: start + guard + CHECKED_STACK as usize,
            guest_stack: top,
        });
        pointer::<*mut u8>(start + total - size_of::<usize>()).write(block);
        block.copy_from_nonoverlapping(module.template, module.template_len as usize);
    }
    if let Err(error) = memories(module, block).try_for_each(memory::map_new) {
        // SAFETY: nobody has seen the context.
        unsafe { unmap(context) };
        return Err(error);
    }
    Ok(context)
}

/// The memories in a block.
fn memories<'b>(module: &Module, block: *mut u8) -> impl Iterator<Item = &'b mut Memory> + use<'b> {
    // SAFETY: the compiler lists where in a block memories lie; the caller alone has the block.
    offsets(module.memories, module.memories_len).map(move |&at| unsafe { &mut *block.add(at as usize).cast() })
}

/// The tables in a block.
fn tables<'b>(module: &Module, block: *mut u8) -> impl Iterator<Item = &'b mut Table> + use<'b> {
    // SAFETY: as in `memories`.
    offsets(module.tables, module.tables_len).map(move |&at| unsafe { &mut *block.add(at as usize).cast() })
}

fn offsets(list: *const u64, len: u64) -> slice::Iter<'static, u64> {
    if len == 0 {
        return [].iter();
    }
    // SAFETY: the compiler writes arrays of these lengths into every library.
    unsafe { slice::from_raw_parts(list, len as usize) }.iter()
}

/// See [`wasmc_abi::context::Api::free`].
///
/// # Safety
/// The block must be that of an instance that nothing uses any more.
pub unsafe extern "C" fn free(block: *mut u8) {
    let context = context_of(block);
    exceptions::free(context);
    heap::free(context);
    references::free(context);
    if reset(module(), context) && pool::put(context) {
        return;
    }
    // SAFETY: the caller gives the context up.
    unsafe { unmap(context) };
}

/// Takes an instance back to the state before instantiation. Returns whether that was possible.
fn reset(module: &Module, context: *mut Context) -> bool {
    let block = block_of(context);
    // An interruption that came too late is none of the next instance's.
    // SAFETY: the instance is given up, but still there.
    if interruption::page_size() > 0 && unsafe { interruption::interrupt(block, 0) } == 0 {
        return false;
    }
    // SAFETY: the template has a `Memory` wherever the block has one.
    let first_len = |at: u64| unsafe { (*module.template.add(at as usize).cast::<Memory>()).len };
    let lens = offsets(module.memories, module.memories_len).map(|&at| first_len(at));
    if !memories(module, block).zip(lens).all(|(memory, len)| memory::reset(memory, len)) {
        return false;
    }
    for table in tables(module, block) {
        unmap_table(table);
    }
    // Memories come first in a block: where they lie stays as it is.
    let memories = offsets(module.memories, module.memories_len);
    let after = memories.last().map_or(0, |&last| last as usize + size_of::<Memory>());
    copy_template(module, block, after..module.template_len as usize);
    true
}

/// Writes a part of the template to a block.
fn copy_template(module: &Module, block: *mut u8, range: core::ops::Range<usize>) {
    // SAFETY: the range lies in the template, and the block has as many bytes.
    unsafe { block.add(range.start).copy_from_nonoverlapping(module.template.add(range.start), range.len()) };
}

/// Removes the elements of a table.
fn unmap_table(table: &mut Table) {
    if table.capacity > 0 {
        // SAFETY: growing has mapped the elements, and the table is given up.
        unsafe { sys::unmap(table.elements.expose_provenance(), (table.capacity * u64::from(ELEMENT_SIZE)) as usize) };
    }
    table.capacity = 0;
}

/// Removes all mappings of an instance.
///
/// # Safety
/// Nothing may use it any more.
pub unsafe fn unmap(context: *mut Context) {
    let block = block_of(context);
    let module = module();
    for memory in memories(module, block) {
        memory::unmap(memory);
    }
    for table in tables(module, block) {
        unmap_table(table);
    }
    // SAFETY: the caller promises that nothing uses the context any more.
    unsafe {
        let Range { start, end } = (*context).mapping;
        sys::unmap(start, end - start);
    }
}
