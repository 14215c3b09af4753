//! For RISC-V without its extension for bits (Zbb): operations that Cranelift makes many instructions of, in fewer.

use super::bits;
use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, types};

/// Expands operations.
pub(super) fn expand(func: &mut Function) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            rotation(func, inst);
            bits::expand(func, inst);
        }
    }
}

/// `rotl(x, n) = x << n | x >> -n`, `rotr(x, n) = x >> n | x << -n`: counts are taken modulo the width.
fn rotation(func: &mut Function, inst: Inst) {
    let InstructionData::Binary { opcode: opcode @ (Opcode::Rotl | Opcode::Rotr), args: [value, count] } =
        func.dfg.insts[inst]
    else {
        return;
    };
    let ty = func.dfg.value_type(value);
    if ty != types::I32 && ty != types::I64 {
        return;
    }
    let constant = values::constant(&func.dfg, count);
    let count_type = func.dfg.value_type(count);
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let (count, rest) = match constant {
        Some(bits) => {
            let bits = bits as i64 & i64::from(ty.bits() - 1);
            let rest = -bits & i64::from(ty.bits() - 1);
            (cursor.ins().iconst(types::I32, bits), cursor.ins().iconst(types::I32, rest))
        }
        None => {
            let count = if count_type == types::I64 { cursor.ins().ireduce(types::I32, count) } else { count };
            (count, cursor.ins().ineg(count))
        }
    };
    let (left, right) = if opcode == Opcode::Rotl { (count, rest) } else { (rest, count) };
    let left = cursor.ins().ishl(value, left);
    let right = cursor.ins().ushr(value, right);
    func.dfg.insts[inst] = InstructionData::Binary { opcode: Opcode::Bor, args: [left, right] };
}
