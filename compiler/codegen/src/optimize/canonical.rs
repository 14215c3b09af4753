//! Under `--deterministic`, every NaN that can be seen is the canonical one.
//!
//! What arithmetic makes of a NaN does not depend on its bits: the result is a NaN, or a comparison's answer. So bits
//! may differ from machine to machine until something looks at them: a store, a call, a return, a conversion to
//! integers bit by bit, an operation on the sign alone. Only there
//!
//! ```text
//! value    becomes    value != value ? canonical NaN : value
//! ```
//!
//! right after what makes it. Loops that carry sums and products thus look at them once, at their end.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::types::{F32, F64};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, MemFlagsData, Opcode, Type, Value, ValueDef};

/// Makes NaNs canonical where they are looked at.
pub(super) fn canonicalize(func: &mut Function) {
    func.dfg.resolve_all_aliases();
    let any = of_any_bits(func);
    let (mut seen, mut seers) = (EntitySet::new(), Vec::new());
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            if is_blind(func, inst) {
                continue;
            }
            let values = func.dfg.inst_args(inst);
            seen.extend(values.iter().copied().filter(|&value| any.contains(value)));
            if values.iter().any(|&value| any.contains(value)) {
                seers.push(inst);
            }
        }
    }
    let mut canonical: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    for value in seen.iter() {
        canonical[value] = Some(insert(func, value));
    }
    for inst in seers {
        for argument in func.dfg.inst_args_mut(inst) {
            *argument = canonical[*argument].unwrap_or(*argument);
        }
    }
}

/// The values that may be NaNs of any bits: what arithmetic makes, and what that is passed on as.
fn of_any_bits(func: &Function) -> EntitySet<Value> {
    let dfg = &func.dfg;
    let mut passed_on_as: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
    let mut found = Vec::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            if is_arithmetic(dfg.insts[inst].opcode()) {
                found.push(dfg.first_result(inst));
            } else if is_choice(func, inst) {
                let result = dfg.first_result(inst);
                dfg.inst_args(inst)[1..].iter().for_each(|&value| passed_on_as[value].push(result));
            }
            for call in dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                let params = dfg.block_params(call.block(&dfg.value_lists));
                for (value, &param) in call.args(&dfg.value_lists).zip(params) {
                    if let Some(value) = value.as_value().filter(|_| is_float(dfg.value_type(param))) {
                        passed_on_as[value].push(param);
                    }
                }
            }
        }
    }
    let mut any = EntitySet::new();
    while let Some(value) = found.pop() {
        if any.insert(value) {
            found.extend(&passed_on_as[value]);
        }
    }
    any
}

fn is_float(ty: Type) -> bool {
    ty.lane_type().is_float()
}

/// Whether what it makes of a NaN is a NaN of any bits.
fn is_arithmetic(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Ceil
            | Opcode::Fadd
            | Opcode::Fdemote
            | Opcode::Fdiv
            | Opcode::Floor
            | Opcode::Fma
            | Opcode::Fmax
            | Opcode::Fmin
            | Opcode::Fmul
            | Opcode::Fpromote
            | Opcode::Fsub
            | Opcode::FvpromoteLow
            | Opcode::Fvdemote
            | Opcode::Nearest
            | Opcode::Sqrt
            | Opcode::Trunc
    )
}

/// Whether it is one of two floats.
fn is_choice(func: &Function, inst: Inst) -> bool {
    func.dfg.insts[inst].opcode() == Opcode::Select && is_float(func.dfg.ctrl_typevar(inst))
}

/// Whether it does the same whatever the bits of a NaN are, but for a NaN that it makes.
fn is_blind(func: &Function, inst: Inst) -> bool {
    let opcode = func.dfg.insts[inst].opcode();
    let is_answer = matches!(
        opcode,
        Opcode::Fcmp | Opcode::FcvtToSint | Opcode::FcvtToSintSat | Opcode::FcvtToUint | Opcode::FcvtToUintSat
    );
    is_answer || is_arithmetic(opcode) || is_choice(func, inst)
}

/// Makes the canonical value of `value`, right after it.
fn insert(func: &mut Function, value: Value) -> Value {
    let ty = func.dfg.value_type(value);
    let place = func.dfg.value_def(value);
    let cursor = FuncCursor::new(func);
    let mut cursor = match place {
        ValueDef::Param(block, _) => cursor.at_first_insertion_point(block),
        ValueDef::Result(inst, _) => cursor.after_inst(inst),
        ValueDef::Union(..) => unreachable!("only the egraph makes unions, after this"),
    };
    let nan = match ty.lane_type() {
        F32 => cursor.ins().f32const(Ieee32::with_bits(0x7fc0_0000)),
        _ => cursor.ins().f64const(Ieee64::with_bits(0x7ff8_0000_0000_0000)),
    };
    let is_nan = cursor.ins().fcmp(FloatCC::Unordered, value, value);
    if matches!(ty, F32 | F64) {
        return cursor.ins().select(is_nan, nan, value);
    }
    let nan = cursor.ins().splat(ty, nan);
    let is_nan = cursor.ins().bitcast(ty, MemFlagsData::new(), is_nan);
    cursor.ins().bitselect(is_nan, nan, value)
}
