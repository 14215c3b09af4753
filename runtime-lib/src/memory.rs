//! Linear memories: set aside at start-up, grown by the kernel's page protection.
//!
//! Address space is handled in pieces of 64 KiB, a multiple of the page size of every kernel; where the pages of a memory
//! are smaller, what lies between its end and the next multiple is accessible, and kept out of reach by the explicit
//! checks that such memories are compiled with.

use crate::errno::{Errno, Result};
use crate::thread::lock::Lock;
use crate::{report, sys};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::Release};
use wasmc_abi::memory::{Memory, MemoryStrategy};

const GRANULE: u64 = 64 << 10;

/// Whether something could be mapped behind the image's part of a fixed memory. Some loaders, as QEMU's user mode, have
/// reserved everything between the segments of the image instead; the system then puts nothing else there.
static IS_FREE: AtomicBool = AtomicBool::new(false);

/// Sets aside a memory's address space and maps its first pages (`Builtin::MemoryInit`). On failure says
/// what to do and ends the process.
///
/// # Safety
/// `memory` must be one of the program's memories, not yet in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_memory_init(memory: *mut Memory) {
    // SAFETY: nobody else uses the memory's state yet.
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
            // SAFETY: the range begins the reservation just made.
            at(base, len, |base, len| unsafe { sys::protect_read_write(base, len) })
        }
        _ if len == 0 => Ok(()),
        _ => {
            memory.base = core::ptr::with_exposed_provenance_mut(sys::map_zeroed(len)?);
            Ok(())
        }
    }
}

/// Maps the zeroes before and behind what the kernel has mapped from the image. Where that ends inside a page, the rest of
/// the page came with it; larger pages than the least that Linux has are the linker's to align to.
fn map_around_image(memory: &Memory, len: usize) -> Result<()> {
    const LEAST_PAGE: u64 = 4096;
    let base = memory.base.addr();
    let (start, end) = (memory.image_start, memory.image_end);
    if start == end {
        return map_behind(base, len);
    }
    let end = end.next_multiple_of(LEAST_PAGE) as usize;
    map_zeroed(base, start as usize)?;
    map_behind(base + end, len.saturating_sub(end))
}

/// Maps zeroes behind the image's part of a fixed memory, and takes note of whether that is free.
fn map_behind(address: usize, len: usize) -> Result<()> {
    IS_FREE.store(map_zeroed(address, len)?, Relaxed);
    Ok(())
}

/// Reserves part of the place where a fixed memory lies at start-up. Where the loader has already reserved it, only access
/// is changed, which succeeds only where all of a range is mapped.
fn reserve(address: usize, len: usize) -> Result<()> {
    // SAFETY: nothing of the program's uses the memory's place yet.
    sys::reserve_at(address, len).or_else(|_| unsafe { sys::protect_none(address, len) })
}

/// Maps zeroes there, as [`reserve`] does without access; whether nothing had reserved the place.
fn map_zeroed(address: usize, len: usize) -> Result<bool> {
    if len == 0 || sys::map_zeroed_at(address, len).is_ok() {
        return Ok(len > 0);
    }
    // SAFETY: as in `reserve`; where memories grow, between their present end and the image lies only what the loader has
    // reserved.
    unsafe { sys::protect_read_write(address, len) }.map(|()| false)
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

/// Grows a memory (`Builtin::MemoryGrow`): returns its previous size in pages, or `u64::MAX` where it cannot
/// grow so far.
///
/// # Safety
/// `memory` must be one of the program's memories, set up by [`wasmc_memory_init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    // SAFETY: compiled code waits for the answer meanwhile, so nobody else uses the memory's state.
    let memory = unsafe { &mut *memory };
    let pages = memory.len >> memory.page_size_log2;
    match grow(memory, delta_pages) {
        Ok(()) => pages,
        Err(_) => u64::MAX,
    }
}

/// Grows a memory that threads share (`Builtin::SharedMemoryGrow`), as [`wasmc_memory_grow`] does.
///
/// # Safety
/// As [`wasmc_memory_grow`], for a memory with address space set aside.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_shared_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    static GROWING: Lock = Lock::new();
    GROWING.with(|| {
        // SAFETY: only this function writes the structure, under the lock; others read its size meanwhile, atomically.
        let len = unsafe { AtomicU64::from_ptr(&raw mut (*memory).len) };
        // SAFETY: as above.
        let mut grown = unsafe { memory.read() };
        let pages = grown.len >> grown.page_size_log2;
        match grow(&mut grown, delta_pages) {
            Ok(()) => {
                len.store(grown.len, Release);
                pages
            }
            Err(_) => u64::MAX,
        }
    })
}

fn grow(memory: &mut Memory, delta_pages: u64) -> Result<()> {
    let delta = delta_pages.checked_mul(1 << memory.page_size_log2).ok_or(Errno::NOMEM)?;
    let len = memory.len.checked_add(delta).filter(|&len| len <= memory.max).ok_or(Errno::NOMEM)?;
    let (old, new) = (round_up(memory.len)?, round_up(len)?);
    if new > old {
        map_more(memory, old, new)?;
    }
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
            // SAFETY: the range lies in the memory's reservation, behind its present end.
            unsafe { sys::protect_read_write(end, new - old) }
        }
        MemoryStrategy::FixedExplicit if IS_FREE.load(Relaxed) => sys::map_zeroed_at(end, new - old),
        MemoryStrategy::FixedExplicit => map_behind(end, new - old),
        _ => {
            let base = match old {
                0 => sys::map_zeroed(new)?,
                // SAFETY: the memory's pages are its own, and compiled code reads the base anew after growing.
                _ => unsafe { sys::remap(memory.base.expose_provenance(), old, new)? },
            };
            memory.base = core::ptr::with_exposed_provenance_mut(base);
            Ok(())
        }
    }
}

fn round_up(len: u64) -> Result<usize> {
    let len = len.checked_next_multiple_of(GRANULE).ok_or(Errno::NOMEM)?;
    isize::try_from(len).map(|len| len as usize).map_err(|_| Errno::NOMEM)
}
