//! `wasmc inspect` of a module: what it consists of and what it needs.

use super::list;
use crate::error::Error;
use crate::imports::signature;
use std::fmt::Write as _;
use wasmc_abi::host;
use wasmc_frontend::index::{ExternIndex, MemoryIndex, TypeIndex};
use wasmc_frontend::module::{Export, Function, FunctionOrigin, Import, Memory};
use wasmc_frontend::wasmparser::{MemoryType, TypeRef, ValType};
use wasmc_frontend::{Features, Module, Shown, UnvalidatedFunction, features};

/// Describes a module in binary format.
///
/// # Errors
/// Where it is not valid.
pub fn describe(name: &str, binary: &[u8]) -> Result<String, Error> {
    let of_module = |error| Error::of_module(error, name);
    let unvalidated = wasmc_frontend::read(binary, all_features()).map_err(of_module)?;
    let code = unvalidated.bodies.iter().map(UnvalidatedFunction::size).sum();
    let module = unvalidated.validate().map_err(of_module)?;
    let mut text = String::new();
    summary(&mut text, name, &module, code);
    imports(&mut text, &module);
    exports(&mut text, &module);
    list(&mut text, "memories", &memory_lines(&module));
    list(&mut text, "features needed", &features::needed(binary).into_iter().map(String::from).collect::<Vec<_>>());
    let custom = module.custom_sections.iter().map(|(name, size)| format!("{} ({size} bytes)", Shown(name)));
    list(&mut text, "custom sections", &custom.collect::<Vec<_>>());
    Ok(text)
}

/// All features, whatever is on by default.
pub(super) fn all_features() -> Features {
    features::FEATURES.iter().fold(Features::default(), |all, feature| all.with(feature, true))
}

fn summary(text: &mut String, name: &str, module: &Module<'_>, code: u64) {
    let exports_function = |name| matches!(module.export(name), Some(ExternIndex::Func(_)));
    let kind = if exports_function("_start") {
        "WASI command"
    } else if exports_function("_initialize") {
        "WASI reactor"
    } else if module.start.is_some() {
        "module with a start function"
    } else {
        "module without entry point"
    };
    let data: usize = module.data.values().map(|segment| segment.bytes.len()).sum();
    let is_imported = |function: &&Function<'_>| matches!(function.origin, FunctionOrigin::Import(_));
    let imported = module.functions.values().filter(is_imported).count();
    let _ = writeln!(text, "{name}: {kind}, {} bytes", module.size);
    let _ = writeln!(text, "  {} functions ({imported} imported), {code} bytes of code", module.functions.len());
    let _ = writeln!(text, "  {} data segments, {data} bytes", module.data.len());
    let _ = writeln!(
        text,
        "  {} tables, {} globals, {} types",
        module.tables.len(),
        module.globals.len(),
        module.types.len()
    );
}

fn imports(text: &mut String, module: &Module<'_>) {
    let line = |import: &Import<'_>| {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                format!("function {}", signature(module.func_type(TypeIndex::from_u32(index))))
            }
            TypeRef::Memory(ty) => format!("memory, {}", limits(&ty)),
            TypeRef::Table(ty) => format!("table of {}", ty.element_type),
            TypeRef::Global(ty) => format!("{}global {}", if ty.mutable { "mutable " } else { "" }, ty.content_type),
            TypeRef::Tag(ty) => tag_type(module.func_type(TypeIndex::from_u32(ty.func_type_idx)).params()),
        };
        let built_in = if host::find(import.module, import.name).is_some() { ", WASI" } else { "" };
        format!("{}.{}: {ty}{built_in}", Shown(import.module), Shown(import.name))
    };
    list(text, "imports", &module.imports.values().map(line).collect::<Vec<_>>());
}

fn exports(text: &mut String, module: &Module<'_>) {
    let line = |export: &Export<'_>| {
        let ty = match export.index {
            ExternIndex::Func(function) => format!("function {}", signature(module.type_of_function(function))),
            ExternIndex::Memory(_) => "memory".into(),
            ExternIndex::Table(_) => "table".into(),
            ExternIndex::Global(global) => format!("global {}", module.globals[global].ty.content_type),
            ExternIndex::Tag(tag) => tag_type(module.tag_params(tag)),
        };
        format!("{}: {ty}", Shown(export.name))
    };
    list(text, "exports", &module.exports.iter().map(line).collect::<Vec<_>>());
}

/// A tag by what its exceptions carry.
fn tag_type(params: &[ValType]) -> String {
    format!("tag ({})", params.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

/// A line on each memory.
pub(super) fn memory_lines(module: &Module<'_>) -> Vec<String> {
    let line = |(index, memory): (MemoryIndex, &Memory)| {
        let origin = if memory.import.is_some() { "imported, " } else { "" };
        format!("{index}: {origin}{}", limits(&memory.ty))
    };
    module.memories.iter().map(line).collect()
}

fn limits(ty: &MemoryType) -> String {
    let page = 1_u64 << ty.page_size_log2.unwrap_or(16);
    let size = |pages: u64| size(u128::from(pages) * u128::from(page));
    let most = ty.maximum.map_or("no maximum".into(), |pages| format!("at most {}", size(pages)));
    let mut text = format!("{} at the start, {most}", size(ty.initial));
    if ty.memory64 {
        text.push_str(", 64-bit");
    }
    if ty.shared {
        text.push_str(", shared");
    }
    text
}

fn size(bytes: u128) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}
