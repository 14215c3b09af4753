//! The tables by which the handlers of exceptions are found: see [`wasmc_abi::exception`].

use crate::Error;
use crate::text::Text;
use crate::writer::Writer;
use object::write::{SectionId, StandardSection};
use std::mem::offset_of;
use wasmc_abi::exception::{ANY_TAG, Handler, HandlerSite, TagEntry, UnwindEntry, UnwindTables, write_saves};
use wasmc_codegen::plan::instance::{Block, Location};
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_codegen::{CompiledFunction, Plan, Symbol};
use wasmc_frontend::Shown;
use wasmc_frontend::program::types::Storage;
use wasmc_frontend::wasmparser::{AbstractHeapType, HeapType, RefType, ValType};

/// The tables as bytes.
#[derive(Default)]
struct Tables {
    functions: Vec<u8>,
    functions_len: u64,
    sites: Vec<u8>,
    handlers: Vec<u8>,
    saves: Vec<u8>,
    tags: Vec<u8>,
    names: Vec<u8>,
}

pub(crate) fn write(writer: &mut Writer<'_>, functions: &[CompiledFunction], text: &Text) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.exceptions.any() && (plan.start.is_some() || plan.program.is_library) {
        return Ok(());
    }
    let mut tables = Tables::default();
    for (function, &offset) in functions.iter().zip(&text.offsets) {
        if plan.is_left_by_exceptions(function.key) || !function.handled.is_empty() {
            tables.function(function, offset as u32);
        }
    }
    tables.end();
    tables.tags(writer);
    tables.define(writer, text)
}

impl Tables {
    fn function(&mut self, function: &CompiledFunction, start: u32) {
        self.functions_len += 1;
        self.entry(start, start + function.code.len() as u32);
        for call in &function.handled {
            self.site(start + call.returns, call.frame);
            for &(tag, code) in &call.handlers {
                const { assert!(offset_of!(Handler, code) == 4 && size_of::<Handler>() == 8) };
                put(&mut self.handlers, [tag.unwrap_or(ANY_TAG), start + code]);
            }
        }
        write_saves(function.saves.iter().copied(), &mut |byte| self.saves.push(byte));
    }

    /// The entries that end the last ones.
    fn end(&mut self) {
        self.entry(u32::MAX, u32::MAX);
        self.site(u32::MAX, 0);
    }

    fn entry(&mut self, code: u32, end: u32) {
        const {
            assert!(
                offset_of!(UnwindEntry, end) == 4
                    && offset_of!(UnwindEntry, sites) == 8
                    && offset_of!(UnwindEntry, saves) == 12
                    && size_of::<UnwindEntry>() == 16
            )
        };
        let sites = self.sites.len() / size_of::<HandlerSite>();
        put(&mut self.functions, [code, end, sites as u32, self.saves.len() as u32]);
    }

    fn site(&mut self, returns: u32, frame: u32) {
        const {
            assert!(
                offset_of!(HandlerSite, frame) == 4
                    && offset_of!(HandlerSite, handlers) == 8
                    && size_of::<HandlerSite>() == 12
            )
        };
        let handlers = self.handlers.len() / size_of::<Handler>();
        put(&mut self.sites, [returns, frame, handlers as u32]);
    }

    /// The names of the tags that are used.
    fn tags(&mut self, writer: &Writer<'_>) {
        const {
            assert!(
                offset_of!(TagEntry, name) == 4
                    && offset_of!(TagEntry, name_len) == 8
                    && offset_of!(TagEntry, types_len) == 12
                    && size_of::<TagEntry>() == 16
            )
        };
        let plan = writer.plan;
        for &tag in &plan.reach.summary.tags {
            let name = match plan.module.tag_name(tag).filter(|_| plan.options.names) {
                Some(name) => Shown(&name).to_string(),
                None => format!("tag[{tag}]"),
            };
            let types: String =
                plan.module.tag_params(tag).iter().map(|&ty| format!(" {}", type_name(ty, plan))).collect();
            let start = self.names.len() as u32;
            put(&mut self.tags, [plan.tag_number(tag), start, name.len() as u32, types.len() as u32]);
            self.names.extend(name.into_bytes());
            self.names.extend(types.into_bytes());
        }
    }

