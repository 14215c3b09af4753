//! Instances: what they export, what they are called, and what imports resolve to.

use super::matching::{self, Types, Value};
use std::collections::HashMap;
use std::rc::Rc;
use wasmc_abi::{memory, table};
use wasmc_codegen::MemoryPlan;
use wasmc_codegen::linkage::{Exported, Imports, symbol_of};
use wasmc_frontend::Module;
use wasmc_frontend::module::{FunctionOrigin, GlobalOrigin};
use wasmc_frontend::wasmparser::{ExternalKind, FuncType, TypeRef};

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
    min: u64,
    max: Option<u64>,
    is_64: bool,
}

/// A size that must be reached when an import is resolved, although the definition starts smaller: growing makes a memory
/// or table fit for more imports.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Symbol of the state.
    pub symbol: String,
    /// Offset in bytes of the 64-bit size in it.
    pub offset: u32,
    /// Least size.
    pub at_least: u64,
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

/// What is called what.
#[derive(Default)]
pub struct Names<'a> {
    latest: Option<Found>,
    named: HashMap<&'a str, Found>,
    registered: HashMap<&'a str, Found>,
}

impl<'a> Names<'a> {
    /// Makes `instance` the latest, and gives it a name.
    pub fn define(&mut self, name: Option<&'a str>, instance: Found) {
        if let Some(name) = name {
            self.named.insert(name, instance.clone());
        }
        self.latest = Some(instance);
    }

    /// The instance with a name, by default the latest.
    pub fn get(&self, name: Option<&str>) -> Found {
        let found = match name {
            Some(name) => self.named.get(name),
            None => self.latest.as_ref(),
        };
        found.cloned().unwrap_or_else(|| Err(Missing::Failed("there is no such instance".into())))
    }

    /// Makes an instance importable.
    pub fn register(&mut self, name: &'a str, instance: Found) {
        self.registered.insert(name, instance);
    }

    /// What the imports of a module are, and what must hold besides; or why it cannot be linked.
    pub fn resolve(
        &self,
        module: &Module<'_>,
        ids: &[u32],
        types: &Types,
    ) -> Result<Result<Resolved, String>, Missing> {
        let mut resolved = Resolved::default();
        for import in &module.imports {
            let definition = match self.registered.get(import.module) {
                Some(instance) => instance.clone()?.exports.get(import.name).cloned(),
                None => None,
            };
            let Some(definition) = definition else {
                return Ok(Err(format!("unknown import {}.{}", import.module, import.name)));
            };
            if !resolved.add(definition, import.ty, ids, types) {
                return Ok(Err(format!("incompatible import {}.{}", import.module, import.name)));
            }
        }
        Ok(Ok(resolved))
    }
}

/// The imports of a module, by index space.
#[derive(Debug, Default)]
pub struct Resolved {
    functions: Vec<Definition>,
    globals: Vec<Definition>,
    tables: Vec<Definition>,
    memories: Vec<Definition>,
    /// What must hold when the module is instantiated.
    pub conditions: Vec<Condition>,
}

impl Resolved {
    /// Adds an import if its type matches.
    fn add(&mut self, definition: Definition, wanted: TypeRef, ids: &[u32], types: &Types) -> bool {
        let (space, matches) = match (&definition, wanted) {
            (Definition::Function { ty, .. }, TypeRef::Func(index) | TypeRef::FuncExact(index)) => {
                (&mut self.functions, types.is_subtype(*ty, ids[index as usize]))
            }
            (Definition::Global { ty, mutable, .. }, TypeRef::Global(wanted)) => {
                let wanted_type = matching::value(wanted.content_type, ids);
                let matches = types.matches(*ty, wanted_type) && (!*mutable || types.matches(wanted_type, *ty));
                (&mut self.globals, matches && *mutable == wanted.mutable)
            }
            (Definition::Table { symbol, ty, limits }, TypeRef::Table(wanted)) => {
                let wanted_type = matching::reference(wanted.element_type, ids);
                let wanted = Limits { min: wanted.initial, max: wanted.maximum, is_64: wanted.table64 };
                if limits.min < wanted.min {
                    let (symbol, offset) = (symbol.clone(), table::offsets::LEN);
                    self.conditions.push(Condition { symbol, offset, at_least: wanted.min });
                }
                (&mut self.tables, *ty == wanted_type && limits.can_be(wanted))
            }
            (Definition::Memory { symbol, plan, limits, shared }, TypeRef::Memory(wanted)) => {
                let page_size_log2 = wanted.page_size_log2.unwrap_or(memory::PAGE_SIZE_LOG2);
                let same_kind = *shared == wanted.shared && plan.page_size_log2 == page_size_log2;
                let wanted = Limits { min: wanted.initial, max: wanted.maximum, is_64: wanted.memory64 };
                if limits.min < wanted.min {
                    let at_least = wanted.min.saturating_mul(1 << page_size_log2);
                    let (symbol, offset) = (symbol.clone(), memory::offsets::LEN);
                    self.conditions.push(Condition { symbol, offset, at_least });
                }
                (&mut self.memories, same_kind && limits.can_be(wanted))
            }
            _ => return false,
        };
        space.push(definition);
        matches
    }

    /// The imports as the compiler takes them.
    pub fn imports(&self) -> Imports {
        let mut imports = Imports::default();
        for (definition, index) in self.functions.iter().zip(0..) {
            if let Definition::Function { symbol, .. } = definition {
                imports.functions.insert(index, symbol.clone());
            }
        }
        for (definition, index) in self.globals.iter().zip(0..) {
            if let Definition::Global { symbol, .. } = definition {
                imports.globals.insert(index, symbol.clone());
            }
        }
        for (definition, index) in self.tables.iter().zip(0..) {
            if let Definition::Table { symbol, .. } = definition {
                imports.tables.insert(index, symbol.clone());
            }
        }
        for (definition, index) in self.memories.iter().zip(0..) {
            if let Definition::Memory { symbol, plan, .. } = definition {
                imports.memories.insert(index, (symbol.clone(), plan.clone()));
            }
        }
        imports
    }
}

impl Limits {
    /// Whether a table or memory with these limits can have grown to what `wanted` asks for, and never grows beyond.
    fn can_be(self, wanted: Self) -> bool {
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
        size: wasmc_codegen::instance::size_of_value(ty.content_type),
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
