//! What is reached without any object: through the stack, globals, tables, element segments; and through old objects to
//! which references have been written.
//!
//! Any word of the stack, or of a register that a call keeps, may be a reference, or lead into an object: code holds
//! the addresses of elements, too. What such a word leads to stays where it is. So code need not tell where it keeps
//! references, and keeps them in registers.

use super::objects::Slots;
use super::trace::Tracer;
use super::units::{Block, Place, Use, flag};
use crate::sys::{self, REFERENCE_SIZE};
use crate::{regions, thread};
use core::ops::Range;
use core::ptr::with_exposed_provenance;
use wasmc_abi::heap::{ALIGN, EXTERNALIZED, EXTERNS, HeapTables, Kind};
use wasmc_abi::table::Table;

impl Tracer<'_> {
    /// Pins what the stack may lead to.
    #[inline(never)]
    pub fn visit_stack(&mut self) {
        let registers = sys::kept_registers();
        let start = (&raw const registers).addr();
        self.visit_ambiguous_words(start..thread::of_address(start).stack().end);
        // What exceptions carry has no type there, and some of them are free.
        self.visit_ambiguous_words(regions::EXCEPTIONS.range());
    }

    fn visit_ambiguous_words(&mut self, addresses: Range<usize>) {
        for address in addresses.step_by(size_of::<usize>()) {
            // SAFETY: the word lies in the stack, above where the frame of `visit_stack` ends, or in a region.
            let word = unsafe { with_exposed_provenance::<usize>(address).read_volatile() };
            // What is above 32 bits in a register that holds 32 of them is any value; an external reference has bits
            // of its own above its address.
            let bits = if REFERENCE_SIZE == 4 { u64::from(u32::MAX) } else { !EXTERNALIZED };
            self.visit_ambiguous(word & bits as usize);
        }
    }

    /// Keeps the object that an address leads into, where there is one.
    fn visit_ambiguous(&mut self, address: usize) {
        if !self.space.contains(address) {
            return;
        }
        let place = self.space.place(address);
        let block = place.block();
        match self.space.use_of(block) {
            Use::Young => {
                self.parse(block);
                let object = self.space.last_set(&self.space.marks, place);
                if let Some(object) = object.filter(|&object| self.is_inside(object, place)) {
                    self.pin(object);
                }
            }
            Use::Old if self.major => {
                let object = self.space.last_set(&self.space.starts, place);
                if let Some(object) = object.filter(|&object| self.is_inside(object, place)) {
                    self.mark(object);
                }
            }
            Use::LargeYoung | Use::LargeOld => self.reach_large(block.start()),
            Use::Rest => {
                let first = Block(self.space.extents.get(block.0 as usize));
                self.reach_large(first.start());
            }
            Use::Old | Use::Free => {}
        }
    }

    fn is_inside(&self, object: Place, place: Place) -> bool {
        place < object.after(self.types.size_of(self.space, object))
    }

    /// Notes where the objects of a young block begin.
    fn parse(&mut self, block: Block) {
        if self.space.has(block, flag::PARSED) {
            return;
        }
        self.space.set_flag(block, flag::PARSED);
        let end = block.start().after(self.space.extents.get(block.0 as usize) as usize);
        let mut object = block.start();
        while object < end {
            self.space.set(&self.space.marks, object);
            object = object.after(self.types.size_of(self.space, object).max(ALIGN as usize));
        }
    }

    /// Visits the references that an instance holds.
    pub fn visit_instance(&mut self, tables: &HeapTables) {
        for index in 0..tables.roots_len as usize {
            // SAFETY: the compiler lists `roots_len` pieces.
            let roots = unsafe { &*tables.roots.add(index) };
            self.visit_words(roots.words & !EXTERNS, roots.len as usize, roots.words & EXTERNS != 0);
        }
        for index in 0..tables.tables_len as usize {
            // SAFETY: the compiler lists the addresses of `tables_len` tables of the program.
            let (table, are_externs) = HeapTables::table(unsafe { *tables.tables.add(index) });
            // SAFETY: as above; compiled code waits, and so does not change the structure.
            let Table { elements, len, .. } = unsafe { &*table };
            self.visit_words(elements.addr(), *len as usize, are_externs);
        }
    }

    fn visit_words(&mut self, address: usize, count: usize, are_externs: bool) {
        for index in 0..count {
            let word = address + index * size_of::<u64>();
            if are_externs { self.visit_extern(word) } else { self.visit_word(word) }
        }
    }

    /// Visits the references on cards of old objects that have been written to, and forgets that.
    pub fn visit_cards(&mut self) {
        let mut number = 0;
        while number < self.space.committed {
            let block = Block(number);
            number += 1;
            match self.space.use_of(block) {
                Use::Old => {
                    for card in block.cards() {
                        if self.take_card(card) {
                            self.visit_card(card);
                        }
                    }
                }
                Use::LargeOld => {
                    let blocks = self.space.extents.get(block.0 as usize);
                    let behind = Block(block.0 + blocks);
                    for card in block.start().card()..behind.start().card() {
                        if self.take_card(card) {
                            self.visit_on_card(block.start(), card);
                        }
                    }
                    number = behind.0;
                }
                Use::Free | Use::Young | Use::LargeYoung | Use::Rest => {}
            }
        }
    }

    /// Whether a card has been written to, which is forgotten.
    fn take_card(&mut self, card: usize) -> bool {
        let written = self.space.cards.get(card) != 0;
        if written {
            self.space.cards.set(card, 0);
        }
        written
    }

    /// Visits the references on a card of an old block.
    fn visit_card(&mut self, card: usize) {
        let first = Place((card as u32) << 6);
        if let Some(before) = first.0.checked_sub(1).map(Place).filter(|place| place.block() == first.block())
            && let Some(object) = self.space.last_set(&self.space.starts, before)
            && self.is_inside(object, first)
        {
            self.visit_on_card(object, card);
        }
        let mut objects = self.space.starts.get(card);
        while objects != 0 {
            self.visit_on_card(Place(first.0 | objects.trailing_zeros()), card);
            objects &= objects - 1;
        }
    }

    /// Visits the references of an object that a write to a card may have changed: of an array, those on the card; of a
    /// structure, all, where it begins on the card.
    fn visit_on_card(&mut self, object: Place, card: usize) {
        let kind = self.types.of(self.space, object).kind;
        let start = self.space.address(Place((card as u32) << 6));
        let end = start + 64 * ALIGN as usize;
        let on_card = |address: usize, count: usize, size: usize| {
            let first = start.saturating_sub(address).div_ceil(size).min(count);
            let behind = end.saturating_sub(address).div_ceil(size).min(count);
            (address + first * size, behind - first)
        };
        match kind {
            Kind::Struct if object.card() == card => self.scan(object),
            Kind::References | Kind::Externs => {
                let mut part = None;
                self.types.each_slot(self.space, object, |slots| {
                    part = Some(match slots {
                        Slots::References(address, count) => {
                            let (address, count) = on_card(address, count, REFERENCE_SIZE);
                            Slots::References(address, count)
                        }
                        Slots::Externs(address, count) => {
                            let (address, count) = on_card(address, count, size_of::<u64>());
                            Slots::Externs(address, count)
                        }
                    });
                });
                if let Some(part) = part {
                    self.visit_slots(part);
                }
            }
            Kind::Struct | Kind::Array | Kind::None => {}
        }
    }
}
