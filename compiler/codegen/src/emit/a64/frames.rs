//! Slots of the frame: what a register holds already is not loaded again, and neighbours are accessed in pairs.
//!
//! ```text
//! stur x0, [sp, #8] ; ... ; ldur x1, [sp, #8]  =>  stur x0, [sp, #8] ; ... ; mov x1, x0
//! ldur x0, [sp, #8] ; ldur x1, [sp, #16]       =>  ldp x0, x1, [sp, #8]
//! ```
//!
//! Accesses of the program are no part of that: each has its own place that a trap reports, and a store that faults
//! must not have others happen with it, or not happen.

use super::accesses::Access;
use super::code::{Code, Item};
use super::effects::{Set, bit};
use super::forms::Kind;
use super::liveness::Blocks;
use super::words::{ZERO, copying, need};

/// How many slots are known at a time.
const KNOWN: usize = 8;

/// An access of the frame.
fn of_frame(item: &Item) -> Option<Access> {
    Access::of(item).filter(|access| access.base == 31 && !item.can_trap)
}

/// Loads that repeat what a register holds, which is one of eight bytes.
pub(super) fn reuse(code: &mut Code<'_>, flow: &Blocks, after: &mut [Set]) {
    for block in flow.all() {
        // Offsets and registers, and since when they are equal.
        let mut known: Vec<(i32, u32, usize)> = Vec::new();
        for number in block {
            let item = code.items[number];
            if item.is_gone {
                continue;
            }
            let access = of_frame(&item);
            let is_word = |access: &Access| !access.is_vector() && access.size() == 8 && access.register() != ZERO;
            let found = access.filter(is_word).and_then(|access| {
                let found = known.iter().find(|(offset, ..)| access.is_plain_load() && *offset == access.offset);
                found.map(|&(_, register, since)| (register, access.register(), since))
            });
            if let Some((from, to, since)) = found {
                let same = from == to;
                need(after, since, number, bit(from));
                if same {
                    code.drop(number);
                    continue;
                }
                let _ = code.replace(number, copying(from, to));
            }
            let written = code.items[number].effects.writes;
            known.retain(|&(_, register, _)| written & bit(register) == 0);
            forget(&mut known, &item, access);
            if let Some(access) = access.filter(is_word)
                && (access.is_plain_load() || access.is_store())
            {
                known.truncate(KNOWN);
                known.insert(0, (access.offset, access.register(), number));
            }
        }
    }
}

/// Forgets the slots that an item may write.
fn forget(known: &mut Vec<(i32, u32, usize)>, item: &Item, access: Option<Access>) {
    let moves_stack = item.effects.writes & bit(31) != 0;
    match (item.form.kind, access) {
        (_, Some(access)) if access.is_store() => {
            known.retain(|&(offset, ..)| offset + 8 <= access.offset || offset >= access.offset + access.size());
        }
        // Addresses of slots are given to functions alone, and in pairs and from registers only the frame is stored.
        (Kind::Plain, _) if !moves_stack => {}
        (Kind::Access, Some(_)) => {}
        (Kind::Access, None) if item.can_trap && !moves_stack => {}
        _ => known.clear(),
    }
}

/// Neighbouring accesses of neighbouring slots.
pub(super) fn pair(code: &mut Code<'_>, flow: &Blocks) {
    for block in flow.all() {
        for number in block.clone() {
            if let Some(next) = (number + 1..block.end).find(|&next| !code.items[next].is_gone) {
                let _ = pair_of(code, number, next);
            }
        }
    }
}

fn pair_of(code: &mut Code<'_>, number: usize, next: usize) -> Option<()> {
    let (one, other) = (of_frame(&code.items[number])?, of_frame(&code.items[next])?);
    let both_load = one.is_plain_load() && other.is_plain_load();
    let both_store = one.is_store() && other.is_store();
    let is_alike = one.is_vector() == other.is_vector() && one.size() == other.size() && one.size() >= 4;
    let (low, high) = if one.offset < other.offset { (one, other) } else { (other, one) };
    let size = one.size();
    let is_pair = is_alike && low.offset + size == high.offset && low.offset % size == 0;
    let is_near = (-64..64).contains(&(low.offset / size));
    if !(both_load || both_store) || !is_pair || !is_near || both_load && one.register() == other.register() {
        return None;
    }
    let opcode = match (one.is_vector(), size) {
        (false, 4) => 0x2900_0000,
        (false, _) => 0xa900_0000,
        (true, 4) => 0x2d00_0000,
        (true, 8) => 0x6d00_0000,
        (true, _) => 0xad00_0000,
    };
    let load = if both_load { 0x0040_0000 } else { 0 };
    let offset = ((low.offset / size) as u32 & 0x7f) << 15;
    code.replace(number, opcode | load | offset | high.register() << 10 | 31 << 5 | low.register())?;
    code.drop(next);
    Some(())
}
