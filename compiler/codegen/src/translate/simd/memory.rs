//! Loads and stores of parts of vectors. Those of whole vectors are rows of `dispatch`.

use crate::translate::Translator;
use cranelift_codegen::ir::types::{I8X16, I16X8, I64, I64X2};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use wasmc_frontend::wasmparser::MemArg;

impl Translator<'_, '_> {
    /// A load of one lane.
    fn load_scalar(&mut self, ty: Type, memarg: &MemArg) -> Value {
        self.load(ty, memarg);
        self.pop()
    }

    /// A load of 8 bytes as the lower half of lanes of type `narrow`, each extended to twice its width.
    pub(super) fn load_widen(&mut self, narrow: Type, signed: bool, memarg: &MemArg) {
        if self.low.plan.target.is_riscv64() {
            return self.load_then_widen(narrow, signed, memarg);
        }
        let index = self.pop();
        let (flags, address) = self.address(memarg, index, 8);
        let (base, offset) = (address.base, address.offset);
        let value = match (narrow, signed) {
            (I8X16, true) => self.ins().sload8x8(flags, base, offset),
            (I8X16, false) => self.ins().uload8x8(flags, base, offset),
            (I16X8, true) => self.ins().sload16x4(flags, base, offset),
            (I16X8, false) => self.ins().uload16x4(flags, base, offset),
            (_, true) => self.ins().sload32x2(flags, base, offset),
            (_, false) => self.ins().uload32x2(flags, base, offset),
        };
        self.push_vector(value);
    }

    /// The same through a scalar register. In one instruction it would be a load of one 64-bit element on RISC-V, which
    /// CPUs may refuse where it is not aligned ("V" extension, "Vector Memory Alignment Constraints").
    fn load_then_widen(&mut self, narrow: Type, signed: bool, memarg: &MemArg) {
        let scalar = self.load_scalar(I64, memarg);
        let twice = self.ins().splat(I64X2, scalar);
        let half = self.as_lanes(narrow, twice);
        let value = if signed { self.ins().swiden_low(half) } else { self.ins().uwiden_low(half) };
        self.push_vector(value);
    }

    /// A load of one lane that becomes every lane.
    pub(super) fn load_splat(&mut self, lanes: Type, memarg: &MemArg) {
        let scalar = self.load_scalar(lanes.lane_type(), memarg);
        let value = self.ins().splat(lanes, scalar);
        self.push_vector(value);
    }

    /// A load of lane 0; the others are 0.
    pub(super) fn load_zero(&mut self, lanes: Type, memarg: &MemArg) {
        let scalar = self.load_scalar(lanes.lane_type(), memarg);
        let value = self.ins().scalar_to_vector(lanes, scalar);
        self.push_vector(value);
    }

    /// A load of one lane; the others are the operand's.
    pub(super) fn load_lane(&mut self, lanes: Type, lane: u8, memarg: &MemArg) {
        let vector = self.pop_lanes(lanes);
        let scalar = self.load_scalar(lanes.lane_type(), memarg);
        let value = self.ins().insertlane(vector, scalar, lane);
        self.push_vector(value);
    }

    /// A store of one lane.
    pub(super) fn store_lane(&mut self, lanes: Type, lane: u8, memarg: &MemArg) {
        self.extract_lane(lanes, lane);
        self.store(memarg);
    }
}
