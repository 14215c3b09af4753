//! For x86-64: i32 values that functions are called with or get from others, extended with zeroes where they come in.
//!
//! Instructions of 32 bits clear the upper half of a register, so that an i32 is an index of 64 bits as it is. What
//! comes from elsewhere has anything there: it would be extended again for each access, in each turn of a loop. Where
//! it comes in it must be moved out of its register anyway, and a move of 32 bits is one that extends. Arguments that
//! our own functions pass are extended already (`signature.rs`).

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{ArgumentExtension, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};

/// Extends values where they come in.
pub(super) fn extend(func: &mut Function) {
    let wanted = wanted(func);
    let Some(entry) = func.layout.entry_block() else { return };
    let first = func.layout.first_inst(entry).expect("a block ends with a branch");
    for param in func.dfg.block_params(entry).to_vec() {
        if wanted.contains(param) {
            let raw = func.dfg.replace_block_param(param, types::I32);
            extend_at(func, first, param, raw);
        }
    }
    let blocks: Vec<_> = func.layout.blocks().collect();
    for block in blocks {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            // A call that ends a block has its results in others.
            let Some(after) = next.filter(|_| func.dfg.insts[inst].opcode().is_call()) else { continue };
            for result in func.dfg.inst_results(inst).to_vec() {
                if wanted.contains(result) {
                    let raw = func.dfg.replace_result(result, types::I32);
                    extend_at(func, after, result, raw);
                }
            }
        }
    }
    fold(func);
}

/// The i32 values that are used as indices, or go to other blocks, where they may be.
fn wanted(func: &Function) -> EntitySet<Value> {
    let dfg = &func.dfg;
    let mut wanted = EntitySet::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            if let InstructionData::Unary { opcode: Opcode::Uextend, arg } = dfg.insts[inst]
                && dfg.value_type(arg) == types::I32
            {
                wanted.insert(dfg.resolve_aliases(arg));
            }
            let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
            for argument in calls.iter().flat_map(|call| call.args(&dfg.value_lists)) {
                if let Some(value) = argument.as_value().filter(|&value| dfg.value_type(value) == types::I32) {
                    wanted.insert(dfg.resolve_aliases(value));
                }
            }
        }
    }
    wanted
}

/// Makes `value` the lower half of what `raw` is extended to before `at`.
fn extend_at(func: &mut Function, at: Inst, value: Value, raw: Value) {
    let wide = FuncCursor::new(func).at_inst(at).ins().uextend(types::I64, raw);
    values::make_lower_half(func, at, value, wide);
}

/// Has whoever extends the lower half of an extended value take that.
fn fold(func: &mut Function) {
    let blocks: Vec<_> = func.layout.blocks().collect();
    for block in blocks {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            let InstructionData::Unary { opcode: Opcode::Uextend, arg } = func.dfg.insts[inst] else { continue };
            let result = func.dfg.first_result(inst);
            let wide = values::unary(&func.dfg, arg, Opcode::Ireduce).filter(|&wide| {
                let of = values::unary(&func.dfg, wide, Opcode::Uextend);
                let is_extended_here = of.is_some_and(|of| func.dfg.value_type(of) == func.dfg.value_type(arg));
                is_extended_here || values::is_passed_extended(func, wide, ArgumentExtension::Uext)
            });
            if let Some(wide) = wide.filter(|&wide| func.dfg.value_type(wide) == func.dfg.value_type(result)) {
                values::replace(func, inst, wide);
            }
        }
    }
}
