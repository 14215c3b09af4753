//! From references to what they refer to: objects are moved out of young blocks, and marked in old ones.
//!
//! An object that has been reached and whose references have not been looked at is on a stack of fixed size. Where the
//! stack is full, the object's block is noted instead, and its objects are looked at later.

use super::objects::{FORWARDED, Slots, Types, internal, read_reference, read_word, write_reference, write_word};
use super::promote::Promoter;
use super::space::Space;
use super::units::{Block, Place, Use, flag};
use wasmc_abi::heap::{EXTERNALIZED, TAGS};

/// Objects on the stack.
const DEPTH: usize = 16 << 10;

/// Objects that have been reached and not yet been looked at.
pub struct Gray {
    stack: [u32; DEPTH],
    len: usize,
    /// Whether blocks have been noted.
    overflowed: bool,
}

impl Gray {
    /// None.
    pub const fn new() -> Self {
        Self { stack: [0; DEPTH], len: 0, overflowed: false }
    }

    fn push(&mut self, space: &Space, object: Place) {
        match self.stack.get_mut(self.len) {
            Some(slot) => {
                *slot = object.0;
                self.len += 1;
            }
            None => {
                self.overflowed = true;
                space.set_flag(object.block(), flag::RESCAN);
            }
        }
    }

    fn pop(&mut self) -> Option<Place> {
        self.len = self.len.checked_sub(1)?;
        self.stack.get(self.len).map(|&object| Place(object))
    }
}

/// What a collection works with.
pub struct Tracer<'h> {
    /// The heap's blocks.
    pub space: &'h mut Space,
    /// The types of objects.
    pub types: &'h Types,
    /// What is to be looked at.
    pub gray: &'h mut Gray,
    /// Where objects that are left over go.
    pub promoter: &'h mut Promoter,
    /// Whether old objects are marked, so that the others can be freed.
    pub major: bool,
    /// Bytes that have been copied.
    pub copied: usize,
}

impl Tracer<'_> {
    /// Reaches what a reference refers to; returns the reference to it from now on.
    pub fn visit(&mut self, reference: usize) -> usize {
        if reference == 0 || reference as u64 & TAGS != 0 {
            return reference;
        }
        let object = self.space.place(reference);
        match self.space.use_of(object.block()) {
            Use::Young => {
                let moved = self.leave_young(object);
                self.space.address(moved)
            }
            Use::Old => {
                self.mark(object);
                reference
            }
            Use::LargeYoung | Use::LargeOld => {
                self.reach_large(object);
                reference
            }
            Use::Free | Use::Rest => reference,
        }
    }

    /// Moves an object out of its young block, unless it is pinned; returns where it is.
    fn leave_young(&mut self, object: Place) -> Place {
        let address = self.space.address(object);
        let header = self.space.u32_at(address);
        if header & FORWARDED != 0 {
            return Place(header & !FORWARDED);
        }
        if self.space.has(object.block(), flag::PINNED) && self.space.is_set(&self.space.starts, object) {
            return object;
        }
        let (size, holds_references) = self.types.shape_of(self.space, object);
        let Some(to) = self.promoter.allocate(self.space, size) else {
            // Without room to move to, it becomes old where it is.
            self.pin(object);
            return object;
        };
        self.space.copy(object, to, size);
        self.space.set_u32_at(address, FORWARDED | to.0);
        self.copied += size;
        self.space.set(&self.space.starts, to);
        if self.major {
            self.space.set(&self.space.marks, to);
            self.space.take_lines(to, size);
        }
        if holds_references {
            self.gray.push(self.space, to);
        }
        to
    }

    /// Has an object of a young block stay where it is.
    pub fn pin(&mut self, object: Place) {
        if !self.space.set(&self.space.starts, object) {
            return;
        }
        self.space.set_flag(object.block(), flag::PINNED);
        self.reach(object);
    }

    /// Marks an object of an old block.
    pub fn mark(&mut self, object: Place) {
        if self.major && self.space.set(&self.space.marks, object) {
            self.reach(object);
        }
    }

    /// Takes the lines of an object that stays where it is, and has it looked at.
    fn reach(&mut self, object: Place) {
        let (size, holds_references) = self.types.shape_of(self.space, object);
        self.space.take_lines(object, size);
        if holds_references {
            self.gray.push(self.space, object);
        }
    }

    /// Reaches an object that has blocks of its own.
    pub fn reach_large(&mut self, object: Place) {
        let is_new = self.space.use_of(object.block()) == Use::LargeYoung;
        if is_new {
            self.space.set_use(object.block(), Use::LargeOld);
        }
        let is_unmarked = self.major && self.space.set(&self.space.marks, object);
        if (is_new || is_unmarked) && self.types.shape_of(self.space, object).1 {
            self.gray.push(self.space, object);
        }
    }

    /// Looks at all that is to be looked at.
    pub fn drain(&mut self) {
        loop {
            while let Some(object) = self.gray.pop() {
                self.scan(object);
            }
            if !core::mem::take(&mut self.gray.overflowed) {
                return;
            }
            for number in 0..self.space.committed {
                let block = Block(number);
                if self.space.has(block, flag::RESCAN) {
                    self.space.clear_flag(block, flag::RESCAN);
                    self.scan_block(block);
                }
            }
        }
    }

    /// Visits all references of an object.
    pub fn scan(&mut self, object: Place) {
        let types = self.types;
        // The object is looked at through a copy of what says where it lies, which does not change meanwhile.
        let space: *const Space = self.space;
        // SAFETY: visiting changes blocks' uses and bits, but neither the space's address nor the object's header.
        types.each_slot(unsafe { &*space }, object, |slots| self.visit_slots(slots));
    }

    /// Visits references in a row.
    pub fn visit_slots(&mut self, slots: Slots) {
        match slots {
            Slots::References(address, count) => {
                for index in 0..count {
                    let slot = address + index * crate::sys::REFERENCE_SIZE;
                    let reference = read_reference(slot);
                    let moved = self.visit(reference);
                    if moved != reference {
                        write_reference(slot, moved);
                    }
                }
            }
            Slots::Externs(address, count) => {
                for index in 0..count {
                    self.visit_extern(address + index * size_of::<u64>());
                }
            }
        }
    }

    /// Visits a word that holds an internal reference.
    pub fn visit_word(&mut self, address: usize) {
        let word = read_word(address);
        let moved = self.visit(word as usize) as u64;
        if moved != word {
            write_word(address, moved);
        }
    }

    /// Visits a word that holds an external one.
    pub fn visit_extern(&mut self, address: usize) {
        if let Some(reference) = internal(read_word(address)) {
            let moved = self.visit(reference);
            write_word(address, moved as u64 | EXTERNALIZED);
        }
    }

    /// Scans the objects of a block that have been reached.
    fn scan_block(&mut self, block: Block) {
        match self.space.use_of(block) {
            Use::LargeOld => self.scan(block.start()),
            Use::Old | Use::Young => {
                for card in block.cards() {
                    let mut objects = self.space.starts.get(card);
                    if self.major && self.space.use_of(block) == Use::Old {
                        objects &= self.space.marks.get(card);
                    }
                    while objects != 0 {
                        self.scan(Place((card as u32) << 6 | objects.trailing_zeros()));
                        objects &= objects - 1;
                    }
                }
            }
            Use::Free | Use::LargeYoung | Use::Rest => {}
        }
    }
}
