//! The address space of all objects of a program, in blocks: each thread's heap takes some and gives them back.
//!
//! One reservation holds all blocks; they become accessible a few at a time, in order. Tables beside it have an entry
//! for each block, a bit for each place, a byte for each card; those of a block are its heap's alone.

use super::units::{BLOCK, Block};
use crate::errno::{Errno, Result};
use crate::sys::{self, GRANULE};
use crate::thread::lock::Lock;
use crate::{budget, regions};
use core::cell::UnsafeCell;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2};

/// Blocks that become accessible together.
const STEP: u32 = 128;
/// Bytes that no heap is larger than.
const MOST: u64 = 1 << 32;

/// An array with an element for each block, place or card.
#[derive(Clone, Copy)]
pub struct Table<T>(*mut T);

impl<T: Copy> Table<T> {
    /// An element.
    pub fn get(&self, index: usize) -> T {
        // SAFETY: tables have an element for each number that is handed out; zeroes are values of all their types.
        unsafe { self.0.add(index).read() }
    }

    /// Sets an element.
    pub fn set(&self, index: usize, value: T) {
        // SAFETY: as in `get`; only the thread of the block's heap reads and writes its elements.
        unsafe { self.0.add(index).write(value) }
    }

    /// The address of the first element.
    pub fn addr(&self) -> usize {
        self.0.addr()
    }
}

impl Table<u8> {
    /// Eight elements together; `index` is a multiple of eight.
    pub fn word(&self, index: usize) -> u64 {
        // SAFETY: as in `get`; the table lies at a multiple of eight bytes.
        unsafe { self.0.add(index).cast::<u64>().read() }
    }
}

/// What is known of blocks and places.
#[derive(Clone, Copy)]
pub struct Tables {
    /// What each block is for.
    pub uses: Table<u8>,
    /// Marks of each block.
    pub flags: Table<u8>,
    /// For each block: where its objects end, in bytes, in a young one; the number of blocks, in the first of a large
    /// object; the first one, in the others.
    pub extents: Table<u32>,
    /// For each block, the bytes of objects there that have been marked.
    pub marked: Table<u32>,
    /// For each place, whether an object begins there that is old, or that is pinned.
    pub starts: Table<u64>,
    /// For each place, whether an object begins there that has been marked.
    pub marks: Table<u64>,
    /// For each card, whether a reference may have been written there.
    pub cards: Table<u8>,
}

/// How many blocks there are.
struct Counts {
    /// Blocks that are accessible.
    committed: u32,
    free: u32,
    /// No block below is free.
    hint: u32,
}

/// The blocks of all heaps.
pub struct Pool {
    /// Address of the first block.
    pub base: usize,
    /// How many blocks there may be.
    pub max: u32,
    /// What heaps know of their blocks.
    pub tables: Tables,
    /// For each block, the number of the heap that has it, 0 while it is free.
    owners: *const AtomicU32,
    counts: UnsafeCell<Counts>,
    /// Held while `counts` is used.
    lock: Lock,
}

// SAFETY: `counts` is used with the lock held; an element of a table by the heap alone that has the block.
unsafe impl Sync for Pool {}

impl Pool {
    /// Reserves address space for at most `max` bytes of objects.
    pub fn new(max: u64) -> Result<Self> {
        let max = (max.min(MOST) as usize / BLOCK).max(2) * BLOCK;
        let (base, len) = sys::reserve_low(max)?;
        let aligned = base.next_multiple_of(BLOCK);
        let blocks = (len - (aligned - base)) / BLOCK;
        let bits = blocks * BLOCK / (8 * ALIGN as usize);
        let cards = (blocks * BLOCK) >> CARD_SIZE_LOG2;
        let sizes = [bits, bits, cards, blocks * 4, blocks * 4, blocks * 4, blocks, blocks];
        let tables = sys::map_zeroed(sizes.iter().sum::<usize>().next_multiple_of(GRANULE))?;
        let mut end = tables;
        let [starts, marks, cards, marked, owners, extents, uses, flags] = sizes.map(|size| {
            end += size;
            end - size
        });
        let tables = Tables {
            uses: Table(with_exposed_provenance_mut(uses)),
            flags: Table(with_exposed_provenance_mut(flags)),
            extents: Table(with_exposed_provenance_mut(extents)),
            marked: Table(with_exposed_provenance_mut(marked)),
            starts: Table(with_exposed_provenance_mut(starts)),
            marks: Table(with_exposed_provenance_mut(marks)),
            cards: Table(with_exposed_provenance_mut(cards)),
        };
        let counts = UnsafeCell::new(Counts { committed: 0, free: 0, hint: 0 });
        let owners = with_exposed_provenance_mut(owners);
        Ok(Self { base: aligned, max: blocks as u32, tables, owners, counts, lock: Lock::new() })
    }

