//! The functions of a component in Rust: those that it exports as methods, those that it imports as a trait.

use super::super::interface::{Import, Value};
use super::super::names::{Names, RUST_WORDS};
use super::options::OptionSets;
use super::spelling::{Place, Spelling, tuple};
use crate::error::Error;
use std::fmt::Write as _;
use wasmc_component::interface::{Function, Interface, Lifted, Lowering, Owner, Type};
use wasmc_frontend::Shown;

/// Most parameters that a function can have.
const MAX_PARAMS: usize = 16;

/// A function by the identifier of its name.
fn identifier(names: &mut Names, function: &str) -> String {
    match function.split_once(']') {
        Some(("[constructor", resource)) => names.identifier(&format!("new_{resource}")),
        Some((_, name)) => names.identifier(&name.replace('.', "_")),
        None => names.identifier(function),
    }
}

/// The names of parameters.
fn parameters(function: &Function) -> Result<Vec<String>, Error> {
    if function.params.len() > MAX_PARAMS {
        let message = format!("the function {} has more than {MAX_PARAMS} parameters", Shown(&function.name));
        return Err(Error::new(message).help("pass them as fields of a record"));
    }
    let mut names = Names::new(RUST_WORDS);
    let name = |name: &str| names.identifier(if name == "self" { "this" } else { name });
    Ok(function.params.iter().map(|(spelled, _)| spelled.as_str()).map(name).collect())
}

/// Methods for exported functions, of what has the instance as `instance`.
///
/// # Errors
/// Where one has what no value of Rust stands for.
pub fn exports(
    world: &Interface,
    (spelling, options): (&Spelling<'_>, &OptionSets),
    functions: &[Function],
    (instance, place): (&str, Place<'_>),
    names: &mut Names,
) -> Result<String, Error> {
    let mut text = String::new();
    for function in functions {
        let Some(Lifted { export, post_return, options: lifted, borrows }) = function.lifted else { continue };
        let name = identifier(names, &function.name);
        let params = parameters(function)?;
        let mut declared = String::new();
        let mut passed = String::new();
        for (param, (_, ty)) in params.iter().zip(&function.params) {
            let (ty, value) = match ty {
                Type::Borrow(handle) => {
                    let path = spelling.resource_path(handle.resource, place);
                    match world.resources[handle.resource].owner {
                        Owner::Guest(_) => (format!("&{path}"), format!("wasmc_embed::component::Lent({param})")),
                        Owner::Host => (path, format!("wasmc_embed::component::Borrowed({param})")),
                    }
                }
                ty => (spelling.argument(ty, place)?, param.clone()),
            };
            let _ = write!(declared, ", {param}: {ty}");
            let _ = write!(passed, "{value}, ");
        }
        let passed = if passed.is_empty() { "()".to_owned() } else { format!("({})", passed.trim_end()) };
        let result = function.result.as_ref().map_or(Ok("()".into()), |ty| spelling.owned(ty, place))?;
        let up = if place.is_some() { "super::" } else { "" };
        let options = options.name(world, function, lifted);
        let _ = write!(
            text,
            "\n    /// `{}`\n    ///\n    /// # Errors\n    /// Where it traps, or an earlier call has.\n    \
             pub fn {name}(&mut self{declared}) -> Result<{result}, wasmc_embed::Trap> {{\n        \
             static EXPORT: wasmc_embed::component::Export = wasmc_embed::component::Export {{\n            \
             core: {export},\n            post_return: {post_return:?},\n            borrows: {borrows},\n            \
             options: &{up}{options},\n        }};\n        {instance}.call(&EXPORT, &{passed})\n    }}\n",
            Shown(&function.name),
        );
    }
    Ok(text)
}

/// What an import of the core module is, as the host has it.
pub struct Method<'w> {
    /// What the trait calls it.
    pub name: String,
    /// What it is.
    pub what: What<'w>,
}

/// What a host is asked for.
pub enum What<'w> {
    /// A function that is imported.
    Function(&'w Function),
    /// That a resource of the host's was dropped.
    Drop(usize),
}

/// The methods of the trait of an interface, or of the world itself, by which the host is asked for what it imports.
pub fn methods<'w>(world: &'w Interface, namespace: Option<&String>) -> Vec<Method<'w>> {
    let mut names = Names::new(RUST_WORDS);
    let of_interface = world.imports.iter().filter(|imported| imported.name.as_ref() == namespace);
    let functions = of_interface.flat_map(|imported| &imported.functions);
    let mut methods: Vec<_> = functions
        .map(|function| Method { name: identifier(&mut names, &function.name), what: What::Function(function) })
        .collect();
    for (number, resource) in world.resources.iter().enumerate() {
        if resource.owner == Owner::Host && resource.namespace.as_ref() == namespace {
            let name = names.identifier(&format!("drop_{}", resource.name));
            methods.push(Method { name, what: What::Drop(number) });
        }
    }
    methods
}

