//! Lane-wise arithmetic, and products and sums of lanes twice as wide.

use crate::translate::Translator;
use crate::translate::numeric::Ins;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{I8X16, I16X8};
use cranelift_codegen::ir::{InstBuilder, Type, Value};

impl<'f> Translator<'_, 'f> {
    /// An operator of one vector.
    pub(super) fn vector_unary(&mut self, lanes: Type, emit: impl FnOnce(Ins<'_, 'f>, Value) -> Value) {
        let operand = self.pop_lanes(lanes);
        let value = emit(self.ins(), operand);
        self.push_vector(value);
    }

    /// An operator of two vectors.
    pub(super) fn vector_binary(&mut self, lanes: Type, emit: impl FnOnce(Ins<'_, 'f>, Value, Value) -> Value) {
        let (left, right) = self.pop2_lanes(lanes);
        let value = emit(self.ins(), left, right);
        self.push_vector(value);
    }

    /// A shift of all lanes by an `i32`, which Cranelift's shifts take modulo the width of a lane, as the specification
    /// does.
    pub(super) fn vector_shift(&mut self, lanes: Type, emit: impl FnOnce(Ins<'_, 'f>, Value, Value) -> Value) {
        let count = self.pop();
        let operand = self.pop_lanes(lanes);
        let value = emit(self.ins(), operand, count);
        self.push_vector(value);
    }

    /// The bits of the first operand where the third has ones, else those of the second.
    pub(super) fn bitselect(&mut self) {
        let (ones, zeros, mask) = self.pop3_lanes(I8X16);
        let value = self.ins().bitselect(mask, ones, zeros);
        self.push_vector(value);
    }

    /// The second operand where it is less than the first (so neither is NaN), else the first.
    pub(super) fn pseudo_min(&mut self, lanes: Type) {
        let (first, second) = self.pop2_lanes(lanes);
        self.select_less(lanes, second, first, second, first);
    }

    /// The second operand where the first is less than it (so neither is NaN), else the first.
    pub(super) fn pseudo_max(&mut self, lanes: Type) {
        let (first, second) = self.pop2_lanes(lanes);
        self.select_less(lanes, first, second, second, first);
    }

    /// Lanes of `then` where `left < right`, else of `otherwise`.
    fn select_less(&mut self, lanes: Type, left: Value, right: Value, then: Value, otherwise: Value) {
        let less = self.ins().fcmp(FloatCC::LessThan, left, right);
        let mask = self.as_lanes(lanes, less);
        let value = self.ins().bitselect(mask, then, otherwise);
        self.push_vector(value);
    }

    /// Products of lanes of type `narrow` of one half, which `widen` extends to twice their width.
    pub(super) fn extmul(&mut self, narrow: Type, widen: impl Fn(Ins<'_, 'f>, Value) -> Value) {
        let (left, right) = self.pop2_lanes(narrow);
        let left = widen(self.ins(), left);
        let right = widen(self.ins(), right);
        let value = self.ins().imul(left, right);
        self.push_vector(value);
    }

    /// Sums of neighbouring lanes of type `narrow`, extended to twice their width.
    pub(super) fn extadd_pairwise(&mut self, narrow: Type, signed: bool) {
        let operand = self.pop_lanes(narrow);
        let (low, high) = self.widen_halves(operand, signed);
        let value = self.ins().iadd_pairwise(low, high);
        self.push_vector(value);
    }

    /// Sums of neighbouring 32-bit products of `i16` lanes.
    pub(super) fn dot(&mut self) {
        let (left, right) = self.pop2_lanes(I16X8);
        let (left_low, left_high) = self.widen_halves(left, true);
        let (right_low, right_high) = self.widen_halves(right, true);
        let low = self.ins().imul(left_low, right_low);
        let high = self.ins().imul(left_high, right_high);
        let value = self.ins().iadd_pairwise(low, high);
        self.push_vector(value);
    }

    fn widen_halves(&mut self, operand: Value, signed: bool) -> (Value, Value) {
        if signed {
            (self.ins().swiden_low(operand), self.ins().swiden_high(operand))
        } else {
            (self.ins().uwiden_low(operand), self.ins().uwiden_high(operand))
        }
    }
}
