//! A component that calls what another exports: it has the other inside, and a core module whose `run` makes the calls
//! of a script, one after the other, and traps where a result differs. So values cross from component to component as
//! they do in programs.

use super::encode::Types;
use super::types::{FunctionType, Type};
use super::values::{self, Memory, Place, Value};
use wasm_encoder::{
    CanonicalOption, CodeSection, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, ConstExpr,
    DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, IndirectNameMap, InstructionSink, MemorySection, MemoryType, Module, ModuleArg, NameMap,
    NameSection, TypeSection, ValType,
};
use wast::component::WastVal;

/// A call of a script.
pub struct Call<'s> {
    /// The exported function.
    pub name: &'s str,
    /// Its type.
    pub ty: FunctionType,
    /// What it is called with.
    pub args: Vec<&'s WastVal<'s>>,
    /// What it must return; `None` where it does not matter.
    pub result: Option<Option<&'s WastVal<'s>>>,
    /// The line of the script.
    pub line: usize,
}

/// The locals of a function that makes a call: addresses.
const LOCALS: u32 = 64;

/// The component that makes `calls` of the component in `binary`: both are instances beside each other, as none can
/// call into what it is a part of. `None` where a value has not the type that it must have.
pub fn driver(binary: &[u8], calls: &[Call<'_>]) -> Option<Vec<u8>> {
    let (asking, named) = asking(calls)?;
    let mut builder = ComponentBuilder::default();
    let asked = builder.component_raw(None, binary);
    let asked = builder.instantiate(None, asked, Vec::<(String, ComponentExportKind, u32)>::new());
    let mut args = Vec::new();
    let mut types = Types::default();
    for (ty, number) in named.iter().zip(0..) {
        if let ComponentValType::Type(index) = types.value(&mut builder, ty) {
            args.push((format!("t{number}"), ComponentExportKind::Type, index));
        }
    }
    for (call, number) in calls.iter().zip(0..) {
        let function = builder.alias_export(asked, call.name, ComponentExportKind::Func);
        args.push((format!("f{number}"), ComponentExportKind::Func, function));
    }
    let asking = builder.component(None, asking);
    let asking = builder.instantiate(None, asking, args);
    let run = builder.alias_export(asking, "run", ComponentExportKind::Func);
    let exported = builder.instantiate_exports(None, [("run", ComponentExportKind::Func, run)]);
    builder.export("wasi:cli/run@0.2.0", ComponentExportKind::Instance, exported, None);
    Some(builder.finish())
}

/// The component that imports functions and calls them, and the types that it imports.
fn asking(calls: &[Call<'_>]) -> Option<(ComponentBuilder, Vec<Type>)> {
    let mut builder = ComponentBuilder::default();
    let mut types = Types::imported();
    let mut asked = Vec::new();
    for (call, number) in calls.iter().zip(0..) {
        let ty = types.function(&mut builder, &call.ty);
        asked.push(builder.import(format!("f{number}").as_str(), ComponentTypeRef::Func(ty)));
    }
    let library = builder.core_module(None, &library());
    let library = builder.core_instantiate(None, library, Vec::<(&str, ModuleArg)>::new());
    let memory = builder.core_alias_export(None, library, "memory", ExportKind::Memory);
    let realloc = builder.core_alias_export(None, library, "realloc", ExportKind::Func);
    let mut lowered = Vec::new();
    for (function, number) in asked.into_iter().zip(0..) {
        let options = [CanonicalOption::UTF8, CanonicalOption::Memory(memory), CanonicalOption::Realloc(realloc)];
        lowered.push((format!("{number}"), ExportKind::Func, builder.lower_func(None, function, options)));
    }
    let functions: Vec<_> = lowered.iter().map(|(name, kind, index)| (name.as_str(), *kind, *index)).collect();
    let functions = builder.core_instantiate_exports(None, functions);
    let caller = builder.core_module(None, &caller(calls)?);
    let args = [("functions", ModuleArg::Instance(functions)), ("library", ModuleArg::Instance(library))];
    let caller = builder.core_instantiate(None, caller, args);
    let run = builder.core_alias_export(None, caller, "run", ExportKind::Func);
    export_run(&mut builder, run);
    Some((builder, types.named.into_iter().map(|(ty, _)| ty).collect()))
}

/// Exports a core function as `run`, as wasi:cli/run has it.
fn export_run(builder: &mut ComponentBuilder, run: u32) {
    let (result, encoder) = builder.type_defined(None);
    encoder.result(None, None);
    let (ty, mut encoder) = builder.type_function(None);
    encoder.params(Vec::<(&str, ComponentValType)>::new()).result(Some(ComponentValType::Type(result)));
    let lifted = builder.lift_func(None, run, ty, []);
    builder.export("run", ComponentExportKind::Func, lifted, None);
}

/// The core module that makes the calls: a function for each, named after its line.
fn caller(calls: &[Call<'_>]) -> Option<Module> {
    let mut memory = Memory::default();
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    let (mut functions, mut bodies, mut names) = (FunctionSection::new(), CodeSection::new(), NameMap::new());
    for (call, number) in calls.iter().zip(0..) {
        let (params, results) = call.ty.lowered();
        types.ty().function(params, results);
        imports.import("functions", &format!("{number}"), EntityType::Function(number));
    }
    imports.import("library", "memory", memory_type());
    let (count, nothing) = (calls.len() as u32, calls.len() as u32);
    types.ty().function([], []);
    types.ty().function([], [ValType::I32]);
    for (call, number) in calls.iter().zip(0..) {
        functions.function(nothing);
        let mut body = Function::new([(LOCALS, ValType::I32)]);
        make(&mut body.instructions(), &mut memory, call, number)?;
        bodies.function(&body);
        names.append(count + number, &format!("line {}", call.line));
    }
    functions.function(nothing + 1);
    let mut run = Function::new([]);
    (0..count).for_each(|number| {
        run.instructions().call(count + number);
    });
    run.instructions().i32_const(0).end();
    bodies.function(&run);
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 2 * count);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(Memory::START as i32), memory.bytes.iter().copied());
    let mut named = NameSection::new();
    named.functions(&names);
    named.locals(&IndirectNameMap::new());
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&bodies);
    module.section(&data).section(&named);
    Some(module)
}

