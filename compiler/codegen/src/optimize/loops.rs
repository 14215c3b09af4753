//! What is in which loop.

use cranelift_codegen::Context;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{Block, Function, Opcode, Value, ValueDef};
use cranelift_codegen::loop_analysis::Loop;

/// Loops with an instruction that `is` holds for.
pub(super) fn with(context: &Context, is: fn(Opcode) -> bool) -> EntitySet<Loop> {
    with_block(context, |func, block| func.layout.block_insts(block).any(|inst| is(func.dfg.insts[inst].opcode())))
}

/// Loops with a block that `is` holds for.
pub(super) fn with_block(context: &Context, is: impl Fn(&Function, Block) -> bool) -> EntitySet<Loop> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut found = EntitySet::new();
    for block in func.layout.blocks() {
        if is(func, block) {
            let mut next = loops.innermost_loop(block);
            while let Some(of) = next.filter(|&of| found.insert(of)) {
                next = loops.loop_parent(of);
            }
        }
    }
    found
}

/// Whether a value is made inside a loop.
pub(super) fn contain(context: &Context, of: Loop, value: Value) -> bool {
    let func = &context.func;
    let block = match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) => func.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => unreachable!("the egraph has been taken apart"),
    };
    block.is_some_and(|block| context.loop_analysis.is_in_loop(block, of))
}

/// A loop and those around it, from the inner to the outer.
pub(super) fn around(context: &Context, of: Loop) -> impl Iterator<Item = Loop> {
    std::iter::successors(Some(of), |&of| context.loop_analysis.loop_parent(of))
}
