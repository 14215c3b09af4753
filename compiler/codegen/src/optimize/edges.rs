//! The branches to each block, and what they pass to its parameters.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::{BlockPredecessor, ControlFlowGraph};
use cranelift_codegen::ir::{Block, Function, Inst, Value};

/// One way from a block to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// Where it comes from.
    pub from: Block,
    /// The branch at the end of that block.
    pub inst: Inst,
    /// Which of the branch's targets it goes to.
    pub number: usize,
}

/// The edges of a function, by the block that they go to. They hold as long as no branch is changed but in what it
/// passes.
pub(super) struct Edges {
    to: SecondaryMap<Block, Vec<Edge>>,
}

impl Edges {
    pub(super) fn of(func: &Function) -> Self {
        let dfg = &func.dfg;
        let mut to: SecondaryMap<Block, Vec<Edge>> = SecondaryMap::new();
        for from in func.layout.blocks() {
            let Some(inst) = func.layout.last_inst(from) else { continue };
            let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
            for (number, call) in calls.iter().enumerate() {
                to[call.block(&dfg.value_lists)].push(Edge { from, inst, number });
            }
        }
        Self { to }
    }

    /// The edges to `block`.
    pub(super) fn to(&self, block: Block) -> &[Edge] {
        &self.to[block]
    }
}

/// The edges to a block of a function whose control flow is known.
pub(super) fn of_block(func: &Function, graph: &ControlFlowGraph, block: Block) -> Vec<Edge> {
    let dfg = &func.dfg;
    let mut found = Vec::new();
    for BlockPredecessor { block: from, inst } in graph.pred_iter(block) {
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        let numbers = (0..calls.len()).filter(|&number| calls[number].block(&dfg.value_lists) == block);
        found.extend(numbers.map(|number| Edge { from, inst, number }));
    }
    found
}

/// What an edge passes as parameter `number`, where it is no result of a call.
pub(super) fn argument(func: &Function, edge: Edge, number: usize) -> Option<Value> {
    let dfg = &func.dfg;
    let calls = dfg.insts[edge.inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    calls[edge.number].args(&dfg.value_lists).nth(number)?.as_value()
}

/// Has an edge pass `value` as parameter `number`.
pub(super) fn set_argument(func: &mut Function, edge: Edge, number: usize, value: Value) {
    let dfg = &mut func.dfg;
    let calls = dfg.insts[edge.inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    let mut at = 0;
    calls[edge.number].update_args(&mut dfg.value_lists, |argument| {
        at += 1;
        if at - 1 == number { value.into() } else { argument }
    });
}

/// Has an edge pass one value more.
pub(super) fn append_argument(func: &mut Function, edge: Edge, value: Value) {
    let dfg = &mut func.dfg;
    let calls = dfg.insts[edge.inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    calls[edge.number].append_argument(value, &mut dfg.value_lists);
}
