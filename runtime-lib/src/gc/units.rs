//! Blocks of the heap, and places in them, by their numbers.

use core::ops::Range;
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2};

/// Bytes of a block, as a power of two.
const BLOCK_LOG2: u32 = 15;
/// Bytes of a block.
pub const BLOCK: usize = 1 << BLOCK_LOG2;
/// Places in a block, as a power of two.
const PLACES_LOG2: u32 = BLOCK_LOG2 - ALIGN.trailing_zeros();
/// Places on a card, as a power of two.
const CARD_PLACES_LOG2: u32 = CARD_SIZE_LOG2 - ALIGN.trailing_zeros();

// The places on a card have their bits in one word of a bitmap.
const _: () = assert!(CARD_PLACES_LOG2 < u64::BITS.trailing_zeros());

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

    /// The number of its card.
    pub fn card(self) -> usize {
        (self.0 >> CARD_PLACES_LOG2) as usize
    }

    /// The first place on a card.
    pub fn of_card(card: usize) -> Self {
        Self((card as u32) << CARD_PLACES_LOG2)
    }

    /// The number of the words of bitmaps that have its bit.
    pub fn word(self) -> usize {
        (self.0 / u64::BITS) as usize
    }

    /// The place with a bit of such a word.
    pub fn of_bit(word: usize, bit: u32) -> Self {
        Self(word as u32 * u64::BITS + bit)
    }

    /// Its bit in that word.
    pub fn bit(self) -> u64 {
        1 << (self.0 % u64::BITS)
    }

    /// The bits of all places on the card that begins with it.
    pub fn bits_of_card(self) -> u64 {
        (self.bit() << ((1 << CARD_PLACES_LOG2) - 1) << 1).wrapping_sub(self.bit())
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
    pub fn cards(self) -> Range<usize> {
        self.start().card()..self.next().start().card()
    }

    /// The words of bitmaps that have the bits of its places.
    pub fn words(self) -> Range<usize> {
        self.start().word()..self.next().start().word()
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
    /// The first of those by which an old block has holes: one for each class of sizes, which its walker clears.
    pub const HOLES: u8 = 16;
    /// All of them.
    pub const ALL_HOLES: u8 = 0xf0;
}
