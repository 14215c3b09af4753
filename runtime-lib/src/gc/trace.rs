//! From references to what they refer to: objects are moved out of young blocks, and marked in old ones.

use super::cycle::Cycle;
use super::gray::Gray;
use super::objects::{FORWARDED, Slots, Types, internal, read_reference, read_word, write_reference, write_word};
use super::promote::Promoter;
use super::space::Space;
use super::units::{Block, Place, Use, flag};
use wasmc_abi::heap::{EXTERNALIZED, TAGS};

/// Elements of an array that are looked at in one go.
const PART: usize = 1024;

/// How many references are looked at in the time in which an object is marked.
const TO_MARK: usize = 8;

/// What a collection works with.
pub struct Tracer<'h> {
    /// The heap's blocks.
    pub space: &'h mut Space,
    /// The types of objects.
    pub types: &'h Types,
    /// Where objects that are left over go.
    pub promoter: &'h mut Promoter,
    /// How far a major collection has come.
    pub cycle: &'h mut Cycle,
    /// New objects that have been reached: all are looked at before the program goes on.
    pub reached: &'h mut Gray,
    /// Old objects that have been marked.
    pub marked: &'h mut Gray,
    /// Whether new objects are reached, or only old ones marked.
    pub is_minor: bool,
    /// Whether old objects are marked that references lead to.
    pub marks: bool,
    /// Bytes that have been copied.
    pub copied: usize,
    /// Bytes of objects that have become old.
    pub grown: usize,
    /// How much has been done: a step for each reference that was looked at, but those of roots, [`TO_MARK`] for each
    /// object that was marked, and some for each card.
    pub steps: usize,
}

impl Tracer<'_> {
    /// Reaches what a reference refers to; returns the reference to it from now on.
    #[inline(always)]
    pub fn visit(&mut self, reference: usize) -> usize {
        if reference == 0 || reference as u64 & TAGS != 0 {
            return reference;
        }
        let object = self.space.place(reference);
        // Most are old, and marked.
        if self.space.uses.get(object.block().0 as usize) == Use::Old as u8 {
            if self.marks && !self.space.is_set(&self.space.marks, object) {
                self.mark(object);
            }
            return reference;
        }
        self.visit_other(object, reference)
    }

    /// The same, where it does not lie in an old block.
    #[inline(never)]
    fn visit_other(&mut self, object: Place, reference: usize) -> usize {
        match self.space.use_of(object.block()) {
            Use::Young if self.is_minor => {
                let moved = self.leave_young(object);
                self.space.address(moved)
            }
            Use::LargeYoung | Use::LargeOld => {
                self.reach_large(object);
                reference
            }
            // Marking leaves new objects to the next minor collection.
            Use::Young | Use::Old | Use::Free | Use::Rest => reference,
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
        let Some(to) = self.promoter.allocate(self.space, self.types, size) else {
            // Without room to move to, it becomes old where it is.
            self.pin(object);
            return object;
        };
        self.space.copy(object, to, size);
        self.space.set_u32_at(address, FORWARDED | to.0);
        self.copied += size;
        self.grown += size;
        self.space.set(&self.space.starts, to);
        if self.cycle.is_unswept(to.block()) {
            self.space.set(&self.space.marks, to);
            self.bear_marked(to, size);
        }
        if holds_references {
            self.reached.push(self.space, to);
        }
        to
    }

    /// Has an object of a young block stay where it is.
    pub fn pin(&mut self, object: Place) {
        if !self.space.set(&self.space.starts, object) {
            return;
        }
        self.space.set_flag(object.block(), flag::PINNED);
        let (size, holds_references) = self.types.shape_of(self.space, object);
        self.grown += size;
        if self.cycle.is_unswept(object.block()) {
            self.bear_marked(object, size);
        }
        if holds_references {
            self.reached.push(self.space, object);
        }
    }

    /// Counts an object that becomes old in a block that is to be swept.
    fn bear_marked(&mut self, object: Place, size: usize) {
        self.space.count_marked(object.block(), size);
        self.cycle.born += size;
    }

    /// Marks an object of an old block.
    #[inline(never)]
    pub fn mark(&mut self, object: Place) {
        if self.space.set(&self.space.marks, object) {
            self.steps += TO_MARK;
            let (size, holds_references) = self.types.shape_of(self.space, object);
            self.space.count_marked(object.block(), size);
            if holds_references {
                self.marked.push(self.space, object);
            }
        }
    }

    /// Reaches an object that has blocks of its own.
    pub fn reach_large(&mut self, object: Place) {
        if self.space.use_of(object.block()) == Use::LargeYoung {
            if !self.is_minor {
                return;
            }
            self.space.set_use(object.block(), Use::LargeOld);
            self.grown += self.space.large_size(object.block());
            self.reached.push(self.space, object);
        } else if !self.marks {
            return;
        }
        // One that becomes old while marking is looked at as a whole, too, in parts.
        let is_unmarked = self.cycle.is_unswept(object.block()) && self.space.set(&self.space.marks, object);
        if is_unmarked && self.cycle.is_marking {
            self.marked.push(self.space, object);
        }
    }

    /// Looks at marked objects, until there are none or as many steps have been made as `limit` says.
    pub fn follow_marked(&mut self, limit: usize) {
        while self.steps < limit {
            if let Some((object, first)) = self.marked.pop() {
                self.scan_part(object, first);
                continue;
            }
            let Some(block) = self.marked.next_noted(self.space) else { return };
            self.each_in(block, &mut |tracer, object| tracer.scan_part(object, 0));
        }
    }

    /// Visits all references of an object.
    pub fn scan(&mut self, object: Place) {
        self.each_slot(object, |tracer, slots| tracer.visit_slots(slots));
    }

    /// Visits references of a marked object: of an array, some from an element on.
    fn scan_part(&mut self, object: Place, first: u32) {
        self.each_slot(object, |tracer, slots| {
            let part = slots.part(first as usize, PART);
            if first as usize + PART < slots.len() {
                tracer.marked.push_part(tracer.space, object, first + PART as u32);
            }
            tracer.visit_slots(part);
        });
    }

    /// Calls `visit` with each part of an object that holds references.
    pub fn each_slot(&mut self, object: Place, mut visit: impl FnMut(&mut Self, Slots)) {
        let types = self.types;
        // The object is looked at through a copy of what says where it lies, which does not change meanwhile.
        let space: *const Space = self.space;
        // SAFETY: visiting changes blocks' uses and bits, but neither the space's address nor the object's header.
        types.each_slot(unsafe { &*space }, object, |slots| visit(self, slots));
    }

    /// Visits references in a row.
    pub fn visit_slots(&mut self, slots: Slots) {
        self.steps += slots.len();
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

    /// Calls `visit` with the objects of a block that have been reached, in this collection or before.
    pub fn each_in(&mut self, block: Block, visit: &mut impl FnMut(&mut Self, Place)) {
        match self.space.use_of(block) {
            Use::LargeOld => visit(self, block.start()),
            Use::Old | Use::Young => {
                for word in block.words() {
                    let mut objects = self.space.starts.get(word);
                    if self.space.use_of(block) == Use::Old && self.cycle.is_unswept(block) {
                        objects &= self.space.marks.get(word);
                    }
                    while objects != 0 {
                        visit(self, Place::of_bit(word, objects.trailing_zeros()));
                        objects &= objects - 1;
                    }
                }
            }
            Use::Free | Use::LargeYoung | Use::Rest => {}
        }
    }
}
