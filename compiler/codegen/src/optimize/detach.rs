//! Copies where values that loops carry enter and leave a function.
//!
//! Conventions fix the registers of parameters and results. The register allocator gives a value that a loop carries
//! one register together with what it comes from and what it becomes, as far as they do not overlap; with a fixed one
//! at either end it often splits that inside the loop, and copies in each turn. A copy outside, which is an addition of
//! 0 as Cranelift has no other, keeps them apart.
//!
//! Only for loops without calls, which turn often for one call of the function, and for those that dispatch through a
//! table, as interpreters do.

use super::edges::{self, Edge, Edges};
use super::loops;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, Function, InstBuilder, Opcode, Value, ValueDef};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::HashMap;

/// Blocks between a loop and a return that a result is followed through.
const MAX_DEPTH: u32 = 4;

/// Puts copies between loops and the registers of parameters and results.
pub(super) fn detach(context: &mut Context, edges: &Edges) {
    let Some(entry) = context.func.layout.entry_block() else { return };
    let turning = Turning::of(context);
    let loops = &context.loop_analysis;
    let headers = loops.loops().map(|of| loops.loop_header(of));
    let headers: Vec<Block> = headers.filter(|&header| turning.holds(context, header)).collect();
    let mut copies = HashMap::new();
    for header in headers {
        for &edge in edges.to(header) {
            arguments(&mut context.func, entry, header, edge, &mut copies);
        }
    }
    let blocks: Vec<Block> = context.func.layout.blocks().collect();
    for block in blocks {
        results(context, &turning, edges, block);
    }
}

/// Has a block that returns do so with copies of what a loop made.
fn results(context: &mut Context, turning: &Turning, edges: &Edges, block: Block) {
    let Some(inst) = context.func.layout.last_inst(block) else { return };
    if context.func.dfg.insts[inst].opcode() != Opcode::Return {
        return;
    }
    for number in 0..context.func.dfg.inst_args(inst).len() {
        let value = context.func.dfg.inst_args(inst)[number];
        if context.func.dfg.value_type(value).is_int() && turning.made(context, edges, value, 0) {
            let copy = FuncCursor::new(&mut context.func).at_inst(inst).ins().iadd_imm_s(value, 0);
            context.func.dfg.inst_args_mut(inst)[number] = copy;
        }
    }
}

/// Has an edge into a loop pass copies of the function's parameters.
fn arguments(func: &mut Function, entry: Block, header: Block, edge: Edge, copies: &mut HashMap<Value, Value>) {
    for number in 0..func.dfg.num_block_params(header) {
        let Some(value) = edges::argument(func, edge, number) else { continue };
        let is_param = matches!(func.dfg.value_def(value), ValueDef::Param(block, _) if block == entry);
        if is_param && func.dfg.value_type(value).is_int() {
            let copy = *copies.entry(value).or_insert_with(|| {
                let first = func.layout.first_inst(entry).expect("a block ends with a branch");
                FuncCursor::new(func).at_inst(first).ins().iadd_imm_s(value, 0)
            });
            edges::set_argument(func, edge, number, copy);
        }
    }
}

/// Loops that turn often.
struct Turning {
    with_calls: EntitySet<Loop>,
    with_tables: EntitySet<Loop>,
}

impl Turning {
    fn of(context: &Context) -> Self {
        let with = |is: fn(Opcode) -> bool| loops::with(context, is);
        Self { with_calls: with(Opcode::is_call), with_tables: with(|opcode| opcode == Opcode::BrTable) }
    }

    /// Whether a block belongs to one.
    fn holds(&self, context: &Context, block: Block) -> bool {
        let innermost = context.loop_analysis.innermost_loop(block);
        innermost.is_some_and(|of| !self.with_calls.contains(of) || self.with_tables.contains(of))
    }

    /// Whether a value is made in one.
    fn made(&self, context: &Context, edges: &Edges, value: Value, depth: u32) -> bool {
        let func = &context.func;
        match func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => func.layout.inst_block(inst).is_some_and(|block| self.holds(context, block)),
            ValueDef::Param(block, number) => {
                let mut arguments = edges.to(block).iter().filter_map(|&edge| edges::argument(func, edge, number));
                self.holds(context, block)
                    || depth < MAX_DEPTH && arguments.any(|value| self.made(context, edges, value, depth + 1))
            }
            ValueDef::Union(..) => unreachable!("the egraph has been taken apart"),
        }
    }
}
