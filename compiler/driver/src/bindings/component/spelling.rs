//! How the types of a component are spelled in Rust, and what they are called.

use super::super::names::{Names, RUST_WORDS};
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};
use wasmc_component::interface::{Handle, Interface, Kind, Lowering, Namespace, Owner, Type};

/// Names that every module of bindings has anyway, or that types of Rust have.
const TAKEN: &[&str] = &["Exports", "Imports", "Instance", "Option", "Result", "Self", "String", "Vec"];

/// Where code lies: in the module of an interface, or outside of all.
pub type Place<'p> = Option<&'p String>;

/// What the items of a component are called.
#[derive(Debug)]
pub struct Spelling<'w> {
    world: &'w Interface,
    /// The module of each interface.
    modules: BTreeMap<String, String>,
    definitions: Vec<String>,
    resources: Vec<String>,
    declared: BTreeSet<usize>,
}

impl<'w> Spelling<'w> {
    /// Names for everything.
    pub fn new(world: &'w Interface) -> Self {
        let declared = declared(world);
        let is_own = |namespace: &&Namespace| namespace.functions.iter().any(|function| function.wasi.is_none());
        let named = world.imports.iter().chain(&world.exports).filter(is_own);
        let named = named.filter_map(|namespace| namespace.name.as_ref());
        let of_types = declared.iter().filter_map(|&number| world.definitions[number].namespace.as_ref());
        let resources = world.resources.iter().filter(|resource| resource.wasi.is_none());
        let of_resources = resources.filter_map(|resource| resource.namespace.as_ref());
        let interfaces: BTreeSet<&String> = named.chain(of_types).chain(of_resources).collect();
        let mut names = Names::new(&[RUST_WORDS, &["library", "wasmc_embed"]].concat());
        let modules: BTreeMap<String, String> =
            interfaces.into_iter().map(|name| (name.clone(), names.identifier(short(name)))).collect();
        let mut scopes: BTreeMap<Option<&String>, Names> = BTreeMap::new();
        let mut name = |namespace: &'w Option<String>, name: &str| {
            let scope = scopes.entry(namespace.as_ref()).or_insert_with(|| Names::new(TAKEN));
            scope.identifier(&camel(name))
        };
        let definitions = world.definitions.iter().map(|item| name(&item.namespace, &item.name)).collect();
        let resources = world.resources.iter().map(|item| name(&item.namespace, &item.name)).collect();
        Self { world, modules, definitions, resources, declared }
    }

    /// The interfaces, each with its module.
    pub fn modules(&self) -> impl Iterator<Item = (&String, &String)> {
        self.modules.iter()
    }

    /// The module of an interface.
    pub fn module(&self, interface: &str) -> &str {
        &self.modules[interface]
    }

    /// Whether bindings declare a type.
    pub fn is_declared(&self, number: usize) -> bool {
        self.declared.contains(&number)
    }

    /// The name of a type where it is declared.
    pub fn definition(&self, number: usize) -> &str {
        &self.definitions[number]
    }

    /// The name of a type of resources where it is declared.
    pub fn resource(&self, number: usize) -> &str {
        &self.resources[number]
    }

    /// A name as code has it that lies in a place.
    fn path(&self, namespace: Option<&String>, name: &str, place: Place<'_>) -> String {
        let up = if place.is_some() { "super::" } else { "" };
        match namespace {
            _ if namespace == place => name.into(),
            Some(namespace) => format!("{up}{}::{name}", self.module(namespace)),
            None => format!("{up}{name}"),
        }
    }

    /// A type of resources.
    pub fn resource_path(&self, number: usize, place: Place<'_>) -> String {
        let resource = &self.world.resources[number];
        match resource.wasi {
            Some(_) => format!("wasmc_embed::wasi::preview2::{}", camel(&resource.name)),
            None => self.path(resource.namespace.as_ref(), self.resource(number), place),
        }
    }

    /// A type whose values are owned.
    ///
    /// # Errors
    /// Where it has what no value of Rust stands for.
    pub fn owned(&self, ty: &Type, place: Place<'_>) -> Result<String, Error> {
        let of = |ty: &Type| self.owned(ty, place);
        Ok(match ty {
            Type::String => "wasmc_embed::String".into(),
            Type::List(element) => format!("wasmc_embed::Vec<{}>", of(element)?),
            Type::Option(some) => format!("Option<{}>", of(some)?),
            Type::Result(ok, err) => {
                let part = |ty: &Option<Box<Type>>| ty.as_ref().map_or(Ok("()".to_owned()), |ty| of(ty));
                format!("Result<{}, {}>", part(ok)?, part(err)?)
            }
            Type::Tuple(types) => tuple(types.iter().map(of))?,
            Type::Defined(number) => {
                let definition = &self.world.definitions[*number];
                self.path(definition.namespace.as_ref(), self.definition(*number), place)
            }
            Type::Own(handle) => self.resource_path(handle.resource, place),
            Type::Borrow(handle) => match self.world.resources[handle.resource].owner {
                Owner::Host => {
                    format!("wasmc_embed::component::Borrowed<{}>", self.resource_path(handle.resource, place))
                }
                Owner::Guest(_) => return Err(borrowed()),
            },
            plain => primitive(plain).into(),
        })
    }

    /// The type of an argument that a component is called with.
    ///
    /// # Errors
    /// As [`Self::owned`].
    pub fn argument(&self, ty: &Type, place: Place<'_>) -> Result<String, Error> {
        let of = |ty: &Type| self.argument(ty, place);
        Ok(match ty {
            _ if self.owns(ty) => self.owned(ty, place)?,
            Type::String => "&str".into(),
            Type::List(element) => format!("&[{}]", self.owned(element, place)?),
            Type::Option(some) => format!("Option<{}>", of(some)?),
            Type::Result(ok, err) => {
                let part = |ty: &Option<Box<Type>>| ty.as_ref().map_or(Ok("()".to_owned()), |ty| of(ty));
                format!("Result<{}, {}>", part(ok)?, part(err)?)
            }
            Type::Tuple(types) => tuple(types.iter().map(of))?,
            Type::Defined(number) => match self.world.definitions[*number].kind {
                Kind::Enum(_) | Kind::Flags(_) => self.owned(ty, place)?,
                Kind::Record(_) | Kind::Variant(_) => format!("&{}", self.owned(ty, place)?),
            },
            plain => self.owned(plain, place)?,
        })
    }

    /// Whether values of a type have handles that are owned.
    pub fn owns(&self, ty: &Type) -> bool {
        match ty {
            Type::Own(handle) => matches!(self.world.resources[handle.resource].owner, Owner::Guest(_)),
            other => parts(self.world, other).iter().any(|part| self.owns(part)),
        }
    }
}

