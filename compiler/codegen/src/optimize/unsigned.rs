//! For RISC-V without `add.uw` (Zba): loads of pointers.
//!
//! An index that was loaded is extended with zeroes before it is added to the memory's address, which takes two shifts
//! after `lw`, but none after `lwu`. So what is extended anywhere is loaded so, and whoever wants 32 bits has them for
//! nothing. Who wants the sign, as comparisons do, pays one instruction, which is still less than two.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::packed_option::PackedOption;

use crate::values;

/// Has loads extend what is extended with zeroes.
pub(super) fn load(func: &mut Function) {
    let mut loaded: SecondaryMap<Value, PackedOption<Value>> = SecondaryMap::new();
    let insts: Vec<Inst> = func.layout.blocks().flat_map(|block| func.layout.block_insts(block)).collect();
    for inst in insts {
        let InstructionData::Unary { opcode: Opcode::Uextend, arg } = func.dfg.insts[inst] else { continue };
        let result = func.dfg.first_result(inst);
        if func.dfg.value_type(result) != types::I64 {
            continue;
        }
        let arg = func.dfg.resolve_aliases(arg);
        let wide = match loaded[arg].expand() {
            Some(wide) => wide,
            None => match wide_load(func, arg) {
                Some(wide) => wide,
                None => continue,
            },
        };
        loaded[arg] = wide.into();
        values::replace(func, inst, wide);
    }
}

/// Makes the load of an i32 one of 64 bits; `None` where something else makes it.
fn wide_load(func: &mut Function, value: Value) -> Option<Value> {
    let ValueDef::Result(inst, 0) = func.dfg.value_def(value) else { return None };
    let InstructionData::Load { opcode: Opcode::Load, arg, flags, offset } = func.dfg.insts[inst] else { return None };
    if func.dfg.value_type(value) != types::I32 {
        return None;
    }
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    cursor.use_srcloc(inst);
    let (made, dfg) = cursor.ins().Load(Opcode::Uload32, types::I64, flags, offset, arg);
    let wide = dfg.first_result(made);
    func.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Ireduce, arg: wide };
    Some(wide)
}
