//! Pointers that an access steps. Accesses between it and the addition get other offsets. What faults does so before
//! the pointer has changed, and nothing looks at it then. No call lies between: a collection takes registers for
//! references, and one beyond an object would keep another.
//!
//! ```text
//! ldr w0, [x1] ; ldr w2, [x1, #4] ; add x1, x1, #8  =>  ldr w0, [x1], #8 ; ldr w2, [x1, #-4]
//! add x1, x1, #8 ; ldr w0, [x1]                     =>  ldr w0, [x1, #8]!
//! ```

use super::accesses::Access;
use super::code::{Code, Item};
use super::effects::bit;
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{ZERO, is_special, rd, rn};
use std::ops::Range;

/// Instructions that are looked at on either side of an addition.
const WINDOW: usize = 64;

pub(super) fn join(code: &mut Code<'_>, flow: &Blocks) {
    for block in flow.all() {
        for number in block.clone() {
            if let Some((register, step)) = step(&code.items[number]) {
                let _ = before(code, number, block.start, register, step)
                    .or_else(|| behind(code, number, &block, register, step));
            }
        }
    }
}

/// What an instruction adds to which register.
fn step(item: &Item) -> Option<(u32, i32)> {
    let word = item.word;
    let amount = (word >> 10 & 0xfff) as i32;
    let sign = match word & 0xffc0_0000 {
        0x9100_0000 => 1,
        0xd100_0000 => -1,
        _ => return None,
    };
    let register = rd(word);
    let is_step = item.is_plain() && register == rn(word) && register != ZERO && !is_special(register);
    (is_step && amount != 0 && amount < 256).then_some((register, sign * amount))
}

/// An access before the addition steps the pointer: the last that can.
fn before(code: &mut Code<'_>, number: usize, start: usize, register: u32, step: i32) -> Option<()> {
    let mut changed = Vec::new();
    for at in (start.max(number.saturating_sub(WINDOW))..number).rev() {
        let item = code.items[at];
        if item.form.kind == Kind::Call {
            return None;
        }
        if item.is_gone || (item.effects.reads | item.effects.writes) & bit(register) == 0 {
            continue;
        }
        let access = Access::of(&item).filter(|access| access.base == register && !access.takes_base())?;
        let stepping = match access.offset {
            0 => access.after_step(step),
            offset if offset == step => access.before_step(step),
            _ => None,
        };
        if let Some(word) = stepping {
            return apply(code, number, at, word, &changed);
        }
        changed.push((at, access.with_offset(access.offset - step)?));
    }
    None
}

/// The first access behind the addition steps the pointer.
fn behind(code: &mut Code<'_>, number: usize, block: &Range<usize>, register: u32, step: i32) -> Option<()> {
    let user = (number + 1..block.end.min(number + WINDOW))
        .find(|&at| (code.items[at].effects.reads | code.items[at].effects.writes) & bit(register) != 0)?;
    if code.items[number..user].iter().any(|item| item.form.kind == Kind::Call) {
        return None;
    }
    let access = Access::of(&code.items[user]).filter(|access| access.base == register && !access.takes_base())?;
    let word = match access.offset {
        0 => access.before_step(step),
        offset if offset == -step => access.after_step(step),
        _ => None,
    };
    apply(code, number, user, word?, &[])
}

fn apply(code: &mut Code<'_>, addition: usize, at: usize, word: u32, changed: &[(usize, u32)]) -> Option<()> {
    code.replace(at, word)?;
    for &(at, word) in changed {
        code.replace(at, word)?;
    }
    code.drop(addition);
    Some(())
}
