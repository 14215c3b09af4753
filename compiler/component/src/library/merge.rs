//! Many core modules to one, each with what it imports from those before it: static linking, where every instance is
//! known.
//!
//! Index spaces are laid one after the other ([`Spaces`]), so that code is copied with other indices and is otherwise
//! as it was. Segments of instances that are made after the first start function are passive, and written by the start
//! function of the whole, in the order in which instances are made (component model, "Instance Definitions").

use super::reencode::{Renumbered, Spaces};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, Encode, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection,
    Module, NameMap, NameSection, StartSection, TableSection, TagSection, TypeSection, ValType,
};
use wasmc_frontend::Error;
use wasmc_frontend::wasmparser::{
    self, DataKind, ElementKind, ExternalKind, KnownCustom, Name, Parser, Payload, TypeRef,
};

/// Something in the index spaces of the merged module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entity {
    /// The index space.
    pub kind: ExternalKind,
    /// Its index there.
    pub index: u32,
}

/// The merged module so far.
#[derive(Default)]
pub(crate) struct Merger {
    types: TypeSection,
    /// How many there are: a group counts as one in the section.
    types_len: u32,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    tags: TagSection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    names: BTreeMap<u32, String>,
    imported: u32,
    /// Functions that code makes references to.
    referred: BTreeSet<u32>,
    /// What the start function does, where there is one.
    start: Option<Vec<u8>>,
    /// Bytes that may still be merged.
    room: usize,
}

impl Merger {
    /// One that merges modules of so many bytes at most.
    pub fn new(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    /// Imports a function: before anything else is made.
    pub fn import(&mut self, (module, name): (&str, &str), params: &[ValType], results: &[ValType]) -> u32 {
        let ty = self.function_type(params, results);
        self.imports.import(module, name, EntityType::Function(ty));
        self.imported += 1;
        self.imported - 1
    }

    fn function_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.types_len += 1;
        self.types_len - 1
    }

    /// Adds a function.
    pub fn function(&mut self, name: String, (params, results): (&[ValType], &[ValType]), body: &Function) -> u32 {
        let ty = self.function_type(params, results);
        let index = self.next_function();
        self.functions.function(ty);
        self.code.function(body);
        self.names.insert(index, name);
        index
    }

    fn next_function(&self) -> u32 {
        self.imported + self.functions.len()
    }

    /// Adds a mutable global of type `i32`.
    pub fn global(&mut self, value: i32) -> u32 {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        self.globals.global(ty, &ConstExpr::i32_const(value));
        self.globals.len() - 1
    }

    /// Exports something; returns the number of the export.
    pub fn export(&mut self, name: &str, Entity { kind, index }: Entity) -> usize {
        let kind = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Global => ExportKind::Global,
            ExternalKind::Tag => ExportKind::Tag,
        };
        self.exports.export(name, kind, index);
        self.exports.len() as usize - 1
    }

    /// Adds an instance of a valid module, whose imports are these, in order; returns where what it has is now.
    ///
    /// # Errors
    /// Where the module cannot be read, its imports are others, or all of them become too large.
    pub fn instantiate(&mut self, binary: &[u8], imports: &[Entity]) -> Result<Spaces, Error> {
        self.room = self.room.checked_sub(binary.len()).ok_or_else(|| {
            let error = Error::new("the core instances of the component take many times the bytes that it has");
            error.with_help("a library has a copy of a module for each instance: build it with fewer of them")
        })?;
        let mut spaces = Spaces::new(self.types_len, self.elements.len(), self.data.len());
        let is_late = self.start.is_some();
        let mut start = None;
        let mut bodies = 0;
        for payload in Parser::new(0).parse_all(binary) {
            let mut renumbered = Renumbered { spaces: &mut spaces, referred: &mut self.referred };
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        let group = group?;
                        self.types_len += group.types().len() as u32;
                        renumbered.parse_recursive_type_group(self.types.ty(), group).map_err(unreadable)?;
                    }
                }
                Payload::ImportSection(section) => bind(section, imports, &mut spaces)?,
                Payload::FunctionSection(section) => {
                    for ty in section {
                        spaces.functions.push(self.imported + self.functions.len());
                        self.functions.function(spaces.ty(ty?));
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        renumbered.spaces.tables.push(self.tables.len());
                        renumbered.parse_table(&mut self.tables, table?).map_err(unreadable)?;
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        renumbered.spaces.memories.push(self.memories.len());
                        self.memories.memory(renumbered.memory_type(memory?).map_err(unreadable)?);
                    }
                }
                Payload::TagSection(section) => {
                    for tag in section {
                        renumbered.spaces.tags.push(self.tags.len());
                        self.tags.tag(renumbered.tag_type(tag?).map_err(unreadable)?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let index = self.globals.len();
                        renumbered.parse_global(&mut self.globals, global?).map_err(unreadable)?;
                        renumbered.spaces.globals.push(index);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        spaces.exports.insert(export.name.to_owned(), (export.kind, export.index));
                    }
                }
                Payload::StartSection { func, .. } => start = Some(spaces.function(func)?),
                Payload::ElementSection(section) => {
                    for element in section {
                        add_element(&mut self.elements, renumbered.reborrow(), element?, self.start.as_mut(), is_late)
                            .map_err(unreadable)?;
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        add_data(&mut self.data, renumbered.reborrow(), data?, self.start.as_mut(), is_late)
                            .map_err(unreadable)?;
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    renumbered.parse_function_body(&mut self.code, body).map_err(unreadable)?;
                    bodies += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        self.take_names(names, &spaces);
                    }
                }
                _ => {}
            }
        }
        debug_assert_eq!(bodies as usize + imported_functions(imports), spaces.functions.len());
        if let Some(function) = start {
            Instruction::Call(function).encode(self.start.get_or_insert_default());
        }
        Ok(spaces)
    }

    /// The names of functions, as far as they can be read.
    fn take_names(&mut self, names: wasmparser::NameSectionReader<'_>, spaces: &Spaces) {
        for subsection in names {
            let Ok(Name::Function(map)) = subsection else { continue };
            for naming in map {
                let Ok(naming) = naming else { break };
                if let Ok(function) = spaces.function(naming.index)
                    && function >= self.imported
                {
                    self.names.entry(function).or_insert_with(|| naming.name.to_owned());
                }
            }
        }
    }

    /// The whole module.
    pub fn finish(mut self) -> Vec<u8> {
        let start = self.start.take().map(|code| {
            let mut body = Function::new([]);
            body.raw(code).instruction(&Instruction::End);
            self.function("[start]".into(), (&[], &[]), &body)
        });
        if !self.referred.is_empty() {
            let referred: Vec<u32> = self.referred.iter().copied().collect();
            self.elements.declared(Elements::Functions(Cow::Owned(referred)));
        }
        let mut functions = NameMap::new();
        self.names.iter().for_each(|(&function, name)| functions.append(function, name));
        let mut names = NameSection::new();
        names.functions(&functions);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&self.memories);
        if !self.tags.is_empty() {
            module.section(&self.tags);
        }
        module.section(&self.globals).section(&self.exports);
        if let Some(function_index) = start {
            module.section(&StartSection { function_index });
        }
        module.section(&self.elements).section(&DataCountSection { count: self.data.len() });
        module.section(&self.code).section(&self.data).section(&names);
        module.finish()
    }
}