    fn define(self, writer: &mut Writer<'_>, text: &Text) -> Result<(), Error> {
        let mut bytes = [0; size_of::<UnwindTables>()];
        let lengths = [
            (offset_of!(UnwindTables, text_len), text.len),
            (offset_of!(UnwindTables, functions_len), self.functions_len),
            (offset_of!(UnwindTables, tags_len), (self.tags.len() / size_of::<TagEntry>()) as u64),
        ];
        for (at, value) in lengths {
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        let section = writer.constants(true);
        let (section, start, tables) = writer.anonymous(section, &bytes, 8, "wasmc_unwind");
        if writer.plan.program.is_library {
            writer.unwind_tables = Some(tables);
        } else if writer.plan.start.is_some() {
            writer.list_of_tables(Symbol::UnwindTables, tables, Exported::UnwindTables)?;
        } else {
            let instance = &writer.plan.program[writer.plan.instance];
            let name = symbol_of(&instance.name, Exported::UnwindTables);
            writer.define_global(name, section, start, bytes.len() as u64);
        }
        writer.address(section, start + offset_of!(UnwindTables, text) as u64, text.start, 0)?;
        let pieces = [
            (offset_of!(UnwindTables, functions), self.functions, 4, "wasmc_unwind_functions"),
            (offset_of!(UnwindTables, sites), self.sites, 4, "wasmc_unwind_sites"),
            (offset_of!(UnwindTables, handlers), self.handlers, 4, "wasmc_unwind_handlers"),
            (offset_of!(UnwindTables, saves), self.saves, 1, "wasmc_unwind_saves"),
            (offset_of!(UnwindTables, tags), self.tags, 4, "wasmc_unwind_tags"),
            (offset_of!(UnwindTables, names), self.names, 1, "wasmc_unwind_names"),
        ];
        for (at, piece, align, name) in pieces {
            let (_, _, piece) = writer.anonymous(StandardSection::ReadOnlyData, &piece, align, name);
            writer.address(section, start + at as u64, piece.0, piece.1)?;
        }
        roots(writer, section, start)
    }
}

/// What a value type is called in [`TagEntry`].
fn type_name(ty: ValType, plan: &Plan<'_>) -> String {
    let ValType::Ref(reference) = ty else { return ty.to_string() };
    let word = match Storage::of_value(ty, plan.module) {
        Storage::Extern if plan.program.is_library && plan.externs_may_be_objects() => "ref",
        Storage::Extern => "externref",
        Storage::Word if is_exception(reference) => "exnref",
        Storage::Word => "funcref",
        Storage::Object | Storage::Bytes(_) => "anyref",
    };
    word.into()
}

/// Whether references are to exceptions.
fn is_exception(ty: RefType) -> bool {
    matches!(ty.heap_type(), HeapType::Abstract { ty: AbstractHeapType::Exn, .. })
}

/// The lists of what holds references to exceptions, in tables that begin at `start` of a section.
fn roots(writer: &mut Writer<'_>, section: SectionId, start: u64) -> Result<(), Error> {
    let plan = writer.plan;
    let of_value = |ty| matches!(ty, ValType::Ref(ty) if is_exception(ty));
    let globals = plan.layout.globals.iter().filter(|(index, _)| of_value(plan.module.globals[*index].ty.content_type));
    let globals: Vec<Location> = globals.map(|(_, &place)| place).collect();
    let tables =
        plan.layout.tables.iter().filter(|(index, _)| is_exception(plan.module.tables[*index].ty.element_type));
    let tables: Vec<Location> = tables.map(|(_, &place)| place).collect();
    let is_library = plan.program.is_library;
    let is_listed = |place: &Location| is_library || matches!(place.block, Block::Image(_));
    let is_complete = globals.iter().chain(&tables).all(is_listed);
    let lists = [
        (offset_of!(UnwindTables, globals), offset_of!(UnwindTables, globals_len), globals, "wasmc_unwind_globals"),
        (offset_of!(UnwindTables, tables), offset_of!(UnwindTables, tables_len), tables, "wasmc_unwind_tables_list"),
    ];
    for (at, len_at, places, name) in lists {
        let places: Vec<Location> = places.into_iter().filter(is_listed).collect();
        let kind = writer.constants(true);
        let (list_section, list_start, list) = writer.anonymous(kind, &vec![0; places.len() * 8], 8, name);
        for (place, index) in places.iter().zip(0..) {
            if is_library {
                writer.put_u64(list_section, list_start + index * 8, place.offset.into());
                continue;
            }
            let symbol = writer.symbol(place.block.symbol().expect("it lies in the image"));
            writer.address(list_section, list_start + index * 8, symbol, place.offset.into())?;
        }
        writer.address(section, start + at as u64, list.0, list.1)?;
        writer.put_u64(section, start + len_at as u64, places.len() as u64);
    }
    writer.put_u64(section, start + offset_of!(UnwindTables, is_complete) as u64, is_complete.into());
    Ok(())
}

fn put<const N: usize>(bytes: &mut Vec<u8>, fields: [u32; N]) {
    fields.into_iter().for_each(|field| bytes.extend(field.to_le_bytes()));
}
