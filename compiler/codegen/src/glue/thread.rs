//! The start of another thread (wasi-threads).

use super::instantiate::initialise;
use super::{begin, finish};
use crate::lower::{Lowering, trap_code};
use cranelift_codegen::ir::InstBuilder;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::trap::TrapCode;

/// Builds what a new thread runs: instantiation on a block of its own, then its entry point. It never returns, as it
/// does not keep the pinned register for a caller.
pub(crate) fn start(mut lowering: Lowering<'_, '_>) {
    let params = begin(&mut lowering);
    lowering.set_thread_block(params[0]);
    lowering.initialise_heap();
    if initialise(&mut lowering) {
        let start = lowering.plan.start.as_ref().and_then(|start| start.thread);
        lowering.call(start.expect("the program can start threads"), &params[1..]);
        lowering.end_heap();
        lowering.call_builtin(Builtin::ThreadExit, &[]);
        lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
    }
    finish(lowering);
}
