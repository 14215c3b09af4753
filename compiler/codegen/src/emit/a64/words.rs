//! What several rules ask of an instruction.

use super::code::{Code, Item};
use super::effects::{self, Convention, Set, bit};
use super::forms::{self, Kind, SHIFTS};

pub(super) const ZERO: u32 = 31;

/// `Rd` or `Rt`.
pub(super) fn rd(word: u32) -> u32 {
    word & 31
}

/// `Rn`.
pub(super) fn rn(word: u32) -> u32 {
    word >> 5 & 31
}

/// `Rm`.
pub(super) fn rm(word: u32) -> u32 {
    word >> 16 & 31
}

/// Whether an instruction works on 64 bits.
pub(super) fn is_wide(word: u32) -> bool {
    word >> 31 == 1
}

/// The registers that a copy of an integer register copies from and to, if it copies all 64 bits.
pub(super) fn copy(word: u32) -> Option<(u32, u32)> {
    let is_copy = word & 0xffe0_ffe0 == 0xaa00_03e0 && rm(word) != ZERO && rd(word) != ZERO;
    is_copy.then(|| (rm(word), rd(word)))
}

/// A copy of an integer register.
pub(super) fn copying(from: u32, to: u32) -> u32 {
    0xaa00_03e0 | from << 16 | to
}

/// Whether an item changes nothing but registers and flags.
pub(super) fn is_pure(item: &Item) -> bool {
    item.is_there() && item.form.kind == Kind::Plain && !item.form.is_vague && item.relocation.is_none()
}

/// The only register that an item writes, where that is an integer register and it changes nothing else.
pub(super) fn made_by(item: &Item) -> Option<u32> {
    let is_one = is_pure(item) && item.form.defs == 1 && item.form.vector & 1 == 0 && !item.form.writes_flags;
    let register = rd(item.word);
    (is_one && item.effects.writes == bit(register) && !is_special(register)).then_some(register)
}

/// Whether no rule is to touch a register: the frame's, or none that is followed.
pub(super) fn is_special(register: u32) -> bool {
    bit(register) & effects::FRAME != 0 || register == 18
}

/// The word with another register wherever it reads `from`; `None` where it is not known to read it there alone.
pub(super) fn reading(word: u32, from: u32, to: u32) -> Option<u32> {
    let form = forms::form(word)?;
    let mut renamed = word;
    for (place, shift) in SHIFTS.iter().enumerate().map(|(place, &shift)| (1u8 << place, shift)) {
        let is_integer = form.uses & place != 0 && form.vector & place == 0;
        if is_integer && word >> shift & 31 == from {
            if form.defs & place != 0 {
                return None;
            }
            renamed = renamed & !(31 << shift) | to << shift;
        }
    }
    let reads = effects::effects(renamed, &form, false, &Convention::ANY).reads;
    (reads & bit(from) == 0).then_some(renamed)
}

/// Where a value that `number` makes in `register` is taken, if in one place alone, in the same block: no other
/// instruction up to there reads or writes the register, nothing changes any of `kept` meanwhile, and nothing needs it
/// afterwards. `end` is where the block ends.
pub(super) fn only_use(
    code: &Code<'_>,
    after: &[Set],
    number: usize,
    end: usize,
    register: u32,
    kept: Set,
) -> Option<usize> {
    for (next, item) in code.items.iter().enumerate().take(end).skip(number + 1) {
        if item.is_gone {
            continue;
        }
        if item.effects.reads & bit(register) != 0 {
            let is_last = after[next] & bit(register) == 0 || item.effects.kills & bit(register) != 0;
            return is_last.then_some(next);
        }
        if item.effects.writes & (bit(register) | kept) != 0 || item.is_data {
            return None;
        }
    }
    None
}

/// Notes that `set` is needed from after `from` until `to`.
pub(super) fn need(after: &mut [Set], from: usize, to: usize, set: Set) {
    after[from..to].iter_mut().for_each(|needed| *needed |= set);
}
