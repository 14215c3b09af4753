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
use std::collections::HashMap;

/// Integers, and floats, that are moved out of one loop at most, so that there are registers for its other values.
const MAX_HOISTED: [usize; 2] = [6, 8];

/// Moves what does not change out of loops.
pub(super) fn hoist(plan: &Plan<'_>, context: &mut Context) {
    let with_calls = loops::with(context, Opcode::is_call);
    let mut counts: HashMap<(Loop, bool), usize> = HashMap::new();
    let mut constants: HashMap<(Loop, Type, u64), Value> = HashMap::new();
    let blocks: Vec<Block> = context.domtree.cfg_rpo().copied().collect();
    for block in blocks {
        let Some(innermost) = context.loop_analysis.innermost_loop(block) else { continue };
        let insts: Vec<Inst> = context.func.layout.block_insts(block).collect();
        for inst in insts {
            if !is_worthwhile(plan, &context.func.dfg, inst) {
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
            if *count == MAX_HOISTED[usize::from(is_float)] {
                continue;
            }
            *count += 1;
            constant.map(|constant| constants.insert(constant, result));
            let branch = func.layout.last_inst(before).expect("a block ends with a branch");
            move_before(func, inst, branch);
        }
    }
}

/// Moves an instruction, and copies of the constants that it takes.
fn move_before(func: &mut Function, inst: Inst, branch: Inst) {
    func.layout.remove_inst(inst);
    func.layout.insert_inst(inst, branch);
    for number in 0..func.dfg.inst_args(inst).len() {
        let arg = func.dfg.inst_args(inst)[number];
        if let Some(InstructionData::UnaryImm { imm, .. }) = values::made_by(&func.dfg, arg) {
            let ty = func.dfg.value_type(arg);
            let copy = FuncCursor::new(func).at_inst(inst).ins().iconst(ty, imm.bits());
            func.dfg.inst_args_mut(inst)[number] = copy;
        }
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
    let is_constant = |arg| values::constant(dfg, arg).is_some();
    dfg.inst_args(inst).iter().all(|&arg| is_constant(arg) || !loops::contain(context, of, arg))
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
