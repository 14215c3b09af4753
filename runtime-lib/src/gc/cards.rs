//! New objects, and where references to them have been written: minor collections look at these alone.
//!
//! A card is a part of a block. Whoever writes a reference to an object that may be old notes its card
//! ([`wasmc_abi::heap::Heap::cards`]), and minor collections visit these; marking does so, too, at a time of its own.

use super::objects::Slots;
use super::trace::Tracer;
use super::units::{Block, Place, Use};
use crate::sys::REFERENCE_SIZE;
use core::ops::Range;
use wasmc_abi::heap::{CARD_SIZE_LOG2, Kind};

/// The byte of a card on which nothing has been written.
const CLEAN: u8 = 0;
/// That of a card on which a reference has been written since the last minor collection.
const WRITTEN: u8 = 1;
/// That of a card at which marking must look, and no minor collection.
const TO_MARK: u8 = 2;

/// How many references are looked at in the time in which a card is found.
const TO_FIND: usize = 8;

/// Cards whose bytes are read together.
const TOGETHER: usize = size_of::<[u64; 8]>();

impl Tracer<'_> {
    /// Visits what has been written to old objects. While old objects are marked, what these references lead to is left
    /// to later, unless `now`.
    pub fn visit_cards(&mut self, now: bool) {
        let mut number = 0;
        while number < self.space.end {
            let block = Block(number);
            number += 1;
            match self.space.find_use(block) {
                Use::Old => self.visit_written(block, block.cards(), now),
                Use::LargeOld => {
                    number = self.space.behind_large(block);
                    let is_garbage =
                        self.cycle.has_garbage(block) && !self.space.is_set(&self.space.marks, block.start());
                    if !is_garbage {
                        self.visit_cards_of_large(block, now);
                    }
                }
                Use::Free | Use::Young | Use::LargeYoung | Use::Rest => {}
            }
        }
        self.cycle.cards_before = 0;
    }

    fn visit_cards_of_large(&mut self, block: Block, now: bool) {
        let cards = block.cards().start..Block(self.space.behind_large(block)).cards().start;
        self.visit_written(block, cards, now);
    }

    /// Visits cards of an old block, or of all of a large object that begins there.
    fn visit_written(&mut self, block: Block, cards: Range<usize>, now: bool) {
        let marks = self.marks;
        self.marks = marks && now;
        let next = if marks && !now { TO_MARK } else { CLEAN };
        self.each_card(cards, |tracer, card| {
            let written = tracer.space.cards.get(card);
            tracer.space.cards.set(card, next);
            if written == WRITTEN || now {
                tracer.visit_card(block, card);
            }
        });
        self.marks = marks;
    }

    /// Calls `visit` with the cards of a range that are not clean. The range has a multiple of [`TOGETHER`] cards.
    fn each_card(&mut self, cards: Range<usize>, visit: impl Fn(&mut Self, usize)) {
        for first in cards.step_by(TOGETHER) {
            let words = (first..first + TOGETHER).step_by(size_of::<u64>());
            if words.fold(0, |all, word| all | self.space.cards.word(word)) == 0 {
                continue;
            }
            for card in first..first + TOGETHER {
                if self.space.cards.get(card) != CLEAN {
                    visit(self, card);
                }
            }
        }
    }

    /// Looks at marked objects, and at cards that minor collections have left to marking, until there are none or as
    /// many steps have been made as `limit` says: whether there are none.
    pub fn mark_some(&mut self, limit: usize) -> bool {
        let limit = self.steps.saturating_add(limit);
        loop {
            self.follow_marked(limit);
            if !self.marked.is_empty() || self.steps >= limit {
                return false;
            }
            let block = Block(self.cycle.cards_before);
            if block.0 >= self.space.end {
                return true;
            }
            self.cycle.cards_before += 1;
            let first = match self.space.find_use(block) {
                Use::Old | Use::LargeOld => block,
                Use::Rest => Block(self.space.extents.get(block.0 as usize)),
                Use::Free | Use::Young | Use::LargeYoung => continue,
            };
            self.each_card(block.cards(), |tracer, card| {
                if tracer.space.cards.get(card) == TO_MARK {
                    tracer.space.cards.set(card, CLEAN);
                    tracer.visit_card(first, card);
                }
            });
        }
    }

    /// Visits the references on a card of an old block, or of a large object that begins there.
    fn visit_card(&mut self, block: Block, card: usize) {
        self.steps += TO_FIND;
        match self.space.use_of(block) {
            Use::Old => self.visit_objects_on_card(card),
            Use::LargeOld => self.visit_on_card(block.start(), card),
            Use::Free | Use::Young | Use::LargeYoung | Use::Rest => {}
        }
    }

    fn visit_objects_on_card(&mut self, card: usize) {
        let first = Place::of_card(card);
        let live = |tracer: &Self, objects: u64, word: usize| match tracer.cycle.has_garbage(first.block()) {
            true => objects & tracer.space.marks.get(word),
            false => objects,
        };
        if let Some(before) = first.0.checked_sub(1).map(Place).filter(|place| place.block() == first.block())
            && let Some(object) = self.space.last_set(&self.space.starts, before)
            && live(self, object.bit(), object.word()) != 0
            && self.is_inside(object, first)
        {
            self.visit_on_card(object, card);
        }
        let mut objects = live(self, self.space.starts.get(first.word()) & first.bits_of_card(), first.word());
        while objects != 0 {
            self.visit_on_card(Place::of_bit(first.word(), objects.trailing_zeros()), card);
            objects &= objects - 1;
        }
    }

    /// Visits the references of an object that a write to a card may have changed: of an array, those on the card; of a
    /// structure, all, where it begins on the card.
    fn visit_on_card(&mut self, object: Place, card: usize) {
        let kind = self.types.of(self.space, object).kind;
        let start = self.space.address(Place::of_card(card));
        let end = start + (1 << CARD_SIZE_LOG2);
        let on_card = |address: usize, count: usize, size: usize| {
            let first = start.saturating_sub(address).div_ceil(size).min(count);
            let behind = end.saturating_sub(address).div_ceil(size).min(count);
            (address + first * size, behind - first)
        };
        match kind {
            Kind::Struct if object.card() == card => self.scan(object),
            Kind::References | Kind::Externs => self.each_slot(object, |tracer, slots| {
                tracer.visit_slots(match slots {
                    Slots::References(address, count) => {
                        let (address, count) = on_card(address, count, REFERENCE_SIZE);
                        Slots::References(address, count)
                    }
                    Slots::Externs(address, count) => {
                        let (address, count) = on_card(address, count, size_of::<u64>());
                        Slots::Externs(address, count)
                    }
                });
            }),
            Kind::Struct | Kind::Array | Kind::None => {}
        }
    }

    /// Looks at all new objects that have been reached.
    pub fn drain(&mut self) {
        loop {
            while let Some((object, _)) = self.reached.pop() {
                self.scan_new(object);
            }
            let Some(block) = self.reached.next_noted(self.space) else { return };
            self.each_in(block, &mut |tracer, object| tracer.scan_new(object));
        }
    }

    /// Visits all references of an object that has just become old. Large arrays are on cards, as old ones are.
    fn scan_new(&mut self, object: Place) {
        let is_large = self.space.use_of(object.block()) == Use::LargeOld;
        if is_large && self.types.of(self.space, object).kind != Kind::Struct {
            self.visit_cards_of_large(object.block(), false);
        } else {
            self.scan(object);
        }
    }
}
