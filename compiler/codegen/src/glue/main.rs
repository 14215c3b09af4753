//! The program's start.

use super::instantiate::{initialise, initialise_memories};
use super::{begin, finish};
use crate::lower::{Lowering, trap_code};
use crate::plan::start::StartPlan;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
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
    if let Some(counting) = &plan.profile.counting {
        let [head, place] = [Symbol::ProfileHead, Symbol::Profile].map(|symbol| lowering.symbol_address(symbol));
        let lengths = [counting.head.len() as i64, counting.len as i64];
        let [head_len, len] = lengths.map(|len| lowering.builder.ins().iconst(types::I64, len));
        lowering.call_builtin(Builtin::ProfileInit, &[head, head_len, place, len]);
    }
    if plan.can_trap() {
        let tables = lowering.symbol_address(Symbol::TrapTables);
        let len = instance_count(&mut lowering);
        lowering.call_builtin(Builtin::TrapsInit, &[tables, len]);
    }
    if plan.exceptions.any() {
        let tables = lowering.symbol_address(Symbol::UnwindTables);
        let len = instance_count(&mut lowering);
        lowering.call_builtin(Builtin::UnwindInit, &[tables, len]);
    }
    lowering.initialise_heap();
    initialise_memories(&mut lowering);
    for &instance in plan.other_instances() {
        lowering.call_start_up(Symbol::Prepare(instance));
    }
    for &part in &start.prepares {
        lowering.call_builtin(part, &[]);
    }
    if plan.options.initializers {
        run_initializers(&mut lowering);
    }
    for &instance in plan.other_instances() {
        lowering.call_start_up(Symbol::Instantiate(instance));
    }
    if initialise(&mut lowering) {
        run(&mut lowering, start);
    }
    finish(lowering);
}

/// How many instances there are.
fn instance_count(lowering: &mut Lowering<'_, '_>) -> Value {
    let count = lowering.plan.other_instances().len() as i64 + 1;
    lowering.builder.ins().iconst(types::I64, count)
}

/// Calls the functions of native objects that run before the program.
fn run_initializers(lowering: &mut Lowering<'_, '_>) {
    let [start, end] = [0, 1].map(|index| lowering.symbol_address(Symbol::Initializers(index)));
    let builder = &mut lowering.builder;
    let [head, body, done] = [(); 3].map(|()| builder.create_block());
    let next = builder.append_block_param(head, types::I64);
    builder.ins().jump(head, &[start.into()]);
    builder.switch_to_block(head);
    let is_last = builder.ins().icmp(IntCC::Equal, next, end);
    builder.ins().brif(is_last, done, &[], body, &[]);
    builder.switch_to_block(body);
    lowering.check_native_stack();
    let builder = &mut lowering.builder;
    let function = builder.ins().load(types::I64, MemFlagsData::trusted(), next, 0);
    let signature = builder.import_signature(lowering.plan.conventions.c(&[], &[]));
    builder.ins().call_indirect(signature, function, &[]);
    let after = builder.ins().iadd_imm_s(next, 8);
    builder.ins().jump(head, &[after.into()]);
    builder.switch_to_block(done);
    builder.seal_all_blocks();
}

/// Calls the entry point and ends the process, with the status that it returns if it returns any.
fn run(lowering: &mut Lowering<'_, '_>, start: &StartPlan) {
    let results = start.entry.map_or_else(Vec::new, |entry| lowering.call(entry, &[]));
    if lowering.plan.options.snapshot {
        let [state, block] = [Symbol::State, Symbol::Instance].map(|symbol| lowering.symbol_address(symbol));
        lowering.call_builtin(Builtin::Snapshot, &[state, block]);
    } else {
        let status = match results.first() {
            Some(&status) => status,
            None => lowering.builder.ins().iconst(types::I32, 0),
        };
        lowering.call_builtin(Builtin::Exit, &[status]);
    }
    lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
}
