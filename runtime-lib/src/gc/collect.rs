//! When to collect.
//!
//! New objects lie in young blocks. A minor collection moves those that are reached to old blocks, or lets their block
//! become old where the stack leads to them, and frees the other young blocks. When old objects have become twice as
//! many as lived, a major one begins ([`Cycle`]), a slice of which is made whenever a block for new objects is asked
//! for.

use super::cycle::{Cycle, sweep_young};
use super::gray::{DEPTH, Gray};
use super::objects::Types;
use super::promote::Promoter;
use super::roots::Stack;
use super::settings::{Kind, Pause, Settings};
use super::space::Space;
use super::trace::Tracer;
use super::units::{BLOCK, Block, Use, flag};
use core::ptr::null;
use wasmc_abi::heap::HeapTables;

/// Young blocks that there may be before a minor collection: so few that no pause is long if all objects stay.
const YOUNG: u32 = 32;

/// The same where few objects stay.
const MOST_YOUNG: u32 = 64;

/// Fewer than these make no pause shorter.
const LEAST_YOUNG: u32 = 8;

/// What a minor collection has to do, in references and words, for there to be fewer young blocks before the next.
const TOO_MUCH: usize = 3 << 18;

/// What it has to do for there to be more again.
const LITTLE: usize = 3 << 17;

/// What it has to do for each block where a quarter of the objects stay.
const FEW_STAY: usize = 2 << 10;

/// The same of large objects, which are not moved.
const LARGE: u32 = 128;

/// Bytes of objects that become old before a major collection, at least.
const GROWTH: usize = 8 << 20;

/// Steps of marking for each block that is taken: so many that marking ends before old blocks are a fifth more.
const STEPS: usize = 128 << 10;

/// Minor collections after which marking takes as many more steps: so it ends even where the program writes to much
/// of what is old, again and again.
const LATE: u32 = 64;

/// Blocks that are swept for each block that is taken.
const SWEPT: u32 = 128;

/// Blocks that are taken, at most, for whose sake a slice is longer.
const MOST_OWED: u32 = 3;

/// The heap of a thread.
pub struct Collector {
    /// Its blocks.
    pub space: Space,
    /// The types of objects.
    types: Types,
    /// What instances hold: the first of a list.
    pub instances: *const HeapTables,
    /// Where the addresses are counted from that instances hold.
    block: usize,
    /// Where its code runs.
    code: Stack,
    /// What whoever starts the program has asked for.
    pub settings: Settings,
    /// The present pause.
    pause: Pause,
    /// The young block that new objects go to, where there is one.
    current: Option<Block>,
    promoter: Promoter,
    /// Young blocks at present.
    young: u32,
    /// The blocks of large objects that have been made since the last minor collection.
    large: u32,
    /// Young blocks at which to collect, and how many these may be.
    young_limit: u32,
    most_young: u32,
    /// Bytes of objects that have become old since the last major collection, and at how many the next one begins.
    grown: usize,
    growth_limit: usize,
    /// Old blocks at which it begins at the latest.
    old_limit: u32,
    cycle: Cycle,
    /// Blocks that have been taken since the last slice of a major collection.
    owed: u32,
    reached: Gray,
    marked: Gray,
}

impl Collector {
    /// An empty heap. Of the objects that there are to look at, some lie on `stack`, which has twice [`DEPTH`] words.
    pub fn new(space: Space, types: Types, (block, code): (usize, Stack), stack: &'static mut [u32]) -> Self {
        let most_young = (space.max() / 4).clamp(1, MOST_YOUNG);
        let old_limit = space.max() / 2;
        let (reached, marked) = stack.split_at_mut_checked(DEPTH).unwrap_or_default();
        Self {
            space,
            types,
            instances: null(),
            block,
            code,
            settings: match code {
                Stack::Own => Settings::read(),
                // The environment is the embedder's.
                // SAFETY: the context is that of the heap.
                Stack::OfContext(context) => Settings::of_context(unsafe { (*context).collects_always }),
            },
            pause: Pause::default(),
            current: None,
            promoter: Promoter::NEW,
            young: 0,
            large: 0,
            young_limit: YOUNG.min(most_young),
            most_young,
            grown: 0,
            growth_limit: GROWTH,
            old_limit,
            cycle: Cycle::NONE,
            owed: 0,
            reached: Gray::new(reached, flag::REACHED),
            marked: Gray::new(marked, flag::MARKED),
        }
    }

