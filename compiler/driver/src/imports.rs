//! Imports: whether something satisfies them.

use crate::Error;
use crate::target::{ObjectFormat, Target};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};
use std::collections::HashSet;
use wasmc_abi::host::{self, HostFunction, Interface};
use wasmc_abi::signature::{Signature, ValueType};
use wasmc_abi::symbols::ImportSymbol;
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
    let problem = |import| Some((import, problem(module, import, &defined)?));
    let (missing, problems): (Vec<&Import<'_>>, Vec<String>) = module.imports.iter().filter_map(problem).unzip();
    if problems.is_empty() {
        return Ok(());
    }
    let is_function = |import: &Import<'_>| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
    let help = if !module.imports.iter().all(is_function) {
        "an executable can only import functions, WASI's or those of native objects, and shared memories"
    } else if missing.iter().any(|import| Interface::of_module(import.module).is_some()) {
        "functions of WASI preview 1 are built in, by the types of its specification; others come from native objects"
    } else {
        "name objects or archives that define these symbols: `wasmc app.wasm host.o`, `wasmc run --object host.o app.wasm`"
    };
    let message = format!("nothing satisfies these imports:\n  {}", problems.join("\n  "));
    Err(Error::new(message).in_file(file).help(help))
}

/// Refuses to start threads where there is no system to run them.
fn check_threads(module: &Module<'_>, target: &Target, file: &str) -> Result<(), Error> {
    let starts_threads = |(_, function): (_, &HostFunction)| function.needs.threads;
    let mut imports = module.imports.iter();
    let spawn = imports.find(|import| host::find(import.module, import.name).is_some_and(starts_threads));
    match spawn.filter(|_| target.ram.is_some()) {
        None => Ok(()),
        Some(Import { module, name, .. }) => {
            let target = &target.name;
            let message = format!("the module starts threads (`{module}.{name}`), of which target `{target}` has none");
            let help = "compile the program without threads, or for a target with a system";
            Err(Error::new(message).in_file(file).help(help))
        }
    }
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
    if let Some((interface, host)) = host::find(import.module, import.name) {
        let wanted = func_type(host.signature);
        return (*ty != wanted).then(|| format!("{function}, but in {interface} it is {}", signature(&wanted)));
    }
    let symbol = ImportSymbol::native(import.module, import.name).to_string();
    match Interface::of_module(import.module) {
        _ if defined.contains(symbol.as_bytes()) => not_in_c(ty).map(|what| format!("{function}, but {what}")),
        Some(interface) => Some(format!("{function}, which is not part of {interface}")),
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

/// The type of a host function.
fn func_type(signature: Signature) -> FuncType {
    let list = |types: &'static [ValueType]| {
        types.iter().map(|ty| match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
            ValueType::F32 => ValType::F32,
            ValueType::F64 => ValType::F64,
            ValueType::V128 => ValType::V128,
        })
    };
    FuncType::new(list(signature.params), list(signature.results))
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
