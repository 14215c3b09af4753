//! What is added or subtracted where a condition holds.
//!
//! ```text
//! cset x0, ne ; add w1, w2, w0, uxtb                  =>  cinc w1, w2, ne
//! cset x1, hi ; cset x0, lo ; sub w0, w1, w0, uxtb    =>  cset x1, hi ; csinv w0, w1, wzr, hs
//! ```
//!
//! The second is how orders are returned: what is one where it is greater is zero where it is less, and minus one then.

use super::code::Code;
use super::effects::{FLAGS, Set, bit};
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{ZERO, made_by, need, only_use, rd, rm, rn};

/// Instructions that are looked at before a condition.
const WINDOW: usize = 16;

pub(super) fn fold(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        for number in block.clone() {
            let _ = at(code, after, number, block.end);
        }
    }
}

fn at(code: &mut Code<'_>, after: &mut [Set], number: usize, end: usize) -> Option<()> {
    let item = &code.items[number];
    // cset d, c: csinc d, zr, zr, !c
    let set = made_by(item).filter(|_| item.word & 0x7fff_0fe0 == 0x1a9f_07e0)?;
    let condition = item.word & 0xf000;
    let user = only_use(code, after, number, end, set, FLAGS)?;
    let sum = code.items[user];
    let word = sum.word;
    let is_subtracted = word & 0x4000_0000 != 0;
    let other = match word & 0x3fe0_fc00 {
        0x0b00_0000 if rm(word) == set => rn(word),
        0x0b00_0000 if !is_subtracted => rm(word),
        // Extended by uxtb, uxth or uxtw, where number 31 is the stack pointer
        0x0b20_0000 | 0x0b20_2000 | 0x0b20_4000 if rm(word) == set && rn(word) != ZERO && rd(word) != ZERO => rn(word),
        _ => return None,
    };
    if !sum.is_plain() || other == set {
        return None;
    }
    let size = word & 0x8000_0000;
    let changed = if is_subtracted {
        let is_zero = excludes(condition >> 12 ^ 1, condition_of(code, number, user, other)?);
        is_zero.then_some(size | 0x5a80_0000 | ZERO << 16 | condition | other << 5 | rd(word))?
    } else {
        size | 0x1a80_0400 | other << 16 | condition | other << 5 | rd(word)
    };
    code.replace(user, changed)?;
    code.drop(number);
    need(after, number, user, FLAGS);
    Some(())
}

/// The condition under which `register` is one, and else zero, at `user`, if the flags are those at `number`.
fn condition_of(code: &Code<'_>, number: usize, user: usize, register: u32) -> Option<u32> {
    let start = number.saturating_sub(WINDOW);
    let maker = (start..user).rev().find(|&at| code.items[at].effects.writes & bit(register) != 0)?;
    let between = maker.min(number)..number;
    let is_straight = between.clone().all(|at| code.items[at].effects.writes & FLAGS == 0)
        && (between.start + 1..=number)
            .all(|at| !code.items[at].is_reached && code.items[at].form.kind != Kind::Branch);
    let word = code.items[maker].word;
    (is_straight && word & 0x7fff_0fe0 == 0x1a9f_07e0).then_some(word >> 12 & 15 ^ 1)
}

/// Whether one condition never holds where another does: `hi` and `lo`, `gt` and `lt` or `mi`, either way.
fn excludes(one: u32, other: u32) -> bool {
    const PAIRS: [(u32, u32); 3] = [(8, 3), (12, 11), (12, 4)];
    PAIRS.contains(&(one, other)) || PAIRS.contains(&(other, one))
}
