//! Major collections: old objects are marked, then what is not marked is free. Both is done in many slices, between
//! which the program runs.
//!
//! References that the program writes meanwhile are on cards. Minor collections leave these to marking, too: so what a
//! marked object has come to refer to is marked (incremental update). Where nothing is left to be looked at, a minor
//! collection follows soon which looks at cards as marking does: if nothing is left after it either, marking ends.
//! Objects that become old while blocks are not yet swept are born marked.

use super::objects::Types;
use super::promote::Promoter;
use super::space::Space;
use super::units::{BLOCK, Block, Place, Use, flag};

/// Free bytes of a block for the sake of which its holes are looked for.
const WORTHWHILE: usize = BLOCK / 8;

/// How far a major collection has come.
pub struct Cycle {
    /// Whether old objects are being marked.
    pub is_marking: bool,
    /// Whether nothing was left to be looked at, so that the next minor collection may end marking.
    pub may_end: bool,
    /// Minor collections since it began.
    pub minors: u32,
    /// Of blocks before this one, marking has looked at the cards.
    pub cards_before: u32,
    /// Blocks before this one have been swept.
    swept: u32,
    /// Bytes of objects that have been left over there.
    pub left: usize,
    /// Bytes of objects that were born marked.
    pub born: usize,
}

impl Cycle {
    /// None.
    pub const NONE: Self =
        Self { is_marking: false, may_end: false, minors: 0, cards_before: 0, swept: u32::MAX, left: 0, born: 0 };

    /// Whether there is one.
    pub fn is_active(&self) -> bool {
        self.swept != u32::MAX
    }

    /// Whether a block is still to be swept: what is not marked there then is free.
    pub fn is_unswept(&self, block: Block) -> bool {
        block.0 >= self.swept
    }

    /// Whether what is not marked in a block is garbage already.
    pub fn has_garbage(&self, block: Block) -> bool {
        !self.is_marking && self.is_unswept(block)
    }

    /// Begins to mark, from the start where there are marks already.
    pub fn begin(&mut self, space: &Space) {
        for block in (0..space.end).map(Block).filter(|_| self.is_active()) {
            if matches!(space.find_use(block), Use::Old | Use::LargeOld) {
                space.marked.set(block.0 as usize, 0);
                block.words().for_each(|word| space.marks.set(word, 0));
            }
        }
        *self = Self { is_marking: true, swept: 0, ..Self::NONE };
    }

    /// All that is left over has been marked.
    pub fn end_marking(&mut self) {
        (self.is_marking, self.may_end) = (false, false);
    }

    /// Sweeps at most `count` blocks; returns whether that was the end of the collection.
    pub fn sweep(&mut self, space: &mut Space, promoter: &mut Promoter, count: u32, types: Option<&Types>) -> bool {
        let until = self.swept.saturating_add(count);
        while self.swept < until.min(space.end) {
            let block = Block(self.swept);
            let mut behind = self.swept + 1;
            match space.find_use(block) {
                Use::Old => {
                    promoter.leave(block);
                    self.left += sweep_old(space, block, types);
                }
                Use::LargeOld => {
                    behind = space.behind_large(block);
                    let is_marked = space.is_set(&space.marks, block.start());
                    space.marks.set(block.start().word(), 0);
                    if is_marked {
                        self.left += space.large_size(block);
                    } else {
                        space.release_large(block);
                    }
                }
                Use::Free | Use::Young | Use::LargeYoung | Use::Rest => {}
            }
            self.swept = behind;
        }
        if self.swept < space.end {
            return false;
        }
        *self = Self { left: self.left, born: self.born, ..Self::NONE };
        true
    }
}

/// Frees what is not marked in a block; overwrites it, where there are `types`. Returns the bytes of what is.
fn sweep_old(space: &mut Space, block: Block, types: Option<&Types>) -> usize {
    for word in block.words() {
        let (starts, marks) = (space.starts.get(word), space.marks.get(word));
        let mut garbage = starts & !marks;
        while let Some(types) = types.filter(|_| garbage != 0) {
            let object = Place::of_bit(word, garbage.trailing_zeros());
            space.fill(space.address(object), 0xdb, types.size_of(space, object));
            garbage &= garbage - 1;
        }
        space.starts.set(word, starts & marks);
        space.marks.set(word, 0);
    }
    let marked = space.marked.get(block.0 as usize) as usize;
    space.marked.set(block.0 as usize, 0);
    space.clear_flag(block, flag::ALL_HOLES);
    match marked {
        0 => space.release(block),
        _ if marked > BLOCK - WORTHWHILE => {}
        _ => space.set_flag(block, flag::ALL_HOLES),
    }
    marked
}

/// Frees what a minor collection has not reached in a young block: all of it, unless something there stays.
pub fn sweep_young(space: &mut Space, cycle: &Cycle, block: Block, overwrites: bool) {
    if space.has(block, flag::PINNED) {
        for word in block.words() {
            space.marks.set(word, if cycle.is_unswept(block) { space.starts.get(word) } else { 0 });
        }
        space.set_use(block, Use::Old);
        space.clear_flag(block, flag::PARSED | flag::PINNED);
        space.set_flag(block, flag::ALL_HOLES);
        return;
    }
    if space.has(block, flag::PARSED) {
        block.words().for_each(|word| space.marks.set(word, 0));
    }
    if overwrites {
        space.fill(space.address(block.start()), 0xdb, BLOCK);
    }
    space.release(block);
}
