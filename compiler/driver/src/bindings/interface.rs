//! What a module imports and exports, as bindings see it.

use super::references::{GuestType, Heap, Reference, ReferenceTypes};
use crate::error::Error;
use crate::options::is_identifier;
use std::collections::BTreeMap;
use std::path::Path;
use wasmc_abi::context::VERSION;
use wasmc_abi::host::{self, Interface as HostInterface};
use wasmc_frontend::index::{ExternIndex, TypeIndex};
use wasmc_frontend::module::is_imported_directly;
use wasmc_frontend::program::types::Storage;
use wasmc_frontend::wasmparser::{FuncType, RefType, TypeRef, ValType};
use wasmc_frontend::{Module, Shown};

/// What a module imports and exports.
#[derive(Debug)]
pub struct Interface {
    /// What the names of the library begin with.
    pub name: String,
    /// What messages and comments call the module.
    pub file: String,
    /// What library and bindings know each other by.
    pub fingerprint: u64,
    /// Functions that it imports, in the order of the library's.
    pub imports: Vec<Import>,
    /// Globals that it imports, whose values the embedder sets before an instance is instantiated.
    pub globals: Vec<ImportedGlobal>,
    /// What it exports, in the order of the library's, but for what is in [`Interface::unbound`]; then the memories,
    /// tables and globals that it imports.
    pub exports: Vec<Export>,
    /// What no binding can be made for, and why.
    pub unbound: Vec<String>,
    /// Whether exceptions carry references to what is the guest's.
    pub throws_references: bool,
    /// The guest's types that references go by.
    pub types: BTreeMap<TypeIndex, GuestType>,
}

/// A function that a module imports.
#[derive(Debug)]
pub struct Import {
    /// The module that it comes from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: Signature,
    /// Whether it is a function of WASI preview 1, of its type.
    pub is_wasi: bool,
    /// Whether the host's function takes arguments as such, and not in an array.
    pub is_direct: bool,
}

/// A global that a module imports.
#[derive(Debug)]
pub struct ImportedGlobal {
    /// The module that it comes from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// Its number among what is exported.
    pub number: usize,
    /// The type of its value.
    pub ty: Value,
}

/// Something that a module exports.
#[derive(Debug)]
pub struct Export {
    /// Its number.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it is a function that is called with arguments in registers.
    pub is_direct: bool,
}

/// What an export is.
#[derive(Debug)]
pub enum Kind {
    /// A function of this type.
    Function(Signature),
    /// A memory.
    Memory,
    /// A table, with the type of its elements where bindings can pass them: not where they are functions, of which the
    /// compiler may know what the table holds.
    Table(Option<Reference>),
    /// A global, and whether it can be set.
    Global(Value, bool),
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Types of its parameters.
    pub params: Vec<Value>,
    /// Types of its results.
    pub results: Vec<Value>,
}

impl Signature {
    /// How many places its values take.
    pub fn slots(&self) -> usize {
        self.params.len().max(self.results.len())
    }

    /// Whether any of its values is a reference to what is the guest's.
    pub fn has_references(&self) -> bool {
        self.params.iter().chain(&self.results).any(|ty| matches!(ty, Value::Reference(_)))
    }
}

/// The type of a value that can cross the boundary.
#[allow(missing_docs, reason = "the names are those of the specification")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    I32,
    I64,
    F32,
    F64,
    V128,
    /// A reference to what is the embedder's.
    ExternRef,
    /// A reference to what may be the guest's.
    Reference(Reference),
}

/// What is needed to tell the types of values.
struct Values<'m, 'a> {
    references: ReferenceTypes<'m, 'a>,
    /// Whether external references may be the guest's.
    externalizes: bool,
}

impl Values<'_, '_> {
    /// A type, unless bindings cannot have it.
    fn value(&mut self, ty: ValType) -> Option<Value> {
        Some(match ty {
            ValType::I32 => Value::I32,
            ValType::I64 => Value::I64,
            ValType::F32 => Value::F32,
            ValType::F64 => Value::F64,
            ValType::V128 => Value::V128,
            ValType::Ref(ty) if ty.is_extern_ref() && ty.is_nullable() && !self.externalizes => Value::ExternRef,
            ValType::Ref(ty) => Value::Reference(self.reference(ty)?),
        })
    }

    fn reference(&mut self, ty: RefType) -> Option<Reference> {
        self.references.reference(ty).filter(|ty| ty.to != Heap::Extern || self.externalizes)
    }

    fn signature(&mut self, ty: &FuncType) -> Option<Signature> {
        let mut list = |types: &[ValType]| types.iter().map(|&ty| self.value(ty)).collect::<Option<_>>();
        Some(Signature { params: list(ty.params())?, results: list(ty.results())? })
    }

    fn kind(&mut self, module: &Module<'_>, index: ExternIndex) -> Option<Kind> {
        Some(match index {
            ExternIndex::Func(function) => Kind::Function(self.signature(module.type_of_function(function))?),
            ExternIndex::Memory(_) => Kind::Memory,
            ExternIndex::Table(table) => {
                let ty = module.tables[table].ty.element_type;
                let is_object = Storage::of_value(ValType::Ref(ty), module) != Storage::Word;
                Kind::Table(self.reference(ty).filter(|ty| is_object || ty.to == Heap::Exn))
            }
            ExternIndex::Global(global) => {
                let ty = module.globals[global].ty;
                Kind::Global(self.value(ty.content_type)?, ty.mutable)
            }
            ExternIndex::Tag(_) => return None,
        })
    }
}

