//! For x86-64: addresses that are constants, and those of instance state, are made right before each access. Its
//! instructions have room for them, so that `emit/x64/refine/` makes them part of the access; made once for several,
//! they would take a register from one to the next, across calls too, or a place in the frame.

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstructionData, Opcode, Value};

/// Makes addresses where they are needed.
pub(super) fn sink(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            let Some(address) = address(&func.dfg, inst) else { continue };
            let Some(made) = values::made_by(&func.dfg, address).filter(|made| is_part_of_access(*made)) else {
                continue;
            };
            let ty = func.dfg.value_type(address);
            let copy = func.dfg.make_inst(made);
            func.dfg.make_inst_results(copy, ty);
            FuncCursor::new(func).at_inst(inst).insert_inst(copy);
            let copied = func.dfg.first_result(copy);
            set_address(&mut func.dfg, inst, copied);
        }
    }
}

/// The address that a plain access takes.
fn address(dfg: &DataFlowGraph, inst: Inst) -> Option<Value> {
    match dfg.insts[inst] {
        InstructionData::Load { arg, .. } => Some(arg),
        InstructionData::Store { args: [_, address], .. } => Some(address),
        _ => None,
    }
}

fn set_address(dfg: &mut DataFlowGraph, inst: Inst, value: Value) {
    match &mut dfg.insts[inst] {
        InstructionData::Load { arg, .. } => *arg = value,
        InstructionData::Store { args: [_, address], .. } => *address = value,
        _ => {}
    }
}

fn is_part_of_access(made: InstructionData) -> bool {
    match made {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => i32::try_from(imm.bits()).is_ok(),
        InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, .. } => true,
        _ => false,
    }
}
