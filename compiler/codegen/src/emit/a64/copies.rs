//! Copies of registers that need not be.
//!
//! - What is made in one register and copied to another is made there:
//!   `add w0, w1, #1 ; ... ; mov x1, x0  =>  add w1, w1, #1`, as early or as late as nothing else minds.
//! - What takes a copy takes the original: `mov x0, x1 ; str w0, [x2]  =>  str w1, [x2]`.
//!
//! All in one block.

use super::code::{Code, Item};
use super::effects::{Set, bit};
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{copy, is_pure, is_special, made_by, need, rd, reading};
use std::ops::Range;

/// Instructions that are looked at before or behind a copy.
const WINDOW: usize = 64;

/// A copy, and where its block begins and ends.
struct Copy {
    number: usize,
    from: u32,
    to: u32,
    block: Range<usize>,
}

pub(super) fn join(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        for number in block.clone() {
            let item = &code.items[number];
            let Some((from, to)) = copy(item.word).filter(|_| item.is_plain()) else { continue };
            if from == to {
                code.drop(number);
            } else if !is_special(from) && !is_special(to) {
                let copy = Copy { number, from, to, block: block.clone() };
                let _ = make_there(code, after, &copy)
                    .or_else(|| make_late(code, after, &copy))
                    .or_else(|| take_original(code, after, &copy));
            }
        }
    }
}

/// The instruction that makes what is copied, if that is not needed after the copy.
fn maker(code: &Code<'_>, after: &[Set], copy: &Copy) -> Option<usize> {
    let mut before = (copy.block.start.max(copy.number.saturating_sub(WINDOW))..copy.number).rev();
    let maker = before.find(|&number| code.items[number].effects.writes & bit(copy.from) != 0)?;
    (after[copy.number] & bit(copy.from) == 0).then_some(maker)
}

/// The maker writes the copy's register, and what takes the value meanwhile takes it from there.
fn make_there(code: &mut Code<'_>, after: &mut [Set], copy: &Copy) -> Option<()> {
    let maker = maker(code, after, copy)?;
    let item = code.items[maker];
    let loads = item.form.kind == Kind::Access && item.form.defs == 1 && item.form.vector & 1 == 0 && item.is_plain();
    let is_of_one = made_by(&item).is_some() || loads && rd(item.word) == copy.from;
    // An instruction that also reads its destination keeps some of it.
    if !is_of_one || item.form.uses & 1 != 0 || !item.is_plain() {
        return None;
    }
    let mut changed = vec![(maker, item.word & !31 | copy.to)];
    for number in maker + 1..copy.number {
        let item = &code.items[number];
        if item.is_gone {
            continue;
        }
        if (item.effects.reads | item.effects.writes) & bit(copy.to) != 0 {
            return None;
        }
        if item.effects.reads & bit(copy.from) != 0 {
            changed.push((number, renamed(item, copy.from, copy.to)?));
        }
    }
    for (number, word) in changed {
        code.replace(number, word)?;
    }
    code.drop(copy.number);
    need(after, maker, copy.number, bit(copy.to));
    Some(())
}

/// The maker comes in place of the copy.
fn make_late(code: &mut Code<'_>, after: &mut [Set], copy: &Copy) -> Option<()> {
    let maker = maker(code, after, copy)?;
    let item = code.items[maker];
    let is_late = is_pure(&item) && made_by(&item) == Some(copy.from) && item.form.uses & 1 == 0 && item.is_plain();
    let sources = item.effects.reads;
    let is_kept = (maker + 1..copy.number).all(|number| {
        let effects = &code.items[number].effects;
        effects.reads & bit(copy.from) == 0 && effects.writes & sources == 0
    });
    if !is_late || !is_kept || sources & bit(copy.from) != 0 {
        return None;
    }
    code.replace(copy.number, item.word & !31 | copy.to)?;
    code.drop(maker);
    need(after, maker, copy.number, sources);
    Some(())
}

/// All that take the copy take the original, as long as it is the same.
fn take_original(code: &mut Code<'_>, after: &mut [Set], copy: &Copy) -> Option<()> {
    let mut changed = Vec::new();
    let (mut last, mut is_same) = (copy.number, true);
    let mut is_done = after[copy.number] & bit(copy.to) == 0;
    for (number, item) in code.items.iter().enumerate().take(copy.block.end).skip(copy.number + 1) {
        if is_done || changed.len() > WINDOW {
            break;
        }
        if item.effects.reads & bit(copy.to) != 0 {
            changed.push((number, renamed(item, copy.to, copy.from).filter(|_| is_same)?));
            last = number;
        }
        is_done = item.effects.kills & bit(copy.to) != 0 || !item.is_gone && after[number] & bit(copy.to) == 0;
        is_same &= item.effects.writes & bit(copy.from) == 0;
        if !is_done && item.effects.writes & bit(copy.to) != 0 {
            return None;
        }
    }
    if !is_done {
        return None;
    }
    for (number, word) in changed {
        code.replace(number, word)?;
    }
    code.drop(copy.number);
    need(after, copy.number, last, bit(copy.from));
    Some(())
}

/// The word for an item that reads another register instead of one; `None` where it may read that for reasons that its
/// word does not say.
fn renamed(item: &Item, from: u32, to: u32) -> Option<u32> {
    let is_said = matches!(item.form.kind, Kind::Plain | Kind::Access | Kind::Branch) && item.relocation.is_none();
    reading(item.word, from, to).filter(|_| is_said)
}
