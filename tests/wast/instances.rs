//! Instances, and what they export.

use super::imports::Resolved;
use super::matching::{self, Value};
use std::collections::HashMap;
use std::rc::Rc;
use wasmc_codegen::MemoryPlan;
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_frontend::Module;
use wasmc_frontend::module::{FunctionOrigin, GlobalOrigin};
use wasmc_frontend::wasmparser::{ExternalKind, FuncType};

/// Something an instance exports, as the instance that defines it knows it.
#[derive(Clone, Debug)]
pub enum Definition {
    /// A function.
    Function {
        /// Its symbol.
        symbol: String,
        /// Symbol of what calls it with an array of values.
        trampoline: String,
        /// Canonical number of its type.
        ty: u32,
        /// Numbers of parameters and results.
        arity: (usize, usize),
    },
    /// A global.
    Global {
        /// Symbol of its value.
        symbol: String,
        /// Type of its value.
        ty: Value,
        /// Bytes of its value.
        size: u32,
        /// Whether it can be set.
        mutable: bool,
    },
    /// A table.
    Table {
        /// Symbol of its state.
        symbol: String,
        /// Type of its elements.
        ty: Value,
        /// Its size.
        limits: Limits,
    },
    /// A memory.
    Memory {
        /// Symbol of its state.
        symbol: String,
        /// How it is accessed.
        plan: MemoryPlan,
        /// Its size, in pages.
        limits: Limits,
        /// Whether threads share it.
        shared: bool,
    },
}

/// Sizes of a table or memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// At first.
    pub min: u64,
    /// At most.
    pub max: Option<u64>,
    /// Whether indices have 64 bits.
    pub is_64: bool,
}

/// An instance of a module.
#[derive(Debug)]
pub struct Instance {
    /// Its name in symbols.
    pub name: String,
    exports: HashMap<String, Definition>,
}

/// Why there is no instance.
#[derive(Clone, Debug)]
pub enum Missing {
    /// The compiler does not have a feature.
    Skipped(String),
    /// A fault.
    Failed(String),
}

/// An instance, or why there is none.
pub type Found = Result<Rc<Instance>, Missing>;

impl Limits {
    /// Whether a table or memory with these limits can have grown to what `wanted` asks for, and never grows beyond.
    pub fn can_be(self, wanted: Self) -> bool {
        let never_beyond = wanted.max.is_none_or(|most| self.max.is_some_and(|max| max <= most));
        let reachable = self.max.is_none_or(|max| wanted.min <= max);
        self.is_64 == wanted.is_64 && never_beyond && reachable
    }
}

impl Instance {
    /// The instance `name` of a module: its own definitions, and what it hands on.
    pub fn new(name: String, module: &Module<'_>, ids: &[u32], imports: &Resolved, memories: &[MemoryPlan]) -> Self {
        let exports = module.exports.iter().filter_map(|export| {
            let index = export.index as usize;
            let definition = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => match module.functions[index].origin {
                    FunctionOrigin::Import(_) => imports.functions[index].clone(),
                    FunctionOrigin::Body(_) => function(&name, module, ids, export.index),
                },
                ExternalKind::Global => match module.globals[index].origin {
                    GlobalOrigin::Import(_) => imports.globals[index].clone(),
                    GlobalOrigin::Init(_) => global(&name, module, ids, export.index),
                },
                ExternalKind::Table => match module.tables[index].import {
                    Some(_) => imports.tables[index].clone(),
                    None => table(&name, module, ids, export.index),
                },
                ExternalKind::Memory => match module.memories[index].import {
                    Some(_) => imports.memories[index].clone(),
                    None => memory(&name, module, &memories[index], export.index),
                },
                ExternalKind::Tag => return None,
            };
            Some((export.name.to_string(), definition))
        });
        Self { exports: exports.collect(), name }
    }

    /// What is exported under a name.
    pub fn export(&self, name: &str) -> Option<&Definition> {
        self.exports.get(name)
    }
}

fn function(name: &str, module: &Module<'_>, ids: &[u32], index: u32) -> Definition {
    let ty: &FuncType = module.type_of_function(index);
    Definition::Function {
        symbol: symbol_of(name, Exported::Function(index)),
        trampoline: symbol_of(name, Exported::Trampoline(index)),
        ty: ids[module.functions[index as usize].type_index as usize],
        arity: (ty.params().len(), ty.results().len()),
    }
}

fn global(name: &str, module: &Module<'_>, ids: &[u32], index: u32) -> Definition {
    let ty = module.globals[index as usize].ty;
    Definition::Global {
        symbol: symbol_of(name, Exported::Global(index)),
        ty: matching::value(ty.content_type, ids),
        size: wasmc_codegen::plan::instance::size_of_value(ty.content_type),
        mutable: ty.mutable,
    }
}

fn table(name: &str, module: &Module<'_>, ids: &[u32], index: u32) -> Definition {
    let ty = module.tables[index as usize].ty;
    Definition::Table {
        symbol: symbol_of(name, Exported::Table(index)),
        ty: matching::reference(ty.element_type, ids),
        limits: Limits { min: ty.initial, max: ty.maximum, is_64: ty.table64 },
    }
}

fn memory(name: &str, module: &Module<'_>, plan: &MemoryPlan, index: u32) -> Definition {
    let ty = module.memories[index as usize].ty;
    Definition::Memory {
        symbol: symbol_of(name, Exported::Memory(index)),
        plan: plan.clone(),
        limits: Limits { min: ty.initial, max: ty.maximum, is_64: ty.memory64 },
        shared: ty.shared,
    }
}
