//! The program's start.

use super::instantiate::{initialise, initialise_memories};
use super::{begin, finish};
use crate::lower::{Lowering, trap_code};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::trap::TrapCode;

/// Builds [`MAIN`](wasmc_abi::symbols::MAIN): instantiation as far as it is left to run time, then the program.
pub(crate) fn main(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    let plan = lowering.plan;
    let needs = plan.needs();
    if plan.threads {
        let block = lowering.symbol_address(Symbol::Thread);
        lowering.set_thread_block(block);
    }
    if plan.can_trap() {
        let tables = lowering.symbol_address(Symbol::TrapTables);
        let len = lowering.builder.ins().iconst(types::I64, 1);
        lowering.call_builtin(Builtin::TrapsInit, &[tables, len]);
    }
    initialise_memories(&mut lowering);
    if plan.has_grants() {
        lowering.call_builtin(Builtin::WasiInit, &[]);
        if plan.options.embeds {
            lowering.call_builtin(Builtin::EmbeddedInit, &[]);
        }
        if plan.options.listens && needs.listening_sockets {
            lowering.call_builtin(Builtin::ListenInit, &[]);
        }
    }
    if plan.options.confines && needs.paths {
        lowering.call_builtin(Builtin::ConfineFiles, &[]);
    }
    if plan.has_grants() {
        lowering.call_builtin(Builtin::LimitsInit, &[]);
    }
    if plan.options.confines {
        lowering.call_builtin(Builtin::Confine, &[]);
    }
    if initialise(&mut lowering) {
        run(&mut lowering);
    }
    finish(lowering);
}

/// Calls the entry point and ends the process.
fn run(lowering: &mut Lowering<'_, '_>) {
    if let Some(entry) = lowering.plan.entry() {
        let callee = lowering.callee(entry);
        lowering.builder.ins().call(callee, &[]);
    }
    let status = lowering.builder.ins().iconst(types::I32, 0);
    lowering.call_builtin(Builtin::Exit, &[status]);
    lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
}
