//! Imported functions: whether something defines them.

use crate::Error;
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};
use std::collections::HashSet;
use wasmc_abi::symbols::{WASI_MODULES, import_symbol};
use wasmc_abi::wasi::{FUNCTIONS, WasiFunction};
use wasmc_codegen::Plan;
use wasmc_frontend::wasmparser::{FuncType, ValType};
use wasmc_link::Input;

/// Checks that every imported function that the program uses is one of WASI's, or is defined by an object of the user's.
///
/// The runtime's other symbols are none of a module's business: an import that happens to be spelled like one is not
/// satisfied by it.
///
/// # Errors
/// One that lists all that are missing or have another type than WASI's.
pub fn check(plan: &Plan<'_>, natives: &[Input], file: &str) -> Result<(), Error> {
    let defined: HashSet<Vec<u8>> = natives.iter().flat_map(|input| defined_symbols(&input.bytes)).collect();
    let mut problems = Vec::new();
    let mut wasi = false;
    for &index in &plan.imports {
        let Some(import) = plan.module.function_import(index) else { continue };
        let ty = plan.module.type_of_function(index);
        let symbol = symbol_of(import.module, import.name);
        let is_wasi = WASI_MODULES.contains(&import.module);
        let problem = match FUNCTIONS.iter().find(|function| is_wasi && function.name == import.name) {
            Some(function) if !has_type(function, ty) => format!(", but WASI has {}", wasi_signature(function)),
            Some(_) => continue,
            None if defined.contains(symbol.as_bytes()) => continue,
            None if is_wasi => ", which is not part of WASI preview 1".to_string(),
            None => format!(", as symbol `{symbol}`"),
        };
        wasi |= is_wasi;
        problems.push(format!("\n  {}.{}: {}{problem}", import.module, import.name, signature(ty)));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let help = if wasi {
        "functions of WASI preview 1 are built in, by the types of its specification; others come from native objects"
    } else {
        "name objects or archives that define these symbols behind the module: `wasmc app.wasm host.o`"
    };
    let message = format!("nothing defines these imported functions:{}", problems.concat());
    Err(Error::new(message).in_file(file).help(help))
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
