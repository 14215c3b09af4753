//! Functions that stand in no module: instantiation, the program's start, stubs and trampolines.

use crate::compile::Symbol;
use crate::initial::evaluate;
use crate::lower::{Lowering, Region, trap_code};
use crate::plan::{FunctionKey, Plan, clif_type};
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, Value, types};
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_abi::{symbols, thread};
use wasmc_frontend::const_expr::ConstOperator;
use wasmc_frontend::module::{GlobalOrigin, SegmentMode};
use wasmc_frontend::wasmparser::ExternalKind;

/// Bytes of a value in the array a trampoline takes.
const SLOT: i32 = 16;

/// The signature of any function.
pub(crate) fn signature_of(plan: &Plan<'_>, key: FunctionKey) -> Signature {
    match key {
        FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) => {
            plan.signature(plan.module.type_of_function(index))
        }
        FunctionKey::Trampoline(_) => {
            let mut signature = Signature::new(plan.isa.default_call_conv());
            signature.params.push(AbiParam::new(types::I64));
            signature
        }
        FunctionKey::Instantiate | FunctionKey::Main => Signature::new(plan.isa.default_call_conv()),
        FunctionKey::Thread => {
            let mut signature = Signature::new(plan.isa.default_call_conv());
            signature.params.push(AbiParam::new(types::I64));
            signature.params.extend([plan.c_param(types::I32), plan.c_param(types::I32)]);
            signature
        }
    }
}

/// Builds what a reference to a native function refers to.
pub(crate) fn import_stub(mut lowering: Lowering<'_, '_>, function: u32) {
    let args = begin(&mut lowering);
    let callee = lowering.callee(function);
    let call = lowering.builder.ins().call(callee, &args);
    let results = lowering.builder.inst_results(call).to_vec();
    lowering.builder.ins().return_(&results);
    finish(lowering);
}

/// Builds a function that takes the arguments of `function` from an array and puts its results there.
pub(crate) fn trampoline(mut lowering: Lowering<'_, '_>, function: u32) {
    let values = begin(&mut lowering)[0];
    let ty = lowering.plan.module.type_of_function(function);
    let flags = MemFlagsData::trusted();
    let params = ty.params().iter().zip(0..);
    let args: Vec<Value> =
        params.map(|(&ty, index)| lowering.builder.ins().load(clif_type(ty), flags, values, index * SLOT)).collect();
    let callee = lowering.callee(function);
    let call = lowering.builder.ins().call(callee, &args);
    let results = lowering.builder.inst_results(call).to_vec();
    for (result, index) in results.into_iter().zip(0..) {
        lowering.builder.ins().store(flags, result, values, index * SLOT);
    }
    lowering.builder.ins().return_(&[]);
    finish(lowering);
}

/// Builds the function that instantiates one module among others.
pub(crate) fn instantiate(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    initialise_memories(&mut lowering);
    if initialise(&mut lowering) {
        lowering.builder.ins().return_(&[]);
    }
    finish(lowering);
}

/// Builds [`symbols::MAIN`]: instantiation as far as it is left to run time, then the program.
pub(crate) fn main(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    let plan = lowering.plan;
    if plan.threads {
        let block = lowering.symbol_address(Symbol::Thread);
        lowering.set_thread_block(block);
    }
    if plan.can_trap() {
        let tables = lowering.symbol_address(Symbol::TrapTables);
        let len = lowering.builder.ins().iconst(types::I64, 1);
        lowering.call_runtime(symbols::TRAPS_INIT, &[tables, len], None);
    }
    initialise_memories(&mut lowering);
    if plan.has_grants() {
        lowering.call_runtime(symbols::WASI_INIT, &[], None);
        if plan.options.embeds {
            lowering.call_runtime(symbols::EMBEDDED_INIT, &[], None);
        }
        if plan.options.listens && plan.accepts_connections() {
            lowering.call_runtime(symbols::LISTEN_INIT, &[], None);
        }
    }
    if plan.options.confines && plan.uses_paths() {
        lowering.call_runtime(symbols::CONFINE_FILES, &[], None);
    }
    if plan.has_grants() {
        lowering.call_runtime(symbols::LIMITS_INIT, &[], None);
    }
    if plan.options.confines {
        lowering.call_runtime(symbols::CONFINE, &[], None);
    }
    if initialise(&mut lowering) {
        run(&mut lowering);
    }
    finish(lowering);
}

