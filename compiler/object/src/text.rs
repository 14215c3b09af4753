//! Functions, one after the other in one section. Calls between them are resolved here; what is left are relocations
//! for the linker.

use crate::writer::Writer;
use crate::{Error, names, relocation};
use object::write::{Relocation, SectionId, StandardSection, Symbol as ObjectSymbol, SymbolId, SymbolSection};
use object::{RelocationFlags, SymbolFlags, SymbolKind, SymbolScope};
use std::collections::HashMap;
use wasmc_abi::profile::INDEX_OFFSET;
use wasmc_abi::table::TYPE_ID_OFFSET;
use wasmc_codegen::{CompiledFunction, FunctionKey, Machine, RelocationTarget, Symbol};
use wasmc_frontend::index::FuncIndex;

/// Where functions lie.
pub(crate) struct Text {
    /// Symbol of the section's start.
    pub start: SymbolId,
    /// Offset of each function, in the order of the plan.
    pub offsets: Vec<u64>,
    /// Symbol of each function, in the same order.
    pub symbols: Vec<SymbolId>,
    /// Bytes of the section.
    pub len: u64,
}

pub(crate) fn write(writer: &mut Writer<'_>, machine: &Machine, functions: &[CompiledFunction]) -> Result<Text, Error> {
    let labels: HashMap<FunctionKey, usize> =
        functions.iter().enumerate().map(|(label, function)| (function.key, label)).collect();
    let mut builder = machine.text_section_builder(functions.len());
    let mut offsets = Vec::with_capacity(functions.len());
    let mut unresolved = Vec::new();
    let mut control = Default::default();
    for function in functions {
        if let Some(type_id) = type_id(writer, function.key) {
            let index = writer.plan.profile.counting.as_ref().and_then(|_| index(function.key));
            builder.append(false, &prefix(type_id, index, function.align), function.align, &mut control);
        }
        let start = builder.append(true, &function.code, function.align, &mut control);
        offsets.push(start);
        for reloc in &function.relocations {
            let offset = start + u64::from(reloc.offset);
            let label = match reloc.target {
                RelocationTarget::Symbol(symbol) => label_of(symbol, &labels),
                RelocationTarget::Own(_) => None,
            };
            let resolved = label.is_some_and(|label| builder.resolve_reloc(offset, reloc.kind, reloc.addend, label));
            if !resolved {
                let flags = relocation::flags(reloc.kind, writer.object.format(), &function.code, reloc.offset)?;
                unresolved.push((start, *reloc, flags));
            }
        }
    }
    let bytes = builder.finish(&mut control);
    let len = bytes.len() as u64;
    let section = writer.object.section_id(StandardSection::Text);
    writer.object.append_section_data(section, &bytes, 64);
    let (start, _) = writer.place_at(section, 0, "wasmc_text");
    let placed = functions.iter().zip(&offsets);
    let symbols = placed.map(|(function, &offset)| define(writer, function, section, offset)).collect();
    for (start, reloc, flags) in unresolved {
        relocate(writer, section, start, &reloc, flags)?;
    }
    Ok(Text { start, offsets, symbols, len })
}

/// The number that stands before a function, where it can be called through a reference.
fn type_id(writer: &Writer<'_>, key: FunctionKey) -> Option<u32> {
    let index = index(key)?;
    let plan = writer.plan;
    let type_index = plan.module.functions[index].type_index;
    plan.reach.escaping.contains(&index).then(|| plan.type_numbers(type_index).first)
}

/// The index of the function that a reference to one refers to.
fn index(key: FunctionKey) -> Option<FuncIndex> {
    match key {
        FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) => Some(index),
        FunctionKey::Trampoline(_)
        | FunctionKey::Instantiate
        | FunctionKey::Prepare
        | FunctionKey::Main
        | FunctionKey::Thread => None,
    }
}

/// What stands before such a function: its alignment's worth of bytes, the last of which hold the number, and before
/// that its index, where it is counted what calls go to.
fn prefix(type_id: u32, index: Option<FuncIndex>, align: u32) -> Vec<u8> {
    let mut bytes = vec![0; align as usize];
    let mut put = |offset: i32, word: u32| {
        let at = bytes.len() - offset.unsigned_abs() as usize;
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    };
    put(TYPE_ID_OFFSET, type_id);
    if let Some(index) = index {
        put(INDEX_OFFSET, index.as_u32());
    }
    bytes
}

/// The function whose code `symbol` stands for.
fn label_of(symbol: Symbol, labels: &HashMap<FunctionKey, usize>) -> Option<usize> {
    match symbol {
        Symbol::Function(index) => labels.get(&FunctionKey::Wasm(index)),
        Symbol::FuncRef(index) => {
            labels.get(&FunctionKey::Wasm(index)).or_else(|| labels.get(&FunctionKey::ImportStub(index)))
        }
        _ => None,
    }
    .copied()
}

/// Defines the symbol of a function.
fn define(writer: &mut Writer<'_>, function: &CompiledFunction, section: SectionId, offset: u64) -> SymbolId {
    // Functions of an executable are local symbols: their names are the module's, and mean nothing outside.
    let is_linked = names::is_linked_with_others(writer.plan);
    let is_global =
        function.key == FunctionKey::Main || is_linked && !matches!(function.key, FunctionKey::ImportStub(_));
    let scope = if is_global { SymbolScope::Linkage } else { SymbolScope::Compilation };
    let id = writer.object.add_symbol(ObjectSymbol {
        name: names::symbol(writer.plan, function.key).into_bytes(),
        value: offset,
        size: function.code.len() as u64,
        kind: SymbolKind::Text,
        scope,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    });
    match function.key {
        FunctionKey::Wasm(index) => {
            writer.bind(Symbol::Function(index), id);
            writer.bind(Symbol::FuncRef(index), id);
        }
        FunctionKey::ImportStub(index) => writer.bind(Symbol::FuncRef(index), id),
        FunctionKey::Thread => writer.thread_run = Some(id),
        FunctionKey::Trampoline(index) => {
            writer.trampolines.insert(index, id);
        }
        FunctionKey::Instantiate | FunctionKey::Prepare | FunctionKey::Main => {}
    }
    id
}

fn relocate(
    writer: &mut Writer<'_>,
    section: SectionId,
    start: u64,
    reloc: &wasmc_codegen::Relocation,
    flags: RelocationFlags,
) -> Result<(), Error> {
    let symbol = match reloc.target {
        RelocationTarget::Symbol(symbol) => writer.symbol(symbol),
        RelocationTarget::Own(offset) => label(writer, section, start + u64::from(offset)),
    };
    let offset = start + u64::from(reloc.offset);
    Ok(writer.object.add_relocation(section, Relocation { offset, symbol, addend: reloc.addend, flags })?)
}

/// A local symbol inside a function, as RISC-V's pairs of relocations need.
fn label(writer: &mut Writer<'_>, section: SectionId, offset: u64) -> SymbolId {
    writer.object.add_symbol(ObjectSymbol {
        name: b".L".to_vec(),
        value: offset,
        size: 0,
        kind: SymbolKind::Label,
        scope: SymbolScope::Compilation,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    })
}
