//! The tables that map program counters to traps and to names: see [`wasmc_abi::trap`].

use crate::text::Text;
use crate::writer::Writer;
use crate::{Error, names};
use object::write::StandardSection;
use std::collections::BTreeSet;
use std::mem::offset_of;
use wasmc_abi::trap::{FunctionEntry, INLINED_AT, NO_FUNCTION, Site, TrapCode, TrapTables, write_sites};
use wasmc_codegen::plan::instance::Location;
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_codegen::{CompiledFunction, FunctionKey, Symbol};

pub(crate) fn write(writer: &mut Writer<'_>, functions: &[CompiledFunction], text: &Text) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.can_trap() {
        return Ok(());
    }
    let mut entries = Vec::with_capacity((functions.len() + 1) * size_of::<FunctionEntry>());
    let (mut sites, mut names) = (Vec::new(), Vec::new());
    // Any code can exhaust the stack.
    let mut kinds = BTreeSet::from([TrapCode::CallStackExhausted as u8]);
    for (function, &offset) in functions.iter().zip(&text.offsets) {
        put_entry(&mut entries, offset, names.len(), sites.len());
        if plan.options.names {
            names.extend(names::backtrace(plan, function.key).into_bytes());
        }
        let index = match function.key {
            FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) => index.as_u32(),
            FunctionKey::Trampoline(_)
            | FunctionKey::Instantiate
            | FunctionKey::Prepare
            | FunctionKey::Main
            | FunctionKey::Thread => NO_FUNCTION,
        };
        kinds.extend(function.sites.iter().map(|site| site.kind));
        let body = plan.body_offset(function.key);
        // What is no function of the module has no body, at offset 0.
        let moved = if body == 0 { 0 } else { plan.options.code_moved };
        let place = |offset: u32| (i64::from(offset) - moved) as u32;
        let records = records(function).map(|site| Site { module_offset: place(site.module_offset), ..site });
        write_sites(index, place(body), records, &mut |byte| sites.push(byte));
    }
    put_entry(&mut entries, text.len, names.len(), sites.len());
    // Whoever embeds a library has words of its own.
    let kinds = kinds.into_iter().filter(|_| !plan.program.is_library);
    let messages = messages(kinds.filter_map(TrapCode::from_u8));
    tables(writer, text, functions.len() as u64, [&entries, &sites, &names, &messages])
}

/// The sites of a function, those that are in place of calls followed by these.
fn records(function: &CompiledFunction) -> impl Iterator<Item = Site> {
    function.sites.iter().enumerate().flat_map(|(position, &site)| {
        let calls = function.inlined.get(&position).map_or(&[][..], Vec::as_slice);
        let call = move |&module_offset: &u32| Site { module_offset, kind: INLINED_AT, ..site };
        [site].into_iter().chain(calls.iter().map(call))
    })
}

/// What these traps are called: see [`TrapTables::messages`].
fn messages(traps: impl Iterator<Item = TrapCode>) -> Vec<u8> {
    let mut messages: Vec<u8> =
        traps.flat_map(|trap| [&[trap as u8], trap.message().as_bytes(), &[0]].concat()).collect();
    messages.push(0);
    messages
}

fn put_entry(entries: &mut Vec<u8>, code: u64, name: usize, sites: usize) {
    const {
        assert!(
            size_of::<FunctionEntry>() == 12
                && offset_of!(FunctionEntry, name) == 4
                && offset_of!(FunctionEntry, sites) == 8
        )
    };
    for field in [code as u32, name as u32, sites as u32] {
        entries.extend(field.to_le_bytes());
    }
}

fn tables(
    writer: &mut Writer<'_>,
    text: &Text,
    functions: u64,
    [entries, sites, names, messages]: [&[u8]; 4],
) -> Result<(), Error> {
    // Those of a library are found by the context.
    let memories: Vec<Location> = match writer.plan.program.is_library {
        true => Vec::new(),
        false => writer.plan.layout.memories.values().copied().collect(),
    };
    let mut bytes = [0; size_of::<TrapTables>()];
    let lengths = [
        (offset_of!(TrapTables, text_len), text.len),
        (offset_of!(TrapTables, functions_len), functions),
        (offset_of!(TrapTables, memories_len), memories.len() as u64),
    ];
    for (at, value) in lengths {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    let section = writer.constants(true);
    let (section, start, tables) = writer.anonymous(section, &bytes, 8, "wasmc_traps");
    writer.trap_tables = Some(tables);
    if writer.plan.program.is_library {
        // The context finds them.
    } else if writer.plan.start.is_some() {
        writer.list_of_tables(Symbol::TrapTables, tables, Exported::TrapTables)?;
    } else {
        let instance = &writer.plan.program[writer.plan.instance];
        let name = symbol_of(&instance.name, Exported::TrapTables);
        writer.define_global(name, section, start, bytes.len() as u64);
    }
    writer.address(section, start + offset_of!(TrapTables, text) as u64, text.start, 0)?;
    let pieces = [
        (offset_of!(TrapTables, functions), entries, 4, "wasmc_trap_functions"),
        (offset_of!(TrapTables, sites), sites, 1, "wasmc_trap_sites"),
        (offset_of!(TrapTables, names), names, 1, "wasmc_trap_names"),
        (offset_of!(TrapTables, messages), messages, 1, "wasmc_trap_messages"),
    ];
    for (at, piece, align, name) in pieces {
        let (_, _, piece) = writer.anonymous(StandardSection::ReadOnlyData, piece, align, name);
        writer.address(section, start + at as u64, piece.0, piece.1)?;
    }
    let kind = writer.constants(true);
    let (list_section, list_start, list) =
        writer.anonymous(kind, &vec![0; memories.len() * 8], 8, "wasmc_trap_memories");
    for (place, index) in memories.iter().zip(0..) {
        let block = place.block.symbol().expect("no plan has memories elsewhere");
        let symbol = writer.symbol(block);
        writer.address(list_section, list_start + index * 8, symbol, place.offset.into())?;
    }
    writer.address(section, start + offset_of!(TrapTables, memories) as u64, list.0, list.1)
}
