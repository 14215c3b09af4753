//! Address space: `mmap`, `mprotect`, `mremap`, `munmap`.

use super::errno::{check, check_unit};
use super::files::argument;
use super::syscalls::{syscall2, syscall3, syscall4, syscall6};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, GRANULE};
use linux_raw_sys::general::{
    __NR_madvise, __NR_mmap, __NR_mprotect, __NR_mremap, __NR_munmap, MADV_DONTNEED, MAP_ANONYMOUS, MAP_FIXED,
    MAP_FIXED_NOREPLACE, MAP_NORESERVE, MAP_PRIVATE, MAP_SHARED, MAP_STACK, MREMAP_MAYMOVE, PROT_NONE, PROT_READ,
    PROT_WRITE,
};

/// Bytes of address space for exceptions that references refer to.
pub const EXCEPTION_SPACE: usize = 4 << 30;

/// Bytes of address space for the handles of a context.
pub const HANDLE_SPACE: usize = 25 << 20;

/// Bytes of the guard below the stack of a context.
pub const STACK_GUARD: usize = wasmc_abi::thread::GUARD as usize;

const READ_WRITE: u32 = PROT_READ | PROT_WRITE;

/// A new mapping at an address that the kernel chooses.
fn map(len: usize, protection: u32, flags: u32) -> Result<usize> {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | flags;
    // SAFETY: without MAP_FIXED the kernel replaces no mapping.
    check(unsafe { syscall6(__NR_mmap, 0, len, protection as usize, flags as usize, usize::MAX, 0) })
}

/// A new mapping at `address`, or an error where anything is mapped there.
fn map_at(address: usize, len: usize, protection: u32, flags: u32) -> Result<()> {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags;
    // SAFETY: MAP_FIXED_NOREPLACE replaces no mapping.
    let got = check(unsafe { syscall6(__NR_mmap, address, len, protection as usize, flags as usize, usize::MAX, 0) })?;
    if got == address {
        return Ok(());
    }
    // Before Linux 4.17 the flag is unknown and the address a hint.
    // SAFETY: this mapping was just made; nothing refers to it.
    unsafe { unmap(got, len) };
    Err(Errno::EXIST)
}

/// Zeroed memory for the runtime or for a guest.
pub fn map_zeroed(len: usize) -> Result<usize> {
    map(len, READ_WRITE, 0)
}

/// Zeroed memory for a stack. MAP_STACK prevents huge pages, of which even a small program would touch one.
pub fn map_stack(len: usize) -> Result<usize> {
    map(len, READ_WRITE, MAP_NORESERVE | MAP_STACK)
}

/// As [`map_stack`], at the end of an aligned area of `area` bytes, a power of two.
pub fn map_stack_in_area(len: usize, area: usize) -> Result<usize> {
    let room = area.checked_mul(2).ok_or(Errno::NOMEM)?;
    let start = map(room, READ_WRITE, MAP_NORESERVE | MAP_STACK)?;
    let end = (start + area).next_multiple_of(area);
    let base = end - len.min(area);
    // SAFETY: both ranges are ends of the mapping just made, to which nothing refers.
    unsafe {
        unmap(start, base - start);
        if end < start + room {
            unmap(end, start + room - end);
        }
    }
    Ok(base)
}

/// Zeroed memory at `address`, or an error where anything is mapped there.
pub fn map_zeroed_at(address: usize, len: usize) -> Result<()> {
    map_at(address, len, READ_WRITE, 0)
}

/// Has a file take the place of what is mapped at `address`: what is written there is written to the file.
///
/// # Safety
/// The range must hold whole pages of the program's, and nothing rely on what they hold.
pub unsafe fn map_file(file: Fd, address: usize, len: usize) -> Result<()> {
    let flags = MAP_SHARED | MAP_FIXED;
    // SAFETY: the caller promises that the pages may be replaced.
    check_unit(unsafe { syscall6(__NR_mmap, address, len, READ_WRITE as usize, flags as usize, argument(file), 0) })
}

/// Address space without access at an address that the kernel chooses.
pub fn reserve(len: usize) -> Result<usize> {
    map(len, PROT_NONE, MAP_NORESERVE)
}

/// Address space without access at `address`, or an error where anything is mapped there.
pub fn reserve_at(address: usize, len: usize) -> Result<()> {
    map_at(address, len, PROT_NONE, MAP_NORESERVE)
}

/// Bytes of a reference in an object: the heap lies in the lowest 4 GiB.
pub const REFERENCE_SIZE: usize = 4;

/// Where address space for a heap may begin, as far as nothing else is there.
const LOW: [usize; 4] = [0x20_0000, 0x1000_0000, 0x4000_0000, 0x8000_0000];
/// Where it ends.
const LOW_END: usize = 1 << 32;
/// What is worth having of it.
const LEAST_LOW: usize = 1 << 20;

/// Address space without access for a heap, `len` bytes or what there is of them: where it begins, and how many.
pub fn reserve_low(len: usize) -> Result<(usize, usize)> {
    let mut wanted = len;
    loop {
        for start in LOW {
            let len = wanted.min(LOW_END - start);
            if reserve_at(start, len).is_ok() {
                return Ok((start, len));
            }
        }
        if wanted <= LEAST_LOW {
            return Err(Errno::NOMEM);
        }
        wanted = (wanted / 2).next_multiple_of(GRANULE);
    }
}

/// Takes away all access.
///
/// # Safety
/// Nothing may use the range.
pub unsafe fn protect_none(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that nothing uses the range.
    check_unit(unsafe { syscall3(__NR_mprotect, address, len, PROT_NONE as usize) })
}

/// Takes the accessible end of a reservation back to what it was, reserved.
///
/// # Safety
/// Nothing may use the range.
pub unsafe fn withdraw(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that nothing uses the range.
    unsafe { protect_none(address, len) }
}

/// Makes reserved address space accessible.
///
/// # Safety
/// The range must belong to a reservation of the caller.
pub unsafe fn protect_read_write(address: usize, len: usize) -> Result<()> {
    // SAFETY: the range is the caller's own reservation: nothing relies on faults there.
    check_unit(unsafe { syscall3(__NR_mprotect, address, len, READ_WRITE as usize) })
}

/// Makes a mapping larger, moving it where there is no room after it. Returns its address.
///
/// # Safety
/// `address..address + old` must hold whole pages that only the caller uses.
pub unsafe fn remap(address: usize, old: usize, new: usize) -> Result<usize> {
    // SAFETY: the caller promises that the pages are its own; from now on it uses the address returned.
    check(unsafe { syscall4(__NR_mremap, address, old, new, MREMAP_MAYMOVE as usize) })
}

/// Has whole pages of zeroes take the place of others: `madvise`.
///
/// # Safety
/// Nothing may rely on what the range holds.
pub unsafe fn discard(address: usize, len: usize) -> Result<()> {
    // SAFETY: the caller promises that nothing relies on the contents.
    check_unit(unsafe { syscall3(__NR_madvise, address, len, MADV_DONTNEED as usize) })
}

/// Removes a mapping.
///
/// # Safety
/// Nothing may use the range any more.
pub unsafe fn unmap(address: usize, len: usize) {
    // A failure leaves the range mapped, which does no harm.
    // SAFETY: the caller promises that nothing uses the range any more.
    unsafe { syscall2(__NR_munmap, address, len) };
}
