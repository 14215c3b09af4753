//! The blocks of one heap, and what is known of each and of each place where an object may begin.

use super::pool::{Pool, Table, Tables};
use super::units::{BLOCK, Block, Place, Use};
use core::ops::Deref;
use core::ptr::{null_mut, with_exposed_provenance, with_exposed_provenance_mut};
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2};

/// The blocks of a heap.
pub struct Space {
    pool: &'static Pool,
    /// The heap's number, not 0.
    number: u32,
    /// Address of the first block of all heaps.
    base: usize,
    tables: Tables,
    /// All blocks of the heap lie before this one.
    pub end: u32,
    /// Blocks that the heap has.
    pub used: u32,
    /// What it may have.
    limits: Limits,
}

/// What one heap may have of the blocks of all.
#[derive(Clone, Copy)]
pub struct Limits {
    /// How many blocks.
    pub blocks: u32,
    /// Bytes that whoever has the heap may still allocate, `u64::MAX` where nothing limits them; null where the pool
    /// sees to that.
    pub budget: *mut u64,
}

impl Limits {
    /// As many as there are.
    pub const NONE: Self = Self { blocks: u32::MAX, budget: null_mut() };

    /// Bytes that may still be allocated.
    fn left(&self) -> u64 {
        // SAFETY: where there is a budget, whoever has the heap has it, and waits for the collector.
        unsafe { self.budget.as_ref() }.copied().unwrap_or(u64::MAX)
    }

    /// Counts bytes as allocated, or as free again.
    fn count(&self, change: impl FnOnce(u64) -> u64) {
        let left = self.left();
        if left != u64::MAX {
            // SAFETY: as in `left`.
            unsafe { self.budget.write(change(left)) };
        }
    }
}

impl Deref for Space {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Space {
    /// The blocks of the heap with a number: none yet.
    pub fn new(pool: &'static Pool, number: u32, limits: Limits) -> Self {
        Self { pool, number, base: pool.base, tables: pool.tables, end: 0, used: 0, limits }
    }

    /// What a card's number is counted from, as an address: see [`wasmc_abi::heap::Heap::cards`].
    pub fn cards_base(&self) -> usize {
        self.tables.cards.addr().wrapping_sub(self.base >> CARD_SIZE_LOG2)
    }

    /// How many blocks the heap may have.
    pub fn max(&self) -> u32 {
        self.pool.max.min(self.limits.blocks)
    }

    /// How many blocks the heap could still have.
    pub fn room(&self) -> u32 {
        let own = self.limits.blocks.saturating_sub(self.used);
        let affordable = u32::try_from(self.limits.left() / BLOCK as u64).unwrap_or(u32::MAX);
        self.pool.room().min(own).min(affordable)
    }

    /// The address of a place.
    pub fn address(&self, place: Place) -> usize {
        self.base + place.0 as usize * ALIGN as usize
    }

    /// The place at an address inside the heap, or before it.
    pub fn place(&self, address: usize) -> Place {
        Place(((address - self.base) / ALIGN as usize) as u32)
    }

