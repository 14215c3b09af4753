//! The types of a component's functions, as plain data.

use super::declared::{Declared, declared, looks};
use crate::imports;
use crate::interface::{Definition, Handle, Kind, Owner, Resource, Type};
use crate::names::{Imported, imported_resource};
use crate::steps::unsupported;
use crate::translate::Translated;
use std::collections::HashMap;
use wasmc_frontend::Error;
use wasmtime_environ::component::{
    Export, ExportIndex, InterfaceType, ResourceIndex, TypeDef, TypeFuncIndex, TypeResourceTable,
    TypeResourceTableIndex, TypeTupleIndex,
};

/// What an interface calls something: its own name, where it is one, and the name there.
type Named = (Option<String>, String);

/// The parameters of a function, and its result.
pub(super) type Signature = (Vec<(String, Type)>, Option<Type>);

/// The types found so far.
pub(super) struct Types<'t> {
    translated: &'t Translated<'t>,
    names: HashMap<InterfaceType, Named>,
    declared: Declared,
    resource_names: HashMap<ResourceIndex, Named>,
    found: HashMap<InterfaceType, usize>,
    found_resources: HashMap<ResourceIndex, usize>,
    /// Those that have names.
    pub definitions: Vec<Definition>,
    /// Those of resources, with what they are in the component.
    pub resources: Vec<(ResourceIndex, Resource)>,
}

impl<'t> Types<'t> {
    /// None so far, but the names that the component has for them.
    pub fn new(translated: &'t Translated<'t>) -> Self {
        let mut types = Self {
            translated,
            names: HashMap::new(),
            declared: declared(translated.binary),
            resource_names: HashMap::new(),
            found: HashMap::new(),
            found_resources: HashMap::new(),
            definitions: Vec::new(),
            resources: Vec::new(),
        };
        types.name_imports();
        types.name_exports();
        types
    }

    fn name_imports(&mut self) {
        let component = &self.translated.component;
        for (name, import) in component.import_types.values() {
            match import.ty {
                TypeDef::ComponentInstance(instance) => {
                    for (item, export) in &self.translated.types[instance].exports {
                        self.name(Some(name), item, &export.ty);
                    }
                }
                ty => self.name(None, name, &ty),
            }
        }
        for (resource, &import) in &component.imported_resources {
            let import = Imported::of(self.translated, import);
            let named = match import.name {
                "" => (None, import.spelled.to_owned()),
                name => (Some(import.spelled.to_owned()), name.to_owned()),
            };
            self.resource_names.insert(resource, named);
        }
    }