fn imported_functions(imports: &[Entity]) -> usize {
    imports.iter().filter(|import| import.kind == ExternalKind::Func).count()
}

/// Makes known what the imports of a module are.
fn bind(section: wasmparser::ImportSectionReader<'_>, imports: &[Entity], spaces: &mut Spaces) -> Result<(), Error> {
    let mut imports = imports.iter();
    for import in section.into_imports() {
        let wanted = match import?.ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternalKind::Func,
            TypeRef::Table(_) => ExternalKind::Table,
            TypeRef::Memory(_) => ExternalKind::Memory,
            TypeRef::Global(_) => ExternalKind::Global,
            TypeRef::Tag(_) => ExternalKind::Tag,
        };
        match imports.next() {
            Some(&Entity { kind, index }) if kind == wanted => spaces.push(kind, index),
            _ => return Err(Error::new("a core instance has other imports than its module")),
        }
    }
    Ok(())
}

type Renumbering = Result<(), wasm_encoder::reencode::Error<Error>>;

/// Adds a segment of elements. Where it is late, `start` writes what is active.
fn add_element(
    elements: &mut ElementSection,
    mut renumbered: Renumbered<'_>,
    element: wasmparser::Element<'_>,
    start: Option<&mut Vec<u8>>,
    is_late: bool,
) -> Renumbering {
    let ElementKind::Active { table_index, offset_expr } = element.kind.clone() else {
        return renumbered.parse_element(elements, element);
    };
    let (true, Some(start)) = (is_late, start) else { return renumbered.parse_element(elements, element) };
    let items = renumbered.element_items(element.items)?;
    let len = match &items {
        Elements::Functions(functions) => functions.len(),
        Elements::Expressions(_, expressions) => expressions.len(),
    };
    let elem_index = elements.len();
    elements.passive(items);
    offset(&mut renumbered, offset_expr, start)?;
    let table = renumbered.table_index(table_index.unwrap_or(0))?;
    for instruction in [
        Instruction::I32Const(0),
        Instruction::I32Const(len as i32),
        Instruction::TableInit { elem_index, table },
        Instruction::ElemDrop(elem_index),
    ] {
        instruction.encode(start);
    }
    Ok(())
}

/// As [`add_element`], of data.
fn add_data(
    section: &mut DataSection,
    mut renumbered: Renumbered<'_>,
    data: wasmparser::Data<'_>,
    start: Option<&mut Vec<u8>>,
    is_late: bool,
) -> Renumbering {
    let DataKind::Active { memory_index, offset_expr } = data.kind.clone() else {
        return renumbered.parse_data(section, data);
    };
    let (true, Some(start)) = (is_late, start) else { return renumbered.parse_data(section, data) };
    let data_index = section.len();
    section.passive(data.data.iter().copied());
    offset(&mut renumbered, offset_expr, start)?;
    let mem = renumbered.memory_index(memory_index)?;
    for instruction in [
        Instruction::I32Const(0),
        Instruction::I32Const(data.data.len() as i32),
        Instruction::MemoryInit { mem, data_index },
        Instruction::DataDrop(data_index),
    ] {
        instruction.encode(start);
    }
    Ok(())
}

/// Appends the code of a constant expression, without its end.
fn offset(renumbered: &mut Renumbered<'_>, expression: wasmparser::ConstExpr<'_>, to: &mut Vec<u8>) -> Renumbering {
    let mut operators = expression.get_operators_reader();
    while !operators.is_end_then_eof() {
        renumbered.parse_instruction(&mut operators)?.encode(to);
    }
    Ok(())
}

fn unreadable(error: wasm_encoder::reencode::Error<Error>) -> Error {
    match error {
        wasm_encoder::reencode::Error::UserError(error) => error,
        other => Error::new(wasmc_frontend::shown::lines(&other.to_string())),
    }
}
