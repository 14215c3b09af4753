//! Memory: the part after the image is allocated from low to high addresses.
//!
//! The linker script places the image and defines these symbols, all at multiples of a page but for `wasmc_zero_*`:
//!
//! ```text
//! wasmc_image_start      code and read-only data
//! wasmc_writable_start   data; the script rounds nothing: the page that holds the address begins the writable part
//! wasmc_zero_start       zeroes that the reset code writes
//! wasmc_zero_end         the stack's guard, the stack, memories
//! wasmc_ram_end          the last kilobytes below it are the stack during start-up
//! ```
//!
//! A library has what its embedder provides instead. There is no address space to reserve: a reservation takes memory,
//! which is zeroed once it is made accessible.

use crate::errno::{Errno, Result};
use crate::sys::image_limits::guard_size;
use core::cell::UnsafeCell;
use core::ops::Range;
use core::ptr::with_exposed_provenance_mut;

/// Bytes of the guard below the stack of a context: nothing would guard it.
pub const STACK_GUARD: usize = 0;

/// Bytes of memory for exceptions that references refer to.
pub const EXCEPTION_SPACE: usize = 1 << 20;

/// Bytes of memory for the handles of a context.
pub const HANDLE_SPACE: usize = 64 << 10;

unsafe extern "C" {
    static wasmc_image_start: u8;
    static wasmc_writable_start: u8;
    static wasmc_zero_end: u8;
    /// A word in the reset code, which reaches further than an address in code.
    static wasmc_ram_end_word: usize;
}

/// Bytes of a page: the granularity of protection.
pub const PAGE: usize = 4096;
/// Bytes below the end of memory that serve as the stack until the program has its own.
const START_STACK: usize = 16 << 10;
/// Allocations begin at multiples of this many bytes.
const ALIGN: usize = PAGE;

/// What is worth having of a heap, in bytes.
const LEAST_HEAP: usize = 256 << 10;

/// The parts of memory with different access rights. Everything else is devices.
pub struct Layout {
    /// Executed and read, never written.
    pub code: Range<usize>,
    /// Read and written, never executed, but for the guard inside.
    pub data: Range<usize>,
    /// Never touched.
    pub guard: Range<usize>,
}

/// The layout of this program.
pub fn layout() -> Layout {
    let start = (&raw const wasmc_image_start).addr();
    let writable = (&raw const wasmc_writable_start).addr() / PAGE * PAGE;
    let guard = first_free();
    // SAFETY: the reset code defines the word; nothing writes to it.
    let end = unsafe { wasmc_ram_end_word };
    Layout { code: start..writable, data: writable..end, guard: guard..guard + guard_size() }
}

fn first_free() -> usize {
    (&raw const wasmc_zero_end).addr().next_multiple_of(ALIGN)
}

/// What is known of memory.
struct Free {
    /// The part behind all allocations.
    rest: Range<usize>,
    /// The first hole among them, by ascending address; 0 where there is none.
    hole: usize,
    /// The stack's guard.
    guard: Range<usize>,
}

/// A hole, which begins with this.
struct Hole {
    len: usize,
    next: usize,
}

struct Shared(UnsafeCell<Free>);

// SAFETY: there is one thread; an embedder makes and frees instances, and lets them grow, on one core at a time.
unsafe impl Sync for Shared {}

static FREE: Shared = Shared(UnsafeCell::new(Free { rest: 0..0, hole: 0, guard: 0..0 }));

fn free() -> &'static mut Free {
    // SAFETY: there is one thread, and nothing here calls what uses it while it does itself.
    unsafe { &mut *FREE.0.get() }
}

fn hole(address: usize) -> &'static mut Hole {
    // SAFETY: the list holds addresses of holes alone, which are written when they are made.
    unsafe { &mut *with_exposed_provenance_mut(address) }
}

/// Begins to allocate from the memory of a layout.
pub fn begin(layout: &Layout) {
    let rest = layout.guard.start..layout.data.end - START_STACK;
    *free() = Free { rest, hole: 0, guard: layout.guard.clone() };
}

/// Allocates from this memory from now on.
///
/// # Safety
/// Nothing else may use it any more, and nothing may have been allocated.
pub unsafe fn provide(memory: Range<usize>) {
    let start = memory.start.checked_next_multiple_of(ALIGN).unwrap_or(usize::MAX).min(memory.end);
    free().rest = start..memory.end;
}

/// Allocates memory, with the contents that its last user left.
fn allocate(len: usize) -> Result<usize> {
    let len = len.checked_next_multiple_of(ALIGN).ok_or(Errno::NOMEM)?;
    let mut link: *mut usize = &raw mut free().hole;
    loop {
        // SAFETY: it is the link to the first hole, or that in one.
        let at = unsafe { link.read() };
        if at == 0 {
            return extend(len);
        }
        let found = hole(at);
        if found.len > len {
            found.len -= len;
            return Ok(at + found.len);
        }
        if found.len == len {
            // SAFETY: as above.
            unsafe { link.write(found.next) };
            return Ok(at);
        }
        link = &raw mut found.next;
    }
}

/// Allocates memory behind all other.
fn extend(len: usize) -> Result<usize> {
    let rest = &mut free().rest;
    let start = rest.start;
    rest.start = start.checked_add(len).filter(|&end| end <= rest.end).ok_or(Errno::NOMEM)?;
    Ok(start)
}

/// Zeroed memory for the runtime or for a guest.
pub fn map_zeroed(len: usize) -> Result<usize> {
    let address = allocate(len)?;
    // SAFETY: the range was just allocated; nothing else uses it.
    unsafe { zero(address, len) };
    Ok(address)
}