/// Builds what a new thread runs: instantiation on a block of its own, then its entry point. It never returns, as it does
/// not keep the pinned register for a caller.
pub(crate) fn thread(mut lowering: Lowering<'_, '_>) {
    let params = begin(&mut lowering);
    lowering.set_thread_block(params[0]);
    if initialise(&mut lowering) {
        let entry = lowering.plan.module.export(thread::START, ExternalKind::Func);
        let callee = lowering.callee(entry.expect("the plan has looked for it"));
        lowering.builder.ins().call(callee, &params[1..]);
        lowering.call_runtime(symbols::THREAD_EXIT, &[], None);
        lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
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
    lowering.call_runtime(symbols::EXIT, &[status], None);
    lowering.builder.ins().trap(trap_code(TrapCode::Unreachable));
}

fn initialise_memories(lowering: &mut Lowering<'_, '_>) {
    for &place in &lowering.plan.layout.memories {
        if place.is_own() {
            let memory = lowering.state_address(place);
            lowering.call_runtime(symbols::MEMORY_INIT, &[memory], None);
        }
    }
}

/// Instantiation (core specification 4.5.4, steps that write state) and the start function. `false` where it always traps.
fn initialise(lowering: &mut Lowering<'_, '_>) -> bool {
    let plan = lowering.plan;
    initialise_globals(lowering);
    if plan.threads {
        make_tables(lowering);
    }
    if plan.static_elements {
        if plan.elements_out_of_bounds {
            lowering.builder.ins().trap(trap_code(TrapCode::OutOfBoundsTableAccess));
            return false;
        }
    } else {
        initialise_tables(lowering);
    }
    if plan.static_data {
        for memory in 0..plan.images.len() as u32 {
            copy_rest_of_image(lowering, memory);
        }
        if plan.images.iter().any(|image| image.out_of_bounds) {
            lowering.builder.ins().trap(trap_code(TrapCode::OutOfBoundsMemoryAccess));
            return false;
        }
    } else {
        initialise_data(lowering);
    }
    if let Some(start) = plan.module.start {
        let callee = lowering.callee(start);
        lowering.builder.ins().call(callee, &[]);
    }
    true
}

/// Sets the globals whose initial values are not known at compile time.
fn initialise_globals(lowering: &mut Lowering<'_, '_>) {
    for (global, index) in lowering.plan.module.globals.iter().zip(0..) {
        if let GlobalOrigin::Init(operators) = &global.origin
            && evaluate(lowering.plan.module, operators).is_none()
        {
            let value = const_expr(lowering, operators);
            lowering.global_set(index, value);
        }
    }
}

/// Gives this thread's instance its own elements of tables that are written, with what the image holds of them.
fn make_tables(lowering: &mut Lowering<'_, '_>) {
    let plan = lowering.plan;
    for (table, index) in plan.module.tables.iter().zip(0..) {
        let is_used = plan.references.tables.contains(&index);
        if plan.fixed_tables[index as usize] || !is_used || table.ty.initial == 0 {
            continue;
        }
        let state = lowering.state_address(plan.layout.tables[index as usize]);
        let len = lowering.builder.ins().iconst(types::I64, table.ty.initial as i64);
        let null = lowering.builder.ins().iconst(types::I64, 0);
        let call = lowering.call_runtime(symbols::TABLE_GROW, &[state, len, null], Some(types::I64));
        let previous = lowering.builder.inst_results(call)[0];
        // A table cannot be made without memory for it: the thread ends as if it had run into a limit of its own.
        lowering.trap_if(previous, TrapCode::OutOfBoundsTableAccess);
        let to = lowering.table_elements(index);
        let from = lowering.symbol_address(Symbol::Table(index));
        let bytes = lowering.builder.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
        lowering.call_runtime(symbols::MEMMOVE, &[to, from, bytes], Some(types::I64));
    }
}

fn initialise_tables(lowering: &mut Lowering<'_, '_>) {
    let plan = lowering.plan;
    for (table, index) in plan.module.tables.iter().zip(0..) {
        if let Some(init) = &table.init {
            let value = const_expr(lowering, init);
            let zero = lowering.builder.ins().iconst(types::I64, 0);
            let len = lowering.builder.ins().iconst(types::I64, table.ty.initial as i64);
            lowering.fill_elements(index, zero, value, len);
        }
    }
    for element in &plan.module.elements {
        let SegmentMode::Active(table, offset) = &element.mode else { continue };
        let items = element.items.expressions();
        let offset = const_expr(lowering, offset);
        let len = lowering.builder.ins().iconst(types::I64, items.len() as i64);
        let start = lowering.table_range(*table, offset, len);
        let flags = lowering.trusted(Region::Table);
        for (item, position) in items.iter().zip(0..) {
            let value = const_expr(lowering, item);
            lowering.builder.ins().store(flags, value, start, position * ELEMENT_SIZE as i32);
        }
    }
}

fn initialise_data(lowering: &mut Lowering<'_, '_>) {
    for (data, index) in lowering.plan.module.data.iter().zip(0..) {
        let SegmentMode::Active(memory, offset) = &data.mode else { continue };
        let offset = const_expr(lowering, offset);
        let len = lowering.builder.ins().iconst(types::I64, data.bytes.len() as i64);
        let to = lowering.memory_range(*memory, offset, len);
        let from = lowering.symbol_address(Symbol::Data(index));
        lowering.call_runtime(symbols::MEMMOVE, &[to, from, len], Some(types::I64));
    }
}

/// Copies what the image of a memory does not hold.
fn copy_rest_of_image(lowering: &mut Lowering<'_, '_>, memory: u32) {
    for (copy, index) in lowering.plan.images[memory as usize].copies.iter().zip(0..) {
        let base = lowering.memory_base(memory);
        let to = lowering.builder.ins().iadd_imm_s(base, copy.offset as i64);
        let from = lowering.symbol_address(Symbol::Copy(memory, index));
        let len = lowering.builder.ins().iconst(types::I64, copy.bytes.len() as i64);
        lowering.call_runtime(symbols::MEMMOVE, &[to, from, len], Some(types::I64));
    }
}

/// The value of an initialiser expression at run time.
fn const_expr(lowering: &mut Lowering<'_, '_>, operators: &[ConstOperator]) -> Value {
    if let Some(value) = evaluate(lowering.plan.module, operators) {
        return lowering.const_value(value);
    }
    let mut stack = Vec::new();
    for operator in operators {
        let value = match *operator {
            ConstOperator::GlobalGet(index) => lowering.global_get(index),
            ConstOperator::I32Add | ConstOperator::I64Add => {
                binary(&mut stack, |x, y| lowering.builder.ins().iadd(x, y))
            }
            ConstOperator::I32Sub | ConstOperator::I64Sub => {
                binary(&mut stack, |x, y| lowering.builder.ins().isub(x, y))
            }
            ConstOperator::I32Mul | ConstOperator::I64Mul => {
                binary(&mut stack, |x, y| lowering.builder.ins().imul(x, y))
            }
            constant => {
                let value = evaluate(lowering.plan.module, &[constant]).expect("all other operators are constants");
                lowering.const_value(value)
            }
        };
        stack.push(value);
    }
    stack.pop().expect("validation has checked that there is one value")
}

fn binary(stack: &mut Vec<Value>, emit: impl FnOnce(Value, Value) -> Value) -> Value {
    let (right, left) = (stack.pop(), stack.pop());
    emit(left.expect("validation has checked the operands"), right.expect("validation has checked the operands"))
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