    fn owner(&self, block: Block) -> &AtomicU32 {
        // SAFETY: the table has an element for each block, and is used by atomic accesses alone.
        unsafe { &*self.owners.add(block.0 as usize) }
    }

    /// Whether a heap has a block.
    pub fn is_owner(&self, heap: u32, block: Block) -> bool {
        self.owner(block).load(Relaxed) == heap
    }

    /// Calls `action` with the counts, and the lock held.
    fn with<R>(&self, action: impl FnOnce(&mut Counts) -> R) -> R {
        // SAFETY: the lock is held, and no `action` asks for it.
        self.lock.with(|| action(unsafe { &mut *self.counts.get() }))
    }

    /// Gives a heap so many blocks in a row: the first.
    pub fn take(&self, heap: u32, count: u32) -> Option<Block> {
        self.with(|counts| {
            let mut first = self.run(counts, count);
            if first.is_none() {
                // Free blocks at the end are a part of it.
                let is_free = |&block: &u32| self.is_owner(0, Block(block));
                let free_at_end = (0..counts.committed).rev().take_while(is_free).count() as u32;
                self.commit(counts, count.saturating_sub(free_at_end)).ok()?;
                first = self.run(counts, count);
            }
            let first = first?;
            (first.0..first.0 + count).for_each(|block| self.owner(Block(block)).store(heap, Relaxed));
            counts.free -= count;
            if first.0 == counts.hint {
                counts.hint += count;
            }
            Some(first)
        })
    }

    /// So many free blocks in a row.
    fn run(&self, counts: &mut Counts, count: u32) -> Option<Block> {
        if counts.free < count {
            return None;
        }
        while counts.hint < counts.committed && !self.is_owner(0, Block(counts.hint)) {
            counts.hint += 1;
        }
        let mut length = 0;
        for block in counts.hint..counts.committed {
            length = if self.is_owner(0, Block(block)) { length + 1 } else { 0 };
            if length == count {
                return Some(Block(block + 1 - count));
            }
        }
        None
    }

    /// Has a block be free.
    pub fn release(&self, block: Block) {
        self.with(|counts| {
            self.owner(block).store(0, Relaxed);
            counts.free += 1;
            counts.hint = counts.hint.min(block.0);
        });
    }

    /// How many blocks could still be taken.
    pub fn room(&self) -> u32 {
        self.with(|counts| self.max - counts.committed + counts.free)
    }

    /// Makes further blocks accessible, at least `count`.
    fn commit(&self, counts: &mut Counts, count: u32) -> Result<()> {
        let left = self.max - counts.committed;
        let mut step = count.checked_next_multiple_of(STEP).ok_or(Errno::NOMEM)?.min(left);
        if count > left {
            return Err(Errno::NOMEM);
        }
        if self.commit_exactly(counts, step).is_err() {
            step = count;
            self.commit_exactly(counts, step)?;
        }
        counts.committed += step;
        counts.free += step;
        regions::OBJECTS.set(self.base, self.base + counts.committed as usize * BLOCK);
        Ok(())
    }

    fn commit_exactly(&self, counts: &Counts, count: u32) -> Result<()> {
        let start = self.base + counts.committed as usize * BLOCK;
        let len = count as usize * BLOCK;
        // SAFETY: the range is a part of the reservation that is not yet in use.
        budget::allocate(len, || unsafe { sys::protect_read_write(start, len) })
    }
}
