//! Comparisons whose flags are there already.
//!
//! ```text
//! cmp w0, w1 ; cset x2, hi ; cmp w0, w1 ; cset x3, lo  =>  cmp w0, w1 ; cset x2, hi ; cset x3, lo
//! ```

use super::code::{Code, Item};
use super::effects::{FLAGS, Set};
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::need;

pub(super) fn reuse(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        // The comparison that has made the flags, of what the registers still hold.
        let mut made: Option<usize> = None;
        for number in block {
            let item = code.items[number];
            match made {
                Some(before) if is_comparison(&item) && code.items[before].word == item.word => {
                    code.drop(number);
                    need(after, before, number, FLAGS);
                }
                _ if is_comparison(&item) => made = Some(number),
                Some(before) if item.effects.writes & (code.items[before].effects.reads | FLAGS) != 0 => made = None,
                _ => {}
            }
        }
    }
}

/// Whether an instruction writes the flags alone, by the registers that it reads.
fn is_comparison(item: &Item) -> bool {
    item.is_plain() && item.form.kind == Kind::Plain && item.effects.writes == FLAGS && !item.form.reads_flags
}
