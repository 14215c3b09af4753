//! What instructions make of constants.

use crate::values;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{DataFlowGraph, Inst, InstructionData, Opcode, Type, Value};

/// The integer, as its bits, that the one result of `inst` is where `known` says which constants its operands are.
/// `None` where that is not known, or another than the usual instructions makes it.
pub(super) fn fold(dfg: &DataFlowGraph, inst: Inst, mut known: impl FnMut(Value) -> Option<u64>) -> Option<u64> {
    let &[result] = dfg.inst_results(inst) else { return None };
    let ty = dfg.value_type(result);
    if !ty.is_int() || ty.bits() > 64 {
        return None;
    }
    let bits = match dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => imm.bits() as u64,
        InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Ireduce, arg } => known(arg)?,
        InstructionData::Unary { opcode: Opcode::Sextend, arg } => signed(dfg, arg, known(arg)?) as u64,
        InstructionData::Binary { opcode, args: [left, right] } => {
            let is_known = matches!(opcode, Opcode::Iadd | Opcode::Isub | Opcode::Imul | Opcode::Ishl)
                || matches!(opcode, Opcode::Ushr | Opcode::Sshr | Opcode::Band | Opcode::Bor | Opcode::Bxor);
            let (left, right) = (known(left).filter(|_| is_known)?, known(right)?);
            let amount = right as u32 % ty.bits();
            match opcode {
                Opcode::Iadd => left.wrapping_add(right),
                Opcode::Isub => left.wrapping_sub(right),
                Opcode::Imul => left.wrapping_mul(right),
                Opcode::Band => left & right,
                Opcode::Bor => left | right,
                Opcode::Bxor => left ^ right,
                Opcode::Ishl => left << amount,
                Opcode::Ushr => left >> amount,
                _ => (values::signed(ty, left) >> amount) as u64,
            }
        }
        InstructionData::IntCompare { cond, args: [left, right], .. } => {
            let of = dfg.value_type(left);
            if !of.is_int() || of.bits() > 64 {
                return None;
            }
            u64::from(compare(cond, of, known(left)?, known(right)?))
        }
        _ => return None,
    };
    Some(bits & u64::MAX >> (64 - ty.bits()))
}

fn signed(dfg: &DataFlowGraph, value: Value, bits: u64) -> i64 {
    values::signed(dfg.value_type(value), bits)
}

fn compare(cond: IntCC, ty: Type, left: u64, right: u64) -> bool {
    let (with_sign, other) = (values::signed(ty, left), values::signed(ty, right));
    match cond {
        IntCC::Equal => left == right,
        IntCC::NotEqual => left != right,
        IntCC::SignedLessThan => with_sign < other,
        IntCC::SignedGreaterThanOrEqual => with_sign >= other,
        IntCC::SignedGreaterThan => with_sign > other,
        IntCC::SignedLessThanOrEqual => with_sign <= other,
        IntCC::UnsignedLessThan => left < right,
        IntCC::UnsignedGreaterThanOrEqual => left >= right,
        IntCC::UnsignedGreaterThan => left > right,
        IntCC::UnsignedLessThanOrEqual => left <= right,
    }
}
