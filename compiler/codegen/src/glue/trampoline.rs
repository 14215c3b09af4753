//! What calls a function with arguments in an array, and what a reference to a native function refers to, or a call of
//! a function that is nowhere.

use super::{begin, finish};
use crate::lower::{Lowering, trap_code};
use crate::signature::clif_type;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::program::Missing;

/// Bytes of a value in the array a trampoline takes.
const SLOT: i32 = 16;

/// Builds what a reference to a native function refers to, what calls a function of the embedder's, or what takes the
/// place of a function that nothing satisfies the import of.
pub(crate) fn import_stub(mut lowering: Lowering<'_, '_>, function: FuncIndex) {
    let args = begin(&mut lowering);
    match lowering.plan.missing(function) {
        Some(Missing::Trap) => {
            lowering.builder.ins().trap(trap_code(TrapCode::UnknownImport));
            return finish(lowering);
        }
        Some(Missing::Default) => {
            let results = lowering.plan.module.type_of_function(function).results();
            let zeroes: Vec<Value> = results.iter().map(|&ty| lowering.zero(ty)).collect();
            lowering.return_results(&zeroes);
            return finish(lowering);
        }
        None => {}
    }
    let args = lowering.received(args, lowering.plan.module.type_of_function(function).params());
    let results = lowering.call(function, &args);
    lowering.return_results(&results);
    finish(lowering);
}

/// Builds a function that takes the arguments of `function` from an array and puts its results there.
pub(crate) fn trampoline(mut lowering: Lowering<'_, '_>, function: FuncIndex) {
    let values = begin(&mut lowering)[0];
    lowering.enter_context();
    let ty = lowering.plan.module.type_of_function(function);
    let flags = MemFlagsData::trusted();
    let params = ty.params().iter().zip(0..);
    let args: Vec<Value> =
        params.map(|(&ty, index)| lowering.builder.ins().load(clif_type(ty), flags, values, index * SLOT)).collect();
    let results = lowering.call(function, &args);
    for (result, index) in results.into_iter().zip(0..) {
        lowering.builder.ins().store(flags, result, values, index * SLOT);
    }
    lowering.builder.ins().return_(&[]);
    finish(lowering);
}
