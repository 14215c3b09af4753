//! Makes one block of two where the second is reached from the first alone, which goes nowhere else: the ends of
//! WebAssembly's blocks leave many such. Instruction selection looks no further than a block: what it makes once for
//! each, such as constants, it makes less often, and a load becomes part of an instruction only in the same block.
//!
//! Where functions are translated in place of calls, blocks stay as they are: the trap of a load that became part of an
//! instruction is that instruction's, and a backtrace would say that it is of another function.

use crate::places;
use cranelift_codegen::Context;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, BlockArg, Function, InstructionData, Opcode};

/// Makes blocks as long as they can be. Control flow graph and dominator tree are right afterwards.
pub(super) fn straighten(context: &mut Context) {
    let func = &mut context.func;
    let mut insts = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    if insts.any(|inst| places::is_place(func.srcloc(inst))) {
        return;
    }
    let mut has_changed = false;
    let mut first = func.layout.entry_block();
    while let Some(block) = first {
        while let Some(next) = only_successor(func, &context.cfg, block) {
            join(func, block, next);
            has_changed = true;
        }
        first = func.layout.next_block(block);
    }
    if has_changed {
        // What were parameters are names for what was passed.
        func.dfg.resolve_all_aliases();
        context.compute_cfg();
        context.compute_domtree();
    }
}

/// The block that `block` goes to, where it goes to no other, and no other goes there. The graph is that of the start:
/// since then a block may have taken the place of the only one that went to another.
fn only_successor(func: &Function, graph: &ControlFlowGraph, block: Block) -> Option<Block> {
    let InstructionData::Jump { opcode: Opcode::Jump, destination } = func.dfg.insts[func.layout.last_inst(block)?]
    else {
        return None;
    };
    let next = destination.block(&func.dfg.value_lists);
    let is_reached_once = graph.pred_iter(next).count() == 1;
    (is_reached_once && func.layout.entry_block() != Some(next) && next != block).then_some(next)
}

/// Puts the instructions of `next` at the end of `block`.
fn join(func: &mut Function, block: Block, next: Block) {
    let Some(jump) = func.layout.last_inst(block) else { return };
    let InstructionData::Jump { destination, .. } = func.dfg.insts[jump] else { return };
    let passed: Vec<BlockArg> = destination.args(&func.dfg.value_lists).collect();
    let params = func.dfg.block_params(next).to_vec();
    func.dfg.detach_block_params(next);
    for (param, passed) in params.into_iter().zip(passed) {
        if let Some(value) = passed.as_value() {
            func.dfg.change_to_alias(param, value);
        }
    }
    func.layout.remove_inst(jump);
    while let Some(inst) = func.layout.first_inst(next) {
        func.layout.remove_inst(inst);
        func.layout.append_inst(inst, block);
    }
    func.layout.remove_block(next);
}
