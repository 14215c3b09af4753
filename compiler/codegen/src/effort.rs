//! How much is done for a function.
//!
//! Some of what makes good code takes time that grows with the square of a function's size: the register allocator
//! compares what lives at the same time, and looks at each edge of the control flow for each value; Cranelift's egraph
//! goes through all loops around an instruction. For functions that people write that is little. Where an estimate says
//! that it would be much for the bytes that a function has, the function is compiled about as at `-O0`, in time and
//! memory that grow with its size alone.
//!
//! The numbers were measured with `tests/hostile`, for x86-64.

use crate::code::Effort;
use crate::key::FunctionKey;
use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Function, Inst, Value, ValueDef};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use std::collections::HashMap;

/// Nanoseconds for each byte of a function's body beyond which an estimate is too high.
const NANOSECONDS_PER_BYTE: u64 = 8_000;

/// What every function may take.
const NANOSECONDS: u64 = 2_000_000;

/// Bytes of memory that compiling one function may take, besides [`MODULE_FACTOR`] times those of the module.
const MEMORY: u64 = 64 << 20;

/// See [`MEMORY`].
const MODULE_FACTOR: u64 = 200;

/// Bytes of memory that a value takes at most, in the register allocator above all.
const BYTES_PER_VALUE: u64 = 900;

/// Values of functions for which deciding costs more than it saves.
const SMALL: u64 = 500;

/// Loops that may be around each other in any function: the square in nanoseconds is what two bytes may take.
const FEW_LOOPS: u32 = 100;

/// The effort for a function that has not been optimised. Control flow and loops are computed where that takes it.
pub(crate) fn before_optimizing(plan: &Plan<'_>, key: FunctionKey, context: &mut Context) -> Effort {
    let values = context.func.dfg.num_values() as u64;
    if values < SMALL {
        return Effort::Full;
    }
    if values * BYTES_PER_VALUE > MEMORY + MODULE_FACTOR * plan.module.size {
        return Effort::Least;
    }
    // A microsecond for each value: a call or a block of a thousand values has few bytes.
    if exceeds(plan, key, values * 1_000) {
        return Effort::Least;
    }
    let edges = edges(&context.func);
    // The allocator: three nanoseconds for an edge and each other one.
    if exceeds(plan, key, edges.saturating_mul(edges).saturating_mul(3)) {
        return Effort::Least;
    }
    if loops(plan, key) <= FEW_LOOPS {
        return Effort::Full;
    }
    context.flowgraph();
    context.compute_loop_analysis();
    // The egraph: one for an instruction, each loop around it, and each around that.
    if exceeds(plan, key, nesting(&context.func, &context.loop_analysis)) { Effort::Least } else { Effort::Full }
}

/// The effort for the registers of a function that has been optimised, and whose loops are known.
pub(crate) fn for_registers(plan: &Plan<'_>, key: FunctionKey, context: &Context) -> Effort {
    if (context.func.dfg.num_values() as u64) < SMALL {
        return Effort::Full;
    }
    // Thirty nanoseconds for an instruction and each value that lives there: allocating one looks at all of what has
    // been allocated while it lives, in each register.
    let lives = lives(&context.func, &context.loop_analysis);
    if exceeds(plan, key, lives.saturating_mul(30)) { Effort::Least } else { Effort::Full }
}

/// The size of the module, where the effort for a function depends on it.
pub(crate) fn module_size(plan: &Plan<'_>, func: &Function) -> Option<u64> {
    (func.dfg.num_values() as u64 * BYTES_PER_VALUE > MEMORY).then_some(plan.module.size)
}

/// How many loops a function has.
pub(crate) fn loops(plan: &Plan<'_>, key: FunctionKey) -> u32 {
    let FunctionKey::Wasm(index) = key else { return 0 };
    plan.module.summary(index).map_or(0, |summary| summary.loops)
}

fn exceeds(plan: &Plan<'_>, key: FunctionKey, nanoseconds: u64) -> bool {
    nanoseconds > NANOSECONDS + NANOSECONDS_PER_BYTE * plan.body_size(key)
}

/// How many ways there are from a block to another.
fn edges(func: &Function) -> u64 {
    let dfg = &func.dfg;
    let targets = |inst: Inst| dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables).len() as u64;
    func.layout.blocks().filter_map(|block| func.layout.last_inst(block)).map(targets).sum()
}

/// The sum of the squares of the loops around each instruction.
fn nesting(func: &Function, loops: &LoopAnalysis) -> u64 {
    let mut depths: SecondaryMap<Loop, u64> = SecondaryMap::new();
    // Outer loops come before those inside them.
    for of in loops.loops() {
        depths[of] = 1 + loops.loop_parent(of).map_or(0, |outer| depths[outer]);
    }
    let depth = |block: Block| loops.innermost_loop(block).map_or(0, |of| depths[of]);
    let cost = |block: Block| depth(block).pow(2) * func.layout.block_insts(block).count() as u64;
    func.layout.blocks().map(cost).sum()
}

/// The sum of the lengths of all values' lives, in instructions of the layout: from where one is made to the last that
/// takes it, and to the end of the loops around that which it is not made in.
fn lives(func: &Function, loops: &LoopAnalysis) -> u64 {
    let mut position = 0;
    let mut starts: SecondaryMap<Block, u64> = SecondaryMap::new();
    let mut ends: HashMap<Loop, u64> = HashMap::new();
    for block in func.layout.blocks() {
        starts[block] = position;
        position += 1 + func.layout.block_insts(block).count() as u64;
        let mut around = loops.innermost_loop(block);
        while let Some(of) = around {
            ends.insert(of, position);
            around = loops.loop_parent(of);
        }
    }
    let mut made: SecondaryMap<Value, u64> = SecondaryMap::new();
    let mut last: SecondaryMap<Value, u64> = SecondaryMap::new();
    for block in func.layout.blocks() {
        let mut position = starts[block];
        func.dfg.block_params(block).iter().for_each(|&param| made[param] = position);
        for inst in func.layout.block_insts(block) {
            position += 1;
            func.dfg.inst_results(inst).iter().for_each(|&result| made[result] = position);
            for value in func.dfg.inst_values(inst) {
                let until = outermost(func, loops, block, value).map_or(position, |of| ends[&of]);
                last[value] = last[value].max(until);
            }
        }
    }
    made.keys().map(|value| last[value].saturating_sub(made[value])).sum()
}

/// The outermost loop around `block` that a value is not made in.
fn outermost(func: &Function, loops: &LoopAnalysis, block: Block, value: Value) -> Option<Loop> {
    let of = loops.innermost_loop(block)?;
    let made_in = match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) => func.layout.inst_block(inst)?,
        ValueDef::Param(block, _) => block,
        ValueDef::Union(..) => return None,
    };
    let is_outside = |of: &Loop| !loops.is_in_loop(made_in, *of);
    std::iter::successors(Some(of), |&of| loops.loop_parent(of)).take_while(is_outside).last()
}
