//! Functions that belong to no module: the program's start, instantiation, the start of threads, stubs and trampolines.

mod const_expr;
mod instantiate;
mod main;
mod thread;
mod trampoline;

use crate::key::FunctionKey;
use crate::lower::Lowering;
use crate::plan::Plan;
use cranelift_codegen::ir::{Signature, Value, types};

/// Builds a function that belongs to no module.
///
/// # Panics
/// Where it is a function of a module, which `translate` builds.
pub(crate) fn build(lowering: Lowering<'_, '_>, key: FunctionKey) {
    match key {
        FunctionKey::ImportStub(index) => trampoline::import_stub(lowering, index),
        FunctionKey::Trampoline(index) => trampoline::trampoline(lowering, index),
        FunctionKey::Instantiate => instantiate::instantiate(lowering),
        FunctionKey::Prepare => instantiate::prepare(lowering),
        FunctionKey::Main => {
            let start = lowering.plan.start.as_ref().expect("a program with this function has a start");
            main::main(lowering, start);
        }
        FunctionKey::Thread => thread::start(lowering),
        FunctionKey::Wasm(index) => unreachable!("function {index} belongs to a module"),
    }
}

/// The signature of any function.
pub(crate) fn signature_of(plan: &Plan<'_>, key: FunctionKey) -> Signature {
    match key {
        FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) => {
            plan.conventions.defined(plan.module.type_of_function(index), plan.called_directly.contains(&index))
        }
        FunctionKey::Trampoline(_) => plan.conventions.c(&[types::I64], &[]),
        // Whoever calls into a context calls it as a trampoline.
        FunctionKey::Instantiate if plan.context.is_some() => plan.conventions.c(&[types::I64], &[]),
        FunctionKey::Instantiate | FunctionKey::Prepare | FunctionKey::Main => plan.conventions.c(&[], &[]),
        FunctionKey::Thread => plan.conventions.c(&[types::I64, types::I32, types::I32], &[]),
    }
}

fn begin(lowering: &mut Lowering<'_, '_>) -> Vec<Value> {
    lowering.runs_once = true;
    let block = lowering.builder.create_block();
    lowering.builder.append_block_params_for_function_params(block);
    lowering.builder.switch_to_block(block);
    lowering.builder.seal_block(block);
    lowering.builder.block_params(block).to_vec()
}

fn finish(lowering: Lowering<'_, '_>) {
    let config = lowering.plan.target.frontend_config();
    lowering.builder.finalize(config);
}
