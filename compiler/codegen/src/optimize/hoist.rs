//! Moves out of loops what is the same in each of their turns, constants that take instructions to make included:
//! Cranelift makes a constant anew in each block that needs it, and keeps what depends on one there.
//!
//! Only out of loops without calls, and as far as there are registers: what lives across a call takes one that must be
//! saved, or memory. The address of a memory is worth that. What takes the place of an operand that nothing else in the
//! loop needs takes no more than that did.

use super::loops;
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::HashMap;

/// Integers that are moved out of one loop at most, and floats as many.
const MAX_HOISTED: usize = 8;

/// Moves what does not change out of loops.
pub(super) fn hoist(plan: &Plan<'_>, context: &mut Context) {
    if context.loop_analysis.loops().next().is_none() {
        return;
    }
    let with_calls = loops::with(context, Opcode::is_call);
    let mut uses = Uses::of(context);
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
            if !uses.end_with(&func.dfg, of, inst) {
                let count = counts.entry((of, is_float)).or_default();
                let kept = uses.kept.get(&(of, is_float)).copied().unwrap_or_default();
                let registers = plan.target.registers(is_float).saturating_sub(kept);
                if *count >= MAX_HOISTED.min(registers) && !is_base {
                    continue;
                }
                *count += 1;
            }
            uses.hoist(context, (innermost, of), inst);
            let func = &mut context.func;
            constant.map(|constant| constants.insert(constant, result));
            let branch = func.layout.last_inst(before).expect("a block ends with a branch");
            move_before(func, inst, branch);
        }
    }
}

/// Who takes what.
struct Uses {
    /// How often each loop takes what is made outside, constants apart.
    by_loop: HashMap<(Loop, Value), u32>,
    /// How many integers, and floats, live all through each loop: those, and what it carries from turn to turn.
    kept: HashMap<(Loop, bool), usize>,
    /// How often the function takes each value.
    all: SecondaryMap<Value, u32>,
}

impl Uses {
    fn of(context: &Context) -> Self {
        let (func, loops) = (&context.func, &context.loop_analysis);
        let mut uses = Self { by_loop: HashMap::new(), kept: HashMap::new(), all: SecondaryMap::new() };
        for block in func.layout.blocks() {
            let innermost = loops.innermost_loop(block);
            if let Some(of) = innermost.filter(|&of| loops.loop_header(of) == block) {
                func.dfg.block_params(block).iter().for_each(|&param| uses.keep(func, of, param));
            }
            for inst in func.layout.block_insts(block) {
                for value in func.dfg.inst_values(inst) {
                    uses.all[value] += 1;
                    let Some(innermost) = innermost.filter(|_| !is_constant(&func.dfg, value)) else { continue };
                    let outside = |of: &Loop| !loops::contain(context, *of, value);
                    for of in loops::around(context, innermost).take_while(outside) {
                        let count = uses.by_loop.entry((of, value)).or_default();
                        *count += 1;
                        if *count == 1 {
                            uses.keep(func, of, value);
                        }
                    }
                }
            }
        }
        uses
    }

    fn keep(&mut self, func: &Function, of: Loop, value: Value) {
        let is_float = !func.dfg.value_type(value).is_int();
        *self.kept.entry((of, is_float)).or_default() += 1;
    }

    /// Whether an operand is made outside a loop and taken there by this instruction alone, so that what the
    /// instruction makes can have its register.
    fn end_with(&self, dfg: &DataFlowGraph, of: Loop, inst: Inst) -> bool {
        let operands = self.operands(dfg, inst);
        operands.iter().any(|&operand| {
            let here = operands.iter().filter(|&&other| other == operand).count();
            self.by_loop.get(&(of, operand)).is_some_and(|&uses| uses as usize == here)
        })
    }

    /// Notes that an instruction moves out of the loops from the inner to the outer one.
    fn hoist(&mut self, context: &Context, (inner, outer): (Loop, Loop), inst: Inst) {
        let dfg = &context.func.dfg;
        let result = dfg.first_result(inst);
        for of in loops::around(context, inner) {
            for operand in self.operands(dfg, inst) {
                if let Some(uses) = self.by_loop.get_mut(&(of, operand)) {
                    *uses -= 1;
                }
            }
            self.by_loop.insert((of, result), self.all[result]);
            if of == outer {
                break;
            }
        }
    }

    /// What an instruction takes, and the comparison by which it selects, where that is for it alone.
    fn operands(&self, dfg: &DataFlowGraph, inst: Inst) -> Vec<Value> {
        let args = dfg.inst_args(inst);
        match selected_by(dfg, inst) {
            Some(compared) => {
                let extended = values::unary(dfg, args[0], Opcode::Uextend);
                let is_alone = self.all[args[0]] == 1 && extended.is_none_or(|condition| self.all[condition] == 1);
                let compared = is_alone.then_some(compared).into_iter().flatten();
                compared.chain(args[1..].iter().copied()).collect()
            }
            None => args.to_vec(),
        }
    }
}

fn is_constant(dfg: &DataFlowGraph, value: Value) -> bool {
    matches!(values::made_by(dfg, value), Some(InstructionData::UnaryImm { .. }))
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
    let may_leave = |&of: &Loop| is_free(of) && is_invariant(context, of, inst);
    loops::around(context, of).take(MAX_LEVELS).take_while(may_leave).last()
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
