//! Branches that look at one bit.
//!
//! ```text
//! cmp w0, #0 ; b.ge 1f   =>  tbz w0, #31, 1f
//! cmp w0, #0 ; b.eq 1f   =>  cbz w0, 1f
//! tst w0, #8 ; b.eq 1f   =>  tbz w0, #3, 1f
//! ```

use super::code::Code;
use super::effects::{FLAGS, Set, bit};
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{ZERO, is_wide, need, rd, rn};

/// Instructions that a branch at a bit reaches, and some that are not needed.
const REACH: usize = 8000;

pub(super) fn fold(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        let last = block.clone().rev().find(|&number| code.items[number].is_there());
        if let Some(last) = last {
            let _ = at(code, after, block.start, last);
        }
    }
}

fn at(code: &mut Code<'_>, after: &mut [Set], start: usize, branch: usize) -> Option<()> {
    let item = code.items[branch];
    let target = item.target.filter(|_| item.form.kind == Kind::Branch && item.form.reads_flags)?;
    let is_last = after[branch] & FLAGS == 0;
    // Nothing else looks at the flags.
    let number = (start..branch).rev().find(|&number| code.items[number].effects.writes & FLAGS != 0)?;
    let is_only = (number + 1..branch).all(|number| code.items[number].effects.reads & FLAGS == 0);
    let compared = code.items[number];
    let register = rn(compared.word);
    let is_kept = (number + 1..branch).all(|number| code.items[number].effects.writes & bit(register) == 0);
    if !is_last || !is_only || !is_kept || register == ZERO || rd(compared.word) != ZERO || !compared.is_plain() {
        return None;
    }
    let word = shorter(compared.word, item.word & 15)?;
    if word & 0x7e00_0000 == 0x3600_0000 && target.abs_diff(branch) > REACH {
        return None;
    }
    code.replace(branch, word | register)?;
    code.drop(number);
    need(after, number, branch, bit(register));
    Some(())
}

/// The branch for a comparison and a condition, but for its register and distance.
fn shorter(compared: u32, condition: u32) -> Option<u32> {
    let size = compared & 0x8000_0000;
    let sign = if is_wide(compared) { 63 } else { 31 };
    match compared & 0x7fff_fc1f {
        // cmp n, #0: the sign is all that `lt` looks at, as nothing overflows.
        0x7100_001f => match condition {
            0 | 1 => Some(size | 0x3400_0000 | condition << 24),
            4 | 11 => Some(at_bit(sign, 1)),
            5 | 10 => Some(at_bit(sign, 0)),
            _ => None,
        },
        // tst n, #(1 << bit)
        _ if compared & 0x7f80_fc1f == 0x7200_001f && compared >> 22 & 1 == compared >> 31 && condition < 2 => {
            let bit = (sign + 1 - (compared >> 16 & 63)) & sign;
            Some(at_bit(bit, condition))
        }
        _ => None,
    }
}

/// `tbz` or, if `is_set`, `tbnz`.
fn at_bit(bit: u32, is_set: u32) -> u32 {
    bit >> 5 << 31 | 0x3600_0000 | is_set << 24 | (bit & 31) << 19
}
