//! The program's start.

use super::instantiate::{initialise, initialise_memories};
use super::{begin, finish};
use crate::lower::{Lowering, trap_code};
use crate::plan::start::StartPlan;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::trap::TrapCode;

/// Builds [`MAIN`](wasmc_abi::symbols::MAIN): instantiation as far as it is left to run time, then the program.
pub(crate) fn main(mut lowering: Lowering<'_, '_>, start: &StartPlan) {
    begin(&mut lowering);
    let plan = lowering.plan;
    if plan.threads() {
        let block = lowering.symbol_address(Symbol::Thread);
        lowering.set_thread_block(block);
    }
    if plan.can_trap() {
        let tables = lowering.symbol_address(Symbol::TrapTables);
        let len = lowering.builder.ins().iconst(types::I64, 1);
        lowering.call_builtin(Builtin::TrapsInit, &[tables, len]);
    }
    initialise_memories(&mut lowering);
    for &part in &start.prepares {
        lowering.call_builtin(part, &[]);
    }
    if initialise(&mut lowering) {
        run(&mut lowering, start);
    }
    finish(lowering);
}

/// Calls the entry point and ends the process.
fn run(lowering: &mut Lowering<'_, '_>, start: &StartPlan) {
    if let Some(entry) = start.entry {
        lowering.call(entry, &[]);
    }
    let status = lowering.builder.ins().iconst(types::I32, 0);
    lowering.call_builtin(Builtin::Exit, &[status]);
    lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
}
