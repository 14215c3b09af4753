//! Numeric instructions (core specification 4.3).

use super::Translator;
use crate::values;
use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, types};

impl<'f> Translator<'_, 'f> {
    pub(super) fn i32_const(&mut self, value: i32) {
        let value = self.ins().iconst(types::I32, i64::from(value as u32));
        self.push(value);
    }

    pub(super) fn i64_const(&mut self, value: i64) {
        let value = self.ins().iconst(types::I64, value);
        self.push(value);
    }

    pub(super) fn f32_const(&mut self, bits: u32) {
        let value = self.ins().f32const(Ieee32::with_bits(bits));
        self.push(value);
    }

    pub(super) fn f64_const(&mut self, bits: u64) {
        let value = self.ins().f64const(Ieee64::with_bits(bits));
        self.push(value);
    }

    /// An operator of one operand.
    pub(super) fn unary(&mut self, emit: impl FnOnce(Ins<'_, 'f>, Value) -> Value) {
        let operand = self.pop();
        let value = emit(self.ins(), operand);
        self.push(value);
    }

    /// An operator of two operands.
    pub(super) fn binary(&mut self, emit: impl FnOnce(Ins<'_, 'f>, Value, Value) -> Value) {
        let (left, right) = self.pop2();
        let value = emit(self.ins(), left, right);
        self.push(value);
    }

    /// A comparison of integers.
    pub(super) fn compare(&mut self, condition: IntCC) {
        let (left, right) = self.pop2();
        let holds = self.ins().icmp(condition, left, right);
        self.push_condition(holds);
    }

    /// A comparison of floats.
    pub(super) fn compare_float(&mut self, condition: FloatCC) {
        let (left, right) = self.pop2();
        let (left, right) = (self.hoistable(left), self.hoistable(right));
        let holds = self.ins().fcmp(condition, left, right);
        self.push_condition(holds);
    }

    /// Subtraction or division of floats, whose left operand cannot come from memory.
    pub(super) fn binary_float(&mut self, emit: impl FnOnce(Ins<'_, 'f>, Value, Value) -> Value) {
        let (left, right) = self.pop2();
        let left = self.hoistable(left);
        let value = emit(self.ins(), left, right);
        self.push(value);
    }

    /// A float constant as a value that the optimiser moves out of loops, where it would make a scalar constant anew at
    /// every use; other values as they are. Only worth it where the instruction cannot take the constant from memory.
    fn hoistable(&mut self, value: Value) -> Value {
        let dfg = &self.low.builder.func.dfg;
        let Some(inst) = dfg.value_def(value).inst() else { return value };
        let (bits, lanes) = match dfg.insts[inst] {
            InstructionData::UnaryIeee32 { imm, .. } => (u128::from(imm.bits()), types::F32X4),
            InstructionData::UnaryIeee64 { imm, .. } => (u128::from(imm.bits()), types::F64X2),
            _ => return value,
        };
        if bits == 0 || !self.in_loop() || !self.low.plan.target.has_vectors() {
            return value;
        }
        let vector = self.low.vector_constant(bits.to_le_bytes());
        let mut flags = MemFlagsData::new();
        flags.set_endianness(Endianness::Little);
        let vector = self.ins().bitcast(lanes, flags, vector);
        self.ins().extractlane(vector, 0)
    }

    /// Comparison with zero. That of a comparison's result is the opposite comparison, which fuses with a branch.
    pub(super) fn eqz(&mut self) {
        let operand = self.pop();
        let holds = match self.comparison(operand) {
            Some(InstructionData::IntCompare { cond, args, .. }) => {
                self.ins().icmp(cond.complement(), args[0], args[1])
            }
            Some(InstructionData::FloatCompare { cond, args, .. }) => {
                self.ins().fcmp(cond.complement(), args[0], args[1])
            }
            _ => self.ins().icmp_imm_s(IntCC::Equal, operand, 0),
        };
        self.push_condition(holds);
    }

    /// The comparison whose result, 0 or 1, `value` is.
    fn comparison(&self, value: Value) -> Option<InstructionData> {
        let dfg = &self.low.builder.func.dfg;
        values::made_by(dfg, values::unary(dfg, value, Opcode::Uextend)?)
    }

    pub(super) fn push_condition(&mut self, holds: Value) {
        let value = self.ins().uextend(types::I32, holds);
        self.push(value);
    }

    /// Extension of the low `narrow` bits of an integer to its own width.
    pub(super) fn extend_low(&mut self, narrow: Type) {
        let operand = self.pop();
        let ty = self.low.builder.func.dfg.value_type(operand);
        let low = self.ins().ireduce(narrow, operand);
        let value = self.ins().sextend(ty, low);
        self.push(value);
    }

    /// A change of type without a change of bits.
    pub(super) fn reinterpret(&mut self, ty: Type) {
        let operand = self.pop();
        let flags = cranelift_codegen::ir::MemFlagsData::new();
        let value = self.ins().bitcast(ty, flags, operand);
        self.push(value);
    }

    pub(super) fn i64_add128(&mut self) {
        self.wide(|ins, left, right| ins.iadd(left, right));
    }

    pub(super) fn i64_sub128(&mut self) {
        self.wide(|ins, left, right| ins.isub(left, right));
    }

    fn wide(&mut self, emit: impl FnOnce(Ins<'_, 'f>, Value, Value) -> Value) {
        let (left_low, left_high, right_low, right_high) = {
            let (right_low, right_high) = self.pop2();
            let (left_low, left_high) = self.pop2();
            (left_low, left_high, right_low, right_high)
        };
        let left = self.ins().iconcat(left_low, left_high);
        let right = self.ins().iconcat(right_low, right_high);
        let value = emit(self.ins(), left, right);
        self.push_wide(value);
    }

    pub(super) fn i64_mul_wide(&mut self, signed: bool) {
        let (left, right) = self.pop2();
        let extend = |ins: Ins<'_, 'f>, value| {
            if signed { ins.sextend(types::I128, value) } else { ins.uextend(types::I128, value) }
        };
        let left = extend(self.ins(), left);
        let right = extend(self.ins(), right);
        let value = self.ins().imul(left, right);
        self.push_wide(value);
    }

    fn push_wide(&mut self, value: Value) {
        let (low, high) = self.ins().isplit(value);
        self.push(low);
        self.push(high);
    }
}

/// Cranelift's instruction builder at the end of the current block.
pub(super) type Ins<'s, 'f> = cranelift_frontend::FuncInstBuilder<'s, 'f>;
