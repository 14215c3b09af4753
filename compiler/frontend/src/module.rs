//! What a validated module consists of, by index space (core specification 2.5.1).

use crate::const_expr::ConstOperator;
use crate::hints::BranchHints;
use crate::index::{
    DataIndex, ElemIndex, ExternIndex, FuncIndex, GlobalIndex, ImportIndex, MemoryIndex, TableIndex, TagIndex,
    TypeIndex,
};
use crate::summary::Summary;
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::HashMap;
use std::ops::Range;
use wasmc_abi::context::{CALL_PARAMS, IMPORT_PARAMS};
use wasmparser::{
    CompositeInnerType, FieldType, FuncType, FunctionBody, GlobalType, MemoryType, RefType, StructType, SubType,
    TableType, TypeRef, ValType,
};

/// A valid module.
#[derive(Clone, Debug, Default)]
pub struct Module<'a> {
    /// Bytes of the binary.
    pub size: u64,
    /// Types.
    pub types: PrimaryMap<TypeIndex, SubType>,
    /// Type indices of each recursive group, in order.
    pub rec_groups: Vec<Range<TypeIndex>>,
    /// Imports in order.
    pub imports: PrimaryMap<ImportIndex, Import<'a>>,
    /// Functions, imported ones first.
    pub functions: PrimaryMap<FuncIndex, Function<'a>>,
    /// What the bodies of the functions that the module defines consist of, in order.
    pub summaries: Vec<Summary>,
    /// Tables, imported ones first.
    pub tables: PrimaryMap<TableIndex, Table>,
    /// Memories, imported ones first.
    pub memories: PrimaryMap<MemoryIndex, Memory>,
    /// Globals, imported ones first.
    pub globals: PrimaryMap<GlobalIndex, Global>,
    /// Tags, imported ones first.
    pub tags: PrimaryMap<TagIndex, Tag>,
    /// Exports in order.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<FuncIndex>,
    /// Element segments.
    pub elements: PrimaryMap<ElemIndex, Element>,
    /// Data segments.
    pub data: PrimaryMap<DataIndex, Data<'a>>,
    /// Name of the module in its name section.
    pub name: Option<&'a str>,
    /// Names of functions in the name section.
    pub function_names: HashMap<FuncIndex, &'a str>,
    /// Names of tags in the name section.
    pub tag_names: HashMap<TagIndex, &'a str>,
    /// Names of types.
    pub type_names: HashMap<TypeIndex, &'a str>,
    /// Which way branches are expected to go.
    pub branch_hints: BranchHints,
    /// Custom sections: name and size in bytes.
    pub custom_sections: Vec<(&'a str, u64)>,
}

/// Something the module needs from outside.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// Name of the module it comes from.
    pub module: &'a str,
    /// Its name there.
    pub name: &'a str,
    /// What it is.
    pub ty: TypeRef,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    /// Its type.
    pub type_index: TypeIndex,
    /// Where it comes from.
    pub origin: FunctionOrigin<'a>,
}

/// Where a function comes from.
#[derive(Clone, Debug)]
pub enum FunctionOrigin<'a> {
    /// An import.
    Import(ImportIndex),
    /// The function's locals and code.
    Body(FunctionBody<'a>),
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Element type and limits.
    pub ty: TableType,
    /// The import that it stands for, `None` where the module defines it.
    pub import: Option<ImportIndex>,
    /// Initial value of the elements; `None` means null.
    pub init: Option<Vec<ConstOperator>>,
}

/// A linear memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Limits and index type.
    pub ty: MemoryType,
    /// The import that it stands for, `None` where the module defines it.
    pub import: Option<ImportIndex>,
}

/// A global.
#[derive(Clone, Debug)]
pub struct Global {
    /// Content type and mutability.
    pub ty: GlobalType,
    /// Where its initial value comes from.
    pub origin: GlobalOrigin,
}

/// A tag of exceptions.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// The type of a function that takes what an exception carries, and returns nothing.
    pub type_index: TypeIndex,
    /// The import that it stands for, `None` where the module defines it.
    pub import: Option<ImportIndex>,
}

/// Where a global's initial value comes from.
#[derive(Clone, Debug)]
pub enum GlobalOrigin {
    /// An import.
    Import(ImportIndex),
    /// Initialiser expression.
    Init(Vec<ConstOperator>),
}

