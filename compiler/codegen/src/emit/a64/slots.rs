//! Slots of the frame: what a register holds already is not loaded again.
//!
//! ```text
//! stur x0, [sp, #8] ; ... ; ldur x1, [sp, #8]  =>  stur x0, [sp, #8] ; ... ; mov x1, x0
//! ```

use super::accesses::Access;
use super::code::{Code, Item};
use super::effects::{FRAME, bit};
use super::forms::Kind;
use super::frames::of_frame;
use super::liveness::Blocks;
use super::scan;
use super::words::{ZERO, copy, copying};
use crate::emit::slots::{Known, settle};

/// Takes out loads of what registers hold, or has them copy it. Registers are needed longer then.
pub(super) fn reuse(code: &mut Code<'_>, flow: &Blocks) {
    let is_shared = code.items.iter().any(takes_address);
    let Some(entries) = scan::entries(code.function) else { return };
    let entries = entries.into_iter().map(|entry| flow.with(entry));
    let through = |block: usize, known: &mut Known| {
        flow.items(block).for_each(|number| follow(known, &code.items[number], is_shared));
    };
    let next = |block: usize| flow.after(block).unwrap_or_default();
    let Some(at_start) = settle(flow.all().count(), entries, through, next) else { return };
    for (block, mut known) in flow.all().zip(at_start) {
        for number in block {
            let item = code.items[number];
            let load = of_frame(&item).filter(|&access| item.is_there() && is_word(access) && access.is_plain_load());
            if let Some((access, from)) = load.and_then(|it| Some((it, known.holding(it.offset, it.register())?))) {
                if from == access.register() {
                    code.drop(number);
                } else {
                    let _ = code.replace(number, copying(from, access.register()));
                }
            }
            follow(&mut known, &code.items[number], is_shared);
        }
    }
}

/// What is known after an item, where this is known before it. `is_shared` says whether functions can know addresses of
/// slots.
fn follow(known: &mut Known, item: &Item, is_shared: bool) {
    if !item.is_there() {
        return;
    }
    known.write(|register| item.effects.writes & bit(register) != 0);
    let access = of_frame(item);
    forget(known, item, access, is_shared);
    match (access, copy(item.word)) {
        (Some(access), _) if is_word(access) && (access.is_plain_load() || access.is_store()) => {
            known.add(access.offset, access.register());
        }
        (None, Some((from, to))) if item.is_plain() => known.copy(from, to),
        _ => {}
    }
}

/// Forgets the slots that an item may write.
fn forget(known: &mut Known, item: &Item, access: Option<Access>, is_shared: bool) {
    let moves_stack = item.effects.writes & bit(31) != 0;
    match (item.form.kind, access) {
        (_, Some(access)) if access.is_store() => known.overwrite(access.offset, access.size()),
        // Addresses of slots are given to functions alone, and in pairs and from registers only the frame is stored.
        // Nothing is loaded from where arguments lie.
        (Kind::Plain | Kind::Branch | Kind::Jump, _) if !moves_stack => {}
        (Kind::Call, _) if !moves_stack && !is_shared => {}
        (Kind::Access, Some(_)) => {}
        (Kind::Access, None) if item.can_trap && !moves_stack => {}
        _ => known.clear(),
    }
}

/// Whether an access is one of eight bytes, by a register that is not always zero.
fn is_word(access: Access) -> bool {
    !access.is_vector() && access.size() == 8 && access.register() != ZERO
}

/// Whether an item puts an address of the frame into a register, other than that of the frame.
fn takes_address(item: &Item) -> bool {
    let (reads, writes) = (item.effects.reads & FRAME & !bit(30), item.effects.writes & !FRAME);
    item.is_there() && item.form.kind == Kind::Plain && reads != 0 && writes != 0
}

#[cfg(test)]
mod tests {
    use crate::emit::a64::tests::{Example, check};

    /// Assembled by `llvm-mc` from the text above each; where there is one line of it, nothing changes.
    const EXAMPLES: &[Example] = &[
        // ldur x1, [sp, #8]; cbz x0, .+8; add x1, x1, #1; ldur x2, [sp, #8]; add x0, x0, x2; str x1, [x0]; ret
        Example {
            fact: "a slot that is loaded on both sides of a branch",
            before: &[0xf840_83e1, 0xb400_0040, 0x9100_0421, 0xf840_83e2, 0x8b02_0000, 0xf900_0001, 0xd65f_03c0],
            after: &[0xf840_83e1, 0xb400_0040, 0x9100_0421, 0xf840_83e2, 0x8b02_0000, 0xf900_0001, 0xd65f_03c0],
        },
        // ldur x1, [sp, #8]; cbz x0, .+12; ldur x1, [sp, #8]; add x0, x0, x1; str x1, [x0]; ret
        // => ldur x1, [sp, #8]; cbz x0, .+8; add x0, x0, x1; str x1, [x0]; ret
        Example {
            fact: "a slot that a register holds in the next block",
            before: &[0xf840_83e1, 0xb400_0060, 0xf840_83e1, 0x8b01_0000, 0xf900_0001, 0xd65f_03c0],
            after: &[0xf840_83e1, 0xb400_0040, 0x8b01_0000, 0xf900_0001, 0xd65f_03c0],
        },
        // ldur x1, [sp, #8]; cbz x0, .+8; stur x0, [sp, #8]; ldur x1, [sp, #8]; str x1, [x0]; ret
        Example {
            fact: "a slot that is written on the way",
            before: &[0xf840_83e1, 0xb400_0040, 0xf800_83e0, 0xf840_83e1, 0xf900_0001, 0xd65f_03c0],
            after: &[0xf840_83e1, 0xb400_0040, 0xf800_83e0, 0xf840_83e1, 0xf900_0001, 0xd65f_03c0],
        },
        // ldur x19, [sp, #8]; blr x0; ldur x19, [sp, #8]; str x19, [x0]; ret
        // => ldur x19, [sp, #8]; blr x0; str x19, [x0]; ret
        Example {
            fact: "a register that is kept across a call",
            before: &[0xf840_83f3, 0xd63f_0000, 0xf840_83f3, 0xf900_0013, 0xd65f_03c0],
            after: &[0xf840_83f3, 0xd63f_0000, 0xf900_0013, 0xd65f_03c0],
        },
        // ldur x1, [sp, #8]; blr x0; ldur x1, [sp, #8]; str x1, [x0]; ret
        Example {
            fact: "a register that is not",
            before: &[0xf840_83e1, 0xd63f_0000, 0xf840_83e1, 0xf900_0001, 0xd65f_03c0],
            after: &[0xf840_83e1, 0xd63f_0000, 0xf840_83e1, 0xf900_0001, 0xd65f_03c0],
        },
        // add x0, sp, #8; ldur x19, [sp, #8]; blr x1; ldur x19, [sp, #8]; str x19, [x0]; ret
        Example {
            fact: "a slot whose address a function may know",
            before: &[0x9100_23e0, 0xf840_83f3, 0xd63f_0020, 0xf840_83f3, 0xf900_0013, 0xd65f_03c0],
            after: &[0x9100_23e0, 0xf840_83f3, 0xd63f_0020, 0xf840_83f3, 0xf900_0013, 0xd65f_03c0],
        },
    ];

    #[test]
    fn slots_are_loaded_once() {
        check(EXAMPLES);
    }
}
