//! What cannot trap: neighbours are accessed in pairs, slots of the frame and what loops with vectors go through.
//!
//! ```text
//! ldur x0, [sp, #8] ; ldur x1, [sp, #16]  =>  ldp x0, x1, [sp, #8]
//! ```
//!
//! Accesses that the program makes one by one are no part of that: each has its own place that a trap reports, and a
//! store that faults must not have others happen with it, or not happen.

use super::accesses::Access;
use super::code::{Code, Item};
use super::liveness::Blocks;

/// An access of the frame.
pub(super) fn of_frame(item: &Item) -> Option<Access> {
    Access::of(item).filter(|access| access.base == 31 && !item.can_trap)
}

/// Neighbouring accesses of neighbouring slots.
pub(super) fn pair(code: &mut Code<'_>, flow: &Blocks) {
    pair_all(code, flow, of_frame);
}

/// Neighbouring accesses of neighbouring vectors, wherever they are.
pub(super) fn pair_vectors(code: &mut Code<'_>, flow: &Blocks) {
    let of_vector = |item: &Item| Access::of(item).filter(|access| access.is_vector() && !item.can_trap);
    pair_all(code, flow, of_vector);
}

fn pair_all(code: &mut Code<'_>, flow: &Blocks, access: impl Fn(&Item) -> Option<Access>) {
    for block in flow.all() {
        for number in block.clone() {
            let next = (number + 1..block.end).find(|&next| !code.items[next].is_gone);
            if let Some(next) = next
                && let (Some(one), Some(other)) = (access(&code.items[number]), access(&code.items[next]))
            {
                let _ = pair_of(code, number, next, [one, other]);
            }
        }
    }
}

fn pair_of(code: &mut Code<'_>, number: usize, next: usize, [one, other]: [Access; 2]) -> Option<()> {
    let both_load = one.is_plain_load() && other.is_plain_load();
    let both_store = one.is_store() && other.is_store();
    let is_alike = one.is_vector() == other.is_vector() && one.size() == other.size() && one.size() >= 4;
    let (low, high) = if one.offset < other.offset { (one, other) } else { (other, one) };
    let size = one.size();
    let is_pair = is_alike && one.base == other.base && low.offset + size == high.offset && low.offset % size == 0;
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
    code.replace(number, opcode | load | offset | high.register() << 10 | low.base << 5 | low.register())?;
    code.drop(next);
    Some(())
}
