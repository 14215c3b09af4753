//! What instances are called, and what imports resolve to.

use super::instances::{Definition, Found, Limits, Missing};
use super::matching::{self, Types};
use std::collections::HashMap;
use wasmc_abi::{memory, table};
use wasmc_codegen::plan::role::Imports;
use wasmc_frontend::Module;
use wasmc_frontend::wasmparser::TypeRef;

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

    /// The instance that imports find under a name.
    pub fn registered(&self, name: &str) -> Found {
        let unknown = || Err(Missing::Failed(format!("nothing is registered as {name:?}")));
        self.registered.get(name).cloned().unwrap_or_else(unknown)
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
                Some(instance) => instance.clone()?.export(import.name).cloned(),
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
    /// Functions.
    pub functions: Vec<Definition>,
    /// Globals.
    pub globals: Vec<Definition>,
    /// Tables.
    pub tables: Vec<Definition>,
    /// Memories.
    pub memories: Vec<Definition>,
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