    /// Whether an address lies before the end of the heap's blocks, all of which are accessible.
    pub fn contains(&self, address: usize) -> bool {
        address.wrapping_sub(self.base) < self.end as usize * BLOCK
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

    /// Whether a block is the heap's.
    pub fn owns(&self, block: Block) -> bool {
        self.pool.is_owner(self.number, block)
    }

    /// What any block is for in this heap: nothing, where another has it.
    pub fn find_use(&self, block: Block) -> Use {
        if self.owns(block) { self.use_of(block) } else { Use::Free }
    }

    /// What a block of the heap is for.
    pub fn use_of(&self, block: Block) -> Use {
        match self.tables.uses.get(block.0 as usize) {
            1 => Use::Young,
            2 => Use::Old,
            3 => Use::LargeYoung,
            4 => Use::LargeOld,
            5 => Use::Rest,
            _ => Use::Free,
        }
    }

    /// Sets what a block is for.
    pub fn set_use(&self, block: Block, to: Use) {
        self.tables.uses.set(block.0 as usize, to as u8);
    }

    /// Whether a block has a flag.
    pub fn has(&self, block: Block, flag: u8) -> bool {
        self.tables.flags.get(block.0 as usize) & flag != 0
    }

    /// Gives a block a flag.
    pub fn set_flag(&self, block: Block, flag: u8) {
        self.tables.flags.set(block.0 as usize, self.tables.flags.get(block.0 as usize) | flag);
    }

    /// Takes a flag from a block.
    pub fn clear_flag(&self, block: Block, flag: u8) {
        self.tables.flags.set(block.0 as usize, self.tables.flags.get(block.0 as usize) & !flag);
    }

    /// Whether the bit of a place is set.
    pub fn is_set(&self, bits: &Table<u64>, place: Place) -> bool {
        bits.get(place.word()) & place.bit() != 0
    }

    /// Sets the bit of a place; returns whether it was not set.
    pub fn set(&self, bits: &Table<u64>, place: Place) -> bool {
        let word = bits.get(place.word());
        bits.set(place.word(), word | place.bit());
        word & place.bit() == 0
    }

    /// The last place in the same block, up to this one, whose bit is set.
    pub fn last_set(&self, bits: &Table<u64>, place: Place) -> Option<Place> {
        let first = place.block().start().word();
        let mut number = place.word();
        let mut word = bits.get(number) & (place.bit() | (place.bit() - 1));
        while word == 0 {
            if number == first {
                return None;
            }
            number -= 1;
            word = bits.get(number);
        }
        Some(Place::of_bit(number, 63 - word.leading_zeros()))
    }

    /// The first place in the same block, from this one on, whose bit is set; else the first behind the block.
    pub fn first_set(&self, bits: &Table<u64>, place: Place) -> Place {
        let end = place.block().next().start();
        let mut word = bits.get(place.word()) & !(place.bit() - 1);
        for number in place.word() + 1..end.word() {
            if word != 0 {
                return Place::of_bit(number - 1, word.trailing_zeros());
            }
            word = bits.get(number);
        }
        if word == 0 { end } else { Place::of_bit(end.word() - 1, word.trailing_zeros()) }
    }

    /// Counts bytes of an object that has been marked.
    pub fn count_marked(&self, block: Block, size: usize) {
        self.marked.set(block.0 as usize, self.marked.get(block.0 as usize) + size as u32);
    }

    /// Takes blocks in a row: the first.
    fn take_run(&mut self, count: u32) -> Option<Block> {
        let bytes = u64::from(count) * BLOCK as u64;
        if count > self.limits.blocks.saturating_sub(self.used) || bytes > self.limits.left() {
            return None;
        }
        let first = self.pool.take(self.number, count)?;
        self.limits.count(|left| left - bytes);
        self.end = self.end.max(first.0 + count);
        self.used += count;
        Some(first)
    }

    /// Takes a free block.
    pub fn take(&mut self, purpose: Use) -> Option<Block> {
        let block = self.take_run(1)?;
        self.set_use(block, purpose);
        Some(block)
    }

    /// Takes blocks for a large object of `size` bytes.
    pub fn take_large(&mut self, size: usize) -> Option<Block> {
        let count = u32::try_from(size.div_ceil(BLOCK)).ok().filter(|&count| count <= self.max())?;
        let first = self.take_run(count)?;
        for block in first.0..first.0 + count {
            self.set_use(Block(block), Use::Rest);
            self.extents.set(block as usize, first.0);
        }
        self.set_use(first, Use::LargeYoung);
        self.extents.set(first.0 as usize, count);
        Some(first)
    }

    /// Frees a block, in which nothing is left.
    pub fn release(&mut self, block: Block) {
        self.set_use(block, Use::Free);
        self.flags.set(block.0 as usize, 0);
        self.marked.set(block.0 as usize, 0);
        self.used -= 1;
        self.limits.count(|left| left + BLOCK as u64);
        self.pool.release(block);
    }

    /// Frees the blocks of a large object; returns the number of the block behind it.
    pub fn release_large(&mut self, first: Block) -> u32 {
        let behind = self.behind_large(first);
        (first.0..behind).for_each(|block| self.release(Block(block)));
        behind
    }

    /// Bytes of the blocks of a large object.
    pub fn large_size(&self, first: Block) -> usize {
        self.extents.get(first.0 as usize) as usize * BLOCK
    }

    /// The number of the block behind a large object.
    pub fn behind_large(&self, first: Block) -> u32 {
        first.0 + self.extents.get(first.0 as usize)
    }
}
