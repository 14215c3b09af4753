//! What is added where a condition holds.
//!
//! ```text
//! cset x0, ne ; add w1, w2, w0, uxtb  =>  cinc w1, w2, ne
//! ```

use super::code::Code;
use super::effects::{FLAGS, Set};
use super::liveness::Blocks;
use super::words::{ZERO, made_by, need, only_use, rd, rm, rn};

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
    let other = match word {
        // add d, n, m
        _ if word & 0x7fe0_fc00 == 0x0b00_0000 && rm(word) == set => rn(word),
        _ if word & 0x7fe0_fc00 == 0x0b00_0000 => rm(word),
        // add d, n, m, uxtb and the like, where number 31 is the stack pointer
        _ if word & 0x7fe0_9c00 == 0x0b20_0000 && rm(word) == set && rn(word) != ZERO && rd(word) != ZERO => rn(word),
        _ => return None,
    };
    if !sum.is_plain() || other == set {
        return None;
    }
    let incremented = word & 0x8000_0000 | 0x1a80_0400 | other << 16 | condition | other << 5 | rd(word);
    code.replace(user, incremented)?;
    code.drop(number);
    need(after, number, user, FLAGS);
    Some(())
}
