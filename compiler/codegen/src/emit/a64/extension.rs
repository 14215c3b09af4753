//! What is zero-extended already: `cset` and loads of bytes leave nothing to clear, and whatever writes a register's
//! lower half clears the upper one.
//!
//! ```text
//! cset x0, eq ; uxtb w0, w0  =>  cset x0, eq
//! ldr w0, [x1] ; mov w2, w0  =>  ldr w0, [x1] ; mov x2, x0
//! ```
//!
//! An addition of zero is taken for an extension, too. The copy is left to other rules, which may join its registers.

use super::code::{Code, Item};
use super::effects::bit;
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{ZERO, copy, copying, is_special, is_wide, rd, rm, rn};

/// How many low bits of each register may be set.
type Widths = [u32; 31];

pub(super) fn remove(code: &mut Code<'_>, flow: &Blocks) {
    for block in flow.all() {
        let mut widths: Widths = [64; 31];
        for number in block {
            let item = code.items[number];
            if !item.is_there() {
                continue;
            }
            if let Some((from, bits)) = extension(item.word)
                && widths[from as usize] <= bits
                && item.is_plain()
                && !is_special(rd(item.word))
            {
                if from == rd(item.word) {
                    code.drop(number);
                    continue;
                }
                let _ = code.replace(number, copying(from, rd(item.word)));
            }
            update(&mut widths, &code.items[number]);
        }
    }
}

/// The register that an instruction extends with zeroes, and from how many bits.
fn extension(word: u32) -> Option<(u32, u32)> {
    let of_field = match word & 0xffff_fc00 {
        // uxtb, and with #0xff, uxth, lsr x, x, #0 of 32 bits
        0x5300_1c00 | 0x1200_1c00 | 0xd340_1c00 | 0x9240_1c00 => Some(8),
        0x5300_3c00 | 0x1200_3c00 | 0xd340_3c00 | 0x9240_3c00 => Some(16),
        0xd340_7c00 | 0x9240_7c00 => Some(32),
        // and with #1
        0x1200_0000 | 0x9240_0000 => Some(1),
        _ => None,
    };
    let is_move = word & 0xffe0_ffe0 == 0x2a00_03e0;
    let adds_nothing = word & 0xffff_fc00 == 0x9100_0000;
    let extension = match of_field {
        Some(bits) => (rn(word), bits),
        None if adds_nothing => (rn(word), 64),
        None if is_move => (rm(word), 32),
        None => return None,
    };
    (extension.0 != ZERO && rd(word) != ZERO).then_some(extension)
}

fn update(widths: &mut Widths, item: &Item) {
    let width = match copy(item.word) {
        Some((from, _)) => widths[from as usize],
        None => width(item),
    };
    for register in 0..31 {
        if item.effects.writes & bit(register) != 0 {
            widths[register as usize] = if register == rd(item.word) { width } else { 64 };
        }
    }
}

/// How many low bits of what an instruction writes to `Rd` may be set.
fn width(item: &Item) -> u32 {
    let word = item.word;
    if item.form.is_vague || item.form.vector & 1 != 0 || item.form.defs & 1 == 0 {
        return 64;
    }
    match item.form.kind {
        Kind::Plain if word & 0x7fff_0fe0 == 0x1a9f_07e0 => 1,
        Kind::Plain => match extension(word) {
            Some((_, bits)) => bits,
            None if is_wide(word) || word & 0x1f00_0000 == 0x1000_0000 => 64,
            None => 32,
        },
        // Loads of one register, unless they extend with the sign; a pair's first is not its last.
        Kind::Access if word & 0x3a00_0000 == 0x3800_0000 && word >> 22 & 3 == 1 && word >> 30 < 3 => 8 << (word >> 30),
        _ => 64,
    }
}
