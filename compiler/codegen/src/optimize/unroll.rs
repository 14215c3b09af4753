//! Loops that turn a constant and small number of times become as many copies of what they do: counters, and addresses
//! that depend on them, are constants then, and branches back are gone.
//!
//! A loop is gone through as it would be executed, with the parameters of its header that are constants at the start
//! (`turns.rs`). So a loop inside, whose bounds depend on the outer counter, is unrolled with it. What is left must not
//! be more than [`MAX_COST`] instructions, or [`MAX_COST_OUTSIDE`] where no other loop is around. Loops outside others
//! that load nothing stay: they fill memory, mostly when a program starts.
//!
//! What turns more often, a constant number of times, and has values change places in each turn, as in a hash, turns
//! several times in one: the copies between them, and tests of the counter, are gone.
//!
//! Before the egraph, which makes the most of what is constant. Only loops that call nothing: where calls are, the
//! counting is little of what is done.

use super::edges::{self, Edge};
use super::fold::fold;
use super::turns::{Region, Turns};
use crate::values;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, BlockCall, Function, InstructionData, Value, ValueDef};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use cranelift_codegen::{CodegenResult, Context};
use std::collections::HashMap;

/// Instructions that may be left of a loop inside another one.
const MAX_COST: usize = 600;

/// Instructions that may be left of other loops.
const MAX_COST_OUTSIDE: usize = 300;

/// Turns of a loop at most.
const MAX_TURNS: usize = 64;

/// Turns of a loop that is not unrolled completely at most: they are counted one by one.
const MAX_COUNTED: usize = 256;

/// How many turns one can have in it, the most first.
const AT_ONCE: [usize; 3] = [8, 4, 2];

/// Loops of one function at most: all is looked at again after each.
const MAX_LOOPS: usize = 24;

/// Instructions that one operand of a condition is followed through.
const MAX_DEPTH: u32 = 6;

/// Unrolls the loops of the function, outer ones first.
pub(super) fn unroll(isa: &dyn TargetIsa, context: &mut Context) -> CodegenResult<()> {
    context.func.dfg.resolve_all_aliases();
    context.flowgraph();
    let mut refused = EntitySet::new();
    for _ in 0..MAX_LOOPS {
        context.compute_loop_analysis();
        if !unroll_one(context, &mut refused) {
            break;
        }
        // Ways out of the loop that are never taken have led somewhere.
        context.flowgraph();
        context.eliminate_unreachable_code(isa)?;
        context.func.dfg.resolve_all_aliases();
    }
    Ok(())
}

/// Unrolls the first loop that can be, of those whose headers have not been refused.
fn unroll_one(context: &mut Context, refused: &mut EntitySet<Block>) -> bool {
    let Context { func, loop_analysis: loops, domtree, cfg, .. } = context;
    // Most functions have no such loop.
    let mut known = None;
    for of in loops.loops() {
        let header = loops.loop_header(of);
        if !refused.insert(header) {
            continue;
        }
        let (back, entering): (Vec<Edge>, Vec<Edge>) =
            edges::of_block(func, cfg, header).into_iter().partition(|edge| loops.is_in_loop(edge.from, of));
        let Some(turns) = count(func, loops, of, &back, &entering) else { continue };
        let blocks: Vec<Block> = domtree.cfg_rpo().copied().filter(|&block| loops.is_in_loop(block, of)).collect();
        let is_inside = loops.loop_parent(of).is_some();
        let loads = |inst| func.dfg.insts[inst].opcode().can_load();
        if !is_inside && !blocks.iter().any(|&block| func.layout.block_insts(block).any(loads)) {
            continue;
        }
        let max_cost = if is_inside { MAX_COST } else { MAX_COST_OUTSIDE };
        let escaping = known.get_or_insert_with(|| escaping(func, loops));
        let region = Region { loops, blocks: &blocks, escaping, of, max_cost, at_once: None };
        if turns <= MAX_TURNS && Turns::take(func, &region, &entering).is_some() {
            return true;
        }
        if !rotates(func, &back, &region) {
            continue;
        }
        for at_once in AT_ONCE.into_iter().filter(|at_once| turns.is_multiple_of(*at_once)) {
            if let Some(first) = Turns::take(func, &Region { at_once: Some(at_once), ..region }, &entering) {
                refused.insert(first);
                return true;
            }
        }
    }
    false
}

