//! What a library says of its module: see [`wasmc_abi::context::Module`].

use crate::text::Text;
use crate::writer::Writer;
use crate::{Error, snapshot};
use object::write::SymbolId;
use std::collections::HashMap;
use std::mem::offset_of;
use wasmc_abi::context::{Export, ExportKind, MODULE, Module};
use wasmc_abi::limits::Limits;
use wasmc_abi::reference::TypeNumbers;
use wasmc_abi::symbols;
use wasmc_abi::thread::GUARD;
use wasmc_codegen::plan::instance::{ALIGN, Location};
use wasmc_codegen::{CompiledFunction, FunctionKey, Plan, Symbol};
use wasmc_frontend::index::ExternIndex;
use wasmc_frontend::wasmparser::{TypeRef, ValType};

/// Writes it.
pub(crate) fn write(
    writer: &mut Writer<'_>,
    functions: &[CompiledFunction],
    text: &Text,
    fingerprint: u64,
) -> Result<(), Error> {
    let plan = writer.plan;
    let context = plan.context.expect("a library is made of contexts");
    let code: HashMap<FunctionKey, SymbolId> =
        functions.iter().map(|function| function.key).zip(text.symbols.iter().copied()).collect();
    let exports = exports(writer, &code)?;
    let memories = offsets(writer, plan.layout.memories.values(), "wasmc_context_memories");
    let tables = offsets(writer, plan.layout.tables.values(), "wasmc_context_tables");
    let types = types(writer);
    let is_function = |ty| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
    let imports = plan.module.imports.values().filter(|import| is_function(import.ty)).count();
    let mut bytes = [0; size_of::<Module>()];
    let words = [
        (offset_of!(Module, template_len), plan.layout.size.next_multiple_of(ALIGN).into()),
        (offset_of!(Module, exports_len), exported(plan).count() as u64),
        (offset_of!(Module, memories_len), plan.layout.memories.len() as u64),
        (offset_of!(Module, tables_len), plan.layout.tables.len() as u64),
        (offset_of!(Module, imports_len), imports as u64),
        (offset_of!(Module, stack_size), context.stack_size),
        (offset_of!(Module, stack_area), context.stack_area),
        (offset_of!(Module, growth), context.growth),
        (offset_of!(Module, first_tables), context.first_tables),
        (offset_of!(Module, fuel), !plan.options.fuel.unwrap_or(0)),
        (offset_of!(Module, counts_fuel), plan.options.fuel.is_some().into()),
        (offset_of!(Module, is_interruptible), plan.options.interruptible.into()),
        (offset_of!(Module, fingerprint), fingerprint),
        (offset_of!(Module, types_len), plan.module.types.len() as u64),
    ];
    for (at, word) in words {
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    if plan.program.has_heap {
        // What a heap takes is counted for each context.
        let limits = Limits { stack_size: 0, guard_size: GUARD, stack_area: 0, growth: u64::MAX };
        let section = writer.constants(false);
        writer.global_data_in(section, symbols::LIMITS, &limits.to_bytes());
    }
    let section = writer.constants(true);
    let (section, start) = writer.global_data_in(section, MODULE, &bytes);
    let template = writer.symbol(Symbol::Instance);
    let state = writer.symbol(Symbol::State);
    let traps = writer.trap_tables.expect("other than in executables, anything can trap");
    let addresses = [
        (offset_of!(Module, template), (template, 0)),
        (offset_of!(Module, instantiate), (code[&FunctionKey::Instantiate], 0)),
        (offset_of!(Module, traps), traps),
        (offset_of!(Module, exports), exports),
        (offset_of!(Module, memories), memories),
        (offset_of!(Module, tables), tables),
        (offset_of!(Module, state), (state, 0)),
        (offset_of!(Module, types), types),
    ];
    let unwind = writer.unwind_tables.map(|tables| (offset_of!(Module, unwind), tables));
    for (at, (symbol, addend)) in addresses.into_iter().chain(unwind) {
        writer.address(section, start + at as u64, symbol, addend)?;
    }
    Ok(())
}

/// What the embedder sees of an instance.
fn exported<'p>(plan: &Plan<'p>) -> impl Iterator<Item = ExternIndex> + use<'p> {
    let module = plan.module;
    let imported = module.imported_state().map(|(index, _)| index);
    module.exports.iter().map(|export| export.index).chain(imported)
}

