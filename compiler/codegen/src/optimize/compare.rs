//! Counters are compared after they are counted.
//!
//! Cranelift's egraph makes `x != 3996` of `x + 4 != 4000`. At the end of a loop, where `x + 4` is what the next turn
//! begins with, that keeps the old value beside the new one, and each turn copies one to the other. So
//!
//! ```text
//! x = K    is again    y = K + c    where the branch that asks passes y = x + c on
//! ```
//!
//! modulo the width, which equality allows.

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, Function, InstBuilder, InstructionData, Opcode, Value, ValueDef};

/// Has branches compare what they pass on.
pub(super) fn compare(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    blocks.into_iter().for_each(|block| branch(func, block));
}

fn branch(func: &mut Function, block: Block) {
    let dfg = &func.dfg;
    let Some(inst) = func.layout.last_inst(block) else { return };
    let InstructionData::Brif { opcode, arg, blocks } = dfg.insts[inst] else { return };
    let Some(InstructionData::IntCompare { cond: cond @ (IntCC::Equal | IntCC::NotEqual), args: [old, limit], .. }) =
        values::made_by(dfg, arg)
    else {
        return;
    };
    let Some(limit) = values::constant(dfg, limit) else { return };
    if !matches!(dfg.value_def(old), ValueDef::Param(..)) {
        return;
    }
    let passed = blocks.iter().flat_map(|call| call.args(&dfg.value_lists)).filter_map(|arg: BlockArg| arg.as_value());
    let next = |value: Value| match values::with_constant(dfg, value, Opcode::Iadd)? {
        (from, step) if from == old => Some((value, step)),
        _ => None,
    };
    let Some((new, step)) = passed.into_iter().find_map(next) else { return };
    let ty = dfg.value_type(new);
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let limit = (limit.wrapping_add(step) << (64 - ty.bits())) >> (64 - ty.bits());
    let limit = cursor.ins().iconst(ty, limit as i64);
    let arg = cursor.ins().icmp(cond, new, limit);
    func.dfg.insts[inst] = InstructionData::Brif { opcode, arg, blocks };
}
