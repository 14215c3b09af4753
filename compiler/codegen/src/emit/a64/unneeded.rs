//! Takes out instructions whose results nothing needs.

use super::code::Code;
use super::effects::{FRAME, Set};
use super::liveness::Blocks;
use super::words::is_pure;

pub(super) fn remove(code: &mut Code<'_>, flow: &Blocks, after: &[Set]) {
    for block in flow.all() {
        let Some(last) = block.clone().next_back() else { continue };
        let mut needed = after[last];
        for number in block.rev() {
            let item = &code.items[number];
            let effects = item.effects;
            let is_unneeded = effects.writes != 0 && effects.writes & (needed | FRAME) == 0;
            if is_pure(item) && is_unneeded && !item.can_trap && item.target.is_none() {
                code.drop(number);
                continue;
            }
            needed = needed & !effects.kills | effects.reads;
        }
    }
}