/// Whether a loop is left where it ends alone, and passes a parameter on as another one there.
fn rotates(func: &Function, back: &[Edge], region: &Region<'_>) -> bool {
    let (loops, of) = (region.loops, region.of);
    let &[back] = back else { return false };
    for &block in region.blocks {
        let Some(inst) = func.layout.last_inst(block) else { return false };
        let dfg = &func.dfg;
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        let leaves = calls.iter().any(|call| !loops.is_in_loop(call.block(&dfg.value_lists), of));
        if leaves != (block == back.from) || loops.innermost_loop(block) != Some(of) {
            return false;
        }
    }
    let params = func.dfg.block_params(loops.loop_header(of));
    (0..params.len()).any(|number| {
        edges::argument(func, back, number).is_some_and(|passed| passed != params[number] && params.contains(&passed))
    })
}

/// Loops of which a value is used outside other than as what a branch passes on.
fn escaping(func: &Function, loops: &LoopAnalysis) -> EntitySet<Loop> {
    let mut found = EntitySet::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            for value in func.dfg.inst_values(inst) {
                let made_in = match func.dfg.value_def(value) {
                    ValueDef::Result(inst, _) => func.layout.inst_block(inst),
                    ValueDef::Param(block, _) => Some(block),
                    ValueDef::Union(..) => None,
                };
                let mut next =
                    made_in.filter(|&made_in| made_in != block).and_then(|made_in| loops.innermost_loop(made_in));
                while let Some(of) = next.filter(|&of| !loops.is_in_loop(block, of)) {
                    found.insert(of);
                    next = loops.loop_parent(of);
                }
            }
        }
    }
    found
}

/// In which turn a branch out of the loop is taken that depends on nothing but constants.
fn count(func: &Function, loops: &LoopAnalysis, of: Loop, back: &[Edge], entering: &[Edge]) -> Option<usize> {
    let params = func.dfg.block_params(loops.loop_header(of));
    let passed = |edge: &Edge, number| edges::argument(func, *edge, number);
    let mut known = HashMap::new();
    for (number, &param) in params.iter().enumerate() {
        let start = same(entering.iter().map(|edge| values::constant(&func.dfg, passed(edge, number)?)));
        if let Some(start) = start {
            known.insert(param, start);
        }
    }
    if known.is_empty() {
        return None;
    }
    let mut conditions = conditions(func, loops, of);
    conditions.retain(|&(condition, _)| evaluate(func, &known, condition, 0).is_some());
    for turn in 1..=MAX_COUNTED {
        if conditions.is_empty() {
            return None;
        }
        let leaves = |&(condition, when): &(Value, bool)| {
            evaluate(func, &known, condition, 0).is_some_and(|bits| (bits != 0) == when)
        };
        if conditions.iter().any(leaves) {
            return Some(turn);
        }
        let next = |number| same(back.iter().map(|edge| evaluate(func, &known, passed(edge, number)?, 0)));
        known = (0..params.len()).filter_map(|number| Some((params[number], next(number)?))).collect();
        conditions.retain(|&(condition, _)| evaluate(func, &known, condition, 0).is_some());
    }
    None
}

/// The constant that all are.
fn same(mut constants: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let first = constants.next()??;
    constants.all(|other| other == Some(first)).then_some(first)
}

/// What branches out of the loop depend on, and whether they are taken where it is true.
fn conditions(func: &Function, loops: &LoopAnalysis, of: Loop) -> Vec<(Value, bool)> {
    let mut found = Vec::new();
    for block in func.layout.blocks().filter(|&block| loops.innermost_loop(block) == Some(of)) {
        let Some(inst) = func.layout.last_inst(block) else { continue };
        if let InstructionData::Brif { arg, blocks, .. } = func.dfg.insts[inst] {
            let leaves = |call: &BlockCall| !loops.is_in_loop(call.block(&func.dfg.value_lists), of);
            match [leaves(&blocks[0]), leaves(&blocks[1])] {
                [true, false] => found.push((arg, true)),
                [false, true] => found.push((arg, false)),
                _ => {}
            }
        }
    }
    found
}

/// The constant that a value is in a turn where parameters are `known`.
fn evaluate(func: &Function, known: &HashMap<Value, u64>, value: Value, depth: u32) -> Option<u64> {
    match func.dfg.value_def(value) {
        ValueDef::Result(inst, 0) if depth < MAX_DEPTH => {
            fold(&func.dfg, inst, |operand| evaluate(func, known, operand, depth + 1))
        }
        _ => known.get(&value).copied(),
    }
}
