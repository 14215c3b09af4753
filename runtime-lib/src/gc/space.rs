//! The address space of the heap, in blocks, and what is known of each block and of each place where an object may
//! begin.
//!
//! One reservation holds all blocks; they become accessible a few at a time, in order. Tables beside it have an entry
//! for each block, a bit for each place, a byte for each card.

use super::units::{BLOCK, Block, Place, Use};
use crate::errno::{Errno, Result};
use crate::sys::{self, GRANULE};
use crate::{budget, regions};
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2};

/// Bytes of a line: the unit in which parts of a block are reused.
const LINE_LOG2: u32 = 8;
/// Blocks that become accessible together.
const STEP: u32 = 128;
/// Bytes that no heap is larger than.
const MOST: u64 = 1 << 32;

// A word of the bitmaps is what a card has places for.
const _: () = assert!(1 << CARD_SIZE_LOG2 == 64 * ALIGN);

/// An array with an element for each block, place or card.
pub struct Table<T>(*mut T);

impl<T: Copy> Table<T> {
    /// An element.
    pub fn get(&self, index: usize) -> T {
        // SAFETY: tables have an element for each number that is handed out; zeroes are values of all their types.
        unsafe { self.0.add(index).read() }
    }

    /// Sets an element.
    pub fn set(&self, index: usize, value: T) {
        // SAFETY: as in `get`; only the thread of the heap writes.
        unsafe { self.0.add(index).write(value) }
    }
}

/// The address space of a heap.
pub struct Space {
    /// Address of the first block.
    pub base: usize,
    /// Blocks that are accessible.
    pub committed: u32,
    max: u32,
    free: u32,
    /// No block below is free.
    hint: u32,
    uses: Table<u8>,
    flags: Table<u8>,
    /// For each block: where its objects end, in bytes, in a young one; the number of blocks, in the first of a large
    /// object; the first one, in the others.
    pub extents: Table<u32>,
    /// For each block, a bit for each line that is taken.
    pub lines: Table<u128>,
    /// For each place, whether an object begins there that is old, or that is pinned.
    pub starts: Table<u64>,
    /// For each place, whether an object begins there that the present collection has reached.
    pub marks: Table<u64>,
    /// For each card, whether a reference may have been written there.
    pub cards: Table<u8>,
}

impl Space {
    /// Reserves address space for a heap of at most `max` bytes.
    pub fn new(max: u64) -> Result<Self> {
        let max = (max.min(MOST) as usize / BLOCK).max(2) * BLOCK;
        let (base, len) = sys::reserve_low(max)?;
        let aligned = base.next_multiple_of(BLOCK);
        let blocks = (len - (aligned - base)) / BLOCK;
        let words = blocks * BLOCK / (64 * ALIGN as usize);
        let sizes = [blocks * size_of::<u128>(), words * 8, words * 8, blocks * 4, words, blocks, blocks];
        let tables = sys::map_zeroed(sizes.iter().sum::<usize>().next_multiple_of(GRANULE))?;
        let mut end = tables;
        let [lines, starts, marks, extents, cards, uses, flags] = sizes.map(|size| {
            end += size;
            end - size
        });
        Ok(Self {
            base: aligned,
            committed: 0,
            max: blocks as u32,
            free: 0,
            hint: 0,
            uses: Table(with_exposed_provenance_mut(uses)),
            flags: Table(with_exposed_provenance_mut(flags)),
            extents: Table(with_exposed_provenance_mut(extents)),
            lines: Table(with_exposed_provenance_mut(lines)),
            starts: Table(with_exposed_provenance_mut(starts)),
            marks: Table(with_exposed_provenance_mut(marks)),
            cards: Table(with_exposed_provenance_mut(cards)),
        })
    }

    /// What a card's number is counted from, as an address: see [`wasmc_abi::heap::Heap::cards`].
    pub fn cards_base(&self) -> usize {
        self.cards.0.addr().wrapping_sub(self.base >> CARD_SIZE_LOG2)
    }

    /// How many blocks the heap may have.
    pub fn max(&self) -> u32 {
        self.max
    }