/// The types that values of a type consist of.
fn parts(world: &Interface, ty: &Type) -> Vec<Type> {
    match ty {
        Type::List(part) | Type::Option(part) => vec![(**part).clone()],
        Type::Result(ok, err) => ok.iter().chain(err).map(|part| (**part).clone()).collect(),
        Type::Tuple(parts) => parts.clone(),
        Type::Defined(number) => match &world.definitions[*number].kind {
            Kind::Record(fields) => fields.iter().map(|(_, ty)| ty.clone()).collect(),
            Kind::Variant(cases) => cases.iter().filter_map(|(_, ty)| ty.clone()).collect(),
            Kind::Enum(_) | Kind::Flags(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The types of handles among the parts of types: resources, each with its table.
pub fn handles<'a>(world: &Interface, types: impl IntoIterator<Item = &'a Type>) -> BTreeSet<(usize, u32)> {
    let mut found = BTreeSet::new();
    let mut work: Vec<Type> = types.into_iter().cloned().collect();
    while let Some(ty) = work.pop() {
        if let Type::Own(Handle { resource, table }) | Type::Borrow(Handle { resource, table }) = ty {
            found.insert((resource, table));
        }
        work.extend(parts(world, &ty));
    }
    found
}

/// The interfaces of which something is imported that `is_asked` is true of: `None` for the world itself.
pub fn imported(world: &Interface, is_asked: impl Fn(&Interface, Lowering) -> bool) -> BTreeSet<Option<&String>> {
    let of = |lowering: &Lowering| match *lowering {
        Lowering::Trap => None,
        Lowering::Function { namespace, .. } => Some(world.imports[namespace].name.as_ref()),
        Lowering::Drop(resource) => Some(world.resources[resource].namespace.as_ref()),
    };
    world.lowerings.iter().filter(|lowering| is_asked(world, **lowering)).filter_map(of).collect()
}

/// Whether any import is one of WASI 0.2.
pub fn has_wasi(world: &Interface) -> bool {
    world.lowerings.iter().any(|&lowering| is_wasi(world, lowering))
}

/// Whether an import is one of WASI 0.2.
pub fn is_wasi(world: &Interface, lowering: Lowering) -> bool {
    match lowering {
        Lowering::Trap => false,
        Lowering::Function { namespace, function, .. } => world.imports[namespace].functions[function].wasi.is_some(),
        Lowering::Drop(resource) => world.resources[resource].wasi.is_some(),
    }
}

/// The types with names that functions have other than those of WASI, which the crate for embedders has.
fn declared(world: &Interface) -> BTreeSet<usize> {
    let functions = world.imports.iter().chain(&world.exports).flat_map(|namespace| &namespace.functions);
    let own = functions.filter(|function| function.wasi.is_none());
    let mut work: Vec<Type> =
        own.flat_map(|function| function.params.iter().map(|(_, ty)| ty).chain(&function.result)).cloned().collect();
    let mut found = BTreeSet::new();
    while let Some(ty) = work.pop() {
        if let Type::Defined(number) = ty {
            found.insert(number);
        }
        work.extend(parts(world, &ty));
    }
    found
}

fn borrowed() -> Error {
    let error = Error::new("the component's own resources, borrowed inside other values, are not yet supported");
    error.help("pass the resource as a parameter of its own")
}

/// The name of an interface alone, without package and version.
pub fn short(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    name.rsplit_once('/').map_or(name, |(_, name)| name)
}

/// A name in kebab case as types of Rust have it.
pub fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        characters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + characters.as_str())
    };
    name.split('-').map(word).collect()
}

/// Types as a tuple.
///
/// # Errors
/// The first one among them.
pub fn tuple(types: impl Iterator<Item = Result<String, Error>>) -> Result<String, Error> {
    let types: Vec<String> = types.collect::<Result<_, _>>()?;
    Ok(format!("({})", types.iter().map(|ty| format!("{ty},")).collect::<Vec<_>>().join(" ")))
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::S8 => "i8",
        Type::U8 => "u8",
        Type::S16 => "i16",
        Type::U16 => "u16",
        Type::S32 => "i32",
        Type::U32 => "u32",
        Type::S64 => "i64",
        Type::U64 => "u64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        _ => unreachable!("it has parts"),
    }
}
