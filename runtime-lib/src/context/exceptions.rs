//! Exceptions of contexts: those that are kept, and those that nothing catches.

use super::{block_of, context_of, grow::OfInstance};
use crate::exceptions::owner::Owner;
use crate::exceptions::{self, kept};
use crate::sys::Unwound;
use core::ffi::c_void;
use core::ops::Range;
use wasmc_abi::context::{Context, ExceptionRecord};

/// The context whose block this is, which waits while its exceptions are kept.
struct OfContext(*mut u8);

impl OfContext {
    fn context(&self) -> *mut Context {
        context_of(self.0)
    }
}

impl Owner for OfContext {
    type Allowance = OfInstance;

    fn identity(&self) -> usize {
        self.context().expose_provenance()
    }

    /// What it has kept is freed with it.
    fn has_ended(_: usize) -> bool {
        false
    }

    fn stack(&self, _: &Unwound) -> Range<usize> {
        // SAFETY: the context waits.
        unsafe { (*self.context()).guest_stack..(*self.context()).stack.end }
    }

    fn place<T>(&self, listed: *const T) -> *const T {
        self.0.wrapping_add(listed.addr()).cast()
    }

    fn allowance(&self) -> OfInstance {
        OfInstance(self.0)
    }

    fn each_objects(&self, mut visit: impl FnMut(Range<usize>)) {
        // SAFETY: the context waits.
        if let Some(each_objects) = unsafe { (*self.context()).each_objects } {
            let mut visit: Visit<'_> = &mut visit;
            // SAFETY: as above; the function calls `visit_range` with the closure.
            unsafe { each_objects(self.0, visit_range, (&raw mut visit).cast()) };
        }
    }

    fn each_held(&self, visit: impl FnMut(u64)) {
        // SAFETY: the context waits.
        if let Some(handles) = unsafe { super::references::of_context(self.context()) } {
            handles.exceptions().for_each(visit);
        }
    }
}

/// What is called for each range of memory.
type Visit<'v> = &'v mut dyn FnMut(Range<usize>);

/// Calls a closure.
///
/// # Safety
/// `visit` must refer to a [`Visit`] that nothing else uses.
unsafe extern "C" fn visit_range(visit: *mut c_void, start: usize, end: usize) {
    // SAFETY: the caller promises a closure.
    unsafe { (*visit.cast::<Visit<'_>>())(start..end) };
}

/// See [`wasmc_abi::builtin::Builtin::ContextKeepException`].
///
/// # Safety
/// `unwound` must hold the registers of code of the context whose block this is, which has called it.
#[unsafe(export_name = "wasmc_keep_for_context")]
unsafe extern "C" fn keep(unwound: &mut Unwound, block: *mut u8) -> u64 {
    let owner = OfContext(block);
    // SAFETY: the caller passes the block of a context, which waits.
    unsafe {
        (*owner.context()).release = Some(release);
        (*owner.context()).each_kept = Some(each_kept);
    }
    kept::keep_for(&owner, unwound)
}

/// Frees what a context has kept.
///
/// # Safety
/// The block must be that of a context, to whose exceptions nothing refers any more.
unsafe extern "C" fn release(block: *mut u8) {
    kept::release(context_of(block).addr());
}

/// See [`Context::each_kept`].
///
/// # Safety
/// The block must be that of a context, which waits, and `visit` take `data` with memory that can be read.
unsafe extern "C" fn each_kept(
    block: *mut u8,
    visit: unsafe extern "C" fn(*mut c_void, usize, usize),
    data: *mut c_void,
) {
    // SAFETY: the caller promises it of `visit`.
    kept::each_range(context_of(block).addr(), |range| unsafe { visit(data, range.start, range.end) });
}

/// See [`wasmc_abi::context::Api::exception`].
///
/// # Safety
/// The block must be that of an instance whose last call has ended with an exception, and `record` a place for the
/// answer.
pub unsafe extern "C" fn exception(block: *mut u8, record: *mut ExceptionRecord) -> u32 {
    // SAFETY: the caller passes a block of an instance, before which its context lies.
    let thrown = unsafe { &raw const (*context_of(block)).exception };
    // SAFETY: as above.
    let word = unsafe { thrown.read() };
    if super::module().unwind.is_null() || word == 0 {
        return 0;
    }
    let Some((name, types, carried)) = exceptions::describe(word) else { return 0 };
    let values = carried.map_or(thrown.cast(), core::ptr::with_exposed_provenance::<u8>);
    let (name_len, types_len) = (name.len() as u64, types.len() as u64);
    let answer = ExceptionRecord { name: name.as_ptr(), name_len, types: types.as_ptr(), types_len, values };
    // SAFETY: the caller passes a place for the answer.
    unsafe { record.write(answer) };
    1
}

/// Has exceptions find their handlers: called before the first context is made.
pub fn prepare() {
    let module = super::module();
    if !module.unwind.is_null() {
        // SAFETY: the compiler writes valid tables into every library that throws.
        unsafe { exceptions::begin_quietly(&raw const module.unwind, 1) };
    }
}

/// Frees what a context has kept besides its mappings, which nothing uses any more.
pub fn free(context: *mut Context) {
    // SAFETY: the caller gives the context up.
    if let Some(release) = unsafe { (*context).release.take() } {
        // SAFETY: as above.
        unsafe {
            (*context).each_kept = None;
            release(block_of(context));
        }
    }
}
