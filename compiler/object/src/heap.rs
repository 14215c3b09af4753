//! What the collector must know of an instance: see [`wasmc_abi::heap::HeapTables`].

use crate::Error;
use crate::writer::Writer;
use object::write::{StandardSection, SymbolId};
use std::mem::offset_of;
use wasmc_abi::heap::{EXTERNS, HeapTables, Roots};
use wasmc_codegen::Symbol;
use wasmc_codegen::plan::heap::heap_types;
use wasmc_codegen::plan::instance::{Block, Location};
use wasmc_codegen::plan::payload;
use wasmc_frontend::program::types::Storage;
use wasmc_frontend::wasmparser::ValType;

/// An address: a symbol, or where the block of the thread that runs begins, and how many bytes further.
type Address = (Option<SymbolId>, i64);

pub(crate) fn write(writer: &mut Writer<'_>) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.program.has_heap {
        return Ok(());
    }
    let (types, offsets) =
        heap_types(plan.program.types(), plan.heap.reference_size, writer.plan.externs_may_be_objects());
    let types_len = types.len() as u64;
    let types: Vec<u8> = types.into_iter().flat_map(|ty| ty.to_bytes()).collect();
    let offsets: Vec<u8> = offsets.into_iter().flat_map(u16::to_le_bytes).collect();
    let (_, _, types) = writer.anonymous(StandardSection::ReadOnlyData, &types, 8, "wasmc_heap_types");
    let (_, _, offsets) = writer.anonymous(StandardSection::ReadOnlyData, &offsets, 8, "wasmc_heap_offsets");
    let roots = roots(writer);
    let tables = tables(writer);
    let (roots_len, tables_len) = (roots.len() as u64, tables.len() as u64);
    let roots = list(writer, roots, "wasmc_heap_roots")?;
    let tables = list(writer, tables.into_iter().map(|table| (table, None)).collect(), "wasmc_heap_tables")?;
    let mut bytes = [0; size_of::<HeapTables>()];
    let numbers = [
        (offset_of!(HeapTables, types_len), types_len),
        (offset_of!(HeapTables, roots_len), roots_len),
        (offset_of!(HeapTables, tables_len), tables_len),
        (offset_of!(HeapTables, max), plan.max_heap()),
    ];
    for (at, value) in numbers {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    // The list of instances that the runtime makes has one in a library.
    let section = if plan.program.is_library { writer.constants(true) } else { StandardSection::Data };
    let (section, start) = writer.define(Symbol::HeapTables, section, &bytes, 8);
    let addresses = [
        (offset_of!(HeapTables, types), types),
        (offset_of!(HeapTables, references), offsets),
        (offset_of!(HeapTables, roots), roots),
        (offset_of!(HeapTables, tables), tables),
    ];
    for (at, (symbol, addend)) in addresses {
        writer.address(section, start + at as u64, symbol, addend)?;
    }
    Ok(())
}

/// Globals, what exceptions carry, and element segments that hold references, with their numbers of words.
fn roots(writer: &mut Writer<'_>) -> Vec<(Address, Option<u64>)> {
    let plan = writer.plan;
    let mut roots = Vec::new();
    for (index, global) in &plan.module.globals {
        let place = plan.layout.globals[index];
        if let Some(tag) = tag(writer, global.ty.content_type).filter(|_| plan.layout.is_own(place)) {
            roots.push((in_state(writer, place, tag), Some(1)));
        }
    }
    for (&index, &place) in plan.layout.tags.iter().filter(|(_, place)| plan.layout.is_own(**place)) {
        let params = plan.module.tag_params(index);
        for (&ty, offset) in params.iter().zip(payload::offsets(params)) {
            if let Some(tag) = tag(writer, ty) {
                let place = Location { offset: place.offset + offset, ..place };
                roots.push((in_state(writer, place, tag), Some(1)));
            }
        }
    }
    for &index in &plan.tables.evaluated {
        let element = &plan.module.elements[index];
        if let Some(tag) = tag(writer, ValType::Ref(element.ty)) {
            let place = match plan.layout.elements.get(&index) {
                Some(&place) => in_state(writer, place, tag),
                None => (Some(writer.symbol(Symbol::Element(index))), tag),
            };
            roots.push((place, Some(element.items.len() as u64)));
        }
    }
    roots
}

fn tables(writer: &mut Writer<'_>) -> Vec<Address> {
    let plan = writer.plan;
    let mut tables = Vec::new();
    for (index, table) in &plan.module.tables {
        let place = plan.layout.tables[index];
        if let Some(tag) = tag(writer, ValType::Ref(table.ty.element_type)).filter(|_| plan.layout.is_own(place)) {
            tables.push(in_state(writer, place, tag));
        }
    }
    tables
}

/// What is added to the address of words of a type that hold references; `None` where they do not.
fn tag(writer: &Writer<'_>, ty: ValType) -> Option<i64> {
    match Storage::of_value(ty, writer.plan.module) {
        Storage::Object => Some(0),
        Storage::Extern => writer.plan.externs_may_be_objects().then_some(EXTERNS as i64),
        Storage::Bytes(_) | Storage::Word => None,
    }
}

fn in_state(writer: &mut Writer<'_>, place: Location, tag: i64) -> Address {
    let symbol = match place.block {
        Block::Thread | Block::Context => None,
        Block::Image(symbol) => Some(writer.symbol(symbol)),
    };
    (symbol, i64::from(place.offset) + tag)
}

/// Writes a list of addresses, each followed by a number where there is one.
fn list(writer: &mut Writer<'_>, entries: Vec<(Address, Option<u64>)>, name: &str) -> Result<(SymbolId, i64), Error> {
    const { assert!(offset_of!(Roots, words) == 0 && offset_of!(Roots, len) == 8 && size_of::<Roots>() == 16) };
    let offset = |(symbol, offset): Address| if symbol.is_none() { offset as u64 } else { 0 };
    let words = entries.iter().flat_map(|&(address, len)| [Some(offset(address)), len]).flatten();
    let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    let kind = writer.constants(true);
    let (section, start, address) = writer.anonymous(kind, &bytes, 8, name);
    let mut at = start;
    for ((symbol, addend), len) in entries {
        if let Some(symbol) = symbol {
            writer.address(section, at, symbol, addend)?;
        }
        at += if len.is_some() { 16 } else { 8 };
    }
    Ok(address)
}
