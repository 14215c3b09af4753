//! The guest's memory.
//!
//! Every address and length from the guest is checked here against the size of the memory, as 64-bit sums that cannot
//! wrap, and nothing else in the runtime makes host pointers of guest addresses. No reference to guest memory is ever
//! formed: two arguments of the guest may overlap.

use crate::errno::{Errno, Result};
pub use crate::plain::Plain;
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
    // SAFETY: the compiler defines the symbol in every program that imports these functions. Where threads share the
    // memory its base never changes, and its length is read atomically.
    let (base, size) = unsafe { (wasmc_memory.base, AtomicU64::from_ptr(&raw mut wasmc_memory.len).load(Relaxed)) };
    match u64::from(address).checked_add(len) {
        // SAFETY: the address is at most the size of the memory, so the sum lies in it or at its end.
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
    let pointer = range(address, size_of::<T>() as u64)?;
    // SAFETY: `range` checked that the bytes are inside the memory, and any bytes are a value of a `Plain` type.
    Ok(unsafe { pointer.cast::<T>().read_unaligned() })
}

/// Writes a value of any alignment.
pub fn write<T: Plain>(address: Address, value: T) -> Result<()> {
    let pointer = range(address, size_of::<T>() as u64)?;
    // SAFETY: `range` checked that the bytes are inside the memory.
    unsafe { pointer.cast::<T>().write_unaligned(value) };
    Ok(())
}

/// Copies bytes to the guest.
pub fn write_bytes(address: Address, bytes: &[u8]) -> Result<()> {
    let pointer = range(address, bytes.len() as u64)?;
    // SAFETY: `range` checked that the bytes are inside the memory, which no Rust object overlaps.
    unsafe { pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    Ok(())
}

/// The address `offset` bytes further; an error past the end of the address space, where no range can lie.
pub fn offset(address: Address, offset: u64) -> Result<Address> {
    let sum = u64::from(address).checked_add(offset).ok_or(Errno::FAULT)?;
    Address::try_from(sum).map_err(|_| Errno::FAULT)
}
