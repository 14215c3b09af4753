//! One more instance among others: imports bound to what other instances export (core specification 4.5.2 "External
//! Typing", 4.5.4 "Instantiation").

use super::types::{reference_type, value_type};
use super::{Binding, Item, Program};
use crate::index::{ExternIndex, InstanceId, ModuleId, TypeIndex};
use crate::shown::Shown;
use cranelift_entity::PrimaryMap;
use wasmparser::TypeRef;

/// Why a module cannot be instantiated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nothing has the name of an import.
    #[error("unknown import {0}")]
    Unknown(String),
    /// What has the name of an import does not have its type.
    #[error("incompatible import {0}")]
    Incompatible(String),
}

/// A size that a memory or table must have when an instance is made, although it starts smaller: growing makes it fit
/// for more imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The memory or table.
    pub item: Item,
    /// Its least size, in pages or elements.
    pub at_least: u64,
}

/// Sizes of a table or memory.
#[derive(Clone, Copy)]
struct Limits {
    min: u64,
    max: Option<u64>,
    is_64: bool,
}

impl Limits {
    /// Whether what has these limits can have grown to what `wanted` asks for, and never grows beyond.
    fn can_be(self, wanted: Self) -> bool {
        let never_beyond = wanted.max.is_none_or(|most| self.max.is_some_and(|max| max <= most));
        let reachable = self.max.is_none_or(|max| wanted.min <= max);
        self.is_64 == wanted.is_64 && never_beyond && reachable
    }
}

impl Program<'_> {
    /// Adds an instance of a module. `lookup` says what an import is, by the names of its module and of itself. Returns
    /// what must hold besides when the instance is made.
    ///
    /// # Errors
    /// Where an import is missing or has another type.
    pub fn instantiate(
        &mut self,
        name: String,
        module: ModuleId,
        lookup: impl Fn(&str, &str) -> Option<Binding>,
    ) -> Result<(InstanceId, Vec<Condition>), LinkError> {
        let (mut imports, mut conditions) = (PrimaryMap::new(), Vec::new());
        for import in self[module].imports.values() {
            let spelled = || format!("{}.{}", Shown(import.module), Shown(import.name));
            let binding = lookup(import.module, import.name).ok_or_else(|| LinkError::Unknown(spelled()))?;
            let matches = match binding {
                Binding::Instance(item) => self.item_matches(item, import.ty, module, &mut conditions),
                // Whoever binds these knows their types.
                Binding::Host(..)
                | Binding::Native(_)
                | Binding::Embedder(_)
                | Binding::Missing(_)
                | Binding::Canonical(_)
                | Binding::MayLeave(_)
                | Binding::Created => true,
            };
            if !matches {
                return Err(LinkError::Incompatible(spelled()));
            }
            imports.push(binding);
        }
        Ok((self.add_instance(name, module, imports), conditions))
    }

    /// Whether an item has the type `wanted` by a module. Adds the size that it must have grown to.
    fn item_matches(&self, item: Item, wanted: TypeRef, module: ModuleId, conditions: &mut Vec<Condition>) -> bool {
        let (wanted_ids, ids) = (self.type_ids(module), self.type_ids(self[item.instance].module));
        let definer = self.module_of(item.instance);
        let mut sizes_match = |limits: Limits, wanted: Limits| {
            if limits.min < wanted.min {
                conditions.push(Condition { item, at_least: wanted.min });
            }
            limits.can_be(wanted)
        };
        match (item.index, wanted) {
            (ExternIndex::Func(function), TypeRef::Func(wanted) | TypeRef::FuncExact(wanted)) => {
                let ty = ids[definer.functions[function].type_index];
                self.types.is_subtype(ty, wanted_ids[TypeIndex::from_u32(wanted)])
            }
            (ExternIndex::Global(global), TypeRef::Global(wanted)) => {
                let global = definer.globals[global].ty;
                let ty = value_type(global.content_type, ids);
                let wanted_type = value_type(wanted.content_type, wanted_ids);
                let matches = |sub, sup| self.types.matches(sub, sup);
                global.mutable == wanted.mutable
                    && matches(ty, wanted_type)
                    && (!global.mutable || matches(wanted_type, ty))
            }
            (ExternIndex::Table(table), TypeRef::Table(wanted)) => {
                let table = definer.tables[table].ty;
                let same_type =
                    reference_type(table.element_type, ids) == reference_type(wanted.element_type, wanted_ids);
                let limits = Limits { min: table.initial, max: table.maximum, is_64: table.table64 };
                let wanted = Limits { min: wanted.initial, max: wanted.maximum, is_64: wanted.table64 };
                sizes_match(limits, wanted) && same_type
            }
            (ExternIndex::Memory(memory), TypeRef::Memory(wanted)) => {
                let memory = definer.memories[memory].ty;
                let page_size = |log2: Option<u32>| log2.unwrap_or(wasmc_abi::memory::PAGE_SIZE_LOG2);
                let same_kind = memory.shared == wanted.shared
                    && page_size(memory.page_size_log2) == page_size(wanted.page_size_log2);
                let limits = Limits { min: memory.initial, max: memory.maximum, is_64: memory.memory64 };
                let wanted = Limits { min: wanted.initial, max: wanted.maximum, is_64: wanted.memory64 };
                sizes_match(limits, wanted) && same_kind
            }
            (ExternIndex::Tag(tag), TypeRef::Tag(wanted)) => {
                ids[definer.tags[tag].type_index] == wanted_ids[TypeIndex::from_u32(wanted.func_type_idx)]
            }
            _ => false,
        }
    }
}
