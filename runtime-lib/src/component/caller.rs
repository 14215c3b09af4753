//! The memory that pointers of the caller point into.
//!
//! Every address and length from the caller is checked here against the size of its memory, as 64-bit sums that cannot
//! wrap; what is out of bounds traps. No reference to that memory is ever formed: two arguments may overlap.

use super::fault::trap;
use crate::plain::Plain;
use crate::sys::Iovec;
use wasmc_abi::component::{Canonical, Encoding, Instance};
use wasmc_abi::memory::Memory;

/// An address in the caller's memory.
pub type Address = u32;

/// Whoever calls a function of the runtime, while that runs.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// What the compiler says of it.
    pub canonical: &'a Canonical,
}

/// The words for a pointer that is not aligned and one that is out of bounds.
#[derive(Clone, Copy)]
pub struct Words {
    /// Where it is not aligned.
    pub unaligned: &'static str,
    /// Where it, or what it points to, is out of bounds.
    pub outside: &'static str,
}

/// A list.
pub const LIST: Words =
    Words { unaligned: "list pointer is not aligned", outside: "list pointer/length out of bounds of memory" };
/// Where results go.
pub const RESULT: Words = Words { unaligned: "pointer not aligned", outside: "pointer out of bounds" };
const ALLOCATED: Words =
    Words { unaligned: "realloc return: result not aligned", outside: "realloc return: beyond end of memory" };

impl<'a> Caller<'a> {
    /// Begins a call. Traps where the caller must not leave its component instance.
    pub fn enter(canonical: &'a Canonical) -> Self {
        let caller = Self { canonical };
        // SAFETY: the compiler writes an instance for every caller, and components have one thread.
        if unsafe { (*caller.instance()).may_leave } == 0 {
            trap("cannot leave component instance");
        }
        caller
    }

    /// The component instance that calls.
    pub fn instance(self) -> *mut Instance {
        self.canonical.instance
    }

    /// How its strings are encoded.
    pub fn encoding(self) -> Encoding {
        self.canonical.encoding
    }

    /// The host's pointer to `len` bytes at an address that must be a multiple of `align`.
    pub fn range(self, address: Address, len: u64, align: u32, words: &Words) -> *mut u8 {
        range(self.canonical.memory, address.into(), len, align, words)
    }

    /// Reads one element of a list of the caller.
    pub fn read<T: Plain>(self, address: Address, words: &Words) -> T {
        let from = self.range(address, size_of::<T>() as u64, 1, words);
        // SAFETY: `range` has checked that the bytes are inside the memory, and any bytes are a value of `Plain` types.
        unsafe { from.cast::<T>().read_unaligned() }
    }

    /// Writes a value.
    pub fn write<T: Plain>(self, address: Address, value: T) {
        let to = self.range(address, size_of::<T>() as u64, 1, &RESULT);
        // SAFETY: `range` has checked that the bytes are inside the memory.
        unsafe { to.cast::<T>().write_unaligned(value) };
    }

    /// Copies bytes to the caller.
    pub fn write_bytes(self, address: Address, bytes: &[u8]) {
        let to = self.range(address, bytes.len() as u64, 1, &RESULT);
        // SAFETY: `range` has checked that the bytes are inside the memory, which no Rust object overlaps.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// The elements of a list: traps where they are not aligned, or not all inside the memory.
    pub fn list(self, address: Address, count: u32, size: u32, align: u32) -> *mut u8 {
        self.range(address, u64::from(count) * u64::from(size), align, &LIST)
    }

    /// The bytes of a `list<u8>`, to be read or written by the system.
    pub fn bytes(self, address: Address, len: u32) -> Iovec {
        Iovec { base: self.list(address, len, 1, 1), len: len as usize }
    }

    /// Has the caller make room for results of `len` bytes; returns their address. It is asked for no bytes, too.
    pub fn allocate(self, len: u64, align: u32) -> Address {
        let Some(realloc) = self.canonical.realloc else { trap("realloc return: beyond end of memory") };
        let Some(len) = u32::try_from(len).ok().filter(|&len| len < 1 << 31) else { trap("byte length too large") };
        let mut values = [0, 0, u128::from(align), u128::from(len)];
        let leaves = self.instance();
        // SAFETY: the compiler writes an instance for every caller, which has one thread; the function takes four
        // values and returns one.
        unsafe {
            (*leaves).may_leave = 0;
            realloc(values.as_mut_ptr());
            (*leaves).may_leave = 1;
        }
        let [first, ..] = values;
        let address = first as u32;
        self.range(address, len.into(), align, &ALLOCATED);
        address
    }
}

/// The host's pointer to `len` bytes of a memory at an address that must be a multiple of `align`.
pub fn range(memory: *const Memory, address: u64, len: u64, align: u32, words: &Words) -> *mut u8 {
    if address & u64::from(align.wrapping_sub(1)) != 0 {
        trap(words.unaligned);
    }
    // SAFETY: the compiler writes a memory of the program or null.
    let Some(memory) = (unsafe { memory.as_ref() }) else { trap(words.outside) };
    match address.checked_add(len) {
        // SAFETY: the address is at most the size of the memory, so the sum lies in it or at its end.
        Some(end) if end <= memory.len => unsafe { memory.base.add(address as usize) },
        _ => trap(words.outside),
    }
}
