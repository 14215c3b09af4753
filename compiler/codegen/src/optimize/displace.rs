//! For RISC-V, whose accesses hold displacements of 12 bits: addresses that others are near share the rest.
//!
//! Cranelift makes three instructions of a larger displacement, for each access. Here it becomes
//!
//! ```text
//! [x + d]  =  [(x + high) + low]    with high a multiple of 2^12, which `lui` makes, and -2^11 <= low < 2^11
//! ```
//!
//! and what has the same `x` and `high` in a block shares their sum, which [`super::hoist`] takes out of loops. Sums
//! are modulo 2^64, so that an access goes where it went.

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// Has accesses with large displacements take sums with small ones.
pub(super) fn split(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let mut sums: HashMap<(Value, i64), Value> = HashMap::new();
    for block in blocks {
        sums.clear();
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let Some((address, offset)) = access(&func.dfg, inst) else { continue };
            let (root, constant) = root(&func.dfg, address);
            let displacement = constant + i64::from(offset);
            if is_small(i64::from(offset)) || is_small(displacement) {
                continue;
            }
            let high = (displacement + (1 << 11)) & !0xfff;
            let Ok(low) = i32::try_from(displacement - high) else { continue };
            let sum = *sums
                .entry((root, high))
                .or_insert_with(|| FuncCursor::new(func).at_inst(inst).ins().iadd_imm_s(root, high));
            set_access(func, inst, sum, low);
        }
    }
}

/// Keeps Cranelift from adding constants of addresses to displacements that become large by it. What it does not look
/// through, the addition of nothing, is no instruction.
pub(super) fn keep(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let Some((address, offset)) = access(&func.dfg, inst) else { continue };
            let (root, constant) = root(&func.dfg, address);
            if root == address || !is_small(offset.into()) || is_small(constant + i64::from(offset)) {
                continue;
            }
            let same = FuncCursor::new(func).at_inst(inst).ins().iadd_imm_s(address, 0);
            set_access(func, inst, same, offset);
        }
    }
}

/// Whether an access can hold a displacement.
fn is_small(displacement: i64) -> bool {
    (-(1 << 11)..1 << 11).contains(&displacement)
}

/// An address as another one, and the constant of 32 bits that is added to it.
fn root(dfg: &DataFlowGraph, address: Value) -> (Value, i64) {
    match values::with_constant(dfg, address, Opcode::Iadd) {
        Some((root, constant)) => match i32::try_from(constant.cast_signed()) {
            Ok(constant) => (root, constant.into()),
            Err(_) => (address, 0),
        },
        None => (address, 0),
    }
}

/// The address and the displacement of an access to what is no vector.
fn access(dfg: &DataFlowGraph, inst: Inst) -> Option<(Value, i32)> {
    let (accessed, address, offset) = match dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (dfg.first_result(inst), arg, offset),
        InstructionData::Store { args: [value, address], offset, .. } => (value, address, offset),
        _ => return None,
    };
    let is_scalar = !dfg.value_type(accessed).is_vector() && dfg.value_type(address) == types::I64;
    is_scalar.then_some((address, offset.into()))
}

fn set_access(func: &mut Function, inst: Inst, to: Value, displacement: i32) {
    match &mut func.dfg.insts[inst] {
        InstructionData::Load { arg: address, offset, .. }
        | InstructionData::Store { args: [_, address], offset, .. } => {
            (*address, *offset) = (to, Offset32::new(displacement));
        }
        _ => unreachable!("only loads and stores are accesses"),
    }
}
