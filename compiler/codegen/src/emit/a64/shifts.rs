//! Shifts and rotations as part of the operand that takes them.
//!
//! ```text
//! ror w0, w1, #6 ; eor w2, w3, w0  =>  eor w2, w3, w1, ror #6
//! ```

use super::code::Code;
use super::effects::{Set, bit};
use super::liveness::Blocks;
use super::words::{ZERO, is_special, is_wide, made_by, need, only_use, rm, rn};

pub(super) fn fold(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        for number in block.clone() {
            let _ = at(code, after, number, block.end);
        }
    }
}

fn at(code: &mut Code<'_>, after: &mut [Set], number: usize, end: usize) -> Option<()> {
    let item = &code.items[number];
    let shifted = made_by(item)?;
    let word = item.word;
    let shift = shift(word)?;
    let user = only_use(code, after, number, end, shifted, bit(shift.of))?;
    let taken = code.items[user].word;
    let operand = operand(taken, shifted, shift.kind).filter(|_| code.items[user].is_plain())?;
    if is_wide(word) != is_wide(taken) {
        return None;
    }
    let word = taken & !(31 << 16 | 31 << 5) | operand << 5 | shift.of << 16 | shift.kind << 22 | shift.amount << 10;
    code.replace(user, word)?;
    code.drop(number);
    need(after, number, user, bit(shift.of));
    Some(())
}

struct Shift {
    of: u32,
    /// As operands have it: 0 `lsl`, 1 `lsr`, 2 `asr`, 3 `ror`.
    kind: u32,
    amount: u32,
}

/// What a shift by a constant is of, and how far.
fn shift(word: u32) -> Option<Shift> {
    let last = if is_wide(word) { 63 } else { 31 };
    let (immr, imms) = (word >> 16 & 63, word >> 10 & 63);
    let (of, kind, amount) = match word & 0x7f80_0000 {
        0x5300_0000 if imms == last => (rn(word), 1, immr),
        0x5300_0000 if imms + 1 == immr => (rn(word), 0, last - imms),
        0x1300_0000 if imms == last => (rn(word), 2, immr),
        0x1380_0000 if rn(word) == rm(word) => (rn(word), 3, imms),
        _ => return None,
    };
    (of != ZERO && !is_special(of) && amount != 0).then_some(Shift { of, kind, amount })
}

/// The other operand of an instruction that takes `register` as it is and could take it shifted.
fn operand(word: u32, register: u32, kind: u32) -> Option<u32> {
    let is_logical = word & 0x1fc0_fc00 == 0x0a00_0000;
    let is_sum = word & 0x1fe0_fc00 == 0x0b00_0000 && kind != 3;
    let is_inverted = word >> 21 & 1 == 1;
    // `sub`, `bic` and the like tell their operands apart.
    let is_symmetric = if is_logical { !is_inverted } else { word >> 30 & 1 == 0 };
    match (rn(word), rm(word)) {
        _ if !is_logical && !is_sum => None,
        (other, taken) if taken == register && other != register => Some(other),
        (taken, other) if taken == register && other != register && is_symmetric => Some(other),
        _ => None,
    }
}