    /// Blocks that are in use.
    pub fn used(&self) -> u32 {
        self.committed - self.free
    }

    /// The address of a place.
    pub fn address(&self, place: Place) -> usize {
        self.base + place.0 as usize * ALIGN as usize
    }

    /// The place at an address inside the heap, or before it.
    pub fn place(&self, address: usize) -> Place {
        Place(((address - self.base) / ALIGN as usize) as u32)
    }

    /// Whether an address lies in an accessible block.
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.committed as usize * BLOCK
    }

    /// Reads 32 bits at an address.
    pub fn u32_at(&self, address: usize) -> u32 {
        debug_assert!(self.contains(address));
        // SAFETY: the collector reads inside objects, which lie in accessible blocks, or cells of roots.
        unsafe { with_exposed_provenance::<u32>(address).read() }
    }

    /// Writes 32 bits at an address.
    pub fn set_u32_at(&self, address: usize, value: u32) {
        debug_assert!(self.contains(address));
        // SAFETY: as in `u32_at`; nothing else runs meanwhile.
        unsafe { with_exposed_provenance_mut::<u32>(address).write(value) }
    }

    /// Copies an object of `size` bytes, a multiple of [`ALIGN`], to a free place.
    pub fn copy(&self, from: Place, to: Place, size: usize) {
        let from = with_exposed_provenance::<u64>(self.address(from));
        let to = with_exposed_provenance_mut::<u64>(self.address(to));
        for word in 0..size / 8 {
            // By words: most objects have so few that a call costs more.
            // SAFETY: an object lies at the first place; nothing lies at the other, which has room for it.
            unsafe { to.add(word).write_volatile(from.add(word).read_volatile()) }
        }
    }

    /// Sets all bytes of a range in accessible blocks.
    pub fn fill(&self, address: usize, byte: u8, size: usize) {
        // SAFETY: the range is the caller's: a new object, or a block that nothing uses.
        unsafe { with_exposed_provenance_mut::<u8>(address).write_bytes(byte, size) }
    }

    /// What a block is for.
    pub fn use_of(&self, block: Block) -> Use {
        match self.uses.get(block.0 as usize) {
            1 => Use::Young,
            2 => Use::Old,
            3 => Use::LargeYoung,
            4 => Use::LargeOld,
            5 => Use::Rest,
            _ => Use::Free,
        }
    }

    /// Sets what a block is for, which is not to be free.
    pub fn set_use(&self, block: Block, to: Use) {
        self.uses.set(block.0 as usize, to as u8);
    }

    /// Whether a block has a flag.
    pub fn has(&self, block: Block, flag: u8) -> bool {
        self.flags.get(block.0 as usize) & flag != 0
    }

    /// Gives a block a flag.
    pub fn set_flag(&self, block: Block, flag: u8) {
        self.flags.set(block.0 as usize, self.flags.get(block.0 as usize) | flag);
    }

    /// Takes a flag from a block.
    pub fn clear_flag(&self, block: Block, flag: u8) {
        self.flags.set(block.0 as usize, self.flags.get(block.0 as usize) & !flag);
    }

    /// Whether the bit of a place is set.
    pub fn is_set(&self, bits: &Table<u64>, place: Place) -> bool {
        bits.get(place.card()) & place.bit() != 0
    }

    /// Sets the bit of a place; returns whether it was not set.
    pub fn set(&self, bits: &Table<u64>, place: Place) -> bool {
        let word = bits.get(place.card());
        bits.set(place.card(), word | place.bit());
        word & place.bit() == 0
    }

    /// The last place in the same block, up to this one, whose bit is set.
    pub fn last_set(&self, bits: &Table<u64>, place: Place) -> Option<Place> {
        let first = place.block().start().card();
        let mut card = place.card();
        let mut word = bits.get(card) & (place.bit() | (place.bit() - 1));
        while word == 0 {
            if card == first {
                return None;
            }
            card -= 1;
            word = bits.get(card);
        }
        Some(Place((card as u32) << 6 | (63 - word.leading_zeros())))
    }

    /// Takes the lines that an object has.
    pub fn take_lines(&self, place: Place, size: usize) {
        let from_start = (place.0 - place.block().start().0) as usize * ALIGN as usize;
        let (first, last) = (from_start >> LINE_LOG2, (from_start + size - 1) >> LINE_LOG2);
        let block = place.block().0 as usize;
        let bits = (u128::MAX >> (127 - (last - first).min(127))) << first;
        self.lines.set(block, self.lines.get(block) | bits);
    }

    /// A run of free lines in a block, at or after a line: the first, and how many.
    pub fn free_lines(&self, block: Block, from: u32) -> Option<(u32, u32)> {
        let taken = self.lines.get(block.0 as usize);
        if from >= u128::BITS {
            return None;
        }
        let first = from + (taken >> from).trailing_ones();
        if first >= u128::BITS {
            return None;
        }
        let count = (taken >> first).trailing_zeros().min(u128::BITS - first);
        Some((first, count))
    }

    /// The place where a line of a block begins.
    pub fn line_start(block: Block, line: u32) -> Place {
        Place(block.start().0 + (line << (LINE_LOG2 - ALIGN.trailing_zeros())))
    }

    /// Takes a free block.
    pub fn take(&mut self, purpose: Use) -> Option<Block> {
        if self.free == 0 && self.commit(1).is_err() {
            return None;
        }
        while self.hint < self.committed {
            let block = Block(self.hint);
            self.hint += 1;
            if self.use_of(block) == Use::Free {
                self.set_use(block, purpose);
                self.free -= 1;
                return Some(block);
            }
        }
        None
    }

    /// Takes blocks for a large object of `size` bytes.
    pub fn take_large(&mut self, size: usize) -> Option<Block> {
        let count = u32::try_from(size.div_ceil(BLOCK)).ok().filter(|&count| count <= self.max)?;
        let mut first = self.run(count);
        if first.is_none() {
            // Free blocks at the end are a part of it.
            let free_at_end = (0..self.committed).rev().take_while(|&block| self.use_of(Block(block)) == Use::Free);
            let missing = count.saturating_sub(free_at_end.count() as u32);
            self.commit(missing).ok()?;
            first = self.run(count);
        }
        let first = first?;
        for block in first.0..first.0 + count {
            self.set_use(Block(block), Use::Rest);
            self.extents.set(block as usize, first.0);
        }
        self.set_use(first, Use::LargeYoung);
        self.extents.set(first.0 as usize, count);
        self.free -= count;
        Some(first)
    }

    /// So many free blocks in a row.
    fn run(&self, count: u32) -> Option<Block> {
        if self.free < count {
            return None;
        }
        let mut length = 0;
        for block in self.hint.min(self.committed)..self.committed {
            length = if self.use_of(Block(block)) == Use::Free { length + 1 } else { 0 };
            if length == count {
                return Some(Block(block + 1 - count));
            }
        }
        None
    }

    /// Frees a block, in which nothing is left.
    pub fn release(&mut self, block: Block) {
        self.uses.set(block.0 as usize, Use::Free as u8);
        self.flags.set(block.0 as usize, 0);
        self.lines.set(block.0 as usize, 0);
        self.free += 1;
        self.hint = self.hint.min(block.0);
    }

    /// Makes further blocks accessible, at least `count`.
    fn commit(&mut self, count: u32) -> Result<()> {
        let left = self.max - self.committed;
        let mut step = count.next_multiple_of(STEP).min(left);
        if count > left {
            return Err(Errno::NOMEM);
        }
        if self.commit_exactly(step).is_err() {
            step = count;
            self.commit_exactly(step)?;
        }
        self.committed += step;
        regions::OBJECTS.set(self.base, self.base + self.committed as usize * BLOCK);
        self.free += step;
        Ok(())
    }

    fn commit_exactly(&self, count: u32) -> Result<()> {
        let start = self.base + self.committed as usize * BLOCK;
        let len = count as usize * BLOCK;
        // SAFETY: the range is a part of the reservation that is not yet in use.
        budget::allocate(len, || unsafe { sys::protect_read_write(start, len) })
    }
}
