//! A program of one module: a WASI command, which the runtime and native objects satisfy the imports of.

use super::types::Storage;
use super::{Binding, Missing, Program, Start};
use crate::index::{ExternIndex, FuncIndex, InstanceId, TypeIndex};
use crate::module::Import;
use crate::{Error, Module, Shown};
use cranelift_entity::PrimaryMap;
use std::collections::HashMap;
use wasmc_abi::host::{self, HostFunction, Interface};
use wasmc_abi::signature::ValueType;
use wasmc_abi::symbols::ImportSymbol;
use wasmc_abi::thread;
use wasmparser::{FuncType, TypeRef, ValType};

/// Which native functions there are.
pub enum Natives<'n> {
    /// Those that this knows: whether one has a symbol, and the type that it would be called by.
    Known(&'n dyn Fn(&str, &FuncType) -> Native),
    /// Whatever is missing: somebody else links the program.
    Undecided,
}

/// What there is of a native function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Native {
    /// Nothing defines it.
    Undefined,
    /// It is defined, and can be called by the type.
    Fits,
    /// It is defined, and cannot be called by the type, for this reason.
    Unfit(Unfit),
}

/// Why a native function cannot be called by a type. Each names the object that defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The object does not say which type it has.
    Untyped(String),
    /// It has this other type.
    Typed(String, String),
    /// It is no function.
    NotAFunction(String),
}

/// Why a module is no program.
#[derive(Debug)]
pub enum CommandError<'a> {
    /// Imports that nothing satisfies. Never empty.
    Imports(Vec<Unsatisfied<'a>>),
    /// The module lacks what a program must have.
    Module(Error),
}

impl From<Error> for CommandError<'_> {
    fn from(error: Error) -> Self {
        Self::Module(error)
    }
}

/// An import that nothing satisfies.
#[derive(Clone, Debug)]
pub struct Unsatisfied<'a> {
    /// The import.
    pub import: Import<'a>,
    /// Its type, where it is a function.
    pub ty: Option<FuncType>,
    /// Why nothing satisfies it.
    pub why: Reason,
}

/// Why nothing satisfies an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is neither a function nor a shared memory.
    NotAFunction,
    /// The host's function of that name has another type.
    HostType(Interface, FuncType),
    /// The interface that it names has no such function, nor has a native object one of this symbol.
    NotInInterface(Interface),
    /// No native object defines this symbol.
    NotDefined(String),
    /// A native object defines it, but no native function can have its type.
    NotNative(&'static str),
    /// A native object defines this symbol, but not as a function of its type.
    Unfit(String, Unfit),
    /// Its symbol is that of another import, whose names these are, escaped.
    Shared(String, String),
    /// It is imported before, with another type and by this symbol.
    Retyped(String),
}

impl<'a> Program<'a> {
    /// The program that a module is, with what it exports as entry points. `missing` says what functions do that
    /// nothing satisfies the imports of, where that is no error.
    ///
    /// # Errors
    /// Where imports are not satisfied, there is nothing to run, or an entry point has another type than its convention
    /// says.
    pub fn command(
        module: Module<'a>,
        natives: &Natives<'_>,
        missing: Option<Missing>,
    ) -> Result<Self, CommandError<'a>> {
        let (mut imports, mut unsatisfied) = (PrimaryMap::new(), Vec::new());
        let mut symbols = HashMap::new();
        for &import in module.imports.values() {
            let ty = match import.ty {
                TypeRef::Func(index) | TypeRef::FuncExact(index) => Some(module.func_type(TypeIndex::from_u32(index))),
                _ => None,
            };
            let bound = bind(import, ty, natives, &module).or_else(|why| match (why, missing) {
                (Reason::NotDefined(_) | Reason::NotInInterface(_), Some(missing)) => Ok(Binding::Missing(missing)),
                (why, _) => Err(why),
            });
            match unshared(&mut symbols, import, ty, bound) {
                Ok(binding) => {
                    imports.push(binding);
                }
                Err(why) => unsatisfied.push(Unsatisfied { import, ty: ty.cloned(), why }),
            }
        }
        if !unsatisfied.is_empty() {
            return Err(CommandError::Imports(unsatisfied));
        }
        let entry = entry_point(&module)?;
        let spawns = imports.values().any(|binding| matches!(binding, Binding::Host(_, host) if host.needs.threads));
        let thread = if spawns { Some(thread_entry_point(&module)?) } else { None };
        let mut program = Self { exceptions: !module.tags.is_empty(), ..Self::default() };
        let module = program.add_module(module);
        let instance = program.add_instance(String::new(), module, imports);
        let of_instance = |function: FuncIndex| (instance, function);
        program.start = Some(Start {
            instances: vec![instance],
            calls: entry.into_iter().map(of_instance).collect(),
            thread: thread.map(of_instance),
        });
        Ok(program)
    }
}

impl Start {
    /// The instance that has the start of the program: its only one, or the last.
    pub fn instance(&self) -> InstanceId {
        self.instances[self.instances.len() - 1]
    }
}

