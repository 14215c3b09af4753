//! Imports: whether something satisfies them.

use crate::Error;
use crate::target::{ObjectFormat, Target};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};
use std::collections::HashSet;
use wasmc_abi::symbols::{WASI_MODULES, import_symbol};
use wasmc_abi::thread;
use wasmc_abi::wasi::{self, WasiFunction};
use wasmc_frontend::Module;
use wasmc_frontend::module::Import;
use wasmc_frontend::wasmparser::{FuncType, TypeRef, ValType};
use wasmc_link::Input;

/// Checks that every import is a function of WASI's, by its type, or is defined by an object of the user's.
///
/// The runtime's other symbols are none of a module's business: an import that happens to be spelled like one is not
/// satisfied by it.
///
/// # Errors
/// One that lists all that are missing or have another type than WASI's.
pub fn check(module: &Module<'_>, natives: &[Input], target: &Target, file: &str) -> Result<(), Error> {
    check_threads(module, target, file)?;
    let defined = natives.iter().flat_map(|input| defined_symbols(&input.bytes));
    let defined: HashSet<Vec<u8>> = defined.filter_map(|symbol| in_c(symbol, target.object_format)).collect();
    let problems: Vec<String> = module.imports.iter().filter_map(|import| problem(module, import, &defined)).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let is_function = |import: &Import<'_>| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
    let help = if !module.imports.iter().all(is_function) {
        "an executable can only import functions, WASI's or those of native objects, and shared memories"
    } else if problems.iter().any(|problem| WASI_MODULES.iter().any(|module| problem.contains(module))) {
        "functions of WASI preview 1 are built in, by the types of its specification; others come from native objects"
    } else {
        "name objects or archives that define these symbols: `wasmc app.wasm host.o`, `wasmc run --object host.o app.wasm`"
    };
    let message = format!("nothing satisfies these imports:\n  {}", problems.join("\n  "));
    Err(Error::new(message).in_file(file).help(help))
}

/// Refuses to start threads where there is no system to run them.
fn check_threads(module: &Module<'_>, target: &Target, file: &str) -> Result<(), Error> {
    let spawns = |import: &Import<'_>| (import.module, import.name) == (thread::SPAWN_MODULE, thread::SPAWN);
    if target.ram.is_none() || !module.imports.iter().any(spawns) {
        return Ok(());
    }
    let (spawn, target) = (format!("{}.{}", thread::SPAWN_MODULE, thread::SPAWN), &target.name);
    let error = Error::new(format!("the module starts threads (`{spawn}`), of which target `{target}` has none"));
    Err(error.in_file(file).help("compile the program without threads, or for a target with a system"))
}

/// The import with its type and what is wrong with it; `None` where it is satisfied.
fn problem(module: &Module<'_>, import: &Import<'_>, defined: &HashSet<Vec<u8>>) -> Option<String> {
    let name = format!("{}.{}", import.module, import.name);
    let ty = match import.ty {
        TypeRef::Func(index) | TypeRef::FuncExact(index) => module.func_type(index),
        // Whoever instantiates a program with threads creates its memory (wasi-threads): the program itself does.
        TypeRef::Memory(ty) if ty.shared => return None,
        TypeRef::Memory(ty) => return Some(format!("memory {name}: at least {} pages", ty.initial)),
        TypeRef::Table(ty) => return Some(format!("table {name}: at least {} of {}", ty.initial, ty.element_type)),
        TypeRef::Global(ty) if ty.mutable => return Some(format!("global {name}: mutable {}", ty.content_type)),
        TypeRef::Global(ty) => return Some(format!("global {name}: {}", ty.content_type)),
        TypeRef::Tag(_) => return Some(format!("tag {name}")),
    };
    let function = format!("function {name}: {}", signature(ty));
    if (import.module, import.name) == (thread::SPAWN_MODULE, thread::SPAWN) {
        let wanted = FuncType::new([ValType::I32], [ValType::I32]);
        return (*ty != wanted).then(|| format!("{function}, but in wasi-threads it is {}", signature(&wanted)));
    }
    let symbol = symbol_of(import.module, import.name);
    let is_wasi = WASI_MODULES.contains(&import.module);
    match wasi::find(import.module, import.name) {
        Some(wasi) if has_type(wasi, ty) => None,
        Some(wasi) => Some(format!("{function}, but in WASI it is {}", wasi_signature(wasi))),
        None if defined.contains(symbol.as_bytes()) => not_in_c(ty).map(|what| format!("{function}, but {what}")),
        None if is_wasi && import.module == wasi::SNAPSHOT_0 => {
            Some(format!("{function}, which is not part of WASI snapshot 0"))
        }
        None if is_wasi => Some(format!("{function}, which is not part of WASI preview 1")),
        None => Some(format!("{function}, as symbol `{symbol}`")),
    }
}

/// Why no native function can have a type.
fn not_in_c(ty: &FuncType) -> Option<&'static str> {
    if ty.results().len() > 1 {
        return Some("a native function returns at most one value");
    }
    let mut values = ty.params().iter().chain(ty.results());
    values.any(|&value| value == ValType::V128).then_some("a native function cannot take or return vectors")
}

fn has_type(function: &WasiFunction, ty: &FuncType) -> bool {
    let results: &[ValType] = if function.returns_errno { &[ValType::I32] } else { &[] };
    ty.params().iter().copied().eq(wasi_params(function)) && ty.results() == results
}

fn wasi_params(function: &WasiFunction) -> impl Iterator<Item = ValType> {
    function.params.bytes().map(|letter| if letter == b'I' { ValType::I64 } else { ValType::I32 })
}

fn wasi_signature(function: &WasiFunction) -> String {
    let results = if function.returns_errno { vec![ValType::I32] } else { Vec::new() };
    signature(&FuncType::new(wasi_params(function), results))
}

fn symbol_of(module: &str, name: &str) -> String {
    let mut symbol = String::new();
    import_symbol(module, name, &mut |character| symbol.push(character));
    symbol
}

/// A function's type as text format writes it, without `param` and `result`: `(i32, i64) -> f64`.
pub fn signature(ty: &FuncType) -> String {
    let list = |types: &[wasmc_frontend::wasmparser::ValType]| {
        types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let results = match ty.results() {
        [one] => one.to_string(),
        several => format!("({})", list(several)),
    };
    format!("({}) -> {results}", list(ty.params()))
}

/// What C calls a symbol, if it can be said there.
fn in_c(mut symbol: Vec<u8>, format: ObjectFormat) -> Option<Vec<u8>> {
    match format {
        ObjectFormat::Elf => Some(symbol),
        ObjectFormat::MachO if symbol.first() == Some(&b'_') => Some(symbol.split_off(1)),
        ObjectFormat::MachO => None,
    }
}

/// Names that an object, or the members of an archive, define for others.
fn defined_symbols(bytes: &[u8]) -> Vec<Vec<u8>> {
    if let Ok(archive) = ArchiveFile::parse(bytes) {
        return match archive.symbols() {
            Ok(Some(symbols)) => symbols.filter_map(|symbol| Some(symbol.ok()?.name().to_vec())).collect(),
            _ => archive
                .members()
                .filter_map(|member| Some(of_object(member.ok()?.data(bytes).ok()?)))
                .flatten()
                .collect(),
        };
    }
    of_object(bytes)
}

fn of_object(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(object) = object::File::parse(bytes) else { return Vec::new() };
    let defined = object.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
    defined.filter_map(|symbol| Some(symbol.name_bytes().ok()?.to_vec())).collect()
}
