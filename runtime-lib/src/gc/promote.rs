//! Where objects go that a collection leaves over: into runs of free lines in old blocks, else into free blocks.

use super::space::Space;
use super::units::{BLOCK, Block, Place, Use, flag};

/// Objects larger than this do not have runs of free lines skipped for them, but go into free blocks.
const MEDIUM: usize = 256;

/// A run of free places.
#[derive(Clone, Copy)]
struct Hole {
    next: Place,
    end: Place,
}

impl Hole {
    const NONE: Self = Self { next: Place(0), end: Place(0) };

    fn allocate(&mut self, size: usize) -> Option<Place> {
        let (place, end) = (self.next, self.next.after(size));
        if end > self.end {
            return None;
        }
        self.next = end;
        Some(place)
    }
}

/// Hands out places in old blocks.
pub struct Promoter {
    /// For small objects.
    hole: Hole,
    /// The block of the hole, and the first line behind it.
    rest: Option<(Block, u32)>,
    /// For larger ones that do not fit in the hole.
    block: Hole,
    /// Old blocks before this one have no holes left.
    cursor: Block,
}

impl Promoter {
    /// One that has found nothing yet.
    pub const NEW: Self = Self { hole: Hole::NONE, rest: None, block: Hole::NONE, cursor: Block(0) };

    /// Forgets what is in a block, whose holes are about to be found.
    pub fn leave(&mut self, block: Block) {
        for hole in [&mut self.hole, &mut self.block] {
            if hole.next < hole.end && hole.next.block() == block {
                *hole = Hole::NONE;
            }
        }
        self.rest = self.rest.filter(|&(rest, _)| rest != block);
    }

    /// Looks for holes from the first block on.
    pub fn restart(&mut self) {
        self.cursor = Block(0);
    }

    /// A place for an object of `size` bytes, at most half a block.
    pub fn allocate(&mut self, space: &mut Space, size: usize) -> Option<Place> {
        if let Some(place) = self.hole.allocate(size) {
            return Some(place);
        }
        if size > MEDIUM {
            if let Some(place) = self.block.allocate(size) {
                return Some(place);
            }
            self.block = free_block(space)?;
            return self.block.allocate(size);
        }
        loop {
            self.hole = match self.next_hole(space) {
                Some(hole) => hole,
                None => free_block(space)?,
            };
            if let Some(place) = self.hole.allocate(size) {
                return Some(place);
            }
        }
    }

    fn next_hole(&mut self, space: &Space) -> Option<Hole> {
        loop {
            if let Some((block, line)) = self.rest {
                match space.free_lines(block, line) {
                    Some((first, count)) => {
                        self.rest = Some((block, first + count));
                        let (next, end) = (Space::line_start(block, first), Space::line_start(block, first + count));
                        return Some(Hole { next, end });
                    }
                    None => self.rest = None,
                }
            }
            while self.cursor.0 < space.end && !(space.owns(self.cursor) && space.has(self.cursor, flag::HOLES)) {
                self.cursor = self.cursor.next();
            }
            if self.cursor.0 >= space.end {
                return None;
            }
            space.clear_flag(self.cursor, flag::HOLES);
            self.rest = Some((self.cursor, 0));
        }
    }
}

fn free_block(space: &mut Space) -> Option<Hole> {
    let block = space.take(Use::Old)?;
    let next = block.start();
    Some(Hole { next, end: next.after(BLOCK) })
}
