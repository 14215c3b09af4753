//! For RISC-V, whose selections are branches without its extension for them (Zicond): those of which masks make fewer
//! instructions, or one more and no branch.
//!
//! With `c` a comparison's 0 or 1, and `s` the bits of a value's sign:
//!
//! ```text
//! c ? x : 0   =  x & -c          c ? 0 : x   =  x & (c - 1)
//! c ? -1 : x  =  x | -c          c ? x : -1  =  x | (c - 1)
//! c ? a + 2^n : a  =  (c << n) + a    c ? a - 2^n : a  =  a - (c << n)    of constants
//! max(x, 0)   =  x & ~s          min(x, 0)   =  x & s          abs(x)  =  (x ^ s) - s
//! ```

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{
    Block, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value, types,
};

/// What the CPU has.
#[derive(Clone, Copy)]
pub(super) struct Has {
    /// Instructions for minimum and maximum (Zbb).
    pub extremes: bool,
    /// Instructions for selections (Zicond).
    pub selections: bool,
}

/// Makes selections without branches.
pub(super) fn expand(func: &mut Function, has: Has) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            let ty = match func.dfg.inst_results(inst) {
                &[result] => func.dfg.value_type(result),
                _ => continue,
            };
            if ty != types::I32 && ty != types::I64 {
                continue;
            }
            if !has.extremes {
                extreme(func, inst, ty);
            }
            if !has.selections {
                selection(func, inst, ty);
            }
        }
    }
}

/// Minima, maxima and absolute values.
fn extreme(func: &mut Function, inst: Inst, ty: Type) {
    let dfg = &mut func.dfg;
    match dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Iabs, arg } => {
            let mut cursor = FuncCursor::new(func).at_inst(inst);
            let signs = cursor.ins().sshr_imm_u(arg, i64::from(ty.bits()) - 1);
            let flipped = cursor.ins().bxor(arg, signs);
            func.dfg.insts[inst] = InstructionData::Binary { opcode: Opcode::Isub, args: [flipped, signs] };
        }
        InstructionData::Binary { opcode, args: [left, right] } => {
            let condition = match opcode {
                Opcode::Smax => IntCC::SignedGreaterThan,
                Opcode::Smin => IntCC::SignedLessThan,
                Opcode::Umax => IntCC::UnsignedGreaterThan,
                Opcode::Umin => IntCC::UnsignedLessThan,
                _ => return,
            };
            let is_zero = |value| values::constant(dfg, value) == Some(0);
            let with_zero = match (is_zero(left), is_zero(right)) {
                (_, true) => Some(left),
                (true, false) => Some(right),
                (false, false) => None,
            };
            let signed = matches!(opcode, Opcode::Smax | Opcode::Smin);
            let mut cursor = FuncCursor::new(func).at_inst(inst);
            func.dfg.insts[inst] = match with_zero.filter(|_| signed) {
                Some(value) => {
                    let signs = cursor.ins().sshr_imm_u(value, i64::from(ty.bits()) - 1);
                    let mask = if opcode == Opcode::Smax { cursor.ins().bnot(signs) } else { signs };
                    InstructionData::Binary { opcode: Opcode::Band, args: [value, mask] }
                }
                None => {
                    let is_left = cursor.ins().icmp(condition, left, right);
                    InstructionData::Ternary { opcode: Opcode::Select, args: [is_left, left, right] }
                }
            };
        }
        _ => {}
    }
}

/// Selections of a constant.
fn selection(func: &mut Function, inst: Inst, ty: Type) {
    let InstructionData::Ternary { opcode: Opcode::Select, args: [condition, left, right] } = func.dfg.insts[inst]
    else {
        return;
    };
    let all = u64::MAX >> (64 - ty.bits());
    let is_made = match (values::constant(&func.dfg, left), values::constant(&func.dfg, right)) {
        (Some(left), Some(right)) => {
            (left.wrapping_sub(right) & all).is_power_of_two() || (right.wrapping_sub(left) & all).is_power_of_two()
        }
        (Some(constant), None) | (None, Some(constant)) => {
            (constant == 0 || constant == all) && !is_equality(&func.dfg, condition)
        }
        (None, None) => false,
    };
    if !is_made {
        return;
    }
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let (compared, is_inverse) = compared(&mut cursor, condition);
    let (left, right) = if is_inverse { (right, left) } else { (left, right) };
    let (opcode, args) = match [left, right].map(|side| values::constant(&cursor.func.dfg, side)) {
        [Some(of_left), Some(of_right)] => {
            let (bit, difference) = (cursor.ins().uextend(ty, compared), of_left.wrapping_sub(of_right) & all);
            match difference.is_power_of_two() {
                true => (Opcode::Iadd, [shifted(&mut cursor, bit, difference), right]),
                false => (Opcode::Isub, [right, shifted(&mut cursor, bit, difference.wrapping_neg() & all)]),
            }
        }
        [_, Some(0)] => (Opcode::Band, [left, cursor.ins().bmask(ty, compared)]),
        [Some(0), _] => (Opcode::Band, [right, inverse_mask(&mut cursor, compared, ty)]),
        [Some(_), _] => (Opcode::Bor, [right, cursor.ins().bmask(ty, compared)]),
        _ => (Opcode::Bor, [left, inverse_mask(&mut cursor, compared, ty)]),
    };
    func.dfg.insts[inst] = InstructionData::Binary { opcode, args };
}

/// Whether a condition compares two values with each other for being the same, of which two instructions make 0 or 1.
fn is_equality(dfg: &DataFlowGraph, condition: Value) -> bool {
    let compared = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
    match values::made_by(dfg, compared) {
        Some(InstructionData::IntCompare { cond: IntCC::Equal | IntCC::NotEqual, args, .. }) => {
            args.iter().all(|&arg| values::constant(dfg, arg) != Some(0))
        }
        _ => false,
    }
}

/// A condition as the result of a comparison, or the inverse of it, where that takes one instruction less.
fn compared(cursor: &mut FuncCursor, condition: Value) -> (Value, bool) {
    let dfg = &cursor.func.dfg;
    let compared = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
    match values::made_by(dfg, compared) {
        Some(InstructionData::IntCompare { cond, args: [left, right], .. }) => match cond {
            IntCC::SignedGreaterThanOrEqual
            | IntCC::SignedLessThanOrEqual
            | IntCC::UnsignedGreaterThanOrEqual
            | IntCC::UnsignedLessThanOrEqual => (cursor.ins().icmp(cond.complement(), left, right), true),
            _ => (compared, false),
        },
        Some(InstructionData::FloatCompare { .. }) => (compared, false),
        _ => (cursor.ins().icmp_imm_u(IntCC::NotEqual, condition, 0), false),
    }
}

/// 0 or 1 as 0 or a power of two.
fn shifted(cursor: &mut FuncCursor, bit: Value, power: u64) -> Value {
    match power.trailing_zeros() {
        0 => bit,
        count => cursor.ins().ishl_imm_u(bit, i64::from(count)),
    }
}

/// Zeroes where a comparison holds, else all ones.
fn inverse_mask(cursor: &mut FuncCursor, compared: Value, ty: Type) -> Value {
    let bit = cursor.ins().uextend(ty, compared);
    cursor.ins().iadd_imm_s(bit, -1)
}
