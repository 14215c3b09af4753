//! Linear memories: reserved at start-up, grown by the kernel's page protection.
//!
//! Address space is mapped in units of 64 KiB, a multiple of the page size of every kernel. Where the pages of a memory
//! are smaller, bytes after its end, up to the next multiple, are accessible; such memories are compiled with explicit
//! checks that keep accesses away from there.

use crate::budget::{Allowance, OfProgram};
use crate::errno::{Errno, Result};
use crate::sys::{GRANULE, SMALLEST_PAGE};
use crate::thread::lock::Lock;
use crate::{report, sys};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::Release};
use wasmc_abi::memory::{Memory, MemoryStrategy};

/// Whether the address space after the image's part of a fixed memory was free. Some loaders, such as QEMU's user mode,
/// have reserved everything between the segments of the image instead; the system then maps nothing else there.
static IS_FREE: AtomicBool = AtomicBool::new(false);

/// Reserves a memory's address space and maps its first pages (`Builtin::MemoryInit`). On failure says what to do and
/// ends the process.
///
/// # Safety
/// `memory` must be one of the program's memories, not yet in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_memory_init(memory: *mut Memory) {
    // SAFETY: the caller promises that nothing uses the memory yet.
    let memory = unsafe { &mut *memory };
    if set_up(memory).is_err() {
        fail(memory)
    }
}

fn set_up(memory: &mut Memory) -> Result<()> {
    let len = round_up(memory.len)?;
    let reserved = usize::try_from(memory.reserved).map_err(|_| Errno::NOMEM)?;
    match memory.strategy {
        MemoryStrategy::FixedGuard => {
            map_around_image(memory, len)?;
            at(memory.base.addr() + len, reserved.saturating_sub(len), reserve)
        }
        MemoryStrategy::FixedExplicit => map_around_image(memory, len),
        _ if reserved > 0 => {
            let base = sys::reserve(reserved.max(len))?;
            memory.base = core::ptr::with_exposed_provenance_mut(base);
            // SAFETY: the range is the beginning of the reservation just made.
            at(base, len, |base, len| unsafe { sys::protect_read_write(base, len) })
        }
        _ if len == 0 => Ok(()),
        _ => {
            memory.base = core::ptr::with_exposed_provenance_mut(sys::map_zeroed(len)?);
            Ok(())
        }
    }
}

/// Maps the zeroes before and after the part that the kernel has mapped from the image. Where that ends inside a page,
/// the rest of the page is mapped already; for pages larger than the smallest of Linux, the linker has aligned the end.
fn map_around_image(memory: &Memory, len: usize) -> Result<()> {
    let base = memory.base.addr();
    let (start, end) = (memory.image_start, memory.image_end);
    if start == end {
        return map_after_image(base, len);
    }
    let end = (end as usize).next_multiple_of(SMALLEST_PAGE);
    map_zeroed(base, start as usize)?;
    map_after_image(base + end, len.saturating_sub(end))
}

/// Maps zeroes after the image's part of a fixed memory, and records whether that address space was free.
fn map_after_image(address: usize, len: usize) -> Result<()> {
    IS_FREE.store(map_zeroed(address, len)?, Relaxed);
    Ok(())
}

/// Reserves part of a fixed memory's address space at start-up. Where the loader has already reserved it, only access
/// is changed, which succeeds only where all of a range is mapped.
fn reserve(address: usize, len: usize) -> Result<()> {
    // SAFETY: at start-up nothing uses the address space of a memory.
    sys::reserve_at(address, len).or_else(|_| unsafe { sys::protect_none(address, len) })
}

/// Maps zeroes in the address space of a fixed memory, as [`reserve`]; returns whether it was free.
fn map_zeroed(address: usize, len: usize) -> Result<bool> {
    if len == 0 || sys::map_zeroed_at(address, len).is_ok() {
        return Ok(len > 0);
    }
    // SAFETY: as in `reserve`; between the end of a memory and the image there are only reservations of the loader.
    unsafe { sys::protect_read_write(address, len) }.map(|()| false)
}

/// Reserves the address space of a memory of a new instance and maps its first pages.
#[cfg(not(target_os = "macos"))]
pub fn map_new(memory: &mut Memory) -> Result<()> {
    set_up(memory)
}

/// Takes a memory back to zeroes, at the size `len`, which it began with. Returns whether that was possible.
///
/// What the next instantiation writes keeps its pages, which are cleared, as is a small memory: a page that the kernel
/// gives anew takes longer than its clearing. The kernel takes back all others, and takes time for those alone that
/// have been touched.
#[cfg(not(target_os = "macos"))]
pub fn reset(memory: &mut Memory, len: u64) -> bool {
    /// Bytes that are cleared in less time than the kernel takes to give new pages.
    const FEW: u64 = 256 << 10;
    let (Ok(old), Ok(first)) = (round_up(memory.len), round_up(len)) else { return false };
    if memory.reserved == 0 {
        return false;
    }
    let base = memory.base.expose_provenance();
    let written = if len <= FEW { 0..len } else { memory.image_start..memory.image_end };
    // Whole pages, however large the kernel's are.
    let start = written.start as usize / GRANULE * GRANULE;
    let end = (written.end as usize).next_multiple_of(GRANULE).min(first);
    let discard = |from: usize, to: usize| {
        // SAFETY: the bytes belong to the memory, which nothing uses any more.
        from >= to || unsafe { sys::discard(base + from, to - from) }.is_ok()
    };
    // SAFETY: as above.
    unsafe { memory.base.add(start).write_bytes(0, end - start) };
    if !discard(0, start) || !discard(end, old) {
        return false;
    }
    // SAFETY: as above.
    if old > first && unsafe { sys::withdraw(base + first, old - first) }.is_err() {
        return false;
    }
    memory.len = len;
    true
}

