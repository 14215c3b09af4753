//! Slots of the frame: what a register holds already is not loaded again.
//!
//! ```text
//! sd a0, 8(sp) ; ... ; ld a1, 8(sp)  =>  sd a0, 8(sp) ; ... ; mv a1, a0
//! ```
//!
//! Functions that take the address of a slot stay as they are.

use super::code::{Code, Item};
use super::forms::{self, Form};
use super::registers::{self, FP, SP};
use super::scan::Kind;
use super::steps::Step;
use crate::emit::slots::{Known, settle};
use std::ops::Range;

/// What an item does to the frame and to registers.
#[derive(Clone, Copy, Debug)]
enum Effect {
    /// A load or store of a word of the frame.
    Word(Step),
    /// A copy from one register to another.
    Copy(u32, u32),
    /// It writes registers, a bit for each.
    Writes(u32),
    /// It may change all registers and slots.
    Anything,
}

/// Takes out loads of what registers hold, or has them copy it.
pub(super) fn reuse(code: &mut Code<'_>) {
    let Some(effects) = effects(code) else { return };
    let flow = Blocks::of(code);
    let entries = code.entries.iter().map(|&entry| flow.with(entry));
    let through = |block: usize, known: &mut Known| {
        let there = flow.items(block).filter(|&number| !code.items[number].is_gone);
        there.for_each(|number| follow(known, effects[number]));
    };
    let Some(at_start) = settle(flow.starts.len(), entries, through, |block| &flow.next[block]) else { return };
    for (block, mut known) in at_start.into_iter().enumerate() {
        for number in flow.items(block) {
            let item = &mut code.items[number];
            if item.is_gone {
                continue;
            }
            let mut effect = effects[number];
            if let Effect::Word(Step::Load(register, offset)) = effect
                && let Some(from) = known.holding(offset, register)
            {
                if from == register {
                    item.is_gone = true;
                    continue;
                }
                code.copy(number, from, register);
                effect = Effect::Copy(from, register);
            }
            follow(&mut known, effect);
        }
    }
}

/// What is known after an item with an effect, where this is known before it.
fn follow(known: &mut Known, effect: Effect) {
    match effect {
        Effect::Word(Step::Load(to, offset)) => {
            known.write(|register| register == to);
            hold(known, offset, to);
        }
        Effect::Word(Step::Save(from, offset)) => {
            known.overwrite(offset, 8);
            hold(known, offset, from);
        }
        Effect::Copy(from, to) => {
            known.write(|register| register == to);
            known.copy(from, to);
        }
        Effect::Writes(registers) => known.write(|register| registers >> register & 1 == 1),
        Effect::Word(_) | Effect::Anything => known.clear(),
    }
}

/// A register holds a word, if it is not the one that is always zero.
fn hold(known: &mut Known, offset: i32, register: u32) {
    if register != 0 {
        known.add(offset, register);
    }
}

/// What all items do; `None` where the address of a slot may be known elsewhere.
fn effects(code: &Code<'_>) -> Option<Vec<Effect>> {
    let mut with_handlers: Vec<u32> = code.function.handled.iter().map(|call| call.returns).collect();
    with_handlers.sort_unstable();
    let effect = |item: &Item| {
        let effect = effect(code, item)?;
        let is_handled = with_handlers.binary_search(&(item.offset + item.size)).is_ok();
        Some(if is_handled { Effect::Anything } else { effect })
    };
    code.items.iter().map(effect).collect()
}

fn effect(code: &Code<'_>, item: &Item) -> Option<Effect> {
    let writes = Effect::Writes(code.written(item));
    let Some((word, size)) = code.word(item).filter(|_| item.kind == Kind::Plain) else { return Some(writes) };
    match forms::form(word, size)? {
        Form::Call => return Some(writes),
        Form::Trap | Form::Indirect { .. } => return Some(Effect::Writes(0)),
        _ => {}
    }
    match Step::of(word, size) {
        Some(step @ (Step::Load(..) | Step::Save(..))) => return Some(Effect::Word(step)),
        Some(Step::Adjust(_)) => return Some(Effect::Anything),
        Some(Step::SetFrame(_)) => return Some(Effect::Writes(1 << FP)),
        None => {}
    }
    let named = registers::named(word, size)?;
    match access(word, size) {
        Some(true) if named & (1 << SP | 1 << FP) != 0 => Some(Effect::Anything),
        // An address of the frame.
        None if named & 1 << SP != 0 => None,
        _ => Some(copy(word, size).map_or(writes, |(from, to)| Effect::Copy(from, to))),
    }
}

/// Whether an instruction stores by a base; `None` where it does not load either.
fn access(word: u32, size: u32) -> Option<bool> {
    match (size, word & 0x7f) {
        (4, 0x23 | 0x27 | 0x2f) => Some(true),
        (4, 0x03 | 0x07) => Some(false),
        (2, _) => match (word & 3, word >> 13) {
            (0, 0b101..) | (2, 0b101..) => Some(true),
            // With those of Zcb, some of which store.
            (0, 0b100) => Some(true),
            (0, 0b001..) | (2, 0b001..=0b011) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// The registers that `mv` copies from and to.
fn copy(word: u32, size: u32) -> Option<(u32, u32)> {
    let (from, to) = match size {
        2 if word & 0xf003 == 0x8002 && word >> 2 & 31 != 0 => (word >> 2 & 31, word >> 7 & 31),
        4 if word & 0xfff0_707f == 0x13 => (forms::base(word), forms::register(word)),
        _ => return None,
    };
    (from != 0 && to != 0).then_some((from, to))
}

/// The basic blocks of a function. The entries of a table belong to the block of the jump before it.
struct Blocks {
    /// First item of each, in order.
    starts: Vec<usize>,
    /// The blocks that follow each.
    next: Vec<Vec<usize>>,
    /// How many items there are.
    end: usize,
}

impl Blocks {
    fn of(code: &Code<'_>) -> Self {
        let mut is_start = code.starts();
        for (number, item) in code.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
            is_start[number + 1] |= matches!(item.kind, Kind::Branch { .. }) && !code.is_entry(number + 1);
        }
        let starts = (0..code.items.len()).filter(|&number| is_start[number]).collect();
        let mut blocks = Self { starts, next: Vec::new(), end: code.items.len() };
        blocks.next = (0..blocks.starts.len()).map(|block| blocks.successors(code, block)).collect();
        blocks
    }

    /// The block that an item is in.
    fn with(&self, number: usize) -> usize {
        self.starts.partition_point(|&start| start <= number) - 1
    }

    fn items(&self, block: usize) -> Range<usize> {
        self.starts[block]..self.starts.get(block + 1).copied().unwrap_or(self.end)
    }

    fn successors(&self, code: &Code<'_>, block: usize) -> Vec<usize> {
        let items = self.items(block);
        let there = code.items[items.clone()].iter().filter(|item| !item.is_gone);
        let ends = there.clone().next_back().is_some_and(|item| item.ends) || items.end == self.end;
        let targets = there.filter_map(Item::leads_to).map(|target| self.with(target));
        targets.chain((!ends).then_some(block + 1)).collect()
    }
}