/// Something the module offers.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub index: ExternIndex,
}

/// Where the contents of a segment go: `I` is the index of a table or a memory.
#[derive(Clone, Debug)]
pub enum SegmentMode<I> {
    /// Copied at instantiation to this table or memory, at this offset.
    Active(I, Vec<ConstOperator>),
    /// Copied by instructions.
    Passive,
    /// Only declares functions whose references are taken.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct Element {
    /// Where it goes.
    pub mode: SegmentMode<TableIndex>,
    /// The type of its elements.
    pub ty: RefType,
    /// Its elements.
    pub items: ElementItems,
}

/// Contents of an element segment.
#[derive(Clone, Debug)]
pub enum ElementItems {
    /// References to functions.
    Functions(Vec<FuncIndex>),
    /// Expressions.
    Expressions(Vec<Vec<ConstOperator>>),
}

impl ElementItems {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(functions) => functions.len(),
            Self::Expressions(expressions) => expressions.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every element as an expression.
    pub fn expressions(&self) -> Vec<Vec<ConstOperator>> {
        match self {
            Self::Functions(functions) => functions.iter().map(|&index| vec![ConstOperator::RefFunc(index)]).collect(),
            Self::Expressions(expressions) => expressions.clone(),
        }
    }
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    /// Where it goes.
    pub mode: SegmentMode<MemoryIndex>,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Offset of the segment in the module.
    pub offset: u64,
}

impl<'a> Module<'a> {
    /// The function type at an index.
    ///
    /// # Panics
    /// Where the type is not that of a function: validation rules that out wherever a function type is asked for.
    pub fn func_type(&self, type_index: TypeIndex) -> &FuncType {
        match &self.types[type_index].composite_type.inner {
            CompositeInnerType::Func(ty) => ty,
            other => panic!("type {type_index} is no function type: {other:?}"),
        }
    }

    /// Whether the type at an index is that of a function.
    pub fn is_func_type(&self, type_index: TypeIndex) -> bool {
        matches!(self.types[type_index].composite_type.inner, CompositeInnerType::Func(_))
    }

    /// The structure type at an index.
    ///
    /// # Panics
    /// Where the type is another: as [`Self::func_type`].
    pub fn struct_type(&self, type_index: TypeIndex) -> &StructType {
        match &self.types[type_index].composite_type.inner {
            CompositeInnerType::Struct(ty) => ty,
            other => panic!("type {type_index} is no structure type: {other:?}"),
        }
    }

    /// The type of the elements of the array type at an index.
    ///
    /// # Panics
    /// Where the type is another: as [`Self::func_type`].
    pub fn element_type(&self, type_index: TypeIndex) -> FieldType {
        match &self.types[type_index].composite_type.inner {
            CompositeInnerType::Array(ty) => ty.0,
            other => panic!("type {type_index} is no array type: {other:?}"),
        }
    }

    /// The type of a function.
    pub fn type_of_function(&self, function: FuncIndex) -> &FuncType {
        self.func_type(self.functions[function].type_index)
    }

