//! For RISC-V, whose selections are branches without its extension for them (Zicond): those of which masks make fewer
//! instructions, or one more and no branch.
//!
//! With `c` a comparison's 0 or 1, and `s` the bits of a value's sign:
//!
//! ```text
//! c ? x : 0   =  x & -c          c ? 0 : x   =  x & (c - 1)
//! c ? -1 : x  =  x | -c          c ? x : -1  =  x | (c - 1)
//! c ? a + 2^n : a  =  (c << n) + a             of constants
//! max(x, 0)   =  x & ~s          min(x, 0)   =  x & s          abs(x)  =  (x ^ s) - s
//! ```

use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
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
    let constant = |value| values::constant(&func.dfg, value).map(|bits| values::signed(ty, bits));
    let (of_left, of_right) = (constant(left), constant(right));
    if of_left.is_none() && of_right.is_none() {
        return;
    }
    let is_cheap = is_cheap(&func.dfg, condition);
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let made = match (of_left, of_right) {
        (Some(left), Some(right)) => {
            let Some(made) = of_constants(&mut cursor, condition, ty, left, right) else { return };
            made
        }
        _ if !is_cheap => return,
        (_, Some(0)) => (Opcode::Band, [left, mask(&mut cursor, condition, ty)]),
        (Some(0), _) => (Opcode::Band, [right, inverse_mask(&mut cursor, condition, ty)]),
        (Some(-1), _) => (Opcode::Bor, [right, mask(&mut cursor, condition, ty)]),
        (_, Some(-1)) => (Opcode::Bor, [left, inverse_mask(&mut cursor, condition, ty)]),
        _ => return,
    };
    func.dfg.insts[inst] = InstructionData::Binary { opcode: made.0, args: made.1 };
}

/// Whether at most one instruction makes 0 or 1 of a condition.
fn is_cheap(dfg: &DataFlowGraph, condition: Value) -> bool {
    let condition = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
    match values::made_by(dfg, condition) {
        Some(InstructionData::IntCompare { cond: IntCC::Equal | IntCC::NotEqual, args, .. }) => {
            args.iter().any(|&arg| values::constant(dfg, arg) == Some(0))
        }
        Some(InstructionData::FloatCompare { .. }) => true,
        _ => true,
    }
}

fn of_constants(
    cursor: &mut FuncCursor,
    condition: Value,
    ty: Type,
    left: i64,
    right: i64,
) -> Option<(Opcode, [Value; 2])> {
    let difference = left.wrapping_sub(right);
    let bit = bit(cursor, condition, ty);
    let right = cursor.ins().iconst(ty, right);
    if difference == -1 {
        return Some((Opcode::Isub, [right, bit]));
    }
    let difference = difference.cast_unsigned();
    difference.is_power_of_two().then(|| {
        let shifted = cursor.ins().ishl_imm_u(bit, i64::from(difference.trailing_zeros()));
        (Opcode::Iadd, [shifted, right])
    })
}

/// A condition as 0 or 1.
fn bit(cursor: &mut FuncCursor, condition: Value, ty: Type) -> Value {
    let compared = compared(cursor, condition);
    cursor.ins().uextend(ty, compared)
}

/// A condition as the result of a comparison.
fn compared(cursor: &mut FuncCursor, condition: Value) -> Value {
    let dfg = &cursor.func.dfg;
    let compared = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
    let is_compared = matches!(
        values::made_by(dfg, compared),
        Some(InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. })
    );
    if is_compared { compared } else { cursor.ins().icmp_imm_u(IntCC::NotEqual, condition, 0) }
}

/// All ones where a condition holds, else zeroes.
fn mask(cursor: &mut FuncCursor, condition: Value, ty: Type) -> Value {
    let compared = compared(cursor, condition);
    cursor.ins().bmask(ty, compared)
}

/// Zeroes where a condition holds, else all ones.
fn inverse_mask(cursor: &mut FuncCursor, condition: Value, ty: Type) -> Value {
    let bit = bit(cursor, condition, ty);
    cursor.ins().iadd_imm_s(bit, -1)
}
