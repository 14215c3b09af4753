//! Where the state lies that snapshots hold: see [`wasmc_abi::snapshot`].

use crate::Error;
use crate::writer::Writer;
use object::write::SymbolId;
use std::mem::offset_of;
use wasmc_abi::snapshot::{Place, Places, State, kind};
use wasmc_codegen::plan::instance::Location;
use wasmc_codegen::plan::table::Origin;
use wasmc_codegen::{CompiledFunction, FunctionKey, Plan, Symbol};
use wasmc_frontend::module::GlobalOrigin;
use wasmc_frontend::wasmparser::{RefType, ValType};

/// Writes it, where a program has use for it: libraries, and what writes a snapshot at its end.
pub(crate) fn write(writer: &mut Writer<'_>, functions: &[CompiledFunction], fingerprint: u64) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.program.is_library && !plan.options.snapshot {
        return Ok(());
    }
    let traps = writer.trap_tables.expect("what can be restored can trap");
    let (_, _, referable) = {
        let section = writer.constants(false);
        writer.anonymous(section, &referable(plan, functions), 1, "wasmc_snapshot_functions")
    };
    let sorts = [
        (offset_of!(State, memories), memories(plan)),
        (offset_of!(State, tables), tables(plan)),
        (offset_of!(State, globals), globals(plan)),
        (offset_of!(State, segments), segments(plan)),
    ];
    let mut bytes = [0; size_of::<State>()];
    let imports = plan.module.functions.len() - plan.module.summaries.len();
    let mut numbers =
        vec![(offset_of!(State, fingerprint), fingerprint), (offset_of!(State, imports_len), imports as u64)];
    numbers.extend(sorts.iter().map(|(at, places)| (at + offset_of!(Places, len), places.len() as u64)));
    for (at, number) in numbers {
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let mut addresses: Vec<(usize, (SymbolId, i64))> =
        vec![(offset_of!(State, traps), traps), (offset_of!(State, referable), referable)];
    for (at, places) in sorts {
        let section = writer.constants(false);
        let places: Vec<u8> = places.iter().flat_map(encode).collect();
        let (_, _, places) = writer.anonymous(section, &places, 4, "wasmc_snapshot_places");
        addresses.push((at + offset_of!(Places, first), places));
    }
    let section = writer.constants(true);
    let (section, start) = writer.define(Symbol::State, section, &bytes, 8);
    for (at, (symbol, addend)) in addresses {
        writer.address(section, start + at as u64, symbol, addend)?;
    }
    Ok(())
}

fn encode(place: &Place) -> Vec<u8> {
    const { assert!(size_of::<Place>() == 12 && offset_of!(Place, kind) == 4 && offset_of!(Place, index) == 8) };
    [place.offset, place.kind, place.index].into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A bit for each function: whether references can refer to it.
fn referable(plan: &Plan<'_>, functions: &[CompiledFunction]) -> Vec<u8> {
    let mut bits = vec![0; functions.len().div_ceil(8)];
    for (position, function) in functions.iter().enumerate() {
        if let FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) = function.key
            && plan.reach.escaping.contains(&index)
        {
            bits[position / 8] |= 1 << (position % 8);
        }
    }
    bits
}

fn place(location: Location, kind: u32, index: u32) -> Place {
    Place { offset: location.offset, kind, index }
}

fn memories(plan: &Plan<'_>) -> Vec<Place> {
    plan.layout.memories.iter().map(|(index, &at)| place(at, kind::MEMORY, index.as_u32())).collect()
}

/// The tables that are not constant.
fn tables(plan: &Plan<'_>) -> Vec<Place> {
    let summary = &plan.reach.summary;
    let changes = |index| {
        let table = &plan.tables.tables[index];
        let is_image = matches!(table.origin, Origin::Image(_));
        summary.tables.contains(&index) && (!table.is_fixed || !is_image || summary.written_tables.contains(&index))
    };
    let tables = plan.module.tables.iter().filter(|&(index, _)| changes(index));
    tables
        .map(|(index, table)| place(plan.layout.tables[index], of_reference(table.ty.element_type), index.as_u32()))
        .collect()
}

/// The globals that can change.
fn globals(plan: &Plan<'_>) -> Vec<Place> {
    let globals = plan.module.globals.iter().filter(|(index, global)| {
        // Each instance of a library has globals of its own.
        let is_own = plan.program.is_library || matches!(global.origin, GlobalOrigin::Init(_));
        is_own && global.ty.mutable && plan.reach.summary.globals.contains(index)
    });
    globals
        .map(|(index, global)| place(plan.layout.globals[index], of_value(global.ty.content_type), index.as_u32()))
        .collect()
}

fn segments(plan: &Plan<'_>) -> Vec<Place> {
    let data = plan.layout.data_lens.iter().map(|(index, &at)| place(at, kind::DATA, index.as_u32()));
    let elements = plan.layout.element_lens.iter().map(|(index, &at)| place(at, kind::ELEMENTS, index.as_u32()));
    data.chain(elements).collect()
}

/// The kind of a value: for numbers, the code of their type (core specification 5.3).
pub(crate) fn of_value(ty: ValType) -> u32 {
    match ty {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        ValType::V128 => 0x7b,
        ValType::Ref(ty) => of_reference(ty),
    }
}

fn of_reference(ty: RefType) -> u32 {
    match ty {
        RefType::FUNCREF => kind::FUNCTION,
        RefType::EXTERNREF => kind::EXTERN,
        ty if ty.is_nullable() => kind::NULL,
        _ => kind::NONE,
    }
}
