//! What a value is, by the instruction that makes it.

use cranelift_codegen::ir::{
    ArgumentExtension, DataFlowGraph, Function, Inst, InstructionData, Opcode, Type, Value, ValueDef, types,
};

/// The instruction that makes `value`, where it is not a block's parameter.
pub(crate) fn made_by(dfg: &DataFlowGraph, value: Value) -> Option<InstructionData> {
    match dfg.value_def(value) {
        ValueDef::Result(inst, 0) => Some(dfg.insts[inst]),
        _ => None,
    }
}

/// The constant that an integer is, as its bits.
pub(crate) fn constant(dfg: &DataFlowGraph, value: Value) -> Option<u64> {
    match made_by(dfg, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
            let bits = dfg.value_type(value).bits();
            Some(imm.bits() as u64 & (u64::MAX >> (64 - bits)))
        }
        _ => None,
    }
}

/// The operand of `value`, where `opcode` makes it.
pub(crate) fn unary(dfg: &DataFlowGraph, value: Value, opcode: Opcode) -> Option<Value> {
    match made_by(dfg, value)? {
        InstructionData::Unary { opcode: found, arg } if found == opcode => Some(arg),
        _ => None,
    }
}

/// The operands of `value`, where `opcode` makes it.
pub(crate) fn binary(dfg: &DataFlowGraph, value: Value, opcode: Opcode) -> Option<[Value; 2]> {
    match made_by(dfg, value)? {
        InstructionData::Binary { opcode: found, args } if found == opcode => Some(args),
        _ => None,
    }
}

/// The operands of a commutative `opcode` that makes `value`, the constant one as its bits.
pub(crate) fn with_constant(dfg: &DataFlowGraph, value: Value, opcode: Opcode) -> Option<(Value, u64)> {
    let [left, right] = binary(dfg, value, opcode)?;
    match (constant(dfg, left), constant(dfg, right)) {
        (_, Some(constant)) => Some((left, constant)),
        (Some(constant), None) => Some((right, constant)),
        (None, None) => None,
    }
}

/// Additions that are followed: Cranelift folds those of constants to each other, so that there are hardly ever two.
const MAX_ADDITIONS: usize = 8;

/// A 32-bit value as another one and what is added to it.
pub(crate) fn root(dfg: &DataFlowGraph, value: Value) -> (Value, u32) {
    let (mut root, mut sum) = (value, 0_u32);
    for _ in 0..MAX_ADDITIONS {
        let Some((rest, constant)) = with_constant(dfg, root, Opcode::Iadd) else { break };
        (root, sum) = (rest, sum.wrapping_add(constant as u32));
    }
    (root, sum)
}

/// Whether an i64 is an i32 that a function was called with, or has returned, which the other side has extended.
pub(crate) fn is_passed_extended(func: &Function, value: Value, how: ArgumentExtension) -> bool {
    let dfg = &func.dfg;
    let passed = match dfg.value_def(value) {
        ValueDef::Param(block, number) if func.layout.entry_block() == Some(block) => {
            func.signature.params.get(number).copied()
        }
        ValueDef::Result(inst, number) => {
            dfg.call_signature(inst).and_then(|signature| dfg.signatures[signature].returns.get(number).copied())
        }
        _ => None,
    };
    passed.is_some_and(|passed| passed.extension == how && passed.value_type == types::I64)
}

/// Bits of an integer type as the number that they are with a sign.
pub(crate) fn signed(ty: Type, bits: u64) -> i64 {
    let unused = 64 - ty.bits();
    ((bits << unused) as i64) >> unused
}

/// Has `value` take the place of the one result of `inst`, which is taken out.
pub(crate) fn replace(func: &mut Function, inst: Inst, value: Value) {
    let result = func.dfg.first_result(inst);
    func.layout.remove_inst(inst);
    func.dfg.clear_results(inst);
    func.dfg.change_to_alias(result, value);
}

/// Makes `value`, which nothing makes any more, the lower half of `wide`, before `at`.
pub(crate) fn make_lower_half(func: &mut Function, at: Inst, value: Value, wide: Value) {
    let narrow = func.dfg.make_inst(InstructionData::Unary { opcode: Opcode::Ireduce, arg: wide });
    func.dfg.make_inst_results_reusing(narrow, types::I32, [Some(value)].into_iter());
    func.layout.insert_inst(narrow, at);
}

/// Makes a block's parameter of 32 bits one of 64, which is returned, and what it was the lower half of that.
pub(crate) fn widen_param(func: &mut Function, param: Value) -> Value {
    let ValueDef::Param(block, _) = func.dfg.value_def(param) else { unreachable!("only parameters are widened") };
    let wide = func.dfg.replace_block_param(param, types::I64);
    let first = func.layout.first_inst(block).expect("a block ends with a branch");
    make_lower_half(func, first, param, wide);
    wide
}
