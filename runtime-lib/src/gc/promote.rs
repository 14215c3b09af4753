//! Where objects go that a collection leaves over: into holes of old blocks, else into free blocks.
//!
//! A hole is what lies between two objects: any number of places. So nothing of what has died is kept from being used
//! again by a neighbour that lives, and memory follows what lives, in whatever order objects die. Small holes are all
//! the room that there is between small objects, but no room for large ones; so objects have classes by size, with a
//! walker each through all blocks, which passes over holes that are too small without taking them from the others.

use super::objects::Types;
use super::space::Space;
use super::units::{BLOCK, Block, Place, Use, flag};

/// The largest objects of each class.
const CLASSES: [usize; 4] = [64, 512, 4096, BLOCK / 2];

// Each class has a flag by which blocks are found.
const _: () = assert!(flag::ALL_HOLES == flag::HOLES * ((1 << CLASSES.len()) - 1));

/// Free places in a row.
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

/// Hands out places to the objects of one class.
#[derive(Clone, Copy)]
struct Walker {
    hole: Hole,
    /// In the block of the hole, where to look for the next one.
    rest: Option<Place>,
    /// Old blocks before this one have no holes left.
    cursor: Block,
}

impl Walker {
    const NEW: Self = Self { hole: Hole::NONE, rest: None, cursor: Block(0) };
}

/// Hands out places in old blocks.
pub struct Promoter {
    walkers: [Walker; CLASSES.len()],
}

impl Promoter {
    /// One that has found nothing yet.
    pub const NEW: Self = Self { walkers: [Walker::NEW; CLASSES.len()] };

    /// Forgets what is in a block, whose holes are about to be found.
    pub fn leave(&mut self, block: Block) {
        for walker in &mut self.walkers {
            if walker.hole.next < walker.hole.end && walker.hole.next.block() == block {
                walker.hole = Hole::NONE;
            }
            walker.rest = walker.rest.filter(|rest| rest.block() != block);
        }
    }

    /// Looks for holes from the first block on.
    pub fn restart(&mut self) {
        self.walkers.iter_mut().for_each(|walker| walker.cursor = Block(0));
    }

    /// A place for an object of `size` bytes, at most half a block.
    pub fn allocate(&mut self, space: &mut Space, types: &Types, size: usize) -> Option<Place> {
        let class = CLASSES.iter().position(|&largest| size <= largest)?;
        if let Some(place) = self.walkers.get_mut(class)?.hole.allocate(size) {
            return Some(place);
        }
        let hole = match self.next_hole(space, types, class, size) {
            Some(hole) => hole,
            None => free_block(space)?,
        };
        let walker = self.walkers.get_mut(class)?;
        walker.hole = hole;
        walker.hole.allocate(size)
    }

    /// The next hole for objects of a class that has room for one of `size` bytes.
    #[inline(never)]
    fn next_hole(&mut self, space: &Space, types: &Types, class: usize, size: usize) -> Option<Hole> {
        let in_use = self.walkers.map(|walker| walker.hole);
        let walker = self.walkers.get_mut(class)?;
        let of_class = flag::HOLES << class;
        loop {
            if let Some(from) = walker.rest {
                let hole = find_hole(space, types, from, size, &in_use);
                walker.rest = hole.filter(|hole| hole.end.block() == from.block()).map(|hole| hole.end);
                if hole.is_some() {
                    return hole;
                }
            }
            while walker.cursor.0 < space.end && !(space.owns(walker.cursor) && space.has(walker.cursor, of_class)) {
                walker.cursor = walker.cursor.next();
            }
            if walker.cursor.0 >= space.end {
                return None;
            }
            space.clear_flag(walker.cursor, of_class);
            walker.rest = Some(walker.cursor.start());
        }
    }
}

/// The first hole of at least `size` bytes in a block, from a place on that lies in no object: none that is in use.
fn find_hole(space: &Space, types: &Types, from: Place, size: usize, in_use: &[Hole]) -> Option<Hole> {
    let end = from.block().next().start();
    let mut next = from;
    while next < end {
        let object = space.first_set(&space.starts, next);
        let is_in_use = |hole: &Hole| hole.next < object && next < hole.end;
        if next.after(size) <= object && !in_use.iter().any(is_in_use) {
            return Some(Hole { next, end: object });
        }
        if object >= end {
            return None;
        }
        next = object.after(types.size_of(space, object));
    }
    None
}

fn free_block(space: &mut Space) -> Option<Hole> {
    let block = space.take(Use::Old)?;
    let next = block.start();
    Some(Hole { next, end: next.after(BLOCK) })
}
