//! Extensions and zeroes as part of the operand that takes them.
//!
//! ```text
//! and w2, w1, #0xff ; cmp w0, w2    =>  cmp w0, w1, uxtb
//! mov w0, #0 ; csel x1, x0, x2, hi  =>  csel x1, xzr, x2, hi
//! ```

use super::code::Code;
use super::effects::{Set, bit};
use super::liveness::Blocks;
use super::words::{ZERO, is_special, is_wide, made_by, need, only_use, rd, rm, rn};

pub(super) fn fold(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        for number in block.clone() {
            if extension(code, after, number, block.end).is_none() {
                let _ = zero(code, after, number, block.end);
            }
        }
    }
}

fn extension(code: &mut Code<'_>, after: &mut [Set], number: usize, end: usize) -> Option<()> {
    let item = &code.items[number];
    let made = made_by(item)?;
    let word = item.word;
    let (from, option) = extended(word)?;
    let user = only_use(code, after, number, end, made, bit(from))?;
    let taken = code.items[user].word;
    // A sum or a difference of registers as they are. In its place number 31 is the stack pointer, unless it sets
    // flags.
    let is_sum = taken & 0x1fe0_fc00 == 0x0b00_0000 && code.items[user].is_plain();
    let (is_difference, sets_flags) = (taken >> 30 & 1 == 1, taken >> 29 & 1 == 1);
    let other = match (rn(taken), rm(taken)) {
        (other, by) if by == made && other != made => other,
        (by, other) if by == made && other != made && !is_difference => other,
        _ => return None,
    };
    let is_right = other != ZERO && (sets_flags || rd(taken) != ZERO) && extends_for(option, word, taken);
    if !is_sum || !is_right {
        return None;
    }
    let changed = taken & !(31 << 16 | 31 << 5) | 1 << 21 | option << 13 | from << 16 | other << 5;
    code.replace(user, changed)?;
    code.drop(number);
    need(after, number, user, bit(from));
    Some(())
}

/// The register that an instruction extends, and how, as operands have it: 0 `uxtb`, 1 `uxth`, 2 `uxtw`, 4 `sxtb`,
/// 5 `sxth`, 6 `sxtw`.
fn extended(word: u32) -> Option<(u32, u32)> {
    let option = match word & 0xffff_fc00 {
        // uxtb and uxth, also as and with #0xff and #0xffff
        0x5300_1c00 | 0x1200_1c00 | 0x9240_1c00 => 0,
        0x5300_3c00 | 0x1200_3c00 | 0x9240_3c00 => 1,
        0x9240_7c00 | 0xd340_7c00 => 2,
        0x1300_1c00 | 0x9340_1c00 => 4,
        0x1300_3c00 | 0x9340_3c00 => 5,
        0x9340_7c00 => 6,
        _ if word & 0xffe0_ffe0 == 0x2a00_03e0 => return Some((rm(word), 2)).filter(|&(from, _)| is_usable(from)),
        _ => return None,
    };
    Some((rn(word), option)).filter(|&(from, _)| is_usable(from))
}

fn is_usable(register: u32) -> bool {
    register != ZERO && !is_special(register)
}

/// Whether `taken` gets the same by extending its operand so as by what `word` makes of it.
fn extends_for(option: u32, word: u32, taken: u32) -> bool {
    match option {
        // What clears the upper half, too.
        0 | 1 => true,
        2 | 6 => is_wide(taken),
        _ => is_wide(word) || !is_wide(taken),
    }
}

/// Has a selection or a store take the register that is always zero.
fn zero(code: &mut Code<'_>, after: &mut [Set], number: usize, end: usize) -> Option<()> {
    let item = &code.items[number];
    let made = made_by(item).filter(|_| item.word & 0x7fff_ffe0 == 0x5280_0000)?;
    let user = only_use(code, after, number, end, made, 0)?;
    let word = code.items[user].word;
    let is_there = code.items[user].is_plain();
    let changed = match (rn(word) == made, rm(word) == made, rd(word) == made) {
        (left, right, _) if is_there && word & 0x1fe0_0000 == 0x1a80_0000 => {
            let right = if right { ZERO << 16 } else { rm(word) << 16 };
            let left = if left { ZERO << 5 } else { rn(word) << 5 };
            word & !(31 << 16 | 31 << 5) | left | right
        }
        (false, false, true) if is_there && is_store(word) => word | ZERO,
        _ => return None,
    };
    code.replace(user, changed)?;
    code.drop(number);
    Some(())
}