    fn name_exports(&mut self) {
        let component = &self.translated.component;
        for (name, index) in in_order(component.exports.raw_iter()) {
            match &component.export_items[index] {
                Export::Type(ty) => self.name(None, name, ty),
                Export::Instance { exports, .. } => {
                    for (item, index) in in_order(exports.raw_iter()) {
                        if let Export::Type(ty) = &component.export_items[index] {
                            self.name(Some(name), item, ty);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Notes what a type is called, unless it has a name.
    fn name(&mut self, namespace: Option<&str>, name: &str, ty: &TypeDef) {
        let named = || (namespace.map(str::to_owned), name.to_owned());
        match *ty {
            TypeDef::Interface(ty) => {
                self.names.entry(ty).or_insert_with(named);
            }
            TypeDef::Resource(table) => {
                if let TypeResourceTable::Concrete { ty, .. } = self.translated.types[table] {
                    self.resource_names.entry(ty).or_insert_with(named);
                }
            }
            _ => {}
        }
    }

    /// The type of a function.
    ///
    /// # Errors
    /// Where it has values that are not supported.
    pub fn function(&mut self, index: TypeFuncIndex) -> Result<Signature, Error> {
        let translated = self.translated;
        let ty = &translated.types[index];
        if ty.async_ {
            return Err(unsupported("asynchronous functions"));
        }
        let params = ty.param_names.iter().cloned().zip(self.tuple(ty.params)?).collect();
        Ok((params, self.tuple(ty.results)?.into_iter().next()))
    }

    fn tuple(&mut self, index: TypeTupleIndex) -> Result<Vec<Type>, Error> {
        let translated = self.translated;
        translated.types[index].types.iter().map(|&ty| self.value(ty)).collect()
    }

    fn value(&mut self, ty: InterfaceType) -> Result<Type, Error> {
        let types = &self.translated.types;
        Ok(match ty {
            InterfaceType::Bool => Type::Bool,
            InterfaceType::S8 => Type::S8,
            InterfaceType::U8 => Type::U8,
            InterfaceType::S16 => Type::S16,
            InterfaceType::U16 => Type::U16,
            InterfaceType::S32 => Type::S32,
            InterfaceType::U32 => Type::U32,
            InterfaceType::S64 => Type::S64,
            InterfaceType::U64 => Type::U64,
            InterfaceType::Float32 => Type::F32,
            InterfaceType::Float64 => Type::F64,
            InterfaceType::Char => Type::Char,
            InterfaceType::String => Type::String,
            InterfaceType::List(index) => Type::List(Box::new(self.value(types[index].element)?)),
            InterfaceType::Option(index) => Type::Option(Box::new(self.value(types[index].ty)?)),
            InterfaceType::Result(index) => {
                let (ok, err) = (types[index].ok, types[index].err);
                let mut of = |ty: Option<InterfaceType>| ty.map(|ty| self.value(ty).map(Box::new)).transpose();
                Type::Result(of(ok)?, of(err)?)
            }
            InterfaceType::Tuple(index) => Type::Tuple(self.tuple(index)?),
            InterfaceType::Own(table) => Type::Own(self.handle(table)?),
            InterfaceType::Borrow(table) => Type::Borrow(self.handle(table)?),
            InterfaceType::Record(_) | InterfaceType::Variant(_) | InterfaceType::Enum(_) | InterfaceType::Flags(_) => {
                Type::Defined(self.defined(ty)?)
            }
            InterfaceType::FixedLengthList(_) => return Err(unsupported("lists of a fixed length")),
            InterfaceType::Map(_) => return Err(unsupported("maps")),
            InterfaceType::Future(_) => return Err(unsupported("futures")),
            InterfaceType::Stream(_) => return Err(unsupported("streams")),
            InterfaceType::ErrorContext(_) => return Err(unsupported("error contexts")),
        })
    }

    fn defined(&mut self, ty: InterfaceType) -> Result<usize, Error> {
        if let Some(&found) = self.found.get(&ty) {
            return Ok(found);
        }
        let types = &self.translated.types;
        let kind = match ty {
            InterfaceType::Record(index) => {
                let fields = types[index].fields.iter();
                let fields = fields.map(|field| Ok((field.name.clone(), self.value(field.ty)?)));
                Kind::Record(fields.collect::<Result<_, Error>>()?)
            }
            InterfaceType::Variant(index) => {
                let cases = types[index].cases.iter();
                let cases = cases.map(|(name, ty)| Ok((name.clone(), ty.map(|ty| self.value(ty)).transpose()?)));
                Kind::Variant(cases.collect::<Result<_, Error>>()?)
            }
            InterfaceType::Enum(index) => Kind::Enum(types[index].names.iter().cloned().collect()),
            InterfaceType::Flags(index) => Kind::Flags(types[index].names.iter().cloned().collect()),
            _ => return Err(unsupported("a type without a name")),
        };
        let number = self.definitions.len();
        let named = self.names.get(&ty).cloned().or_else(|| self.declared(&kind));
        let (namespace, name) = named.unwrap_or_else(|| (None, format!("type-{number}")));
        self.definitions.push(Definition { namespace, name, kind });
        self.found.insert(ty, number);
        Ok(number)
    }

    /// What the component declares a type as that looks so: of several, one that has not been found yet.
    fn declared(&self, kind: &Kind) -> Option<Named> {
        let look = match kind {
            Kind::Record(fields) => looks("record", fields.iter().map(|(name, ty)| (name.as_str(), Some(part(ty))))),
            Kind::Variant(cases) => {
                looks("variant", cases.iter().map(|(name, ty)| (name.as_str(), ty.as_ref().map(part))))
            }
            Kind::Enum(names) => looks("enum", names.iter().map(|name| (name.as_str(), None))),
            Kind::Flags(names) => looks("flags", names.iter().map(|name| (name.as_str(), None))),
        };
        let is_new = |named: &&Named| {
            !self.definitions.iter().any(|known| (&known.namespace, &known.name) == (&named.0, &named.1))
        };
        let known = self.declared.get(&look)?;
        known.iter().find(is_new).or(known.first()).cloned()
    }

    fn handle(&mut self, table: TypeResourceTableIndex) -> Result<Handle, Error> {
        let TypeResourceTable::Concrete { ty, .. } = self.translated.types[table] else {
            return Err(unsupported("a resource type that is nowhere defined"));
        };
        Ok(Handle { resource: self.resource(ty), table: table.as_u32() })
    }

    /// The number of a type of resources. Whose it is, is found out later.
    pub fn resource(&mut self, index: ResourceIndex) -> usize {
        if let Some(&found) = self.found_resources.get(&index) {
            return found;
        }
        let number = self.resources.len();
        let named = self.resource_names.get(&index).cloned();
        let (namespace, name) = named.unwrap_or_else(|| (None, format!("resource-{number}")));
        let import = imported_resource(self.translated, index);
        let wasi = import.and_then(|import| imports::resource(self.translated, import).ok());
        self.resources.push((index, Resource { namespace, name, owner: Owner::Host, wasi }));
        self.found_resources.insert(index, number);
        number
    }
}

/// A part of a type as `declared` has it.
fn part(ty: &Type) -> String {
    let text = match ty {
        Type::Bool => "bool",
        Type::S8 => "s8",
        Type::U8 => "u8",
        Type::S16 => "s16",
        Type::U16 => "u16",
        Type::S32 => "s32",
        Type::U32 => "u32",
        Type::S64 => "s64",
        Type::U64 => "u64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        _ => "_",
    };
    text.into()
}

/// Exports by their names: translation has no order of its own for them.
pub(super) fn in_order<'e, N: AsRef<str> + 'e, D: 'e>(
    exports: impl Iterator<Item = (&'e N, &'e (ExportIndex, D))>,
) -> Vec<(&'e str, ExportIndex)> {
    let mut exports: Vec<_> = exports.map(|(name, (index, _))| (name.as_ref(), *index)).collect();
    exports.sort_unstable_by_key(|&(name, _)| name);
    exports
}
