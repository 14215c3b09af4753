//! Native addresses instead of indices.
//!
//! An index is an i32: `p + 8` may wrap, so that its native address must be made anew from the sum. But where `[p]` has
//! been accessed, `p` was inside the memory, whose size is at most 2^32 - 2^16, so that
//!
//! ```text
//! zext(p + c) = zext(p) + c    for 0 <= c <= 2^16
//! ```
//!
//! from there on. So an access at `p + 8` after one at `p` takes the address of that, and 8 as its offset; and in a
//! loop that accesses `p` in each turn and adds a constant to it, the native address is what is added to (`carry.rs`).

use super::access::{self, Access, Base, MAX_STEP};
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{Block, Function, Inst, Value};
use std::collections::HashMap;

/// Known addresses of one root that an access is compared with, the last ones first.
const MAX_COMPARED: usize = 8;

/// Has accesses take the addresses of earlier ones.
pub(super) fn share(plan: &Plan<'_>, context: &mut Context) {
    let Some(entry) = context.func.layout.entry_block() else { return };
    let reach = i64::from(plan.target.widest_offset());
    let mut known = Known::default();
    let mut work = vec![Step::Enter(entry)];
    while let Some(step) = work.pop() {
        match step {
            Step::Leave(depth) => known.leave(depth),
            Step::Enter(block) => {
                work.push(Step::Leave(known.order.len()));
                work.extend(context.domtree.children(block).map(Step::Enter));
                let insts: Vec<Inst> = context.func.layout.block_insts(block).collect();
                insts.into_iter().for_each(|inst| known.access(&mut context.func, inst, reach));
            }
        }
    }
}

/// A step of the walk down the dominator tree.
enum Step {
    Enter(Block),
    /// After a block and all that it dominates: how many addresses were known before.
    Leave(usize),
}

/// An address that has been accessed: that of the index `root + sum`.
#[derive(Clone, Copy)]
struct Accessed {
    sum: u32,
    address: Value,
}

/// Addresses that have been accessed wherever control is now, by what their index was added to and its root.
#[derive(Default)]
struct Known {
    addresses: HashMap<(Base, Value), Vec<Accessed>>,
    order: Vec<(Base, Value)>,
}

impl Known {
    /// Has an instruction that is an access take a known address, or makes its own one known.
    fn access(&mut self, func: &mut Function, inst: Inst, reach: i64) {
        let Some(Access { address, base, index, offset }) = access::of(&func.dfg, inst) else { return };
        let (root, sum) = values::root(&func.dfg, index);
        let accessed = self.addresses.entry((base, root)).or_default();
        let found = accessed.iter().rev().take(MAX_COMPARED).find_map(|known| {
            let step = sum.wrapping_sub(known.sum);
            let total = i64::from(offset) + i64::from(step);
            let fits = step <= MAX_STEP && (base == Base::Displacement || total <= reach);
            Some((known.address, i32::try_from(total).ok().filter(|_| fits)?))
        });
        match found {
            Some((known, offset)) => access::redirect(&mut func.dfg, inst, known, offset),
            None => {
                accessed.push(Accessed { sum, address });
                self.order.push((base, root));
            }
        }
    }

    fn leave(&mut self, depth: usize) {
        for key in self.order.drain(depth..) {
            self.addresses.get_mut(&key).expect("it was added to").pop();
        }
    }
}
