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
//! There is no address space to reserve: a reservation takes memory, which is zeroed once it is made accessible.

use crate::errno::{Errno, Result};
use crate::sys::image_limits::guard_size;
use core::ops::Range;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes of memory for exceptions that references refer to.
pub const EXCEPTION_SPACE: usize = 1 << 20;

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

/// The end of all allocations; 0 at first.
static FREE: AtomicUsize = AtomicUsize::new(0);

fn free() -> usize {
    match FREE.load(Relaxed) {
        0 => first_free(),
        free => free,
    }
}

/// Allocates memory, with the contents that its last user left.
fn allocate(len: usize) -> Result<usize> {
    let start = free();
    let len = len.checked_next_multiple_of(ALIGN).ok_or(Errno::NOMEM)?;
    // SAFETY: the reset code defines the word; nothing writes to it.
    let end = unsafe { wasmc_ram_end_word } - START_STACK;
    let next = start.checked_add(len).filter(|&next| next <= end).ok_or(Errno::NOMEM)?;
    FREE.store(next, Relaxed);
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

/// There are no threads whose stacks could lie in areas.
pub fn map_stack_in_area(_len: usize, _area: usize) -> Result<usize> {
    Err(Errno::NOTSUP)
}

/// The compiler places no memory for this platform at a fixed address.
pub fn map_zeroed_at(_address: usize, _len: usize) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Reserves memory.
pub fn reserve(len: usize) -> Result<usize> {
    allocate(len)
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
    if layout().guard == (address..address + len) { Ok(()) } else { Err(Errno::NOTSUP) }
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
    if address + old == free() {
        let more = map_zeroed(new.saturating_sub(old))?;
        debug_assert!(more == address + old);
        return Ok(address);
    }
    let moved = map_zeroed(new)?;
    let (from, to) = (with_exposed_provenance_mut::<u8>(address), with_exposed_provenance_mut::<u8>(moved));
    // SAFETY: the caller promises an allocation of its own; the new one, just made, does not overlap it and has room
    // for the copy.
    unsafe { to.copy_from_nonoverlapping(from, old.min(new)) };
    Ok(moved)
}

/// Frees memory, for use again if it is the last allocation.
///
/// # Safety
/// Nothing may use the range any more.
pub unsafe fn unmap(address: usize, len: usize) {
    if address + len.next_multiple_of(ALIGN) == free() {
        FREE.store(address, Relaxed);
    }
}