/// Removes all mappings of a memory that nothing uses any more.
#[cfg(not(target_os = "macos"))]
pub fn unmap(memory: &mut Memory) {
    let Ok(len) = round_up(memory.len) else { return };
    let len = len.max(memory.reserved as usize);
    if !memory.base.is_null() && len > 0 {
        // SAFETY: the caller gives the memory up.
        unsafe { sys::unmap(memory.base.expose_provenance(), len) };
    }
    memory.base = core::ptr::null_mut();
}

/// Applies a mapping function unless there is nothing to map.
fn at(address: usize, len: usize, map: impl FnOnce(usize, usize) -> Result<()>) -> Result<()> {
    if len == 0 { Ok(()) } else { map(address, len) }
}

#[cold]
fn fail(memory: &Memory) -> ! {
    let mut message = report::Message::new();
    if memory.strategy.is_guarded() {
        message.text("wasmc: cannot reserve ").decimal(memory.reserved >> 30, 0);
        message.text(" GiB of address space for the memory (ulimit -v?); compile with --bounds=explicit\n");
    } else if memory.reserved > 0 {
        message.text("wasmc: cannot set aside ").decimal(memory.reserved >> 20, 0);
        message.text(" MiB for the memory to grow to; compile with a smaller --max-memory\n");
    } else {
        message.text("wasmc: cannot map ").decimal(memory.len >> 20, 0).text(" MiB for the memory\n");
    }
    message.flush();
    sys::exit(1)
}

/// Grows a memory (`Builtin::MemoryGrow`): returns its previous size in pages, or `u64::MAX` where it cannot grow so
/// far.
///
/// # Safety
/// `memory` must be one of the program's memories, set up by [`wasmc_memory_init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    // SAFETY: the caller promises a memory of the program; compiled code waits for the result, so nothing else uses it.
    grow_by(unsafe { &mut *memory }, delta_pages, &mut OfProgram)
}

/// Grows a memory within an allowance. Returns as [`wasmc_memory_grow`].
#[inline(always)]
pub fn grow_by(memory: &mut Memory, delta_pages: u64, allowance: &mut impl Allowance) -> u64 {
    let pages = memory.len >> memory.page_size_log2;
    match grow(memory, delta_pages, allowance) {
        Ok(()) => pages,
        Err(_) => u64::MAX,
    }
}

/// Grows a memory that threads share (`Builtin::SharedMemoryGrow`), as [`wasmc_memory_grow`] does.
///
/// # Safety
/// As [`wasmc_memory_grow`], for a memory with reserved address space.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_shared_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    static GROWING: Lock = Lock::new();
    GROWING.with(|| {
        // SAFETY: only this function writes to the structure, under the lock; other threads read its size atomically.
        let len = unsafe { AtomicU64::from_ptr(&raw mut (*memory).len) };
        // SAFETY: nothing writes to the structure while the lock is held.
        let mut grown = unsafe { memory.read() };
        let pages = grown.len >> grown.page_size_log2;
        match grow(&mut grown, delta_pages, &mut OfProgram) {
            Ok(()) => {
                len.store(grown.len, Release);
                pages
            }
            Err(_) => u64::MAX,
        }
    })
}

fn grow(memory: &mut Memory, delta_pages: u64, allowance: &mut impl Allowance) -> Result<()> {
    let delta = delta_pages.checked_mul(1 << memory.page_size_log2).ok_or(Errno::NOMEM)?;
    let len = memory.len.checked_add(delta).filter(|&len| len <= memory.max).ok_or(Errno::NOMEM)?;
    let (old, new) = (round_up(memory.len)?, round_up(len)?);
    let added = (len - memory.len) as usize;
    allowance.allocate(added, || if new > old { map_more(memory, old, new) } else { Ok(()) })?;
    memory.len = len;
    Ok(())
}

fn map_more(memory: &mut Memory, old: usize, new: usize) -> Result<()> {
    let end = memory.base.addr() + old;
    match memory.strategy {
        _ if memory.reserved > 0 => {
            if new as u64 > memory.reserved {
                return Err(Errno::NOMEM);
            }
            // SAFETY: the range lies in the memory's reservation, after its end.
            unsafe { sys::protect_read_write(end, new - old) }
        }
        MemoryStrategy::FixedExplicit if IS_FREE.load(Relaxed) => sys::map_zeroed_at(end, new - old),
        MemoryStrategy::FixedExplicit => map_after_image(end, new - old),
        _ => {
            let base = match old {
                0 => sys::map_zeroed(new)?,
                // SAFETY: only the memory uses its pages, and compiled code loads the base again after growing.
                _ => unsafe { sys::remap(memory.base.expose_provenance(), old, new)? },
            };
            memory.base = core::ptr::with_exposed_provenance_mut(base);
            Ok(())
        }
    }
}

fn round_up(len: u64) -> Result<usize> {
    let len = len.checked_next_multiple_of(GRANULE as u64).ok_or(Errno::NOMEM)?;
    isize::try_from(len).map(|len| len as usize).map_err(|_| Errno::NOMEM)
}
