//! The program that a module is, with what its imports are bound to; or what is wrong with them.

use crate::error::Error;
use crate::target::{ObjectFormat, Target};
use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};
use std::collections::HashSet;
use wasmc_frontend::program::command::{CommandError, Natives, Reason, Unsatisfied};
use wasmc_frontend::wasmparser::{FuncType, TypeRef};
use wasmc_frontend::{Module, Program, Shown};
use wasmc_link::Input;

/// The program that `module`, read from `file`, is. Where `natives` are given, each import must be a host function, by
/// its type, or defined by one of them; otherwise whoever links the program looks for them.
///
/// The runtime's other symbols are none of a module's business: an import that happens to be spelled like one is not
/// satisfied by it.
///
/// # Errors
/// One that lists all imports that are missing or have another type than the host's; or what the module lacks.
pub fn program<'a>(
    module: Module<'a>,
    natives: Option<&[Input]>,
    target: &Target,
    file: &str,
) -> Result<Program<'a>, Error> {
    let defined = natives.unwrap_or_default().iter().flat_map(|input| defined_symbols(&input.bytes));
    let defined: HashSet<Vec<u8>> = defined.filter_map(|symbol| in_c(symbol, target.object_format)).collect();
    let is_defined = |symbol: &str| defined.contains(symbol.as_bytes());
    let natives = if natives.is_some() { Natives::Defined(&is_defined) } else { Natives::Undecided };
    let program = Program::command(module, &natives).map_err(|error| match error {
        CommandError::Imports(imports) => unsatisfied(&imports).in_file(file),
        CommandError::Module(error) => Error::of_module(error, file),
    })?;
    check_threads(&program, target, file)?;
    Ok(program)
}

fn unsatisfied(imports: &[Unsatisfied<'_>]) -> Error {
    let any = |is: fn(&Reason) -> bool| imports.iter().any(|import| is(&import.why));
    let help = if any(|why| matches!(why, Reason::NotAFunction)) {
        "an executable can only import functions, WASI's or those of native objects, and shared memories"
    } else if any(|why| matches!(why, Reason::HostType(..) | Reason::NotInInterface(_))) {
        "functions of WASI preview 1 are built in, by the types of its specification; others come from native objects"
    } else {
        "name objects or archives that define these symbols: `wasmc app.wasm host.o`, `wasmc run --object host.o \
         app.wasm`"
    };
    let lines: Vec<String> = imports.iter().map(line).collect();
    Error::new(format!("nothing satisfies these imports:\n  {}", lines.join("\n  "))).help(help)
}

/// An import with its type and what is wrong with it.
fn line(Unsatisfied { import, ty, why }: &Unsatisfied<'_>) -> String {
    let name = format!("{}.{}", Shown(import.module), Shown(import.name));
    let function = || match ty {
        Some(ty) => format!("function {name}: {}", signature(ty)),
        None => name.clone(),
    };
    match why {
        Reason::NotAFunction => match import.ty {
            TypeRef::Memory(ty) => format!("memory {name}: at least {} pages", ty.initial),
            TypeRef::Table(ty) => format!("table {name}: at least {} of {}", ty.initial, ty.element_type),
            TypeRef::Global(ty) if ty.mutable => format!("global {name}: mutable {}", ty.content_type),
            TypeRef::Global(ty) => format!("global {name}: {}", ty.content_type),
            TypeRef::Tag(_) => format!("tag {name}"),
            TypeRef::Func(_) | TypeRef::FuncExact(_) => function(),
        },
        Reason::HostType(interface, wanted) => {
            format!("{}, but in {interface} it is {}", function(), signature(wanted))
        }
        Reason::NotInInterface(interface) => format!("{}, which is not part of {interface}", function()),
        Reason::NotDefined(symbol) => format!("{}, as symbol `{symbol}`", function()),
        Reason::NotNative(what) => format!("{}, but {what}", function()),
    }
}

/// Refuses to start threads where there is no system to run them.
fn check_threads(program: &Program<'_>, target: &Target, file: &str) -> Result<(), Error> {
    let starts_threads = program.start.as_ref().is_some_and(|start| start.thread.is_some());
    if target.ram.is_none() || !starts_threads {
        return Ok(());
    }
    let target = &target.name;
    let error =
        Error::new(format!("the module starts threads (`wasi.thread-spawn`), of which target `{target}` has none"));
    Err(error.in_file(file).help("compile the program without threads, or for a target with a system"))
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