/// Writes the array of exports.
fn exports(writer: &mut Writer<'_>, code: &HashMap<FunctionKey, SymbolId>) -> Result<(SymbolId, i64), Error> {
    let plan = writer.plan;
    let mut bytes = Vec::new();
    let mut functions = Vec::new();
    for index in exported(plan) {
        let mut entry = [0; size_of::<Export>()];
        let (kind, ty, place) = match index {
            ExternIndex::Func(function) => {
                let trampoline = code[&FunctionKey::Trampoline(function)];
                functions.push((bytes.len() + offset_of!(Export, function), trampoline));
                if plan.called_directly.contains(&function) {
                    functions.push((bytes.len() + offset_of!(Export, direct), code[&FunctionKey::Wasm(function)]));
                }
                let ty = plan.module.type_of_function(function);
                (ExportKind::Function, ty.params().len().max(ty.results().len()) as u32, None)
            }
            ExternIndex::Table(table) => (ExportKind::Table, 0, Some(plan.layout.tables[table])),
            ExternIndex::Memory(memory) => (ExportKind::Memory, 0, Some(plan.layout.memories[memory])),
            ExternIndex::Global(global) => {
                let ty = value_type(plan, plan.module.globals[global].ty.content_type);
                (ExportKind::Global, ty, Some(plan.layout.globals[global]))
            }
            ExternIndex::Tag(_) => (ExportKind::Tag, 0, None),
        };
        let offset = place.map_or(0, |place: Location| u64::from(place.offset));
        let at = offset_of!(Export, offset);
        entry[at..at + 8].copy_from_slice(&offset.to_le_bytes());
        let at = offset_of!(Export, kind);
        entry[at..at + 4].copy_from_slice(&(kind as u32).to_le_bytes());
        let at = offset_of!(Export, ty);
        entry[at..at + 4].copy_from_slice(&ty.to_le_bytes());
        bytes.extend_from_slice(&entry);
    }
    let section = writer.constants(true);
    let (section, start, place) = writer.anonymous(section, &bytes, 8, "wasmc_context_exports");
    for (at, symbol) in functions {
        writer.address(section, start + at as u64, symbol, 0)?;
    }
    Ok(place)
}

/// A value type as its code in the binary format (core specification 5.3). All references but those to what can only be
/// the embedder's have the code of references to functions: an embedder can make none of them up.
fn value_type(plan: &Plan<'_>, ty: ValType) -> u32 {
    match ty {
        ValType::Ref(ty) if ty.is_extern_ref() && !plan.externs_may_be_objects() => 0x6f,
        ValType::Ref(_) => 0x70,
        number => snapshot::of_value(number),
    }
}

/// Writes the numbers of all types, and those of structures and arrays.
fn types(writer: &mut Writer<'_>) -> (SymbolId, i64) {
    const { assert!(size_of::<TypeNumbers>() == 12 && offset_of!(TypeNumbers, is_function) == 8) };
    let plan = writer.plan;
    let own = plan.module.types.keys().map(|index| (plan.type_numbers(index), plan.module.is_func_type(index)));
    let types = plan.program.types();
    let all = own.chain([(types.structs(), false), (types.arrays(), false)]);
    let words = all.flat_map(|(numbers, is_function)| [numbers.first, numbers.last, is_function.into()]);
    let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    let section = writer.constants(false);
    writer.anonymous(section, &bytes, 4, "wasmc_context_types").2
}

/// Writes an array of offsets in the block.
fn offsets<'l>(writer: &mut Writer<'_>, places: impl Iterator<Item = &'l Location>, name: &str) -> (SymbolId, i64) {
    let bytes: Vec<u8> = places.flat_map(|place| u64::from(place.offset).to_le_bytes()).collect();
    let section = writer.constants(false);
    writer.anonymous(section, &bytes, 8, name).2
}
