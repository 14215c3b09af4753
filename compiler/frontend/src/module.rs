//! What a validated module consists of, by index space (core specification 2.5.1).

use crate::const_expr::ConstOperator;
use crate::hints::BranchHints;
use crate::summary::Summary;
use std::collections::HashMap;
use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, FunctionBody, GlobalType, MemoryType, SubType, TableType, TypeRef,
};

/// A valid module.
#[derive(Clone, Debug, Default)]
pub struct Module<'a> {
    /// Bytes of the binary.
    pub size: u64,
    /// Types, by index.
    pub types: Vec<SubType>,
    /// Type indices of each recursive group, in order.
    pub rec_groups: Vec<std::ops::Range<u32>>,
    /// Imports in order.
    pub imports: Vec<Import<'a>>,
    /// Functions, imported ones first.
    pub functions: Vec<Function<'a>>,
    /// What the bodies of the functions that the module defines consist of, in order.
    pub summaries: Vec<Summary>,
    /// Tables, imported ones first.
    pub tables: Vec<Table>,
    /// Memories, imported ones first.
    pub memories: Vec<Memory>,
    /// Globals, imported ones first.
    pub globals: Vec<Global>,
    /// Exports in order.
    pub exports: Vec<Export<'a>>,
    /// The start function.
    pub start: Option<u32>,
    /// Element segments, by index.
    pub elements: Vec<Element>,
    /// Data segments, by index.
    pub data: Vec<Data<'a>>,
    /// Name of the module in its name section.
    pub name: Option<&'a str>,
    /// Names of functions in the name section.
    pub function_names: HashMap<u32, &'a str>,
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
    /// Index of its type.
    pub type_index: u32,
    /// Where it comes from.
    pub origin: FunctionOrigin<'a>,
}

/// Where a function comes from.
#[derive(Clone, Debug)]
pub enum FunctionOrigin<'a> {
    /// Index in [`Module::imports`].
    Import(u32),
    /// The function's locals and code.
    Body(FunctionBody<'a>),
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Element type and limits.
    pub ty: TableType,
    /// Index in [`Module::imports`], `None` where the module defines it.
    pub import: Option<u32>,
    /// Initial value of the elements; `None` means null.
    pub init: Option<Vec<ConstOperator>>,
}

/// A linear memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Limits and index type.
    pub ty: MemoryType,
    /// Index in [`Module::imports`], `None` where the module defines it.
    pub import: Option<u32>,
}

/// A global.
#[derive(Clone, Debug)]
pub struct Global {
    /// Content type and mutability.
    pub ty: GlobalType,
    /// Index in [`Module::imports`], or the initial value.
    pub origin: GlobalOrigin,
}

/// Where a global's initial value comes from.
#[derive(Clone, Debug)]
pub enum GlobalOrigin {
    /// Index in [`Module::imports`].
    Import(u32),
    /// Initialiser expression.
    Init(Vec<ConstOperator>),
}

/// Something the module offers.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a str,
    /// Which index space.
    pub kind: ExternalKind,
    /// Index in that space.
    pub index: u32,
}

/// Where the contents of a segment go.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// Copied at instantiation to the table or memory with this index, at this offset.
    Active(u32, Vec<ConstOperator>),
    /// Copied by instructions.
    Passive,
    /// Only declares functions whose references are taken.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct Element {
    /// Where it goes.
    pub mode: SegmentMode,
    /// Its elements.
    pub items: ElementItems,
}

/// Contents of an element segment.
#[derive(Clone, Debug)]
pub enum ElementItems {
    /// References to functions, by index.
    Functions(Vec<u32>),
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
    pub mode: SegmentMode,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Offset of the segment in the module.
    pub offset: u64,
}

impl<'a> Module<'a> {
    /// The function type at a type index.
    ///
    /// # Panics
    /// Where the type is not that of a function: validation rules that out wherever a function type is asked for.
    pub fn func_type(&self, type_index: u32) -> &FuncType {
        match &self.types[type_index as usize].composite_type.inner {
            CompositeInnerType::Func(ty) => ty,
            other => panic!("type {type_index} is no function type: {other:?}"),
        }
    }

    /// The type of a function.
    pub fn type_of_function(&self, function: u32) -> &FuncType {
        self.func_type(self.functions[function as usize].type_index)
    }

    /// The import a function stands for, `None` where the module defines it.
    pub fn function_import(&self, function: u32) -> Option<&Import<'a>> {
        match self.functions[function as usize].origin {
            FunctionOrigin::Import(import) => Some(&self.imports[import as usize]),
            FunctionOrigin::Body(_) => None,
        }
    }

    /// The body of a function, `None` where it is imported.
    pub fn body(&self, function: u32) -> Option<&FunctionBody<'a>> {
        match &self.functions[function as usize].origin {
            FunctionOrigin::Import(_) => None,
            FunctionOrigin::Body(body) => Some(body),
        }
    }

    /// What the body of a function consists of, `None` where it is imported.
    pub fn summary(&self, function: u32) -> Option<&Summary> {
        let imported = self.functions.len() - self.summaries.len();
        self.summaries.get((function as usize).checked_sub(imported)?)
    }

    /// The export called `name` of the given kind.
    pub fn export(&self, name: &str, kind: ExternalKind) -> Option<u32> {
        self.exports.iter().find(|export| export.name == name && export.kind == kind).map(|export| export.index)
    }

    /// The name users know a function by: from the name section, else its import, else its export.
    pub fn function_name(&self, function: u32) -> Option<String> {
        if let Some(name) = self.function_names.get(&function) {
            return Some((*name).to_string());
        }
        if let Some(import) = self.function_import(function) {
            return Some(format!("{}.{}", import.module, import.name));
        }
        let mut exports = self.exports.iter();
        let export = exports.find(|export| export.kind == ExternalKind::Func && export.index == function)?;
        Some(export.name.to_string())
    }
}
