//! Vectors as lanes, lanes as scalars, lanes that change places.

use crate::translate::Translator;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32};
use cranelift_codegen::ir::{Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value};

impl Translator<'_, '_> {
    /// The vector `value` as lanes of type `lanes`, lane 0 in the lowest bytes.
    ///
    /// Back ends choose instructions by what defines an operand; they do not look through bitcasts, nor does the
    /// optimiser remove them. So there are as few as can be.
    pub(super) fn as_lanes(&mut self, lanes: Type, value: Value) -> Value {
        let dfg = &self.low.builder.func.dfg;
        if dfg.value_type(value) == lanes {
            return value;
        }
        match dfg.value_def(value).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. }) => self.bitcast(lanes, arg),
            Some(InstructionData::UnaryConst { constant_handle, .. }) => self.ins().vconst(lanes, constant_handle),
            _ => self.bitcast(lanes, value),
        }
    }

    fn bitcast(&mut self, lanes: Type, value: Value) -> Value {
        if self.low.builder.func.dfg.value_type(value) == lanes {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.ins().bitcast(lanes, flags, value)
    }

    pub(super) fn pop_lanes(&mut self, lanes: Type) -> Value {
        let value = self.pop();
        self.as_lanes(lanes, value)
    }

    pub(super) fn pop2_lanes(&mut self, lanes: Type) -> (Value, Value) {
        let second = self.pop_lanes(lanes);
        (self.pop_lanes(lanes), second)
    }

    pub(super) fn pop3_lanes(&mut self, lanes: Type) -> (Value, Value, Value) {
        let third = self.pop_lanes(lanes);
        let (first, second) = self.pop2_lanes(lanes);
        (first, second, third)
    }

    /// Pushes a vector of any lane type.
    pub(super) fn push_vector(&mut self, value: Value) {
        let value = self.as_lanes(I8X16, value);
        self.push(value);
    }

    pub(super) fn v128_const(&mut self, bytes: [u8; 16]) {
        let value = self.low.vector_constant(bytes);
        self.push(value);
    }

    /// The scalar operand as a lane: lanes narrower than 32 bits are the low bits of an `i32`.
    fn pop_lane(&mut self, lanes: Type) -> Value {
        let scalar = self.pop();
        if lanes.lane_bits() < 32 { self.ins().ireduce(lanes.lane_type(), scalar) } else { scalar }
    }

    pub(super) fn splat(&mut self, lanes: Type) {
        let lane = self.pop_lane(lanes);
        let value = self.ins().splat(lanes, lane);
        self.push_vector(value);
    }

    pub(super) fn extract_lane(&mut self, lanes: Type, lane: u8) {
        let vector = self.pop_lanes(lanes);
        let scalar = self.ins().extractlane(vector, lane);
        self.push(scalar);
    }

    /// The `i32` that a lane narrower than 32 bits extends to.
    pub(super) fn extract_lane_extend(&mut self, lanes: Type, lane: u8, signed: bool) {
        self.extract_lane(lanes, lane);
        self.unary(|ins, x| if signed { ins.sextend(I32, x) } else { ins.uextend(I32, x) });
    }

    pub(super) fn replace_lane(&mut self, lanes: Type, lane: u8) {
        let scalar = self.pop_lane(lanes);
        let vector = self.pop_lanes(lanes);
        let value = self.ins().insertlane(vector, scalar, lane);
        self.push_vector(value);
    }

    /// The bytes at `lanes` of both operands laid end to end.
    pub(super) fn shuffle(&mut self, lanes: [u8; 16]) {
        let (low, high) = self.pop2_lanes(I8X16);
        let mask = self.low.builder.func.dfg.immediates.push(lanes.as_slice().into());
        let value = self.ins().shuffle(low, high, mask);
        self.push(value);
    }

    /// The bytes of the first operand at the indices that the second holds; 0 where an index is too large.
    pub(super) fn swizzle(&mut self) {
        let (bytes, indices) = self.pop2_lanes(I8X16);
        let indices = if self.low.plan.target.is_riscv64() { self.hide_splat(indices) } else { indices };
        let value = self.ins().swizzle(bytes, indices);
        self.push(value);
    }

    /// The same vector, but not seen to be a splat. For the indices of a swizzle Cranelift's RISC-V back end would take
    /// all bits of the register that a splat is made from, and all but the low 8 are left over from anything.
    fn hide_splat(&mut self, vector: Value) -> Value {
        let hidden = self.bitcast(I16X8, vector);
        self.bitcast(I8X16, hidden)
    }
}
