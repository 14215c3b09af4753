//! Reuses constants that take instructions to make, from block to block as long as there is but one way to go and no
//! call on it: Cranelift makes them anew in each block.

use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Inst, Opcode, Type, Value};

/// Constants that are kept in registers at once.
const MAX_KEPT: usize = 4;

/// A constant that a register holds.
type Kept = (Type, u64, Value);

/// Reuses constants.
pub(super) fn reuse(plan: &Plan<'_>, context: &mut Context) {
    let mut at_end: SecondaryMap<Block, Vec<Kept>> = SecondaryMap::new();
    let blocks: Vec<Block> = context.domtree.cfg_rpo().copied().collect();
    for block in blocks {
        let mut before = context.cfg.pred_iter(block);
        let mut kept = match (before.next(), before.next()) {
            (Some(only), None) => at_end[only.block].clone(),
            _ => Vec::new(),
        };
        let func = &mut context.func;
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let opcode = func.dfg.insts[inst].opcode();
            if opcode.is_call() {
                kept.clear();
            }
            if opcode != Opcode::Iconst {
                continue;
            }
            let value = func.dfg.first_result(inst);
            let (ty, bits) = (func.dfg.value_type(value), values::constant(&func.dfg, value).unwrap_or_default());
            if let Some(&(_, _, same)) = kept.iter().find(|&&(of, is, _)| (of, is) == (ty, bits)) {
                values::replace(func, inst, same);
            } else if plan.target.makes_constant(values::signed(ty, bits)) && kept.len() < MAX_KEPT {
                kept.push((ty, bits, value));
            }
        }
        at_end[block] = kept;
    }
}
