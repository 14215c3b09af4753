//! Sections to a [`Module`].

use crate::binary::COMPONENT_PREAMBLE;
use crate::const_expr::{self, ConstOperator};
use crate::hints::BranchHints;
use crate::index::{ExternIndex, FuncIndex, GlobalIndex, ImportIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex};
use crate::module::{
    Data, Element, ElementItems, Export, Function, FunctionOrigin, Global, GlobalOrigin, Import, Memory, Module,
    SegmentMode, Table, Tag,
};
use crate::summary::Summary;
use crate::{Error, Features, features};
use cranelift_entity::EntityRef;
use wasmparser::{
    ConstExpr, DataKind, ElementItems as RawItems, ElementKind, ExternalKind, FuncToValidate, FuncValidator,
    FuncValidatorAllocations, FunctionBody, KnownCustom, Name, NameSectionReader, OperatorsReader, Parser, Payload,
    RefType, TableInit, TypeRef, ValidPayload, Validator, ValidatorResources,
};

/// A function body that has been read but not yet validated.
pub struct UnvalidatedFunction<'a> {
    validator: FuncToValidate<ValidatorResources>,
    body: FunctionBody<'a>,
    features: Features,
}

impl UnvalidatedFunction<'_> {
    /// Bytes of the body.
    pub fn size(&self) -> u64 {
        let range = self.body.range();
        range.end - range.start
    }

    /// Validates the body and summarises it; `allocations` are kept from one function to the next.
    ///
    /// # Errors
    /// Where the body is not valid.
    pub fn validate(self, allocations: &mut FuncValidatorAllocations) -> Result<Summary, Error> {
        let mut validator = self.validator.into_validator(std::mem::take(allocations));
        let summary = summarise(&mut validator, &self.body, self.features);
        *allocations = validator.into_allocations();
        Ok(summary?)
    }
}

fn summarise(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    features: Features,
) -> wasmparser::Result<Summary> {
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(features.wasmparser());
    let mut operators = OperatorsReader::new(reader);
    let mut summary = Summary::default();
    while !operators.eof() {
        let offset = operators.original_position();
        let operator = operators.read()?;
        validator.op(offset, &operator)?;
        summary.add(&operator);
    }
    operators.finish()?;
    Ok(summary)
}

/// A module whose sections are valid, and whose function bodies are still to be validated.
pub struct Unvalidated<'a> {
    module: Module<'a>,
    /// The bodies, in order: to be validated one by one, in any order and on any thread.
    pub bodies: Vec<UnvalidatedFunction<'a>>,
}

impl<'a> Unvalidated<'a> {
    /// The module, once all of its [bodies](Self::bodies) have been validated: `summaries` are theirs, in order.
    pub fn validated(self, summaries: Vec<Summary>) -> Module<'a> {
        Module { summaries, ..self.module }
    }

    /// Validates all bodies, one after the other.
    ///
    /// # Errors
    /// Where one is not valid.
    pub fn validate(mut self) -> Result<Module<'a>, Error> {
        let mut allocations = FuncValidatorAllocations::default();
        let bodies = std::mem::take(&mut self.bodies).into_iter();
        let summaries = bodies.map(|body| body.validate(&mut allocations)).collect::<Result<_, _>>()?;
        Ok(self.validated(summaries))
    }
}

/// Reads the module `bytes` in binary format and validates all of it but its function bodies.
///
/// # Errors
/// Where the module is malformed, invalid, or uses what the compiler does not support.
pub fn read<'a>(bytes: &'a [u8], features: Features) -> Result<Unvalidated<'a>, Error> {
    if bytes.starts_with(&COMPONENT_PREAMBLE) {
        return Err(Error::at(4, "this is a component where a core module must be"));
    }
    let module = Module { size: bytes.len() as u64, ..Module::default() };
    let mut reader = Reader { module, bodies: Vec::new(), imported_functions: 0, features };
    let mut validator = Validator::new_with_features(features.wasmparser());
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let valid = validator.payload(&payload).map_err(|error| explain(error.into(), bytes, features))?;
        reader.payload(payload)?;
        if let ValidPayload::Func(function, body) = valid {
            reader.body(function, body);
        }
    }
    Ok(Unvalidated { module: reader.module, bodies: reader.bodies })
}