/// The type of a parameter of a function of the host's, and what bindings lift it as.
fn lifted(world: &Interface, spelling: &Spelling<'_>, ty: &Type, place: Place<'_>) -> Result<(String, String), Error> {
    let Type::Borrow(handle) = ty else {
        let ty = spelling.owned(ty, place)?;
        return Ok((ty.clone(), ty));
    };
    match world.resources[handle.resource].owner {
        Owner::Host => {
            let path = spelling.resource_path(handle.resource, place);
            Ok((path.clone(), format!("wasmc_embed::component::Borrowed<{path}>")))
        }
        Owner::Guest(_) => {
            let error = Error::new("an import that borrows a resource of the component's own is not yet supported");
            Err(error.help("pass the resource itself"))
        }
    }
}

/// Refuses what no bindings can have yet.
///
/// # Errors
/// Where there is any of it.
pub fn check(world: &Interface) -> Result<(), Error> {
    let spelling = Spelling::new(world);
    let functions = world.exports.iter().chain(&world.imports).flat_map(|namespace| &namespace.functions);
    for function in functions.filter(|function| function.wasi.is_none()) {
        parameters(function)?;
        for (_, ty) in &function.params {
            match ty {
                _ if function.lifted.is_none() => lifted(world, &spelling, ty, None).map(drop)?,
                Type::Borrow(_) => {}
                ty => drop(spelling.owned(ty, None)?),
            }
        }
        function.result.as_ref().map(|ty| spelling.owned(ty, None)).transpose()?;
    }
    Ok(())
}

/// The trait of what an interface has that the component imports, or the world itself; `bounds` are the traits of
/// interfaces.
///
/// # Errors
/// Where a function has what no value of Rust stands for.
pub fn imports(
    world: &Interface,
    spelling: &Spelling<'_>,
    place: Place<'_>,
    bounds: &[String],
) -> Result<String, Error> {
    let bound = if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
    let mut text = format!(
        "/// What the component imports of {}.\n#[allow(dead_code, missing_docs)]\npub trait Imports{bound} {{\n",
        place.map_or("its world".into(), |name| format!("`{}`", Shown(name))),
    );
    let mut methods = methods(world, place);
    methods.retain(|method| match method.what {
        What::Function(function) => function.wasi.is_none(),
        What::Drop(resource) => world.resources[resource].wasi.is_none(),
    });
    for Method { name, what } in &methods {
        let (spelled, declared, result) = match what {
            What::Function(function) => {
                let mut declared = String::new();
                for (param, (_, ty)) in parameters(function)?.iter().zip(&function.params) {
                    let _ = write!(declared, ", {param}: {}", lifted(world, spelling, ty, place)?.0);
                }
                let result = function.result.as_ref().map_or(Ok("()".into()), |ty| spelling.owned(ty, place))?;
                (format!("`{}`", Shown(&function.name)), declared, result)
            }
            What::Drop(resource) => (
                format!("The component has dropped a `{}` that it owned.", Shown(&world.resources[*resource].name)),
                format!(", resource: {}", spelling.resource_path(*resource, place)),
                "()".into(),
            ),
        };
        let _ = write!(
            text,
            "    /// {spelled}\n    ///\n    /// # Errors\n    /// Whatever ends the call of the component.\n    \
             fn {name}(&mut self{declared}) -> Result<{result}, wasmc_embed::Error>;\n",
        );
    }
    text += "}\n\n";
    if methods.is_empty() {
        let bound = if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
        let _ = write!(text, "impl<T{bound}> Imports for T {{}}\n\n");
    }
    Ok(text)
}