/// What satisfies an import; `ty` is its type, where it is a function.
fn bind(
    import: Import<'_>,
    ty: Option<&FuncType>,
    natives: &Natives<'_>,
    module: &Module<'_>,
) -> Result<Binding, Reason> {
    let Some(ty) = ty else {
        return match import.ty {
            TypeRef::Memory(ty) if ty.shared => Ok(Binding::Created),
            _ => Err(Reason::NotAFunction),
        };
    };
    if let Some((interface, function)) = host::find(import.module, import.name) {
        let host_type = func_type(function);
        if *ty != host_type {
            return Err(Reason::HostType(interface, host_type));
        }
        return Ok(Binding::Host(interface, function));
    }
    let symbol = ImportSymbol::native(import.module, import.name).to_string();
    let native = match natives {
        Natives::Known(find) => find(&symbol, ty),
        Natives::Undecided => Native::Fits,
    };
    match (native, Interface::of_module(import.module)) {
        (Native::Undefined, Some(interface)) => Err(Reason::NotInInterface(interface)),
        (Native::Undefined, None) => Err(Reason::NotDefined(symbol)),
        (native, _) => match (not_native(ty, module), native) {
            (Some(why), _) => Err(Reason::NotNative(why)),
            (None, Native::Unfit(why)) => Err(Reason::Unfit(symbol, why)),
            (None, _) => Ok(Binding::Native(symbol)),
        },
    }
}

/// The binding, or why there is none, where its symbol is that of no other import. `symbols` are those of the imports
/// before: names and type of each. An import may be written several times.
fn unshared<'a>(
    symbols: &mut HashMap<String, (Import<'a>, Option<FuncType>)>,
    import: Import<'a>,
    ty: Option<&FuncType>,
    bound: Result<Binding, Reason>,
) -> Result<Binding, Reason> {
    let symbol = match &bound {
        Ok(Binding::Native(symbol)) | Err(Reason::Unfit(symbol, _)) => symbol.clone(),
        Ok(Binding::Host(interface, function)) => function.symbol(*interface, false).to_string(),
        _ => return bound,
    };
    let (other, other_type) = symbols.entry(symbol.clone()).or_insert_with(|| (import, ty.cloned()));
    let is_same = (other.module, other.name) == (import.module, import.name);
    // WASI's two versions share functions.
    let is_host = matches!(bound, Ok(Binding::Host(..))) && host::find(other.module, other.name).is_some();
    match is_same {
        true if other_type.as_ref() == ty => bound,
        _ if is_host => bound,
        true => Err(Reason::Retyped(symbol)),
        false => Err(Reason::Shared(symbol, format!("{}.{}", Shown(other.module), Shown(other.name)))),
    }
}

/// The type of a host function.
pub fn func_type(function: &HostFunction) -> FuncType {
    let list = |types: &'static [ValueType]| {
        types.iter().map(|ty| match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
            ValueType::F32 => ValType::F32,
            ValueType::F64 => ValType::F64,
            ValueType::V128 => ValType::V128,
        })
    };
    FuncType::new(list(function.signature.params), list(function.signature.results))
}

/// Why no native function can have a type.
fn not_native(ty: &FuncType, module: &Module<'_>) -> Option<&'static str> {
    if ty.results().len() > 1 {
        return Some("a native function returns at most one value");
    }
    let values = || ty.params().iter().chain(ty.results());
    if values().any(|&value| Storage::of_value(value, module) == Storage::Object) {
        return Some("a native function cannot take or return references to structures, arrays and the like");
    }
    values().any(|&value| value == ValType::V128).then_some("a native function cannot take or return vectors")
}

/// The function that runs after instantiation: `_start` (WASI, "Application ABI"), which may be missing where there is
/// a start function.
fn entry_point(module: &Module<'_>) -> Result<Option<FuncIndex>, Error> {
    let Some(ExternIndex::Func(start)) = module.export("_start") else {
        if module.start.is_some() {
            return Ok(None);
        }
        let error = Error::new("nothing to run: the module exports no function `_start` and has no start function");
        return Err(error.with_help("link the program as a WASI command, not as a reactor or library"));
    };
    let ty = module.type_of_function(start);
    if !ty.params().is_empty() || !ty.results().is_empty() {
        let message =
            format!("the exported function `_start` has type {ty}; WASI wants neither parameters nor results");
        return Err(Error::new(message));
    }
    Ok(Some(start))
}

/// What a thread of a module that starts threads runs.
fn thread_entry_point(module: &Module<'_>) -> Result<FuncIndex, Error> {
    let spawn = format!("{}.{}", Interface::WasiThreads.module(), "thread-spawn");
    if let Some((index, _)) = module.memories.iter().find(|(_, memory)| !memory.ty.shared) {
        return Err(Error::new(format!("the module imports `{spawn}`, but its memory {index} is not shared")));
    }
    let Some(ExternIndex::Func(start)) = module.export(thread::START) else {
        let message = format!("the module imports `{spawn}`, but exports no function `{}`", thread::START);
        return Err(Error::new(message));
    };
    let ty = module.type_of_function(start);
    if ty.params() != [ValType::I32, ValType::I32] || !ty.results().is_empty() {
        let wanted = "(i32, i32) -> ()";
        let message = format!("the exported function `{}` has type {ty}; threads want {wanted}", thread::START);
        return Err(Error::new(message));
    }
    Ok(start)
}
