//! Conversions between lanes of different width. Those that keep the width are rows of the table.

use crate::translate::Translator;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::types::{F64X2, I32X4, I64X2};

impl Translator<'_, '_> {
    /// `f64` lanes to the lower two 32-bit integers, saturating; the upper two are 0.
    ///
    /// Saturation to 64 bits and then to 32 is saturation to 32. The x86-64 back end has neither of these steps alone;
    /// it knows the two together by a zero of just this form.
    pub(super) fn trunc_sat_zero(&mut self, signed: bool) {
        let operand = self.pop_lanes(F64X2);
        let zero = self.low.vector_constant([0; 16]);
        let zero = self.as_lanes(I64X2, zero);
        let value = if signed {
            let wide = self.ins().fcvt_to_sint_sat(I64X2, operand);
            self.ins().snarrow(wide, zero)
        } else {
            let wide = self.ins().fcvt_to_uint_sat(I64X2, operand);
            self.ins().uunarrow(wide, zero)
        };
        self.push_vector(value);
    }

    /// The lower two 32-bit integers to `f64` lanes.
    pub(super) fn convert_low(&mut self, signed: bool) {
        let operand = self.pop_lanes(I32X4);
        let value = if signed {
            let wide = self.ins().swiden_low(operand);
            self.ins().fcvt_from_sint(F64X2, wide)
        } else {
            let wide = self.ins().uwiden_low(operand);
            self.ins().fcvt_from_uint(F64X2, wide)
        };
        self.push_vector(value);
    }
}