/// Zeroes memory.
///
/// # Safety
/// The range must be the caller's.
unsafe fn zero(address: usize, len: usize) {
    // SAFETY: the caller promises that the range is its own.
    unsafe { with_exposed_provenance_mut::<u8>(address).write_bytes(0, len) };
}

/// Memory for the stack. The first call gets memory that begins with the guard of [`layout`].
pub fn map_stack(len: usize) -> Result<usize> {
    allocate(len)
}

/// Memory for a stack at the end of an aligned area of `area` bytes, a power of two.
pub fn map_stack_in_area(len: usize, area: usize) -> Result<usize> {
    let len = len.checked_next_multiple_of(ALIGN).filter(|&len| len <= area).ok_or(Errno::NOMEM)?;
    let first = free().rest.start;
    let end = first.checked_add(len).and_then(|end| end.checked_next_multiple_of(area)).ok_or(Errno::NOMEM)?;
    let skipped = end - len - first;
    let start = extend(end - first)?;
    if skipped > 0 {
        // SAFETY: what lies before the stack has just been allocated.
        unsafe { unmap(start, skipped) };
    }
    Ok(start + skipped)
}

/// The compiler places no memory for this platform at a fixed address.
pub fn map_zeroed_at(_address: usize, _len: usize) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Reserves memory.
pub fn reserve(len: usize) -> Result<usize> {
    allocate(len)
}

/// Bytes of a reference in an object: the heap lies in the lowest 4 GiB.
pub const REFERENCE_SIZE: usize = 4;

/// Memory for a heap, `len` bytes or what there is of them: where it begins, and how many.
pub fn reserve_low(len: usize) -> Result<(usize, usize)> {
    let mut len = len;
    loop {
        match allocate(len) {
            Ok(start) if start + len <= 1 << 32 => return Ok((start, len)),
            // SAFETY: nothing refers to what has just been allocated.
            Ok(start) => unsafe { unmap(start, len) },
            Err(_) => {}
        }
        len = (len / 2).next_multiple_of(ALIGN);
        if len < LEAST_HEAP {
            return Err(Errno::NOMEM);
        }
    }
}

/// As [`map_zeroed_at`].
pub fn reserve_at(_address: usize, _len: usize) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Succeeds only for the guard of the stack, which is protected from the start.
///
/// # Safety
/// Nothing may use the range.
pub unsafe fn protect_none(address: usize, len: usize) -> Result<()> {
    if free().guard == (address..address + len) { Ok(()) } else { Err(Errno::NOTSUP) }
}

/// Takes the accessible end of a reservation back to what it was: it is zeroed when it becomes accessible again.
///
/// # Safety
/// Nothing may use the range.
pub unsafe fn withdraw(_address: usize, _len: usize) -> Result<()> {
    Ok(())
}

/// Zeroes memory.
///
/// # Safety
/// Nothing may rely on what the range holds.
pub unsafe fn discard(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that nothing relies on the contents.
    unsafe { zero(address, len) };
    Ok(())
}

/// Zeroes reserved memory.
///
/// # Safety
/// The range must belong to a reservation of the caller, and not have been made accessible before.
pub unsafe fn protect_read_write(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that the range is part of its reservation and not in use yet.
    unsafe { zero(address, len) };
    Ok(())
}

/// Makes an allocation larger, with zeroes, and moves it unless it is the last one. Returns its address.
///
/// # Safety
/// `address..address + old` must be an allocation of the caller.
pub unsafe fn remap(address: usize, old: usize, new: usize) -> Result<usize> {
    let old = old.next_multiple_of(ALIGN);
    if address + old == free().rest.start {
        let more = new.saturating_sub(old).checked_next_multiple_of(ALIGN).ok_or(Errno::NOMEM)?;
        let added = extend(more)?;
        // SAFETY: it was just allocated.
        unsafe { zero(added, more) };
        return Ok(address);
    }
    let moved = map_zeroed(new)?;
    let (from, to) = (with_exposed_provenance_mut::<u8>(address), with_exposed_provenance_mut::<u8>(moved));
    // SAFETY: the caller promises an allocation of its own; the new one, just made, does not overlap it and has room
    // for the copy. From now on the caller uses the address returned.
    unsafe {
        to.copy_from_nonoverlapping(from, old.min(new));
        unmap(address, old);
    }
    Ok(moved)
}

/// Frees memory.
///
/// # Safety
/// Nothing may use the range any more.
pub unsafe fn unmap(address: usize, len: usize) {
    let mut len = len.next_multiple_of(ALIGN);
    if len == 0 {
        return;
    }
    let (mut before, mut after) = (0, free().hole);
    while after != 0 && after < address {
        (before, after) = (after, hole(after).next);
    }
    if after == address + len {
        len += hole(after).len;
        after = hole(after).next;
    }
    *hole(address) = Hole { len, next: after };
    let start = if before != 0 && before + hole(before).len == address {
        hole(before).len += len;
        hole(before).next = after;
        before
    } else {
        if before == 0 {
            free().hole = address
        } else {
            hole(before).next = address
        }
        address
    };
    if start + hole(start).len == free().rest.start {
        remove_last(start);
    }
}

/// Takes a hole with nothing allocated behind it, which is the last one, from the list.
fn remove_last(last: usize) {
    let mut link: *mut usize = &raw mut free().hole;
    // SAFETY: it is the link to the first hole, or that in one; the list has the hole.
    unsafe {
        while link.read() != last {
            link = &raw mut hole(link.read()).next;
        }
        link.write(0);
    }
    free().rest.start = last;
}
