//! Functions that stand in no module: the program's start and stubs of imports.

use crate::compile::Symbol;
use crate::lower::Lowering;
use crate::plan::{FunctionKey, Plan};
use cranelift_codegen::ir::{InstBuilder, Signature, Value, types};
use wasmc_abi::symbols;
use wasmc_abi::trap::TrapCode;

/// The signature of any function.
pub(crate) fn signature_of(plan: &Plan<'_>, key: FunctionKey) -> Signature {
    match key {
        FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) => plan.signature(plan.module.type_of_function(index)),
        FunctionKey::Main => Signature::new(plan.isa.default_call_conv()),
    }
}

/// Builds what a reference to an imported function refers to.
pub(crate) fn import_stub(mut lowering: Lowering<'_, '_>, function: u32) {
    let args = begin(&mut lowering);
    let callee = lowering.callee(function);
    let call = lowering.builder.ins().call(callee, &args);
    let results = lowering.builder.inst_results(call).to_vec();
    lowering.builder.ins().return_(&results);
    finish(lowering);
}

/// Builds [`symbols::MAIN`]: instantiation (core specification 4.5.4) as far as it is left to run time, then the program.
pub(crate) fn main(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    let plan = lowering.plan;
    if plan.can_trap() {
        let tables = lowering.symbol_address(Symbol::TrapTables);
        lowering.call_runtime(symbols::TRAPS_INIT, &[tables], None);
    }
    for &memory in &plan.layout.memories {
        let memory = lowering.instance_address(memory);
        lowering.call_runtime(symbols::MEMORY_INIT, &[memory], None);
    }
    if plan.uses_wasi() {
        lowering.call_runtime(symbols::WASI_INIT, &[], None);
    }
    if plan.elements_out_of_bounds {
        lowering.builder.ins().trap(crate::lower::trap_code(TrapCode::OutOfBoundsTableAccess));
        return finish(lowering);
    }
    for memory in 0..plan.images.len() as u32 {
        copy_data(&mut lowering, memory);
    }
    if plan.images.iter().any(|image| image.out_of_bounds) {
        lowering.builder.ins().trap(crate::lower::trap_code(TrapCode::OutOfBoundsMemoryAccess));
        return finish(lowering);
    }
    for function in plan.module.start.into_iter().chain(plan.entry()) {
        let callee = lowering.callee(function);
        lowering.builder.ins().call(callee, &[]);
    }
    let status = lowering.builder.ins().iconst(types::I32, 0);
    lowering.call_runtime(symbols::EXIT, &[status], None);
    lowering.builder.ins().trap(crate::lower::trap_code(TrapCode::Unreachable));
    finish(lowering);
}

/// Copies what the memory's image does not hold.
fn copy_data(lowering: &mut Lowering<'_, '_>, memory: u32) {
    for (index, copy) in lowering.plan.images[memory as usize].copies.iter().enumerate() {
        let base = lowering.memory_base(memory);
        let to = lowering.builder.ins().iadd_imm_s(base, copy.offset as i64);
        let from = lowering.symbol_address(Symbol::Copy(memory, index as u32));
        let len = lowering.builder.ins().iconst(types::I64, copy.bytes.len() as i64);
        lowering.call_runtime(symbols::MEMMOVE, &[to, from, len], Some(types::I64));
    }
}

fn begin(lowering: &mut Lowering<'_, '_>) -> Vec<Value> {
    let block = lowering.builder.create_block();
    lowering.builder.append_block_params_for_function_params(block);
    lowering.builder.switch_to_block(block);
    lowering.builder.seal_block(block);
    lowering.builder.block_params(block).to_vec()
}

fn finish(lowering: Lowering<'_, '_>) {
    let config = lowering.plan.isa.frontend_config();
    lowering.builder.finalize(config);
}
