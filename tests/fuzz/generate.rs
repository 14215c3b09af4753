//! A module from a seed, by wasm-smith: any valid module with the features that both sides have.

use super::exceptions::with_exceptions;
use super::random::Random;
use arbitrary::Unstructured;
use wasm_encoder::{ExportKind, ExportSection, RawSection, SectionId};
use wasm_smith::{Config, Module};
use wasmc_frontend::wasmparser::{self, Parser, Payload};

/// Export that holds what is left of the module's fuel: each function and loop takes some of it, and traps where there
/// is none.
pub const FUEL: &str = "fuel";

/// Fuel at the start of each call.
pub const FUEL_PER_CALL: u32 = 500;

/// The module of a seed; `None` where the seed is not enough for one. Modules of one program share a calling
/// convention, so the caller decides whether they make tail calls.
pub fn module(random: &mut Random, tail_calls: bool) -> Option<Vec<u8>> {
    let config = Config { tail_call_enabled: tail_calls, ..config(random) };
    of_config(config, random)
}

fn of_config(config: Config, random: &mut Random) -> Option<Vec<u8>> {
    let len = random.pick(&[1 << 10, 1 << 12, 1 << 14, 1 << 16]);
    let bytes = random.bytes(len);
    let has_exceptions = config.exceptions_enabled;
    let mut module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    let fuel = module.ensure_termination(FUEL_PER_CALL).ok()?;
    let module = export(&module.to_bytes(), FUEL, fuel)?;
    if has_exceptions { with_exceptions(&module, fuel, random) } else { Some(module) }
}

/// As [`module`], with all that compiled code has, whatever the interpreter has.
pub fn module_of_all_features(random: &mut Random, tail_calls: bool) -> Option<Vec<u8>> {
    let config = config(random);
    let all = Config {
        canonicalize_nans: false,
        exceptions_enabled: true,
        max_tags: 4,
        min_tags: 1,
        relaxed_simd_enabled: config.simd_enabled,
        threads_enabled: true,
        ..config
    };
    of_config(Config { tail_call_enabled: tail_calls, ..all }, random)
}

/// As [`module_of_all_features`], with structures and arrays, of which most functions make some.
pub fn module_with_objects(random: &mut Random, tail_calls: bool) -> Option<Vec<u8>> {
    let config = config(random);
    let objects = Config {
        exceptions_enabled: true,
        gc_enabled: true,
        max_tags: 4,
        min_tags: 1,
        max_types: random.pick(&[6, 20, 40]),
        max_type_size: 60,
        simd_enabled: false,
        ..config
    };
    of_config(Config { tail_call_enabled: tail_calls, ..objects }, random)
}

/// The features that both sides have: not the proposals that the interpreter lacks (typed references, garbage
/// collection, exceptions, threads), and nothing that may differ from machine to machine (relaxed vectors, bits of
/// NaNs).
fn config(random: &mut Random) -> Config {
    let floats = !random.once_in(3);
    // A module without traps is run to the end of every function; one with them mostly ends in its first, or when a
    // segment does not fit, unless there are few.
    let traps = random.once_in(3);
    let segments = if traps { 1 } else { 8 };
    Config {
        allow_floats: floats,
        canonicalize_nans: floats,
        disallow_traps: !traps,
        custom_page_sizes_enabled: random.once_in(3),
        exceptions_enabled: false,
        export_everything: true,
        gc_enabled: false,
        max_data_segments: segments,
        max_element_segments: segments,
        max_elements: 20,
        max_funcs: random.pick(&[4, 8, 20]),
        max_globals: 12,
        max_imports: 0,
        max_instructions: random.pick(&[30, 100, 400, 1000]),
        max_memories: 3,
        max_memory32_bytes: 1 << 21,
        max_memory64_bytes: 1 << 21,
        max_table_elements: 1000,
        max_tables: 3,
        max_types: 20,
        memory64_enabled: random.once_in(2),
        memory_max_size_required: true,
        min_funcs: random.pick(&[1, 4]),
        min_globals: random.below(4),
        min_memories: random.below(3) as u32,
        min_tables: random.below(2) as u32,
        relaxed_simd_enabled: false,
        simd_enabled: random.once_in(2),
        table_max_size_required: true,
        threads_enabled: false,
        wide_arithmetic_enabled: random.once_in(2),
        ..Config::default()
    }
}

/// The same module with one more global exported.
fn export(wasm: &[u8], name: &str, global: u32) -> Option<Vec<u8>> {
    let mut exports = ExportSection::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload.ok()? {
            for export in section {
                let export = export.ok()?;
                exports.export(export.name, kind(export.kind)?, export.index);
            }
        }
    }
    exports.export(name, ExportKind::Global, global);
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Some((id, range)) = payload.ok()?.as_section() else { continue };
        if id == SectionId::Export as u8 {
            continue;
        }
        module.section(&RawSection { id, data: wasm.get(range.start as usize..range.end as usize)? });
        // The new section comes right after that of the globals, which is always present.
        if id == SectionId::Global as u8 {
            module.section(&exports);
        }
    }
    Some(module.finish())
}

fn kind(kind: wasmparser::ExternalKind) -> Option<ExportKind> {
    Some(match kind {
        wasmparser::ExternalKind::Func => ExportKind::Func,
        wasmparser::ExternalKind::Table => ExportKind::Table,
        wasmparser::ExternalKind::Memory => ExportKind::Memory,
        wasmparser::ExternalKind::Global => ExportKind::Global,
        wasmparser::ExternalKind::Tag => ExportKind::Tag,
        _ => return None,
    })
}
