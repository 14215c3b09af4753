//! Takes out what nothing needs: instructions without effect, and parameters of blocks that only feed each other round
//! loops, which would be copied at every turn.

use super::edges::{self, Edges};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, BlockArg, DataFlowGraph, Function, Inst, Value, ValueDef};

/// Takes out dead instructions and dead parameters.
pub(super) fn sweep(func: &mut Function, edges: &Edges) {
    let live = live(func, edges);
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for &block in &blocks {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        for inst in insts {
            if has_effect(&func.dfg, inst) {
                drop_arguments(func, inst, &live);
            } else if !func.dfg.inst_results(inst).iter().any(|&result| live.contains(result)) {
                func.layout.remove_inst(inst);
            }
        }
    }
    let entry = func.layout.entry_block();
    for block in blocks.into_iter().filter(|&block| Some(block) != entry) {
        let params = func.dfg.block_params(block).to_vec();
        if params.iter().all(|&param| live.contains(param)) {
            continue;
        }
        func.dfg.detach_block_params(block).clear(&mut func.dfg.value_lists);
        for param in params.into_iter().filter(|&param| live.contains(param)) {
            func.dfg.attach_block_param(block, param);
        }
    }
}

/// Takes the arguments for dead parameters from a branch.
fn drop_arguments(func: &mut Function, inst: Inst, live: &EntitySet<Value>) {
    let dfg = &mut func.dfg;
    for call in dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        let params = dfg.blocks[call.block(&dfg.value_lists)].params(&dfg.value_lists);
        if params.iter().all(|&param| live.contains(param)) {
            continue;
        }
        let passed = call.args(&dfg.value_lists).zip(params);
        let kept: Vec<BlockArg> = passed.filter(|(_, param)| live.contains(**param)).map(|(arg, _)| arg).collect();
        call.clear(&mut dfg.value_lists);
        call.extend(kept, &mut dfg.value_lists);
    }
}

/// Values that an instruction with an effect needs.
fn live(func: &Function, edges: &Edges) -> EntitySet<Value> {
    let dfg = &func.dfg;
    let mut live = EntitySet::new();
    let mut work: Vec<Value> = Vec::new();
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block).filter(|&inst| has_effect(dfg, inst)) {
            work.extend(dfg.inst_args(inst));
        }
    }
    if let Some(entry) = func.layout.entry_block() {
        work.extend(dfg.block_params(entry));
    }
    while let Some(value) = work.pop() {
        if !live.insert(value) {
            continue;
        }
        match dfg.value_def(value) {
            ValueDef::Result(inst, _) => work.extend(dfg.inst_args(inst)),
            ValueDef::Param(block, number) => {
                work.extend(edges.to(block).iter().filter_map(|&edge| edges::argument(func, edge, number)));
            }
            ValueDef::Union(..) => unreachable!("the egraph has been taken apart"),
        }
    }
    live
}

/// Whether an instruction does more than make its results.
fn has_effect(dfg: &DataFlowGraph, inst: Inst) -> bool {
    let opcode = dfg.insts[inst].opcode();
    let traps = dfg.insts[inst].memflags_data(dfg).map_or(opcode.can_trap(), |flags| flags.trap_code().is_some());
    opcode.is_call()
        || opcode.is_branch()
        || opcode.is_terminator()
        || opcode.other_side_effects()
        || opcode.can_store()
        || traps
}
