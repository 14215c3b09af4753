//! Moves out of loops what is the same in each of their turns, constants that take instructions to make included:
//! Cranelift makes a constant anew in each block that needs it, and keeps what depends on one there.
//!
//! Only out of loops without calls: what lives across a call takes a register that must be saved, or memory. The
//! address of a memory is worth that.

use super::loops;
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::{HashMap, HashSet};

/// Integers that are moved out of one loop at most, and floats as many.
const MAX_HOISTED: usize = 8;

/// Moves what does not change out of loops.
pub(super) fn hoist(plan: &Plan<'_>, context: &mut Context) {
    let with_calls = loops::with(context, Opcode::is_call);
    let kept = kept(context);
    let mut counts: HashMap<(Loop, bool), usize> = HashMap::new();
    let mut constants: HashMap<(Loop, Type, u64), Value> = HashMap::new();
    let blocks: Vec<Block> = context.domtree.cfg_rpo().copied().collect();
    // What every turn needs comes first.
    let (always, sometimes): (Vec<Block>, Vec<Block>) =
        blocks.into_iter().partition(|&block| is_in_each_turn(context, block));
    let always = always.into_iter().map(|block| (block, true));
    for (block, is_always) in always.chain(sometimes.into_iter().map(|block| (block, false))) {
        let Some(innermost) = context.loop_analysis.innermost_loop(block) else { continue };
        let insts: Vec<Inst> = context.func.layout.block_insts(block).collect();
        for inst in insts {
            let dfg = &context.func.dfg;
            // What is selected takes two instructions, and more registers until then.
            if !is_worthwhile(plan, dfg, inst) || !is_always && selected_by(dfg, inst).is_some() {
                continue;
            }
            let is_base = is_base(plan, constant_bits(context.func.dfg.insts[inst]));
            let is_free = |of| is_base || !with_calls.contains(of);
            let Some(of) = outermost(context, innermost, inst, is_free) else { continue };
            let before = context.domtree.idom(context.loop_analysis.loop_header(of));
            let Some(before) = before else { continue };
            let func = &mut context.func;
            let result = func.dfg.first_result(inst);
            let ty = func.dfg.value_type(result);
            let constant = constant_bits(func.dfg.insts[inst]).map(|bits| (of, ty, bits));
            let made = constant.and_then(|constant| constants.get(&constant));
            if let Some(&made) = made {
                values::replace(func, inst, made);
                continue;
            }
            let is_float = !ty.is_int();
            let count = counts.entry((of, is_float)).or_default();
            let kept = kept.get(&(of, is_float)).copied().unwrap_or_default();
            let registers = plan.target.registers(is_float).saturating_sub(kept);
            if *count >= MAX_HOISTED.min(registers) && !is_base {
                continue;
            }
            *count += 1;
            constant.map(|constant| constants.insert(constant, result));
            let branch = func.layout.last_inst(before).expect("a block ends with a branch");
            move_before(func, inst, branch);
        }
    }
}

/// How many integers, and floats, live all through each loop: what is made outside and taken inside, and what it
/// carries from turn to turn.
fn kept(context: &Context) -> HashMap<(Loop, bool), usize> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut seen: HashSet<(Loop, Value)> = HashSet::new();
    let mut counts = HashMap::new();
    let mut note = |of: Loop, value: Value| {
        if seen.insert((of, value)) {
            let is_float = !func.dfg.value_type(value).is_int();
            *counts.entry((of, is_float)).or_default() += 1;
        }
    };
    for block in func.layout.blocks() {
        let Some(innermost) = loops.innermost_loop(block) else { continue };
        if loops.loop_header(innermost) == block {
            func.dfg.block_params(block).iter().for_each(|&param| note(innermost, param));
        }
        for inst in func.layout.block_insts(block) {
            for value in func.dfg.inst_values(inst) {
                let is_constant = matches!(values::made_by(&func.dfg, value), Some(InstructionData::UnaryImm { .. }));
                let mut next = Some(innermost);
                while let Some(of) = next.filter(|&of| !is_constant && !loops::contain(context, of, value)) {
                    note(of, value);
                    next = loops.loop_parent(of);
                }
            }
        }
    }
    counts
}

/// Whether a block is executed in each turn of its innermost loop.
fn is_in_each_turn(context: &Context, block: Block) -> bool {
    let loops = &context.loop_analysis;
    let Some(of) = loops.innermost_loop(block) else { return false };
    let before = context.cfg.pred_iter(loops.loop_header(of)).map(|before| before.block);
    before.filter(|&before| loops.is_in_loop(before, of)).all(|latch| context.domtree.block_dominates(block, latch))
}

