//! Blocks of the heap, and places in them, by their numbers.

use wasmc_abi::heap::ALIGN;

/// Bytes of a block, as a power of two.
const BLOCK_LOG2: u32 = 15;
/// Bytes of a block.
pub const BLOCK: usize = 1 << BLOCK_LOG2;
/// Places in a block, as a power of two.
const PLACES_LOG2: u32 = BLOCK_LOG2 - ALIGN.trailing_zeros();

/// A place where an object may begin: its number in the heap, in units of [`ALIGN`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u32);

/// A block: its number in the heap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block(pub u32);

impl Place {
    /// The block around it.
    pub fn block(self) -> Block {
        Block(self.0 >> PLACES_LOG2)
    }

    /// The number of its card, and of the words of bitmaps that have its bit.
    pub fn card(self) -> usize {
        (self.0 >> 6) as usize
    }

    /// Its bit in that word.
    pub fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }

    /// The place so many bytes further.
    pub fn after(self, bytes: usize) -> Self {
        Self(self.0 + (bytes as u32).div_ceil(ALIGN))
    }
}

impl Block {
    /// The first place in it.
    pub fn start(self) -> Place {
        Place(self.0 << PLACES_LOG2)
    }

    /// The block behind it.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The cards in it.
    pub fn cards(self) -> core::ops::Range<usize> {
        self.start().card()..self.next().start().card()
    }
}

/// What a block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Nothing.
    Free = 0,
    /// New objects.
    Young = 1,
    /// Objects that a collection has left over.
    Old = 2,
    /// The beginning of an object that is larger than half a block, and new.
    LargeYoung = 3,
    /// The same, where a collection has left it over.
    LargeOld = 4,
    /// A further part of it.
    Rest = 5,
}

/// Marks of a block.
pub mod flag {
    /// A young block has objects that stay where they are.
    pub const PINNED: u8 = 1;
    /// The beginnings of a young block's objects are in the bitmap of marks.
    pub const PARSED: u8 = 2;
    /// Objects of the block that have been reached in this collection must be looked at once more.
    pub const REACHED: u8 = 4;
    /// Objects of the block that have been marked must be looked at once more.
    pub const MARKED: u8 = 8;
    /// An old block has lines that are free.
    pub const HOLES: u8 = 16;
}