/// Adds the flag that would help where `error` comes from a feature that is switched off.
pub fn explain(error: Error, bytes: &[u8], features: Features) -> Error {
    let Some(offset) = error.offset else { return error };
    match features::missing(bytes, features, offset)[..] {
        [] => error,
        [name] => error.with_help(format!("the module uses the feature `{name}`: switch it on with `-W {name}`")),
        ref names => {
            let flags: Vec<String> = names.iter().map(|name| format!("`-W {name}`")).collect();
            error.with_help(format!("the module uses a feature that is off: try {}", flags.join(" or ")))
        }
    }
}

struct Reader<'a> {
    module: Module<'a>,
    bodies: Vec<UnvalidatedFunction<'a>>,
    imported_functions: usize,
    features: Features,
}

impl<'a> Reader<'a> {
    fn payload(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.rec_group(group?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import?);
                }
            }
            Payload::FunctionSection(section) => {
                self.imported_functions = self.module.functions.len();
                for type_index in section {
                    let body = FunctionBody::new(wasmparser::BinaryReader::new(&[], 0));
                    let (type_index, origin) = (TypeIndex::from_u32(type_index?), FunctionOrigin::Body(body));
                    self.module.functions.push(Function { type_index, origin });
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.table(table?)?;
                }
            }
            Payload::MemorySection(section) => {
                for ty in section {
                    self.module.memories.push(Memory { ty: ty?, import: None });
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    let origin = GlobalOrigin::Init(self.operators(&global.init_expr)?);
                    self.module.globals.push(Global { ty: global.ty, origin });
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.tag(tag?, None);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let index = extern_index(export.kind, export.index);
                    self.module.exports.push(Export { name: export.name, index });
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(FuncIndex::from_u32(func)),
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.data(data?)?;
                }
            }
            Payload::CustomSection(section) => {
                self.module.custom_sections.push((section.name(), section.data().len() as u64));
                match section.as_known() {
                    KnownCustom::Name(names) => self.names(names),
                    KnownCustom::BranchHints(hints) => self.module.branch_hints = BranchHints::read(hints),
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The operators of an initialiser expression.
    fn operators(&self, expr: &ConstExpr<'_>) -> Result<Vec<ConstOperator>, Error> {
        let initial = |index: GlobalIndex| match &self.module.globals[index].origin {
            GlobalOrigin::Init(operators) => match operators[..] {
                [operator] => Some(operator),
                _ => None,
            },
            GlobalOrigin::Import(_) => None,
        };
        Ok(const_expr::resolve(const_expr::operators(expr)?, initial))
    }

    fn rec_group(&mut self, group: wasmparser::RecGroup) {
        let start = self.module.types.next_key();
        self.module.types.extend(group.into_types());
        self.module.rec_groups.push(start..self.module.types.next_key());
    }

    fn import(&mut self, import: wasmparser::Import<'a>) {
        let index = self.module.imports.push(Import { module: import.module, name: import.name, ty: import.ty });
        match import.ty {
            TypeRef::Func(type_index) | TypeRef::FuncExact(type_index) => {
                let (type_index, origin) = (TypeIndex::from_u32(type_index), FunctionOrigin::Import(index));
                self.module.functions.push(Function { type_index, origin });
            }
            TypeRef::Table(ty) => {
                self.module.tables.push(Table { ty, import: Some(index), init: None });
            }
            TypeRef::Memory(ty) => {
                self.module.memories.push(Memory { ty, import: Some(index) });
            }
            TypeRef::Global(ty) => {
                self.module.globals.push(Global { ty, origin: GlobalOrigin::Import(index) });
            }
            TypeRef::Tag(ty) => self.tag(ty, Some(index)),
        }
    }

    fn tag(&mut self, ty: wasmparser::TagType, import: Option<ImportIndex>) {
        self.module.tags.push(Tag { type_index: TypeIndex::from_u32(ty.func_type_idx), import });
    }

    fn table(&mut self, table: wasmparser::Table<'a>) -> Result<(), Error> {
        let init = match table.init {
            TableInit::RefNull => None,
            TableInit::Expr(expr) => Some(self.operators(&expr)?),
        };
        self.module.tables.push(Table { ty: table.ty, import: None, init });
        Ok(())
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> Result<(), Error> {
        let mode = match element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                SegmentMode::Active(TableIndex::from_u32(table_index.unwrap_or(0)), self.operators(&offset_expr)?)
            }
        };
        let (ty, items) = match element.items {
            RawItems::Functions(functions) => {
                let functions = functions.into_iter().map(|function| function.map(FuncIndex::from_u32));
                (RefType::FUNC, ElementItems::Functions(functions.collect::<Result<_, _>>()?))
            }
            RawItems::Expressions(ty, expressions) => {
                let expressions = expressions.into_iter().map(|expr| self.operators(&expr?));
                (ty, ElementItems::Expressions(expressions.collect::<Result<_, _>>()?))
            }
        };
        self.module.elements.push(Element { mode, ty, items });
        Ok(())
    }

    fn data(&mut self, data: wasmparser::Data<'a>) -> Result<(), Error> {
        let mode = match data.kind {
            DataKind::Passive => SegmentMode::Passive,
            DataKind::Active { memory_index, offset_expr } => {
                SegmentMode::Active(MemoryIndex::from_u32(memory_index), self.operators(&offset_expr)?)
            }
        };
        self.module.data.push(Data { mode, bytes: data.data, offset: data.range.start });
        Ok(())
    }

    /// Reads names as far as they are well-formed: a custom section's faults do not make a module invalid (7.4.1).
    fn names(&mut self, section: NameSectionReader<'a>) {
        for subsection in section {
            match subsection {
                Ok(Name::Module { name, .. }) => self.module.name = Some(name),
                Ok(Name::Function(map)) => {
                    let names = map.into_iter().map_while(Result::ok);
                    // Bits, because nothing has validated that there is such a function.
                    let names = names.map(|naming| (FuncIndex::from_bits(naming.index), naming.name));
                    self.module.function_names.extend(names);
                }
                Ok(Name::Tag(map)) => {
                    let names = map.into_iter().map_while(Result::ok);
                    self.module.tag_names.extend(names.map(|naming| (TagIndex::from_bits(naming.index), naming.name)));
                }
                Ok(Name::Type(map)) => {
                    let names = map.into_iter().map_while(Result::ok);
                    self.module
                        .type_names
                        .extend(names.map(|naming| (TypeIndex::from_bits(naming.index), naming.name)));
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn body(&mut self, validator: FuncToValidate<ValidatorResources>, body: FunctionBody<'a>) {
        let index = FuncIndex::new(self.imported_functions + self.bodies.len());
        self.module.functions[index].origin = FunctionOrigin::Body(body.clone());
        self.bodies.push(UnvalidatedFunction { validator, body, features: self.features });
    }
}

fn extern_index(kind: ExternalKind, index: u32) -> ExternIndex {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternIndex::Func(FuncIndex::from_u32(index)),
        ExternalKind::Table => ExternIndex::Table(TableIndex::from_u32(index)),
        ExternalKind::Memory => ExternIndex::Memory(MemoryIndex::from_u32(index)),
        ExternalKind::Global => ExternIndex::Global(GlobalIndex::from_u32(index)),
        ExternalKind::Tag => ExternIndex::Tag(TagIndex::from_u32(index)),
    }
}
