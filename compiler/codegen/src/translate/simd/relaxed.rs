//! Relaxed vector instructions (core specification, "Relaxed Operations").
//!
//! Each may do one of several things; on every target we do the one that the specification's deterministic profile
//! prescribes, so that a program means the same everywhere. Most are then the strict operator of the same name.
//! Multiplication with addition rounds twice (the profile's first choice is `fadd(fmul(a, b), c)`), which also needs no
//! library where the CPU has no fused instruction.

use crate::Error;
use crate::translate::Translator;
use cranelift_codegen::ir::types::{F32X4, F64X2, I16X8, I32, I32X4};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use wasmc_frontend::wasmparser::Operator;

impl Translator<'_, '_> {
    /// Translates a relaxed vector operator; what is none goes on to the next table.
    pub(super) fn relaxed_simd_operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        match *operator {
            Operator::I8x16RelaxedSwizzle => self.swizzle(),
            Operator::I32x4RelaxedTruncF32x4S => self.vector_unary(F32X4, |ins, x| ins.fcvt_to_sint_sat(I32X4, x)),
            Operator::I32x4RelaxedTruncF32x4U => self.vector_unary(F32X4, |ins, x| ins.fcvt_to_uint_sat(I32X4, x)),
            Operator::I32x4RelaxedTruncF64x2SZero => self.trunc_sat_zero(true),
            Operator::I32x4RelaxedTruncF64x2UZero => self.trunc_sat_zero(false),
            Operator::F32x4RelaxedMadd => self.relaxed_madd(F32X4, false),
            Operator::F32x4RelaxedNmadd => self.relaxed_madd(F32X4, true),
            Operator::F64x2RelaxedMadd => self.relaxed_madd(F64X2, false),
            Operator::F64x2RelaxedNmadd => self.relaxed_madd(F64X2, true),
            Operator::I8x16RelaxedLaneselect => self.bitselect(),
            Operator::I16x8RelaxedLaneselect => self.bitselect(),
            Operator::I32x4RelaxedLaneselect => self.bitselect(),
            Operator::I64x2RelaxedLaneselect => self.bitselect(),
            Operator::F32x4RelaxedMin => self.vector_binary(F32X4, |ins, x, y| ins.fmin(x, y)),
            Operator::F32x4RelaxedMax => self.vector_binary(F32X4, |ins, x, y| ins.fmax(x, y)),
            Operator::F64x2RelaxedMin => self.vector_binary(F64X2, |ins, x, y| ins.fmin(x, y)),
            Operator::F64x2RelaxedMax => self.vector_binary(F64X2, |ins, x, y| ins.fmax(x, y)),
            Operator::I16x8RelaxedQ15mulrS => self.vector_binary(I16X8, |ins, x, y| ins.sqmul_round_sat(x, y)),
            Operator::I16x8RelaxedDotI8x16I7x16S => self.relaxed_dot(),
            Operator::I32x4RelaxedDotI8x16I7x16AddS => self.relaxed_dot_add(),
            _ => return self.atomic_operator(operator, offset),
        }
        Ok(())
    }

    /// `first * second + third`, or `-first * second + third`.
    fn relaxed_madd(&mut self, lanes: Type, negate: bool) {
        let (first, second, third) = self.pop3_lanes(lanes);
        let first = if negate { self.ins().fneg(first) } else { first };
        let product = self.ins().fmul(first, second);
        let value = self.ins().fadd(product, third);
        self.push_vector(value);
    }

    /// Sums of neighbouring 16-bit products of `i8` lanes. The sum of two products of -128 saturates.
    fn relaxed_dot(&mut self) {
        let (left, right) = self.pop2_lanes(I16X8);
        let (left_even, left_odd) = self.extend_neighbours(left);
        let (right_even, right_odd) = self.extend_neighbours(right);
        let even = self.ins().imul(left_even, right_even);
        let odd = self.ins().imul(left_odd, right_odd);
        let value = self.ins().sadd_sat(even, odd);
        self.push_vector(value);
    }

    /// The lower and the upper byte of each 16-bit lane, sign-extended.
    fn extend_neighbours(&mut self, operand: Value) -> (Value, Value) {
        let byte = self.ins().iconst(I32, 8);
        let shifted = self.ins().ishl(operand, byte);
        (self.ins().sshr(shifted, byte), self.ins().sshr(operand, byte))
    }

    /// Sums of neighbouring lanes of the dot product of the first two operands, plus the third.
    fn relaxed_dot_add(&mut self) {
        let third = self.pop();
        self.relaxed_dot();
        self.extadd_pairwise(I16X8, true);
        self.push(third);
        self.vector_binary(I32X4, |ins, x, y| ins.iadd(x, y));
    }
}
