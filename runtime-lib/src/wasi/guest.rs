//! The guest's memory.
//!
//! Every address and length that comes from the guest is checked here against the memory's present size, as 64-bit sums
//! that cannot wrap, and nothing else in the runtime makes host pointers out of guest addresses. No reference to guest
//! memory is ever formed: the guest may have given the same bytes to two arguments.

use crate::errno::{Errno, Result};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmc_abi::memory::Memory;

unsafe extern "C" {
    /// The memory that imported functions work on ([`wasmc_abi::symbols::MEMORY`]).
    static mut wasmc_memory: Memory;
}

/// An address in the guest's memory.
pub type Address = u32;

/// The host's pointer to `len` bytes of the guest at `address`, all of them inside the memory.
pub fn range(address: Address, len: u64) -> Result<*mut u8> {
    // SAFETY: both fields are read at once. Where threads share the memory it never moves, and its size only grows.
    let (base, size) = unsafe { (wasmc_memory.base, AtomicU64::from_ptr(&raw mut wasmc_memory.len).load(Relaxed)) };
    match u64::from(address).checked_add(len) {
        // SAFETY: the offset is within the memory.
        Some(end) if end <= size => Ok(unsafe { base.add(address as usize) }),
        _ => Err(Errno::FAULT),
    }
}

/// The pointer to `count` elements of `size` bytes.
pub fn array(address: Address, count: u32, size: u32) -> Result<*mut u8> {
    range(address, u64::from(count) * u64::from(size))
}

/// Reads a value of any alignment. `T` must be an integer or an array of integers.
pub fn read<T: Plain>(address: Address) -> Result<T> {
    let place = range(address, size_of::<T>() as u64)?;
    // SAFETY: the bytes are inside the memory, and any bytes make a value.
    Ok(unsafe { place.cast::<T>().read_unaligned() })
}

/// Writes a value of any alignment.
pub fn write<T: Plain>(address: Address, value: T) -> Result<()> {
    let place = range(address, size_of::<T>() as u64)?;
    // SAFETY: the bytes are inside the memory.
    unsafe { place.cast::<T>().write_unaligned(value) };
    Ok(())
}

/// Copies bytes to the guest.
pub fn write_bytes(address: Address, bytes: &[u8]) -> Result<()> {
    let place = range(address, bytes.len() as u64)?;
    // SAFETY: the bytes are inside the memory, which no Rust object shares.
    unsafe { place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// The address `offset` bytes further; behind the end of the address space, where no range can lie, it is an error.
pub fn offset(address: Address, offset: u64) -> Result<Address> {
    let sum = u64::from(address).checked_add(offset).ok_or(Errno::FAULT)?;
    Address::try_from(sum).map_err(|_| Errno::FAULT)
}

/// Values that any bytes make and that hold no padding.
///
/// # Safety
/// Exactly that.
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($integer:ty),*) => { $(
        // SAFETY: an integer.
        unsafe impl Plain for $integer {}
    )* };
}
plain!(u8, u16, u32, u64);

// SAFETY: elements follow each other without padding.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
