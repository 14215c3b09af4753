//! Takes away from loops what looks for an interruption, where they end by themselves.
//!
//! A loop that accesses the index `q` in each turn, where `q` grows or shrinks by at most 64 KiB from turn to turn,
//! meets the gap of as many bytes at the end of every 32-bit memory before it has gone through it once, and traps. Only
//! innermost loops that call nothing: what is around them looks, so that a guest goes through its memory once at most
//! before it is interrupted.

use super::access::{self, MAX_STEP};
use super::carry::Induction;
use super::edges::Edges;
use super::loops;
use crate::lower::trap_code;
use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode};
use cranelift_codegen::loop_analysis::Loop;
use wasmc_abi::trap::TrapCode;

/// Takes away what such loops do not need.
pub(super) fn remove(plan: &Plan<'_>, context: &mut Context, edges: &Edges) {
    if !plan.options.interruptible || !access::have_no_carry(plan) {
        return;
    }
    for (of, look) in looks(context) {
        if ends(context, edges, of) {
            context.func.layout.remove_inst(look);
            context.func.dfg.insts[look] = InstructionData::NullAry { opcode: Opcode::Nop };
        }
    }
}

/// The innermost loops that call nothing, with what looks for an interruption in each.
fn looks(context: &Context) -> Vec<(Loop, Inst)> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut excluded: EntitySet<Loop> = loops::with(context, Opcode::is_call);
    for of in func.layout.blocks().filter_map(|block| loops.innermost_loop(block)) {
        excluded.extend(loops.loop_parent(of));
    }
    let mut found = Vec::new();
    for block in func.layout.blocks() {
        let Some(of) = loops.innermost_loop(block).filter(|&of| !excluded.contains(of)) else { continue };
        found.extend(func.layout.block_insts(block).find(|&inst| is_look(func, inst)).map(|inst| (of, inst)));
    }
    found
}

/// Whether an instruction looks for an interruption.
pub(super) fn is_look(func: &Function, inst: Inst) -> bool {
    func.dfg.insts[inst].memflags_trap_code(&func.dfg) == Some(trap_code(TrapCode::Interrupted))
}

/// Whether a loop ends by itself.
fn ends(context: &Context, edges: &Edges, of: Loop) -> bool {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut induction = Induction::of(context, edges, of);
    let is_in_each_turn =
        |&block: &Block| loops.innermost_loop(block) == Some(of) && induction.runs_each_turn(context, block);
    let blocks: Vec<Block> = func.layout.blocks().filter(is_in_each_turn).collect();
    let accesses = blocks.into_iter().flat_map(|block| func.layout.block_insts(block));
    accesses.filter_map(|inst| access::of(&func.dfg, inst)).any(|access| {
        let step = induction.step(context, access.index, 0).map_or(0, |step| step as i32);
        (1..=MAX_STEP).contains(&step.unsigned_abs())
    })
}
