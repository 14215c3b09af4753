//! What is computed again, while the result of the first time is still there: Cranelift makes what takes one
//! instruction anew in each block.
//!
//! ```text
//! and w0, w1, #15 ; cbz w0, 1f ; and w0, w1, #15  =>  and w0, w1, #15 ; cbz w0, 1f
//! ```

use super::code::{Code, Item};
use super::forms::Kind;

/// How many results are remembered at once.
const MAX_MADE: usize = 24;

/// Takes out what is computed again, as far as control comes from the instruction before.
pub(super) fn remove(code: &mut Code<'_>) {
    let mut made: Vec<usize> = Vec::new();
    for number in 0..code.items.len() {
        let item = code.items[number];
        if item.is_reached || item.is_data {
            made.clear();
        }
        if !item.is_there() {
            continue;
        }
        let is_computed = is_computed(&item);
        if is_computed && made.iter().any(|&before| code.items[before].word == item.word) {
            code.drop(number);
            continue;
        }
        made.retain(|&before| {
            let effects = code.items[before].effects;
            item.effects.writes & (effects.reads | effects.writes) == 0
        });
        if is_computed && item.effects.reads & item.effects.writes == 0 && made.len() < MAX_MADE {
            made.push(number);
        }
    }
}

/// Whether an instruction makes the same of the same registers each time.
fn is_computed(item: &Item) -> bool {
    item.is_plain() && item.form.kind == Kind::Plain && !item.form.is_vague && !item.can_trap
}
