//! Slots of the frame: what a register holds already is not loaded again.
//!
//! ```text
//! sd a0, 8(sp) ; ... ; ld a1, 8(sp)  =>  sd a0, 8(sp) ; ... ; mv a1, a0
//! ```
//!
//! What holds at the end of all blocks that lead to one holds at its start: so a function that has more values than
//! registers does not load the same word again wherever a block begins. Functions that take the address of a slot stay
//! as they are.

use super::code::{Code, Item};
use super::forms::{self, Form};
use super::registers::{self, CLOBBERED, FP, SP};
use super::scan::Kind;
use super::steps::Step;

/// How many words of the frame are known at a time.
const KNOWN: usize = 32;

/// How often a block is looked at on average before nothing is known, so that no function takes quadratic time.
const ROUNDS: usize = 16;

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

/// Words of the frame, by their offsets from the stack pointer, and registers that hold the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known(Vec<(i32, u32)>);

impl Known {
    fn follow(&mut self, effect: Effect) {
        match effect {
            Effect::Word(Step::Load(register, offset)) => {
                self.write(1 << register);
                self.add(offset, register);
            }
            Effect::Word(Step::Save(register, offset)) => {
                self.0.retain(|&(known, _)| known + 8 <= offset || known >= offset + 8);
                self.add(offset, register);
            }
            Effect::Copy(from, to) => {
                self.write(1 << to);
                let same: Vec<i32> = self.0.iter().filter(|known| known.1 == from).map(|known| known.0).collect();
                same.into_iter().for_each(|offset| self.add(offset, to));
            }
            Effect::Writes(registers) => self.write(registers),
            Effect::Word(_) | Effect::Anything => self.0.clear(),
        }
    }

    fn write(&mut self, registers: u32) {
        self.0.retain(|&(_, register)| registers >> register & 1 == 0);
    }

    /// Registers but `x0`, which is always zero.
    fn add(&mut self, offset: i32, register: u32) {
        if register != 0 && !self.0.contains(&(offset, register)) {
            if self.0.len() == KNOWN {
                self.0.remove(0);
            }
            self.0.push((offset, register));
        }
    }

    /// A register that holds a word: `wanted`, if that does.
    fn holding(&self, offset: i32, wanted: u32) -> Option<u32> {
        let mut holding = self.0.iter().filter(|known| known.0 == offset).map(|known| known.1);
        let first = holding.clone().next();
        holding.find(|&register| register == wanted).or(first)
    }
}

/// Takes out loads of what registers hold, or has them copy it.
pub(super) fn reuse(code: &mut Code<'_>) {
    let Some(effects) = effects(code) else { return };
    let Some(at_start) = settle(code, &effects) else { return };
    let mut known = Known::default();
    for number in 0..code.items.len() {
        if let Some(start) = &at_start[number] {
            known.clone_from(start);
        }
        if code.items[number].is_gone {
            continue;
        }
        let mut effect = effects[number];
        if let Effect::Word(Step::Load(register, offset)) = effect
            && let Some(from) = known.holding(offset, register)
        {
            effect = Effect::Copy(from, register);
            let item = &mut code.items[number];
            if from == register {
                item.is_gone = true;
                continue;
            }
            let (word, size) = copying(from, register, code.extensions.compressed);
            (item.word, item.size) = (Some(word), size);
        }
        known.follow(effect);
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
    let (word, size) = match item.kind {
        Kind::Branch { .. } | Kind::Jump | Kind::Entry | Kind::Data => return Some(Effect::Writes(0)),
        Kind::Near { address, user } => {
            return Some(Effect::Writes(registers::written(address, 4) | registers::written(user, 4)));
        }
        Kind::Plain => match code.word(item) {
            Some(word) => word,
            // A call that the linker writes into.
            None => return Some(Effect::Writes(CLOBBERED)),
        },
    };
    match forms::form(word, size)? {
        Form::Call => return Some(Effect::Writes(CLOBBERED)),
        Form::Trap | Form::Indirect { .. } => return Some(Effect::Writes(0)),
        _ => {}
    }
    match Step::of(word, size) {
        Some(step @ (Step::Load(..) | Step::Save(..))) => return Some(Effect::Word(step)),
        Some(Step::Adjust(_)) => return Some(Effect::Anything),
        Some(Step::SetFrame(_)) => return Some(Effect::Writes(1 << FP)),
        None => {}
    }
    let is_frame = registers::named(word, size)? & (1 << SP | 1 << FP) != 0;
    match (is_frame, access(word, size)) {
        (true, Some(true)) => Some(Effect::Anything),
        // An address of the frame.
        (true, None) if names_stack_pointer(word, size) => None,
        _ => Some(
            copy(word, size)
                .map_or_else(|| Effect::Writes(registers::written(word, size)), |(from, to)| Effect::Copy(from, to)),
        ),
    }
}

/// Whether an instruction stores by a base, or loads.
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

fn names_stack_pointer(word: u32, size: u32) -> bool {
    registers::named(word, size).is_none_or(|named| named >> SP & 1 == 1)
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

/// `mv`, and the bytes that it has.
fn copying(from: u32, to: u32, compressed: bool) -> (u32, u32) {
    if compressed { (0x8002 | to << 7 | from << 2, 2) } else { (0x13 | to << 7 | from << 15, 4) }
}

/// What is known at the start of each block, by the number of its first item.
fn settle(code: &Code<'_>, effects: &[Effect]) -> Option<Vec<Option<Known>>> {
    let count = code.items.len();
    let mut is_start = vec![false; count + 1];
    for (number, item) in code.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
        is_start[number + 1] |= item.ends || matches!(item.kind, Kind::Branch { .. });
        if let (Some(target), false) = (item.target, matches!(item.kind, Kind::Near { .. })) {
            is_start[target] = true;
        }
    }
    let mut at_start: Vec<Option<Known>> = vec![None; count];
    let mut waiting: Vec<usize> = Vec::new();
    for &entry in &code.entries {
        is_start[entry] = true;
        at_start[entry] = Some(Known::default());
        waiting.push(entry);
    }
    let mut left = ROUNDS * is_start.iter().filter(|&&is_start| is_start).count();
    while let Some(start) = waiting.pop() {
        left = left.checked_sub(1)?;
        let mut known = at_start[start].clone()?;
        let mut reached = Vec::new();
        let mut number = start;
        loop {
            let item = code.items.get(number)?;
            if !item.is_gone {
                known.follow(effects[number]);
                if !matches!(item.kind, Kind::Near { .. }) {
                    reached.extend(item.target);
                }
                // Entries of a table follow its head.
                let is_entry = code.items.get(number + 1).is_some_and(|next| next.kind == Kind::Entry);
                if item.ends && !is_entry {
                    break;
                }
            }
            number += 1;
            if is_start[number] && !(code.items.get(number)?.kind == Kind::Entry) {
                reached.push(number);
                break;
            }
        }
        for next in reached {
            let met = match &at_start[next] {
                None => known.clone(),
                Some(before) => Known(before.0.iter().copied().filter(|pair| known.0.contains(pair)).collect()),
            };
            if at_start[next].as_ref() != Some(&met) {
                at_start[next] = Some(met);
                waiting.push(next);
            }
        }
    }
    for (known, is_start) in at_start.iter_mut().zip(is_start) {
        *known = known.take().or_else(|| is_start.then(Known::default));
    }
    Some(at_start)
}
