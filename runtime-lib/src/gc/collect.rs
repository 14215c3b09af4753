//! When to collect, and what becomes of blocks then.
//!
//! New objects lie in young blocks. A minor collection moves those that are reached to old blocks, or lets their block
//! become old where the stack leads to them, and frees the other young blocks. A major one does the same, and marks old
//! objects besides: what is not marked is free, by lines. There is one each time that old blocks have become three
//! quarters more.

use super::objects::Types;
use super::promote::Promoter;
use super::settings::Settings;
use super::space::Space;
use super::trace::{Gray, Tracer};
use super::units::{BLOCK, Block, Use, flag};
use core::ptr::null;
use wasmc_abi::heap::HeapTables;

/// Young blocks that there may be before a collection: as much as caches hold.
const YOUNG: u32 = 128;

/// Blocks that old ones may become more before a major collection, at least.
const GROWTH: u32 = 256;

/// The heap of a program.
pub struct Collector {
    /// Its blocks.
    pub space: Space,
    /// The types of objects.
    pub types: Types,
    /// What instances hold: the first of a list.
    pub instances: *const HeapTables,
    /// What whoever starts the program has asked for.
    pub settings: Settings,
    /// The young block that new objects go to, where there is one.
    current: Option<Block>,
    promoter: Promoter,
    /// Young blocks at present.
    young: u32,
    /// Young blocks at which to collect.
    young_limit: u32,
    /// Old blocks at which to collect them.
    old_limit: u32,
    gray: Gray,
}

impl Collector {
    /// An empty heap.
    pub fn new(space: Space, types: Types, settings: Settings) -> Self {
        let young_limit = YOUNG.min(space.max() / 4).max(1);
        Self {
            space,
            types,
            instances: null(),
            settings,
            current: None,
            promoter: Promoter::NEW,
            young: 0,
            young_limit,
            old_limit: GROWTH,
            gray: Gray::new(),
        }
    }

    /// The block for new objects, which end at the address `next` in the present one: its start, or `None` where the
    /// heap has no room.
    pub fn refill(&mut self, next: usize) -> Option<usize> {
        self.retire(next);
        if self.young >= self.young_limit || self.settings.stress {
            self.collect(false);
        }
        let block = self.take(|space| space.take(Use::Young))?;
        self.young += 1;
        self.current = Some(block);
        Some(self.space.address(block.start()))
    }

    /// Blocks for a large object of `size` bytes: their start. New objects end at the address `next`.
    pub fn allocate_large(&mut self, size: usize, next: usize) -> Option<usize> {
        let count = u32::try_from(size.div_ceil(BLOCK)).ok()?;
        self.note_end(next);
        if self.young.saturating_add(count) >= self.young_limit || self.settings.stress {
            self.collect(false);
        }
        let block = self.take(|space| space.take_large(size))?;
        self.young += count;
        Some(self.space.address(block.start()))
    }

    /// Takes blocks, after a major collection where there are none.
    fn take(&mut self, take: impl Fn(&mut Space) -> Option<Block>) -> Option<Block> {
        take(&mut self.space).or_else(|| {
            self.collect(true);
            take(&mut self.space)
        })
    }

    /// Whether new objects go on behind the present ones: not after a collection.
    pub fn has_current(&self) -> bool {
        self.current.is_some()
    }

    /// Notes where the objects of the present young block end.
    fn note_end(&self, next: usize) {
        if let Some(block) = self.current {
            let end = next - self.space.address(block.start());
            self.space.extents.set(block.0 as usize, end as u32);
        }
    }

    fn retire(&mut self, next: usize) {
        self.note_end(next);
        self.current = None;
    }

    /// Collects garbage, in old blocks too if `major`, or if they have become many.
    fn collect(&mut self, major: bool) {
        let began = self.settings.time();
        let major = major || self.space.used().saturating_sub(self.young) > self.old_limit;
        self.current = None;
        if major {
            self.begin_major();
        }
        let Self { space, types, gray, promoter, instances, .. } = self;
        let mut tracer = Tracer { space, types, gray, promoter, major, copied: 0 };
        tracer.visit_stack();
        let mut next = *instances;
        // SAFETY: the list holds the tables of all instances that have been made.
        while let Some(tables) = unsafe { next.as_ref() } {
            tracer.visit_instance(tables);
            next = tables.next;
        }
        if !major {
            tracer.visit_cards();
        }
        tracer.drain();
        let copied = tracer.copied;
        self.sweep(major);
        if major {
            // What is left of the present hole is among those that sweeping has found.
            self.promoter.forget();
        }
        self.promoter.restart();
        self.young = 0;
        if major {
            let used = self.space.used();
            self.old_limit = (used / 4).saturating_mul(7).max(used.saturating_add(GROWTH));
        }
        self.settings.report(major, copied, self.space.used() as usize * BLOCK, began);
    }

    /// Forgets which lines of old blocks are taken, and what has been written to: marking finds it out.
    fn begin_major(&mut self) {
        self.promoter.forget();
        for number in 0..self.space.committed {
            let block = Block(number);
            match self.space.use_of(block) {
                Use::Old => {
                    self.space.lines.set(number as usize, 0);
                    self.space.clear_flag(block, flag::HOLES);
                }
                Use::Free => continue,
                Use::Young | Use::LargeYoung | Use::LargeOld | Use::Rest => {}
            }
            block.cards().for_each(|card| self.space.cards.set(card, 0));
        }
    }

    /// Frees what has not been reached.
    fn sweep(&mut self, major: bool) {
        let mut number = 0;
        while number < self.space.committed {
            let block = Block(number);
            number += 1;
            match self.space.use_of(block) {
                Use::Young => self.sweep_young(block),
                Use::Old if major => self.sweep_old(block),
                Use::LargeYoung => number = self.release_large(block),
                Use::LargeOld => {
                    let is_garbage = major && !self.space.is_set(&self.space.marks, block.start());
                    if major {
                        self.space.marks.set(block.start().card(), 0);
                    }
                    if is_garbage {
                        number = self.release_large(block);
                    }
                }
                Use::Old | Use::Free | Use::Rest => {}
            }
        }
    }

    fn sweep_young(&mut self, block: Block) {
        if self.space.has(block, flag::PARSED) {
            block.cards().for_each(|card| self.space.marks.set(card, 0));
        }
        if self.space.has(block, flag::PINNED) {
            self.space.set_use(block, Use::Old);
            self.space.clear_flag(block, flag::PARSED | flag::PINNED);
            self.space.set_flag(block, flag::HOLES);
            return;
        }
        if self.settings.stress {
            self.space.fill(self.space.address(block.start()), 0xdb, BLOCK);
        }
        self.space.release(block);
    }

    fn sweep_old(&mut self, block: Block) {
        for card in block.cards() {
            self.space.starts.set(card, self.space.starts.get(card) & self.space.marks.get(card));
            self.space.marks.set(card, 0);
        }
        match self.space.lines.get(block.0 as usize) {
            0 => self.space.release(block),
            u128::MAX => {}
            _ => self.space.set_flag(block, flag::HOLES),
        }
    }

    /// Frees the blocks of a large object; returns the number of the block behind it.
    fn release_large(&mut self, first: Block) -> u32 {
        let behind = first.0 + self.space.extents.get(first.0 as usize);
        (first.0..behind).for_each(|block| self.space.release(Block(block)));
        behind
    }
}
