//! For x86-64: constants that are added to small indices, as part of the access's displacement.
//!
//! An i32 sum may wrap, so that its native address must be made of it. But where what is added to a constant `c` is
//! known to be at most `b`, as what is masked, shifted or loaded from a byte is,
//!
//! ```text
//! zext(x + c) = zext(x) + c    for x <= b, b + c < 2^32
//! ```

use super::access::{self, Access, Base};
use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};

/// How far back it is asked what makes a value.
const DEPTH: usize = 5;

/// Has accesses add constants themselves.
pub(super) fn add(func: &mut Function) {
    let blocks: Vec<_> = func.layout.blocks().collect();
    for block in blocks {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            let _ = add_to(func, inst);
        }
    }
}

fn add_to(func: &mut Function, inst: Inst) -> Option<()> {
    let Access { base: Base::Displacement, index, offset, .. } = access::of(&func.dfg, inst)? else { return None };
    let (addend, constant) = values::with_constant(&func.dfg, index, Opcode::Iadd)?;
    let most = u64::from(bound(&func.dfg, addend, DEPTH));
    let offset = i64::from(offset).checked_add(i64::try_from(constant).ok()?)?;
    let offset = i32::try_from(offset).ok().filter(|_| most + constant <= u64::from(u32::MAX))?;
    let address = FuncCursor::new(func).at_inst(inst).ins().uextend(types::I64, addend);
    access::redirect(&mut func.dfg, inst, address, offset);
    Some(())
}

/// What an i32 is at most, as an unsigned number.
pub(super) fn bound(dfg: &DataFlowGraph, value: Value, depth: usize) -> u32 {
    if let Some(constant) = values::constant(dfg, value) {
        return constant as u32;
    }
    let Some(made) = values::made_by(dfg, value).filter(|_| depth > 0) else { return u32::MAX };
    let of = |value: Value| bound(dfg, value, depth - 1);
    let shift = |by: Value| values::constant(dfg, by).map(|by| by as u32 % 32);
    match made {
        InstructionData::Load { opcode: Opcode::Uload8, .. } => u8::MAX.into(),
        InstructionData::Load { opcode: Opcode::Uload16, .. } => u16::MAX.into(),
        InstructionData::Unary { opcode: Opcode::Uextend, arg } => match dfg.value_type(arg) {
            types::I8 => u8::MAX.into(),
            types::I16 => u16::MAX.into(),
            _ => u32::MAX,
        },
        InstructionData::Binary { opcode: Opcode::Band, args: [left, right] } => of(left).min(of(right)),
        InstructionData::Binary { opcode: Opcode::Bor | Opcode::Bxor, args: [left, right] } => {
            u32::MAX.checked_shr((of(left) | of(right)).leading_zeros()).unwrap_or(0)
        }
        InstructionData::Binary { opcode: Opcode::Ushr, args: [left, by] } => {
            shift(by).map_or(u32::MAX, |by| of(left) >> by)
        }
        InstructionData::Binary { opcode: Opcode::Ishl, args: [left, by] } => {
            let shifted = shift(by).and_then(|by| u32::try_from(u64::from(of(left)) << by).ok());
            shifted.unwrap_or(u32::MAX)
        }
        InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } => of(left).saturating_add(of(right)),
        InstructionData::Binary { opcode: Opcode::Udiv, args: [left, _] } => of(left),
        InstructionData::Binary { opcode: Opcode::Urem, args: [_, right] } => of(right).saturating_sub(1),
        _ => u32::MAX,
    }
}
