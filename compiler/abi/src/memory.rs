//! State of a linear memory (WebAssembly core specification, 4.2.8 "Memory instances").

/// Bytes in a WebAssembly page of the default size, as a power of two.
pub const PAGE_SIZE_LOG2: u32 = 16;

/// What the register `gp` holds in executables for RISC-V, so that one `and` extends an index of 32 bits. They use it
/// for nothing else: no linker has code address data by it (psABI, "Global-pointer Relaxation").
pub const RISCV_GP: u64 = 0xffff_ffff;

/// How address space is reserved for a memory.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemoryStrategy {
    /// The memory lies at the fixed address [`Memory::base`]. The kernel maps its bytes
    /// [`Memory::image_start`]`..`[`Memory::image_end`] from the image; at start-up the runtime maps the rest of
    /// `0..len` (zeroes) and reserves what follows up to [`Memory::reserved`] without access. Accesses carry no bounds
    /// check.
    FixedGuard = 0,
    /// As [`MemoryStrategy::FixedGuard`], but every access is checked against [`Memory::len`]: nothing is reserved and
    /// growing maps fresh pages after the present ones.
    FixedExplicit = 1,
    /// The runtime chooses the address, reserves [`Memory::reserved`] bytes and stores it in [`Memory::base`].
    /// Accesses carry no bounds check.
    Guard = 2,
    /// The runtime chooses the address. Every access is checked against [`Memory::len`].
    Explicit = 3,
}

impl MemoryStrategy {
    /// Whether the address is part of the image's layout, known when it is linked.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::FixedGuard | Self::FixedExplicit)
    }

    /// Whether out-of-bounds accesses fault in reserved address space, so that code has no checks.
    pub const fn is_guarded(self) -> bool {
        matches!(self, Self::FixedGuard | Self::Guard)
    }
}

/// One linear memory. Compiled code reads [`Memory::base`] and [`Memory::len`]; only the runtime writes.
#[repr(C)]
#[derive(Debug)]
pub struct Memory {
    /// Address of byte 0.
    pub base: *mut u8,
    /// Present size in bytes; a multiple of the page size.
    pub len: u64,
    /// Bytes the memory may grow to: its declared maximum or `--max-memory`, whichever is less.
    pub max: u64,
    /// Bytes of address space from [`Memory::base`] on that an access without bounds check can reach. 0 where accesses
    /// are checked.
    pub reserved: u64,
    /// Where the bytes that the kernel has mapped from the image begin, in bytes from [`Memory::base`]; page-aligned.
    /// In a library, which maps none, where those begin that instantiation writes, if they lie close together.
    pub image_start: u64,
    /// Where they end. Equal to [`Memory::image_start`] where the image holds none.
    pub image_end: u64,
    /// Size of a page of this memory, as a power of two (16, or 0 by the custom-page-sizes proposal).
    pub page_size_log2: u32,
    /// How its address space is reserved and its bounds are enforced.
    pub strategy: MemoryStrategy,
}

// SAFETY: compiled code and runtime share one instance per image; who may write when is stated on the fields.
unsafe impl Sync for Memory {}

/// Offsets in bytes of the fields of [`Memory`] that compiled code reads or the object writer relocates.
pub mod offsets {
    use super::Memory;
    use core::mem::offset_of;

    /// Offset of [`Memory::base`].
    pub const BASE: u32 = offset_of!(Memory, base) as u32;
    /// Offset of [`Memory::len`].
    pub const LEN: u32 = offset_of!(Memory, len) as u32;
    /// Offset of [`Memory::max`].
    pub const MAX: u32 = offset_of!(Memory, max) as u32;
    /// Offset of [`Memory::reserved`].
    pub const RESERVED: u32 = offset_of!(Memory, reserved) as u32;
    /// Offset of [`Memory::image_start`].
    pub const IMAGE_START: u32 = offset_of!(Memory, image_start) as u32;
    /// Offset of [`Memory::image_end`].
    pub const IMAGE_END: u32 = offset_of!(Memory, image_end) as u32;
    /// Offset of [`Memory::page_size_log2`].
    pub const PAGE_SIZE_LOG2: u32 = offset_of!(Memory, page_size_log2) as u32;
    /// Offset of [`Memory::strategy`].
    pub const STRATEGY: u32 = offset_of!(Memory, strategy) as u32;
    /// Size of [`Memory`].
    pub const SIZE: u32 = size_of::<Memory>() as u32;
}