/// Whether an instruction stores an integer register, by a base and a constant.
fn is_store(word: u32) -> bool {
    word & 0x3fc0_0000 == 0x3900_0000 || word & 0x3fe0_0c00 == 0x3800_0000
}

#[cfg(test)]
mod tests {
    use crate::emit::a64::tests::{Example, check};

    /// Assembled by `llvm-mc` from the text above each; where there is one line of it, nothing changes.
    const EXAMPLES: &[Example] = &[
        // and w2, w1, #0xff; cmp w0, w2; b.ne .+8; ret; ret
        // => cmp w0, w1, uxtb; b.ne .+8; ret; ret
        Example {
            fact: "a byte that is compared",
            before: &[0x1200_1c22, 0x6b02_001f, 0x5400_0041, 0xd65f_03c0, 0xd65f_03c0],
            after: &[0x6b21_001f, 0x5400_0041, 0xd65f_03c0, 0xd65f_03c0],
        },
        // sxtw x2, w1; add x0, x3, x2; ret
        // => add x0, x3, w1, sxtw; ret
        Example {
            fact: "an index that is added to an address",
            before: &[0x9340_7c22, 0x8b02_0060, 0xd65f_03c0],
            after: &[0x8b21_c060, 0xd65f_03c0],
        },
        // sxtb w2, w1; add x0, x3, x2; ret
        Example {
            fact: "whose sum is extended itself",
            before: &[0x1300_1c22, 0x8b02_0060, 0xd65f_03c0],
            after: &[0x1300_1c22, 0x8b02_0060, 0xd65f_03c0],
        },
        // and w2, w1, #0xff; add w0, w2, w2; ret
        Example {
            fact: "a byte that is added twice",
            before: &[0x1200_1c22, 0x0b02_0040, 0xd65f_03c0],
            after: &[0x1200_1c22, 0x0b02_0040, 0xd65f_03c0],
        },
        // and w2, w1, #0xff; subs w0, w2, w3; ret
        Example {
            fact: "a byte that is subtracted from",
            before: &[0x1200_1c22, 0x6b03_0040, 0xd65f_03c0],
            after: &[0x1200_1c22, 0x6b03_0040, 0xd65f_03c0],
        },
        // and w2, w1, #0xff; add w1, w1, #1; add w0, w0, w2; str w1, [x5]; ret
        Example {
            fact: "a byte that is added after its register was written",
            before: &[0x1200_1c22, 0x1100_0421, 0x0b02_0000, 0xb900_00a1, 0xd65f_03c0],
            after: &[0x1200_1c22, 0x1100_0421, 0x0b02_0000, 0xb900_00a1, 0xd65f_03c0],
        },
        // movz w2, #0; cmp w0, w1; csel x0, x2, x3, hi; ret
        // => cmp w0, w1; csel x0, xzr, x3, hi; ret
        Example {
            fact: "a zero that is selected",
            before: &[0x5280_0002, 0x6b01_001f, 0x9a83_8040, 0xd65f_03c0],
            after: &[0x6b01_001f, 0x9a83_83e0, 0xd65f_03c0],
        },
        // movz w2, #0; str w2, [x0, #8]; ret
        // => str wzr, [x0, #8]; ret
        Example {
            fact: "a zero that is stored",
            before: &[0x5280_0002, 0xb900_0802, 0xd65f_03c0],
            after: &[0xb900_081f, 0xd65f_03c0],
        },
        // movz w2, #0; str w2, [x2]; ret
        Example {
            fact: "a zero that is an address",
            before: &[0x5280_0002, 0xb900_0042, 0xd65f_03c0],
            after: &[0x5280_0002, 0xb900_0042, 0xd65f_03c0],
        },
    ];

    #[test]
    fn operands_are_taken_as_they_can_be() {
        check(EXAMPLES);
    }
}