fn memory_type() -> MemoryType {
    MemoryType { minimum: 16, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

/// Makes a call and compares its result.
fn make(code: &mut InstructionSink<'_>, memory: &mut Memory, call: &Call<'_>, function: u32) -> Option<()> {
    if call.args.len() != call.ty.params.len() {
        return None;
    }
    if call.ty.passes_memory() {
        let all = call.ty.all_params();
        let at = memory.reserve(all.size(), all.align());
        for ((offset, ty), value) in all.offsets().into_iter().zip(&call.args) {
            values::store(memory, ty, &Value::of(ty, value)?, at + offset)?;
        }
        code.i32_const(at as i32);
    } else {
        for (ty, value) in call.ty.params.iter().zip(&call.args) {
            let value = Value::of(ty, value)?;
            values::flatten(memory, ty, &value)?.into_iter().for_each(|value| value.push(code));
        }
    }
    let flat = call.ty.result.as_ref().map_or(Vec::new(), Type::flat);
    let area = call.ty.result.as_ref().filter(|_| flat.len() > 1).map(|ty| memory.reserve(ty.size(), ty.align()));
    if let Some(area) = area {
        code.i32_const(area as i32);
    }
    code.call(function);
    match (call.result, &call.ty.result, area) {
        (Some(Some(value)), Some(ty), Some(area)) => {
            code.i32_const(area as i32).local_set(0);
            values::compare(code, ty, &Value::of(ty, value)?, Place { local: 0, offset: 0 }, 1)?;
        }
        (Some(Some(value)), Some(ty), None) => {
            let [core] = values::flatten(memory, ty, &Value::of(ty, value)?)?[..] else { return None };
            values::compare_core(code, flat[0], core);
        }
        (Some(None), Some(_), _) | (Some(Some(_)), None, _) => return None,
        (_, _, None) if !flat.is_empty() => {
            code.drop();
        }
        _ => {}
    }
    code.end();
    Some(())
}

/// The core module with the memory, and room in it that is never given back.
fn library() -> Module {
    let (mut types, mut functions, mut bodies) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    functions.function(0);
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();
    // What is there already moves: it is copied.
    code.global_get(0).i32_const(15).i32_add().i32_const(-16).i32_and().local_tee(4);
    code.local_get(3).i32_add().global_set(0);
    code.local_get(4).local_get(0).local_get(1).memory_copy(0, 0);
    code.local_get(4).end();
    bodies.function(&body);
    let mut memories = MemorySection::new();
    memories.memory(memory_type());
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(8 << 16));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("realloc", ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&exports).section(&bodies);
    module
}
