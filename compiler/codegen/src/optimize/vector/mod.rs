//! Several turns of a loop as one, with vectors, as compilers do for CPUs that have them: WebAssembly mostly comes
//! without.
//!
//! - [`shape`]: what changes from turn to turn, and how often a loop turns,
//! - [`packs`]: what it does with the elements of arrays,
//! - [`guard`]: what must hold, which is found out before the loop,
//! - [`turns`]: the loop with vectors.
//!
//! The loop stays as it is, for what is left, and for whenever something does not hold. What vectors do is what the
//! loop would have done: lanes are computed as values of their own, and only integers are added in another order.
//!
//! Before the egraph, as loops are simple there, and what is made here profits from it. Only loops of one block: those
//! of LLVM test at their end whether they go on.

mod guard;
mod packs;
mod shape;
mod turns;

use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::loop_analysis::Loop;
use packs::Graph;
use shape::Shape;

/// Vectors of each pack in a turn, which have the branch at its end in common.
const VECTORS: u32 = 2;

/// Has loops turn with vectors.
pub(super) fn vectorize(plan: &Plan<'_>, context: &mut Context) {
    if plan.options.spectre || !plan.target.has_vectors() || plan.target.has_no_system() {
        return;
    }
    context.func.dfg.resolve_all_aliases();
    context.flowgraph();
    context.compute_loop_analysis();
    let loops: Vec<Loop> = context.loop_analysis.loops().collect();
    for of in loops {
        let Some(shape) = Shape::of(context, of) else { continue };
        let func = &mut context.func;
        let Some(graph) = Graph::of(plan, func, &shape).filter(guard::is_cheap) else { continue };
        let vectors = VECTORS.max(graph.elements * graph.size / turns::VECTOR);
        turns::put_before(plan, func, &shape, &graph, vectors);
    }
}