    /// The import a function stands for, `None` where the module defines it.
    pub fn function_import(&self, function: FuncIndex) -> Option<&Import<'a>> {
        Some(&self.imports[self.import(ExternIndex::Func(function))?])
    }

    /// The body of a function, `None` where it is imported.
    pub fn body(&self, function: FuncIndex) -> Option<&FunctionBody<'a>> {
        match &self.functions[function].origin {
            FunctionOrigin::Import(_) => None,
            FunctionOrigin::Body(body) => Some(body),
        }
    }

    /// What the body of a function consists of, `None` where it is imported.
    pub fn summary(&self, function: FuncIndex) -> Option<&Summary> {
        let imported = self.functions.len() - self.summaries.len();
        self.summaries.get(function.index().checked_sub(imported)?)
    }

    /// Tells which functions whoever embeds the module calls with arguments and result in registers, as they are in the
    /// convention of C: see [`wasmc_abi::context::Api::call`].
    pub fn called_directly(&self) -> impl Fn(FuncIndex) -> bool {
        let makes_tail_calls = self.summaries.iter().any(|summary| summary.tail_calls);
        move |function| {
            !makes_tail_calls && self.body(function).is_some() && fits(self.type_of_function(function), CALL_PARAMS)
        }
    }

    /// Whether internal references become external ones.
    pub fn externalizes(&self) -> bool {
        self.summaries.iter().any(|summary| summary.externalizes)
            || self.constants().any(|operators| operators.contains(&ConstOperator::ExternConvertAny))
    }

    /// Whether the module makes objects.
    pub fn allocates(&self) -> bool {
        self.summaries.iter().any(|summary| summary.allocates)
            || self.constants().flatten().any(|operator| operator.allocates())
    }

    /// Its constant expressions.
    pub fn constants(&self) -> impl Iterator<Item = Vec<ConstOperator>> {
        let globals = self.globals.values().filter_map(|global| match &global.origin {
            GlobalOrigin::Init(operators) => Some(operators.to_vec()),
            GlobalOrigin::Import(_) => None,
        });
        let tables = self.tables.values().filter_map(|table| table.init.as_ref().map(|init| init.to_vec()));
        let elements = self.elements.values().flat_map(|element| element.items.expressions());
        globals.chain(tables).chain(elements)
    }

    /// The memories, tables and globals that it imports.
    pub fn imported_state(&self) -> impl Iterator<Item = (ExternIndex, &Import<'a>)> {
        let tables = self.tables.keys().map(ExternIndex::Table);
        let all = self.memories.keys().map(ExternIndex::Memory).chain(tables);
        let all = all.chain(self.globals.keys().map(ExternIndex::Global));
        all.filter_map(|index| Some((index, &self.imports[self.import(index)?])))
    }

    /// The import that something stands for, `None` where the module defines it.
    pub fn import(&self, index: ExternIndex) -> Option<ImportIndex> {
        match index {
            ExternIndex::Func(function) => match self.functions[function].origin {
                FunctionOrigin::Import(import) => Some(import),
                FunctionOrigin::Body(_) => None,
            },
            ExternIndex::Table(table) => self.tables[table].import,
            ExternIndex::Memory(memory) => self.memories[memory].import,
            ExternIndex::Global(global) => match self.globals[global].origin {
                GlobalOrigin::Import(import) => Some(import),
                GlobalOrigin::Init(_) => None,
            },
            ExternIndex::Tag(tag) => self.tags[tag].import,
        }
    }

    /// What is exported as `name`.
    pub fn export(&self, name: &str) -> Option<ExternIndex> {
        self.exports.iter().find(|export| export.name == name).map(|export| export.index)
    }

    /// The types of the values that exceptions with a tag carry.
    pub fn tag_params(&self, tag: TagIndex) -> &[ValType] {
        self.func_type(self.tags[tag].type_index).params()
    }

    /// The name users know a function by: from the name section, else its import, else its export.
    pub fn function_name(&self, function: FuncIndex) -> Option<String> {
        let name = self.function_names.get(&function).copied();
        self.name_of(name, ExternIndex::Func(function))
    }

    /// The name users know a tag by, as that of a function.
    pub fn tag_name(&self, tag: TagIndex) -> Option<String> {
        let name = self.tag_names.get(&tag).copied();
        self.name_of(name, ExternIndex::Tag(tag))
    }

    fn name_of(&self, name: Option<&str>, index: ExternIndex) -> Option<String> {
        if let Some(name) = name {
            return Some(name.to_string());
        }
        if let Some(import) = self.import(index) {
            let import = &self.imports[import];
            return Some(format!("{}.{}", import.module, import.name));
        }
        let export = self.exports.iter().find(|export| export.index == index)?;
        Some(export.name.to_string())
    }
}

/// Whether an import of this type is satisfied by a function that takes arguments as such: see
/// [`wasmc_abi::context::HostFunction`].
pub fn is_imported_directly(ty: &FuncType) -> bool {
    fits(ty, IMPORT_PARAMS)
}

/// Whether registers that all conventions of C have suffice for values of these types.
fn fits(ty: &FuncType, params: usize) -> bool {
    let values = ty.params().iter().chain(ty.results());
    ty.params().len() <= params && ty.results().len() <= 1 && !values.into_iter().any(|&ty| ty == ValType::V128)
}
