//! Comparisons, whose results are lanes of ones or zeros, and tests of whole vectors.

use crate::translate::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{I8X16, I32};
use cranelift_codegen::ir::{InstBuilder, Type};

impl Translator<'_, '_> {
    /// A comparison of integer lanes.
    pub(super) fn vector_compare(&mut self, lanes: Type, condition: IntCC) {
        self.vector_binary(lanes, |ins, x, y| ins.icmp(condition, x, y));
    }

    /// A comparison of float lanes.
    pub(super) fn vector_compare_float(&mut self, lanes: Type, condition: FloatCC) {
        self.vector_binary(lanes, |ins, x, y| ins.fcmp(condition, x, y));
    }

    /// Whether any bit is one.
    pub(super) fn any_true(&mut self) {
        let operand = self.pop_lanes(I8X16);
        let holds = self.ins().vany_true(operand);
        self.push_condition(holds);
    }

    /// Whether no lane is zero.
    pub(super) fn all_true(&mut self, lanes: Type) {
        let operand = self.pop_lanes(lanes);
        let holds = self.ins().vall_true(operand);
        self.push_condition(holds);
    }

    /// The highest bit of each lane, that of lane 0 lowest.
    pub(super) fn bitmask(&mut self, lanes: Type) {
        let operand = self.pop_lanes(lanes);
        let bits = self.ins().vhigh_bits(I32, operand);
        self.push(bits);
    }
}
