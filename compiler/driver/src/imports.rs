//! The program that a module is, with what its imports are bound to; or what is wrong with them.

use crate::error::Error;
use crate::natives::NativeObjects;
use crate::options::{Options, missing_left_open};
use crate::target::Target;
use wasmc_frontend::program::Missing;
use wasmc_frontend::program::command::{CommandError, Natives, Reason, Unfit, Unsatisfied};
use wasmc_frontend::wasmparser::{FuncType, TypeRef};
use wasmc_frontend::{Module, Program, Shown};

/// Refuses to say what missing imports do in a library of a module, which leaves them open.
///
/// # Errors
/// Where that is said.
pub fn check_library(options: &Options) -> Result<(), Error> {
    match options.missing {
        Some(_) if options.emit.is_library() => Err(missing_left_open()),
        _ => Ok(()),
    }
}

/// The program that `module`, read from `file`, is. Where `natives` are given, each import must be a host function, by
/// its type, or one that they define by its type, unless `missing` says what others do; without natives, whoever links
/// the program looks for them.
///
/// The runtime's other symbols are none of a module's business: an import that happens to be spelled like one is not
/// satisfied by it.
///
/// # Errors
/// One that lists all imports that are missing or have another type than the host's; or what the module lacks.
pub fn program<'a>(
    module: Module<'a>,
    natives: Option<&NativeObjects>,
    missing: Option<Missing>,
    target: &Target,
    file: &str,
) -> Result<Program<'a>, Error> {
    let find = natives.map(|natives| |symbol: &str, ty: &FuncType| natives.find(symbol, &signature(ty)));
    let natives = find.as_ref().map_or(Natives::Undecided, |find| Natives::Known(find));
    let program = Program::command(module, &natives, missing).map_err(|error| match error {
        CommandError::Imports(imports) => unsatisfied(&imports).in_file(file),
        CommandError::Module(error) => Error::of_module(error, file),
    })?;
    check_threads(&program, target, file)?;
    Ok(program)
}

fn unsatisfied(imports: &[Unsatisfied<'_>]) -> Error {
    let lines: Vec<String> = imports.iter().map(line).collect();
    Error::new(format!("nothing satisfies these imports:\n  {}", lines.join("\n  "))).help(help(imports))
}

/// What can be done about imports that nothing satisfies.
fn help(imports: &[Unsatisfied<'_>]) -> String {
    let any = |is: fn(&Reason) -> bool| imports.iter().any(|import| is(&import.why));
    let untyped = imports.iter().find_map(|import| match (&import.why, &import.ty) {
        (Reason::Unfit(symbol, Unfit::Untyped(_)), Some(ty)) => Some((symbol, signature(ty))),
        _ => None,
    });
    if let Some((symbol, ty)) = untyped {
        return format!(
            "declare the type beside the function: `WASMC_EXPORT({symbol}, \"{ty}\")` of wasmc.h, where it is right; \
             or trust native functions without a declared type to have those of the imports: `--trust-native`"
        );
    }
    let help = if any(|why| matches!(why, Reason::NotAFunction)) {
        "an executable can only import functions, WASI's or those of native objects, and shared memories"
    } else if any(|why| matches!(why, Reason::Shared(..) | Reason::Retyped(_))) {
        "one native function satisfies one import: give the others names that differ in letters and digits"
    } else if any(|why| matches!(why, Reason::Unfit(..))) {
        "import native functions by the types that their objects declare"
    } else if any(|why| matches!(why, Reason::HostType(..) | Reason::NotInInterface(_))) {
        "functions of WASI preview 1 are built in, by the types of its specification; others come from native objects, \
         or trap where they are called: `--unknown-imports=trap`"
    } else {
        "name objects or archives that define these symbols: `wasmc app.wasm host.o`, `wasmc run --object host.o \
         app.wasm`; or make the program without them: `--unknown-imports=trap`"
    };
    help.into()
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
        Reason::Unfit(symbol, Unfit::Untyped(object)) => {
            format!("{}, but {object} does not say which type its `{symbol}` has", function())
        }
        Reason::Unfit(symbol, Unfit::Typed(object, ty)) => {
            format!("{}, but in {object} `{symbol}` is {ty}", function())
        }
        Reason::Unfit(symbol, Unfit::NotAFunction(object)) => {
            format!("{}, but in {object} `{symbol}` is no function", function())
        }
        Reason::Retyped(symbol) => {
            format!("{}, which has another type where it is imported before, as symbol `{symbol}`", function())
        }
        Reason::Shared(symbol, other) => {
            format!("{}, whose symbol `{symbol}` is also that of {other}", function())
        }
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
