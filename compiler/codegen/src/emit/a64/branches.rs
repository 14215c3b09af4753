//! Two branches in place of one, as a block is left over between them. In loops, what the next turn needs in other
//! registers is copied there: where the copies do no harm after the loop, they go before the first branch.
//! The second is then the only one.
//!
//! ```text
//! b.eq near ; b far ; near:                  =>  b.ne far ; near:
//! b.eq exit ; mov x0, x1 ; b header ; exit:  =>  mov x0, x1 ; b.ne header ; exit:
//! ```

use super::code::Code;
use super::effects::Set;
use super::forms::Kind;
use super::liveness;
use super::words::copy;

/// Copies that one turn more or less makes no difference for.
const MAX_COPIES: usize = 8;

/// Instructions that a branch at a bit reaches, and some that are not needed.
const REACH: usize = 8000;

/// Inverts the first of two branches.
pub(super) fn invert(code: &mut Code<'_>, after: &[Set]) {
    for number in 0..code.items.len() {
        let item = &code.items[number];
        if item.is_there() && item.form.kind == Kind::Branch {
            let _ = at(code, after, number);
        }
    }
}

fn at(code: &mut Code<'_>, after: &[Set], first: usize) -> Option<()> {
    let branch = code.items[first];
    let exit = branch.target?;
    let mut written: Set = 0;
    let mut copies = 0;
    let mut second = code.next(first + 1)?;
    for _ in 0..MAX_COPIES {
        let item = &code.items[second];
        if !item.is_plain() || copy(item.word).is_none() && item.word & 0xffe0_fc00 != 0x4ea0_1c00 {
            break;
        }
        written |= item.effects.writes;
        copies += 1;
        second = code.next(second + 1)?;
    }
    // The first branch is the only way to what follows it.
    let is_reached = (first + 1..=second).any(|number| code.items[number].is_reached);
    let jump = code.items[second];
    let is_jump = jump.is_there() && jump.form.kind == Kind::Jump;
    let header = jump.target.filter(|&header| is_jump && (header <= first || copies == 0))?;
    let leads_after = code.next(second + 1)? == code.next(exit)?;
    let exit = code.next(exit).filter(|&exit| code.items[exit].is_there())?;
    let needed = liveness::before(code, exit, after[exit]) | branch.effects.reads;
    if is_reached || !leads_after || written & needed != 0 || copies > 0 && calls(code, header, first) {
        return None;
    }
    let inverted = match branch.word {
        word if word & 0xff00_0010 == 0x5400_0000 => word ^ 1,
        word if word & 0x7e00_0000 == 0x3600_0000 && first.abs_diff(header) > REACH => return None,
        word => word ^ 1 << 24,
    };
    code.replace(second, inverted)?;
    code.drop(first);
    Some(())
}

/// Whether there are calls from one item to another. A loop that calls may as well turn only once, as those do that
/// were a tail call of a function.
fn calls(code: &Code<'_>, from: usize, to: usize) -> bool {
    code.items[from..to].iter().any(|item| item.is_there() && item.form.kind == Kind::Call)
}
