//! For RISC-V without its extension for bits (Zbb): what counts bits, without the loops that Cranelift makes of it.
//!
//! Ones are counted as sums of ever wider fields. Zeroes are counted by the exponent of a floating-point number, which
//! is the position of the highest bit of an integer that was converted to it:
//!
//! ```text
//! clz(x) = 32 + 1023 - exponent(f64(2 x + 1))             of 32 bits: exact, and 2 x + 1 is never 0
//! clz(x) = 63 + 1023 - exponent(f64(x & ~(x >> 1)) + 0.5) of 64 bits
//! ctz(x) = exponent(f64(y & -y)) - 1023                   of 32 bits, with y = x | 2^32
//! ctz(x) = exponent(f64(~x & x - 1) + 1) - 1023           of 64 bits
//! ```
//!
//! Of 64 bits a conversion rounds. `x & ~(x >> 1)` has the highest bit of `x` and not the one after it, so that it
//! cannot become the next power of two; with 0.5 added, 0 has the exponent -1. `~x & x - 1` is `2^k - 1`, where `x`
//! ends with `k` zeroes, 64 of them if it is 0: up to 53 ones are exact, and become `2^k` as 1 is added; more are
//! rounded to `2^k`, to which 1 adds nothing.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode, Value, types};

/// Bits of an f64 after its exponent.
const FRACTION: i64 = 52;

/// The exponent of 1.
const BIAS: i64 = 1023;

/// Expands an instruction that counts bits.
pub(super) fn expand(func: &mut Function, inst: Inst) {
    let InstructionData::Unary { opcode: opcode @ (Opcode::Popcnt | Opcode::Clz | Opcode::Ctz), arg } =
        func.dfg.insts[inst]
    else {
        return;
    };
    let ty = func.dfg.value_type(arg);
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    let (opcode, args) = match (opcode, ty) {
        (Opcode::Popcnt, types::I32 | types::I64) => ones(&mut cursor, arg),
        (Opcode::Clz, types::I32) => leading_of_32(&mut cursor, arg),
        (Opcode::Clz, types::I64) => leading_of_64(&mut cursor, arg),
        (Opcode::Ctz, types::I32) => trailing_of_32(&mut cursor, arg),
        (Opcode::Ctz, types::I64) => trailing_of_64(&mut cursor, arg),
        _ => return,
    };
    func.dfg.insts[inst] = InstructionData::Binary { opcode, args };
}

/// The last instruction of what was expanded.
type Last = (Opcode, [Value; 2]);

fn ones(cursor: &mut FuncCursor, value: Value) -> Last {
    let ty = cursor.func.dfg.value_type(value);
    // A byte in all bytes of the type.
    let all = |cursor: &mut FuncCursor, byte: u8| {
        let bits = u64::from_ne_bytes([byte; 8]) >> (64 - ty.bits());
        cursor.ins().iconst(ty, crate::values::signed(ty, bits))
    };
    let (one, two, four) = (all(cursor, 0x55), all(cursor, 0x33), all(cursor, 0x0f));
    let odd = cursor.ins().ushr_imm_u(value, 1);
    let odd = cursor.ins().band(odd, one);
    let pairs = cursor.ins().isub(value, odd);
    let odd = cursor.ins().ushr_imm_u(pairs, 2);
    let odd = cursor.ins().band(odd, two);
    let even = cursor.ins().band(pairs, two);
    let fours = cursor.ins().iadd(odd, even);
    let odd = cursor.ins().ushr_imm_u(fours, 4);
    let bytes = cursor.ins().iadd(odd, fours);
    let bytes = cursor.ins().band(bytes, four);
    // The highest byte of the product is the sum of all.
    let each = all(cursor, 0x01);
    let sum = cursor.ins().imul(bytes, each);
    let count = cursor.ins().iconst(types::I32, i64::from(ty.bits()) - 8);
    (Opcode::Ushr, [sum, count])
}

fn leading_of_32(cursor: &mut FuncCursor, value: Value) -> Last {
    // Two shifts take what the upper half holds away, and double the lower.
    let wide = cursor.ins().sextend(types::I64, value);
    let upper = cursor.ins().ishl_imm_u(wide, 32);
    let doubled = cursor.ins().ushr_imm_u(upper, 31);
    let odd = cursor.ins().bor_imm_u(doubled, 1);
    let float = cursor.ins().fcvt_from_sint(types::F64, odd);
    let exponent = exponent(cursor, float);
    let exponent = cursor.ins().ireduce(types::I32, exponent);
    let most = cursor.ins().iconst(types::I32, 32 + BIAS);
    (Opcode::Isub, [most, exponent])
}

fn leading_of_64(cursor: &mut FuncCursor, value: Value) -> Last {
    let next = cursor.ins().ushr_imm_u(value, 1);
    let next = cursor.ins().bnot(next);
    let highest = cursor.ins().band(value, next);
    let exponent = exponent_of_sum(cursor, highest, 0.5);
    let most = cursor.ins().iconst(types::I64, 63 + BIAS);
    (Opcode::Isub, [most, exponent])
}

fn trailing_of_32(cursor: &mut FuncCursor, value: Value) -> Last {
    let wide = cursor.ins().sextend(types::I64, value);
    let end = cursor.ins().iconst(types::I64, 1 << 32);
    let some = cursor.ins().bor(wide, end);
    let negated = cursor.ins().ineg(some);
    let lowest = cursor.ins().band(some, negated);
    let float = cursor.ins().fcvt_from_sint(types::F64, lowest);
    let exponent = exponent(cursor, float);
    let exponent = cursor.ins().ireduce(types::I32, exponent);
    let bias = cursor.ins().iconst(types::I32, -BIAS);
    (Opcode::Iadd, [exponent, bias])
}

fn trailing_of_64(cursor: &mut FuncCursor, value: Value) -> Last {
    let before = cursor.ins().iadd_imm_s(value, -1);
    let rest = cursor.ins().bnot(value);
    let ones = cursor.ins().band(before, rest);
    let exponent = exponent_of_sum(cursor, ones, 1.0);
    let bias = cursor.ins().iconst(types::I64, -BIAS);
    (Opcode::Iadd, [exponent, bias])
}

/// The exponent of the sum of an unsigned integer and a constant.
fn exponent_of_sum(cursor: &mut FuncCursor, value: Value, constant: f64) -> Value {
    let float = cursor.ins().fcvt_from_uint(types::F64, value);
    let constant = cursor.ins().f64const(constant);
    let sum = cursor.ins().fadd(float, constant);
    exponent(cursor, sum)
}

/// The biased exponent of a positive number.
fn exponent(cursor: &mut FuncCursor, float: Value) -> Value {
    let bits = cursor.ins().bitcast(types::I64, MemFlagsData::new(), float);
    cursor.ins().ushr_imm_u(bits, FRACTION)
}