/// Moves an instruction, and copies of the constants and of the comparison that it takes.
fn move_before(func: &mut Function, inst: Inst, branch: Inst) {
    func.layout.remove_inst(inst);
    func.layout.insert_inst(inst, branch);
    for number in 0..func.dfg.inst_args(inst).len() {
        let arg = func.dfg.inst_args(inst)[number];
        let is_condition = number == 0 && selected_by(&func.dfg, inst).is_some();
        let copy = if is_condition { copy_condition(func, inst, arg) } else { copy_constant(func, inst, arg) };
        func.dfg.inst_args_mut(inst)[number] = copy;
    }
}

/// A copy of a constant where `at` is; any other value itself.
fn copy_constant(func: &mut Function, at: Inst, value: Value) -> Value {
    match values::made_by(&func.dfg, value) {
        Some(InstructionData::UnaryImm { imm, .. }) => {
            let ty = func.dfg.value_type(value);
            FuncCursor::new(func).at_inst(at).ins().iconst(ty, imm.bits())
        }
        _ => value,
    }
}

/// A copy of a comparison, and of its extension where there is one, where `at` is.
fn copy_condition(func: &mut Function, at: Inst, condition: Value) -> Value {
    match values::made_by(&func.dfg, condition) {
        Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) => {
            let ty = func.dfg.value_type(condition);
            let arg = copy_condition(func, at, arg);
            FuncCursor::new(func).at_inst(at).ins().uextend(ty, arg)
        }
        Some(InstructionData::IntCompare { cond, args, .. }) => {
            let [left, right] = args.map(|arg| copy_constant(func, at, arg));
            FuncCursor::new(func).at_inst(at).ins().icmp(cond, left, right)
        }
        _ => condition,
    }
}

/// The integers by whose comparison an instruction selects one of two others, if it does.
fn selected_by(dfg: &DataFlowGraph, inst: Inst) -> Option<[Value; 2]> {
    let InstructionData::Ternary { opcode: Opcode::Select, args: [condition, left, _] } = dfg.insts[inst] else {
        return None;
    };
    let condition = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
    match values::made_by(dfg, condition)? {
        InstructionData::IntCompare { args, .. } if dfg.value_type(left).is_int() => Some(args),
        _ => None,
    }
}

/// Whether a constant is the address of a memory, which is needed so often that it is worth a register across calls.
fn is_base(plan: &Plan<'_>, bits: Option<u64>) -> bool {
    bits.is_some_and(|bits| plan.memories.values().any(|memory| memory.strategy.is_fixed() && memory.base == bits))
}

/// How many loops an instruction is moved out of at most.
const MAX_LEVELS: usize = 8;

/// The outermost loop around an instruction, from `of` on, that it can be moved out of.
fn outermost(context: &Context, of: Loop, inst: Inst, is_free: impl Fn(Loop) -> bool) -> Option<Loop> {
    let mut found = None;
    let mut next = Some(of);
    for _ in 0..MAX_LEVELS {
        let Some(of) = next.filter(|&of| is_free(of) && is_invariant(context, of, inst)) else { break };
        found = Some(of);
        next = context.loop_analysis.loop_parent(of);
    }
    found
}

/// Whether all operands are made outside a loop, or are constants.
fn is_invariant(context: &Context, of: Loop, inst: Inst) -> bool {
    let dfg = &context.func.dfg;
    let is_outside = |&arg: &Value| values::constant(dfg, arg).is_some() || !loops::contain(context, of, arg);
    let args = dfg.inst_args(inst);
    match selected_by(dfg, inst) {
        Some(compared) => compared.iter().chain(&args[1..]).all(is_outside),
        None => args.iter().all(is_outside),
    }
}

/// Whether an instruction is worth a register all through a loop.
fn is_worthwhile(plan: &Plan<'_>, dfg: &DataFlowGraph, inst: Inst) -> bool {
    match dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
            plan.target.makes_constant(values::signed(dfg.value_type(dfg.first_result(inst)), imm.bits() as u64))
        }
        InstructionData::UnaryIeee32 { imm, .. } => imm.bits() != 0 && plan.target.makes_float_constant(),
        InstructionData::UnaryIeee64 { imm, .. } => imm.bits() != 0 && plan.target.makes_float_constant(),
        InstructionData::Binary { opcode, .. } => {
            matches!(
                opcode,
                Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Iadd | Opcode::Isub | Opcode::Imul | Opcode::Ishl
            ) && dfg.value_type(dfg.first_result(inst)).is_int()
        }
        InstructionData::Ternary { .. } => selected_by(dfg, inst).is_some(),
        InstructionData::Unary { opcode, .. } => matches!(opcode, Opcode::Uextend | Opcode::Sextend | Opcode::Ireduce),
        _ => false,
    }
}

/// A constant's bits.
fn constant_bits(data: InstructionData) -> Option<u64> {
    match data {
        InstructionData::UnaryImm { imm, .. } => Some(imm.bits() as u64),
        InstructionData::UnaryIeee32 { imm, .. } => Some(imm.bits().into()),
        InstructionData::UnaryIeee64 { imm, .. } => Some(imm.bits()),
        _ => None,
    }
}