/// The functions by which the host answers, in the order of the core module's imports.
///
/// # Errors
/// Where one has what no value of Rust stands for.
pub fn entries(
    world: &Interface,
    spelling: &Spelling<'_>,
    options: &OptionSets,
    imports: &[Import],
) -> Result<String, Error> {
    let mut entries = String::new();
    for (lowering, import) in world.lowerings.iter().zip(imports) {
        entries += &match *lowering {
            Lowering::Trap => "        wasmc_embed::component::import!(T, trap),\n".to_owned(),
            Lowering::Drop(resource) if world.resources[resource].wasi.is_some() => {
                format!("        wasmc_embed::component::import!(T, drop, {}),\n", wasi_call("drop_resource"))
            }
            Lowering::Drop(resource) => {
                let namespace = world.resources[resource].namespace.as_ref();
                let methods = methods(world, namespace);
                let method = methods.iter().find(|method| matches!(method.what, What::Drop(of) if of == resource));
                format!(
                    "        wasmc_embed::component::import!(T, drop, |host: &mut T, number| \
                     <T as {}>::{}(host, {}(number))),\n",
                    trait_path(spelling, namespace),
                    method.map_or("", |method| &method.name),
                    spelling.resource_path(resource, None),
                )
            }
            Lowering::Function { namespace, function: position, options: lowered } => {
                let namespace = &world.imports[namespace];
                let function = &namespace.functions[position];
                let answer = match function.wasi {
                    Some(wasi) => wasi_call(wasi.name_for_embedders()),
                    None => {
                        let method = &methods(world, namespace.name.as_ref())[position].name;
                        let method = format!("<T as {}>::{method}", trait_path(spelling, namespace.name.as_ref()));
                        closure(world, spelling, function, &method)?
                    }
                };
                format!(
                    "        wasmc_embed::component::import!(\n            T, {}, {},\n            {}\n        ),\n",
                    options.name(world, function, lowered),
                    core_type(import),
                    answer,
                )
            }
        };
    }
    Ok(entries)
}

/// What calls a function of WASI, of this name, with what was lifted.
fn wasi_call(name: &str) -> String {
    format!(
        "|host: &mut T, params| wasmc_embed::wasi::preview2::{name}(wasmc_embed::wasi::HasWasi::wasi(host), params)"
    )
}

/// What calls a method of the host's with what was lifted.
fn closure(world: &Interface, spelling: &Spelling<'_>, function: &Function, method: &str) -> Result<String, Error> {
    let params: Vec<String> = (0..function.params.len()).map(|number| format!("param{number}")).collect();
    let types = function.params.iter().map(|(_, ty)| Ok(lifted(world, spelling, ty, None)?.1));
    let (pattern, types) = match params.is_empty() {
        true => ("()".to_owned(), "()".to_owned()),
        false => (format!("({},)", params.join(", ")), tuple(types)?),
    };
    let passed: String = (params.iter().zip(&function.params))
        .map(|(param, (_, ty))| match ty {
            Type::Borrow(_) => format!(", {param}.0"),
            _ => format!(", {param}"),
        })
        .collect();
    Ok(format!("|host: &mut T, {pattern}: {types}| {method}(host{passed})"))
}

fn trait_path(spelling: &Spelling<'_>, namespace: Option<&String>) -> String {
    namespace.map_or("Imports".into(), |namespace| format!("{}::Imports", spelling.module(namespace)))
}

/// How the core module passes arguments to an import, and their types.
fn core_type(import: &Import) -> String {
    let result = import.ty.results.first().map_or(String::new(), |&ty| format!(" -> {}", value(ty)));
    if import.is_direct {
        let params = import.ty.params.iter().enumerate();
        let params: Vec<String> = params.map(|(number, &ty)| format!("arg{number}: {}", value(ty))).collect();
        return format!("direct ({}){result}", params.join(", "));
    }
    let params: Vec<String> = (0..import.ty.params.len()).map(|number| number.to_string()).collect();
    format!("array ({}){result}", params.join(", "))
}

fn value(ty: Value) -> &'static str {
    match ty {
        Value::I64 => "i64",
        Value::F32 => "f32",
        Value::F64 => "f64",
        Value::I32 | Value::V128 | Value::ExternRef | Value::Reference(_) => "i32",
    }
}
