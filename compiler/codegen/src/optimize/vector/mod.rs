//! Several turns of a loop as one, with vectors, as compilers do for CPUs that have them: WebAssembly mostly comes
//! without.
//!
//! - [`shape`]: what changes from turn to turn, and how often a loop turns,
//! - [`accesses`]: what it accesses, [`packs`], [`lanes`]: and what it does with that,
//! - [`guard`]: what must hold, which is found out before the loop,
//! - [`turns`], [`body`]: the loop with vectors.
//!
//! The loop stays as it is, for what is left, and for whenever something does not hold. What vectors do is what the
//! loop would have done: lanes are computed as values of their own, and only integers are added in another order.
//!
//! Before the egraph, as loops are simple there, and what is made here profits from it. Only loops of one block: those
//! of LLVM test at their end whether they go on.

mod accesses;
mod body;
mod guard;
mod lanes;
mod packs;
mod shape;
mod turns;

use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::ir::{Block, Function, Inst};
use cranelift_codegen::loop_analysis::Loop;
use packs::Graph;
use shape::Shape;

/// Has loops turn with vectors. Returns the blocks that do.
pub(super) fn vectorize(plan: &Plan<'_>, context: &mut Context) -> Vec<Block> {
    let mut made = Vec::new();
    let Some(at_once) = plan.target.vectors_at_once().filter(|_| !plan.options.spectre) else { return made };
    context.func.dfg.resolve_all_aliases();
    context.flowgraph();
    context.compute_loop_analysis();
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    for of in loops {
        let Some(shape) = Shape::of(context, of) else { continue };
        let func = &mut context.func;
        let Some(graph) = Graph::of(plan, func, &shape) else { continue };
        let lanes = turns::VECTOR / graph.widest();
        let vectors = at_once.max(graph.elements / lanes);
        let is_short =
            shape.most_turns(func).is_some_and(|most| most.saturating_mul(graph.elements) < 2 * lanes * vectors);
        if is_short || graph.is_short_copy(shape.test.cond) || !guard::is_cheap(&graph) {
            continue;
        }
        made.push(turns::put_before(plan, func, &shape, &graph, vectors));
    }
    if !made.is_empty() {
        context.flowgraph();
    }
    made
}

/// In blocks with vectors, has stores come one after the other, behind all that is stored: neighbours can be one
/// instruction then. Nothing is loaded between them.
pub(super) fn gather(func: &mut Function, blocks: &[Block]) {
    for &block in blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        let stores: Vec<Inst> =
            insts.iter().copied().filter(|&inst| func.dfg.insts[inst].opcode().can_store()).collect();
        let values = |inst: Inst| func.dfg.inst_args(inst).iter().filter_map(|&arg| func.dfg.value_def(arg).inst());
        let needed: Vec<Inst> = stores.iter().flat_map(|&store| values(store)).collect();
        let Some(&last) = insts.iter().rev().find(|inst| needed.contains(inst)) else { continue };
        for store in stores.into_iter().rev() {
            func.layout.remove_inst(store);
            let behind = func.layout.next_inst(last).expect("a block ends with a branch");
            func.layout.insert_inst(store, behind);
        }
    }
}