    /// The block for new objects, which end at the address `next` in the present one: its start, or `None` where the
    /// heap has no room.
    pub fn refill(&mut self, next: usize) -> Option<usize> {
        let began = self.settings.time();
        self.note_end(next);
        self.current = None;
        if self.young >= self.young_limit || self.cycle.may_end || self.settings.stress {
            self.collect();
        } else {
            self.go_on(1);
        }
        let block = self.take(|space| space.take(Use::Young));
        self.settings.report(&mut self.pause, self.space.used as usize * BLOCK, began);
        self.young += 1;
        self.current = block;
        block.map(|block| self.space.address(block.start()))
    }

    /// Blocks for a large object of `size` bytes: their start. New objects end at the address `next`.
    pub fn allocate_large(&mut self, size: usize, next: usize) -> Option<usize> {
        let began = self.settings.time();
        let count = u32::try_from(size.div_ceil(BLOCK)).ok()?;
        self.note_end(next);
        if self.large.saturating_add(count) >= LARGE.min(self.space.max() / 4) || self.settings.stress {
            self.collect();
        } else {
            self.go_on(count);
        }
        let block = self.take(|space| space.take_large(size));
        self.settings.report(&mut self.pause, self.space.used as usize * BLOCK, began);
        self.large += count;
        block.map(|block| self.space.address(block.start()))
    }

    /// Takes blocks, after a full collection where there are none.
    fn take(&mut self, take: impl Fn(&mut Space) -> Option<Block>) -> Option<Block> {
        take(&mut self.space).or_else(|| {
            self.collect_all();
            take(&mut self.space)
        })
    }

    /// As [`Self::refill`], without a collection.
    pub fn place_block(&mut self, next: usize) -> Option<usize> {
        self.note_end(next);
        let block = self.space.take(Use::Young)?;
        self.young += 1;
        self.current = Some(block);
        Some(self.space.address(block.start()))
    }

    /// As [`Self::allocate_large`], without a collection.
    pub fn place_large(&mut self, size: usize, next: usize) -> Option<usize> {
        self.note_end(next);
        let block = self.space.take_large(size)?;
        self.large = self.large.saturating_add(size.div_ceil(BLOCK) as u32);
        Some(self.space.address(block.start()))
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

    /// Old blocks.
    fn old(&self) -> u32 {
        self.space.used.saturating_sub(self.young + self.large)
    }

    fn tracer(&mut self, is_minor: bool) -> Tracer<'_> {
        let Self { space, types, promoter, cycle, reached, marked, .. } = self;
        let marks = cycle.is_marking;
        let (copied, grown, steps) = (0, 0, 0);
        Tracer { space, types, promoter, cycle, reached, marked, is_minor, marks, copied, grown, steps }
    }

    /// Makes a minor collection, and a slice of a major one, which begins where old blocks have become many.
    fn collect(&mut self) {
        let is_due = self.grown > self.growth_limit || self.old() > self.old_limit || self.settings.stress;
        if is_due && !self.cycle.is_active() {
            self.begin();
        }
        self.owed = 0;
        let steps = if self.settings.stress { self.settings.few() } else { self.steps(1) };
        self.collect_young(steps, self.cycle.may_end);
        if self.settings.stress && !self.cycle.is_marking {
            self.sweep(1);
        }
    }

    /// Collects all garbage.
    fn collect_all(&mut self) {
        // What is garbage already refers to what is gone, and must not be looked at as if it lived.
        if self.cycle.is_active() && !self.cycle.is_marking {
            self.sweep(u32::MAX);
        }
        self.begin();
        self.collect_young(usize::MAX, true);
        self.sweep(u32::MAX);
        self.pause.kind = Kind::Full;
    }

    /// How many steps of marking are made because so many blocks are taken.
    fn steps(&self, blocks: u32) -> usize {
        blocks as usize * STEPS * (1 + self.cycle.minors / LATE) as usize
    }

    /// Begins to mark old objects.
    fn begin(&mut self) {
        self.marked.clear(&self.space);
        self.cycle.begin(&self.space);
    }

