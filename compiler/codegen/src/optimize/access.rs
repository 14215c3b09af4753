//! Accesses to linear memory, as they are in CLIF: `[base + zero-extended index + offset]`.

use crate::lower::trap_code;
use crate::plan::Plan;
use crate::plan::memory::NEVER_GROWN;
use crate::values;
use cranelift_codegen::ir::{DataFlowGraph, Inst, InstructionData, Opcode, Value, types};
use wasmc_abi::trap::TrapCode;

/// Most bytes by which an index may be beyond one that was inside a memory: it has no carry then.
pub(super) const MAX_STEP: u32 = NEVER_GROWN;

/// Most bytes of a memory for which that holds.
const MAX_MEMORY: u64 = (1 << 32) - MAX_STEP as u64;

/// Whether an index of any memory of the plan that has been accessed is so far from 2^32 that [`MAX_STEP`] bytes
/// further there is still no carry.
pub(super) fn have_no_carry(plan: &Plan<'_>) -> bool {
    plan.memories.values().all(|memory| !memory.is_64 && memory.max <= MAX_MEMORY)
}

/// What an index is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Base {
    /// Nothing: the displacement holds it.
    Displacement,
    /// A constant.
    Constant(u64),
    /// A value.
    Value(Value),
}

/// A load or store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// The native address that the offset is added to.
    pub address: Value,
    pub base: Base,
    /// The index, an i32.
    pub index: Value,
    pub offset: i32,
}

/// The access that an instruction is: one that traps out of bounds, by an index that is an i32.
pub(super) fn of(dfg: &DataFlowGraph, inst: Inst) -> Option<Access> {
    let (address, offset) = match dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (arg, offset),
        InstructionData::Store { args, offset, .. } => (args[1], offset),
        _ => return None,
    };
    if dfg.insts[inst].memflags_trap_code(dfg) != Some(trap_code(TrapCode::OutOfBoundsMemoryAccess)) {
        return None;
    }
    let extended = |value| {
        let index = values::unary(dfg, value, Opcode::Uextend)?;
        (dfg.value_type(index) == types::I32).then_some(index)
    };
    let (base, index) = match extended(address) {
        Some(index) => (Base::Displacement, index),
        None => {
            let [left, right] = values::binary(dfg, address, Opcode::Iadd)?;
            let (base, index) = match extended(left) {
                Some(index) => (right, index),
                None => (left, extended(right)?),
            };
            (values::constant(dfg, base).map_or(Base::Value(base), Base::Constant), index)
        }
    };
    Some(Access { address, base, index, offset: offset.into() })
}

/// Bytes that a load or store accesses.
pub(super) fn size(dfg: &DataFlowGraph, inst: Inst) -> u32 {
    let data = dfg.insts[inst];
    let of_value = match data {
        InstructionData::Store { args, .. } => dfg.value_type(args[0]).bytes(),
        _ => dfg.value_type(dfg.first_result(inst)).bytes(),
    };
    match data.opcode() {
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
        Opcode::Uload8x8 | Opcode::Sload8x8 | Opcode::Uload16x4 | Opcode::Sload16x4 | Opcode::Uload32x2 => 8,
        Opcode::Sload32x2 => 8,
        _ => of_value,
    }
}

/// Makes an instruction access `address` + `offset`.
pub(super) fn redirect(dfg: &mut DataFlowGraph, inst: Inst, to: Value, to_offset: i32) {
    match &mut dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (*arg, *offset) = (to, to_offset.into()),
        InstructionData::Store { args, offset, .. } => (args[1], *offset) = (to, to_offset.into()),
        _ => unreachable!("only loads and stores are accesses"),
    }
}
