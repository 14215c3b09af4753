//! Address space: `mmap`, `mprotect`, `munmap`.

use super::errno::{check_unit, last};
use crate::errno::{Errno, Result};
use core::ffi::c_void;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};
use libc::{MAP_ANON, MAP_FAILED, MAP_NORESERVE, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE};

/// Bytes of address space for exceptions that references refer to.
pub const EXCEPTION_SPACE: usize = 4 << 30;

/// Bytes of address space for the handles of a context.
pub const HANDLE_SPACE: usize = 25 << 20;

const READ_WRITE: i32 = PROT_READ | PROT_WRITE;

fn pointer(address: usize) -> *mut c_void {
    with_exposed_provenance_mut(address)
}

/// A new mapping, at `hint` where the kernel can.
fn map(hint: usize, len: usize, protection: i32) -> Result<usize> {
    // SAFETY: without MAP_FIXED the kernel replaces no mapping.
    let got = unsafe { libc::mmap(pointer(hint), len, protection, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0) };
    if got == MAP_FAILED { Err(last()) } else { Ok(got.expose_provenance()) }
}

/// A new mapping at `address`, or an error where anything is mapped there.
fn map_at(address: usize, len: usize, protection: i32) -> Result<()> {
    let got = map(address, len, protection)?;
    if got == address {
        return Ok(());
    }
    // SAFETY: this mapping was just made; nothing refers to it.
    unsafe { unmap(got, len) };
    Err(Errno::EXIST)
}

/// Zeroed memory for the runtime or for a guest.
pub fn map_zeroed(len: usize) -> Result<usize> {
    map(0, len, READ_WRITE)
}

/// Zeroed memory for a stack.
pub fn map_stack(len: usize) -> Result<usize> {
    map(0, len, READ_WRITE)
}

/// As [`map_stack`], at the end of an aligned area: no architecture of this system needs one.
pub fn map_stack_in_area(_len: usize, _area: usize) -> Result<usize> {
    Err(Errno::NOSYS)
}

/// Zeroed memory at `address`, or an error where anything is mapped there.
pub fn map_zeroed_at(address: usize, len: usize) -> Result<()> {
    map_at(address, len, READ_WRITE)
}

/// Address space without access at an address that the kernel chooses.
pub fn reserve(len: usize) -> Result<usize> {
    map(0, len, PROT_NONE)
}

/// Address space without access at `address`, or an error where anything is mapped there.
pub fn reserve_at(address: usize, len: usize) -> Result<()> {
    map_at(address, len, PROT_NONE)
}

/// Bytes of a reference in an object: the lowest 4 GiB are out of bounds.
pub const REFERENCE_SIZE: usize = 8;

/// Address space without access for a heap: where it begins, and how many bytes there are.
pub fn reserve_low(len: usize) -> Result<(usize, usize)> {
    Ok((reserve(len)?, len))
}

/// Takes away all access.
///
/// # Safety
/// Nothing may use the range.
pub unsafe fn protect_none(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that nothing uses the range.
    check_unit(unsafe { libc::mprotect(pointer(address), len, PROT_NONE) })
}

/// Makes reserved address space accessible.
///
/// # Safety
/// The range must belong to a reservation of the caller.
pub unsafe fn protect_read_write(address: usize, len: usize) -> Result<()> {
    // SAFETY: the range is the caller's own reservation: nothing relies on faults there.
    check_unit(unsafe { libc::mprotect(pointer(address), len, READ_WRITE) })
}

/// Makes a mapping larger by a copy of it, as the system has no `mremap`. Returns its address.
///
/// # Safety
/// `address..address + old` must hold whole pages that only the caller uses.
pub unsafe fn remap(address: usize, old: usize, new: usize) -> Result<usize> {
    let larger = map_zeroed(new)?;
    let (from, to) = (with_exposed_provenance::<u8>(address), with_exposed_provenance_mut::<u8>(larger));
    // SAFETY: the caller promises pages of its own; the copy fits in both mappings, and nothing else uses the old one.
    unsafe {
        to.copy_from_nonoverlapping(from, old.min(new));
        unmap(address, old);
    }
    Ok(larger)
}

/// Removes a mapping.
///
/// # Safety
/// Nothing may use the range any more.
pub unsafe fn unmap(address: usize, len: usize) {
    // A failure leaves the range mapped, which does no harm.
    // SAFETY: the caller promises that nothing uses the range any more.
    unsafe { libc::munmap(pointer(address), len) };
}