impl Interface {
    /// The interface of `module`, read from `file` and from the bytes `binary`. The library is called `name`, or as the
    /// file is.
    ///
    /// # Errors
    /// Where the file has no name that would do, or an import a type that no function of an embedder can have.
    pub fn new(module: &Module<'_>, binary: &[u8], file: &str, name: Option<&str>) -> Result<Self, Error> {
        let name = library_name(file, name)?;
        let mut interface = Self {
            name,
            file: Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy().into_owned()),
            fingerprint: fingerprint(binary),
            imports: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            unbound: Vec::new(),
            throws_references: throws_references(module),
            types: BTreeMap::new(),
        };
        let mut values = Values { references: ReferenceTypes::new(module), externalizes: module.externalizes() };
        for import in module.imports.values() {
            let (TypeRef::Func(ty) | TypeRef::FuncExact(ty)) = import.ty else { continue };
            let ty = module.func_type(TypeIndex::from_u32(ty));
            let Some(signature) = values.signature(ty) else {
                let name = format!("{}.{}", Shown(import.module), Shown(import.name));
                let error = Error::new(format!("the import {name} takes or returns what no embedder can have"));
                return Err(error.in_file(file).help("give it another type: references whose only value is null"));
            };
            interface.imports.push(Import {
                module: import.module.into(),
                name: import.name.into(),
                ty: signature,
                is_wasi: is_wasi(import.module, import.name, ty),
                is_direct: is_imported_directly(ty),
            });
        }
        let is_called_directly = module.called_directly();
        for (number, export) in module.exports.iter().enumerate() {
            let is_direct = matches!(export.index, ExternIndex::Func(function) if is_called_directly(function));
            match values.kind(module, export.index) {
                Some(kind) => interface.exports.push(Export { number, name: export.name.into(), kind, is_direct }),
                None => {
                    let why = match export.index {
                        ExternIndex::Tag(_) => "which is a tag",
                        _ => "for references in it that no embedder can have",
                    };
                    interface.unbound.push(format!("`{}`, {why}", Shown(export.name)));
                }
            }
        }
        for ((index, import), number) in module.imported_state().zip(module.exports.len()..) {
            let name = format!("{}_{}", import.module, import.name);
            let Some(kind) = values.kind(module, index) else { continue };
            if let Kind::Global(ty, _) = kind {
                let (module, import) = (import.module.into(), import.name.into());
                interface.globals.push(ImportedGlobal { module, name: import, number, ty });
            }
            interface.exports.push(Export { number, name, kind, is_direct: false });
        }
        interface.types = values.references.into_named();
        Ok(interface)
    }

    /// Whether references to what is the guest's cross the boundary.
    pub fn has_references(&self) -> bool {
        let of_export = |export: &Export| match &export.kind {
            Kind::Function(ty) => ty.has_references(),
            Kind::Table(ty) => ty.is_some(),
            Kind::Global(ty, _) => matches!(ty, Value::Reference(_)),
            Kind::Memory => false,
        };
        self.throws_references
            || self.imports.iter().any(|import| import.ty.has_references())
            || self.exports.iter().any(of_export)
    }

    /// Whether functions of WASI are imported.
    pub fn has_wasi(&self) -> bool {
        self.imports.iter().any(|import| import.is_wasi)
    }

    /// The exported function of this name, if it takes and returns nothing.
    pub fn procedure(&self, name: &str) -> Option<&Export> {
        let is_procedure =
            |export: &&Export| export.name == name && matches!(&export.kind, Kind::Function(ty) if ty.slots() == 0);
        self.exports.iter().find(is_procedure)
    }

    /// The number of the memory that functions of WASI work on.
    pub fn wasi_memory(&self) -> Option<usize> {
        let memory = self.exports.iter().find(|export| export.name == "memory" && matches!(export.kind, Kind::Memory));
        memory.map(|export| export.number)
    }
}

/// Whether an exception of a module carries a reference to what may be the guest's.
fn throws_references(module: &Module<'_>) -> bool {
    let is_guests = |&ty: &ValType| match Storage::of_value(ty, module) {
        Storage::Bytes(_) => false,
        Storage::Extern => module.externalizes(),
        Storage::Word | Storage::Object => true,
    };
    module.tags.keys().any(|tag| module.tag_params(tag).iter().any(is_guests))
}

/// Whether a function is one of WASI preview 1, of the type that it has there.
fn is_wasi(module: &str, name: &str, ty: &FuncType) -> bool {
    let Some((HostInterface::WasiPreview1, function)) = host::find(module, name) else { return false };
    wasmc_frontend::program::command::func_type(function) == *ty
}

/// What the names of a library begin with: as asked for, or as the file is called.
///
/// # Errors
/// Where the file's name would not do.
pub fn library_name(file: &str, asked: Option<&str>) -> Result<String, Error> {
    if let Some(name) = asked {
        return Ok(name.into());
    }
    let stem = Path::new(file).file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
    let name: String = stem.chars().map(|character| if character == '-' { '_' } else { character }).collect();
    if !is_identifier(&name) {
        let error = Error::new(format!("no identifier can be made of `{stem}`"));
        return Err(error.help("say what the names of the library begin with: `--name NAME`"));
    }
    Ok(name)
}

/// The symbol of the library of this name.
pub fn symbol(name: &str) -> String {
    format!("{name}_api")
}

/// What library and bindings know each other by: FNV-1a of the module, and of the version of what is between them.
pub fn fingerprint(binary: &[u8]) -> u64 {
    let bytes = VERSION.to_le_bytes().into_iter().chain(binary.iter().copied());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