    /// Makes a minor collection, with so many steps of marking, which end it where `may_end`.
    fn collect_young(&mut self, steps: usize, may_end: bool) {
        self.current = None;
        let (block, code, mut next) = (self.block, self.code, self.instances);
        // Handles are marked from when marking begins, and when it ends.
        let all_handles = may_end || self.cycle.is_marking && self.cycle.minors == 0;
        let mut tracer = self.tracer(true);
        tracer.visit_stack(code);
        tracer.visit_handles(code, all_handles);
        // SAFETY: the list holds the tables of all instances that have been made.
        while let Some(tables) = unsafe { next.as_ref() } {
            tracer.visit_instance(tables, block);
            next = tables.next;
        }
        tracer.visit_cards(may_end);
        tracer.drain();
        let work = tracer.steps + tracer.copied / size_of::<u64>();
        let is_done = tracer.marks && tracer.mark_some(steps);
        let Tracer { copied, grown, steps, .. } = tracer;
        self.grown += grown;
        self.free_young();
        self.cycle.minors = self.cycle.minors.saturating_add(1);
        self.cycle.may_end = is_done;
        if is_done && may_end {
            self.cycle.end_marking();
        }
        self.young_limit = next_limit(self.young_limit, work).min(self.most_young);
        self.promoter.restart();
        self.pause.add(Kind::Minor, copied, steps);
    }

    /// Frees new objects that have not been reached.
    fn free_young(&mut self) {
        let mut number = 0;
        while number < self.space.end {
            let block = Block(number);
            number += 1;
            match self.space.find_use(block) {
                Use::Young => sweep_young(&mut self.space, &self.cycle, block, self.settings.stress),
                Use::LargeYoung => number = self.space.release_large(block),
                Use::LargeOld => number = self.space.behind_large(block),
                Use::Old | Use::Free | Use::Rest => {}
            }
        }
        (self.young, self.large) = (0, 0);
    }

    /// Makes a slice of a major collection, where there is one, because so many blocks are about to be taken.
    fn go_on(&mut self, blocks: u32) {
        if !self.cycle.is_active() {
            return;
        }
        let owed = self.owed.saturating_add(blocks);
        let paid = owed.min(MOST_OWED);
        self.owed = owed - paid;
        if self.cycle.is_marking {
            let steps = self.steps(paid);
            let mut tracer = self.tracer(false);
            let is_done = tracer.mark_some(steps);
            let steps = tracer.steps;
            self.cycle.may_end = is_done;
            self.pause.add(Kind::Slice, 0, steps);
        } else {
            self.sweep(paid * SWEPT);
        }
    }

    /// Sweeps blocks; at the end, decides when the next major collection is due.
    fn sweep(&mut self, count: u32) {
        let types = self.settings.stress.then_some(&self.types);
        self.pause.add(Kind::Slice, 0, 0);
        if self.cycle.sweep(&mut self.space, &mut self.promoter, count, types) {
            self.grown = 0;
            self.growth_limit = next_growth(self.cycle.left, self.cycle.born);
            self.old_limit = self.old().saturating_add(self.space.room() / 2);
            self.pause.ends_major = true;
        }
    }

    /// Gives all blocks back.
    pub fn give_up(&mut self) {
        for block in (0..self.space.end).map(Block) {
            if !self.space.owns(block) {
                continue;
            }
            for word in block.words() {
                self.space.starts.set(word, 0);
                self.space.marks.set(word, 0);
            }
            self.space.release(block);
        }
    }
}

/// Bytes of objects that may become old before the next major collection, after one that has left over so many. As many
/// have died in it as were born, and are left over, too: they must not have the heap grow.
fn next_growth(left: usize, born: usize) -> usize {
    let lives = left.saturating_sub(born);
    (lives * 2).saturating_sub(left).max(left / 4).max(GROWTH)
}

/// Young blocks that there may be before the next minor collection, after one that had so much to do.
fn next_limit(limit: u32, work: usize) -> u32 {
    match work {
        TOO_MUCH.. => (limit / 2).max(LEAST_YOUNG),
        _ if work <= limit as usize * FEW_STAY => (limit * 2).min(MOST_YOUNG),
        ..LITTLE => (limit * 2).min(YOUNG),
        _ => limit.min(YOUNG),
    }
}
