//! `wasmc inspect` of a module: what it consists of and what it needs.

use super::list;
use crate::error::Error;
use crate::imports::signature;
use std::fmt::Write as _;
use wasmc_abi::host;
use wasmc_frontend::wasmparser::{ExternalKind, MemoryType, TypeRef};
use wasmc_frontend::{Features, Module, UnvalidatedFunction, features};

/// Describes a module in binary or text format.
///
/// # Errors
/// Where it is not valid.
pub fn describe(name: &str, input: &[u8]) -> Result<String, Error> {
    let of_module = |error| Error::of_module(error, name);
    let binary = wasmc_frontend::to_binary(input).map_err(of_module)?;
    let all = features::FEATURES.iter().fold(Features::default(), |all, feature| all.with(feature, true));
    let unvalidated = wasmc_frontend::read(&binary, all).map_err(of_module)?;
    let code = unvalidated.bodies.iter().map(UnvalidatedFunction::size).sum();
    let module = unvalidated.validate().map_err(of_module)?;
    let mut text = String::new();
    summary(&mut text, name, &module, code);
    imports(&mut text, &module);
    exports(&mut text, &module);
    memories(&mut text, &module);
    list(&mut text, "features needed", &features::needed(&binary).into_iter().map(String::from).collect::<Vec<_>>());
    let custom = module.custom_sections.iter().map(|(name, size)| format!("{} ({size} bytes)", name.escape_debug()));
    list(&mut text, "custom sections", &custom.collect::<Vec<_>>());
    Ok(text)
}

fn summary(text: &mut String, name: &str, module: &Module<'_>, code: u64) {
    let kind = match (module.export("_start", ExternalKind::Func), module.export("_initialize", ExternalKind::Func)) {
        (Some(_), _) => "WASI command",
        (None, Some(_)) => "WASI reactor",
        (None, None) if module.start.is_some() => "module with a start function",
        (None, None) => "module without entry point",
    };
    let data: usize = module.data.iter().map(|segment| segment.bytes.len()).sum();
    let imported = module.functions.len()
        - (0..module.functions.len() as u32).filter(|&index| module.body(index).is_some()).count();
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
    let line = |import: &wasmc_frontend::module::Import<'_>| {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                format!("function {}", signature(module.func_type(index)))
            }
            TypeRef::Memory(ty) => format!("memory, {}", limits(&ty)),
            TypeRef::Table(ty) => format!("table of {}", ty.element_type),
            TypeRef::Global(ty) => format!("{}global {}", if ty.mutable { "mutable " } else { "" }, ty.content_type),
            TypeRef::Tag(_) => "tag".into(),
        };
        let built_in = if host::find(import.module, import.name).is_some() { ", WASI" } else { "" };
        format!("{}.{}: {ty}{built_in}", import.module.escape_debug(), import.name.escape_debug())
    };
    list(text, "imports", &module.imports.iter().map(line).collect::<Vec<_>>());
}

fn exports(text: &mut String, module: &Module<'_>) {
    let line = |export: &wasmc_frontend::module::Export<'_>| {
        let ty = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                format!("function {}", signature(module.type_of_function(export.index)))
            }
            ExternalKind::Memory => "memory".into(),
            ExternalKind::Table => "table".into(),
            ExternalKind::Global => format!("global {}", module.globals[export.index as usize].ty.content_type),
            ExternalKind::Tag => "tag".into(),
        };
        format!("{}: {ty}", export.name.escape_debug())
    };
    list(text, "exports", &module.exports.iter().map(line).collect::<Vec<_>>());
}

fn memories(text: &mut String, module: &Module<'_>) {
    let line = |(index, memory): (usize, &wasmc_frontend::module::Memory)| {
        let origin = if memory.import.is_some() { "imported, " } else { "" };
        format!("{index}: {origin}{}", limits(&memory.ty))
    };
    list(text, "memories", &module.memories.iter().enumerate().map(line).collect::<Vec<_>>());
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
