//! The types of all modules of a program, numbered: two types have the same number exactly where the specification
//! calls them equivalent (3.1.3 "Rolling and unrolling", iso-recursive equality of recursive groups).

use crate::Module;
use std::collections::HashMap;
use std::fmt::Write;
use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType, SubType, UnpackedIndex, ValType};

/// Numbers types across all modules of a program. 0 is never given out: it stands for no type.
#[derive(Debug, Default)]
pub struct Types {
    /// First number of each recursive group, by the group's spelling with outside types replaced by their numbers.
    groups: HashMap<String, u32>,
    /// What subtyping depends on, by number less one.
    definitions: Vec<Definition>,
}

#[derive(Debug)]
struct Definition {
    supertype: Option<u32>,
    /// The abstract type just above.
    kind: AbstractHeapType,
}

/// A value type whose meaning does not depend on a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A number or vector.
    Plain(ValType),
    /// A reference: whether it may be null, and to what.
    Reference(bool, Heap),
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heap {
    /// Anything of a kind.
    Abstract(AbstractHeapType),
    /// A value of the type with this number.
    Type(u32),
}

impl Types {
    /// Adds the types of a module; returns their numbers, by type index.
    pub fn add(&mut self, module: &Module<'_>) -> Vec<u32> {
        let mut ids: Vec<u32> = Vec::with_capacity(module.types.len());
        for group in &module.rec_groups {
            let spelling = spell(module, group.clone(), &ids);
            let next = self.definitions.len() as u32 + 1;
            let first = *self.groups.entry(spelling).or_insert(next);
            ids.extend((0..group.len() as u32).map(|position| first + position));
            if first == next {
                let types = &module.types[group.start as usize..group.end as usize];
                self.definitions.extend(types.iter().map(|ty| Definition::new(ty, &ids)));
            }
        }
        ids
    }

    fn definition(&self, id: u32) -> &Definition {
        &self.definitions[id as usize - 1]
    }

    /// Whether the type numbered `sub` is `wanted`, or is declared to be a subtype of it.
    pub fn is_subtype(&self, sub: u32, wanted: u32) -> bool {
        let supertype = |&id: &u32| self.definition(id).supertype;
        std::iter::successors(Some(sub), supertype).any(|id| id == wanted)
    }

    /// Whether every value of type `sub` is one of type `wanted` (core specification 3.3.3 "Value Types").
    pub fn matches(&self, sub: ValueType, wanted: ValueType) -> bool {
        match (sub, wanted) {
            (ValueType::Reference(nullable, sub), ValueType::Reference(may_be_null, wanted)) => {
                (may_be_null || !nullable) && self.heap_matches(sub, wanted)
            }
            _ => sub == wanted,
        }
    }

    fn heap_matches(&self, sub: Heap, wanted: Heap) -> bool {
        use AbstractHeapType::{Any, Array, Eq, Extern, Func, I31, NoExtern, NoFunc, None, Struct};
        match (sub, wanted) {
            (Heap::Type(sub), Heap::Type(wanted)) => self.is_subtype(sub, wanted),
            (Heap::Type(sub), Heap::Abstract(_)) => {
                self.heap_matches(Heap::Abstract(self.definition(sub).kind), wanted)
            }
            (Heap::Abstract(NoFunc), Heap::Type(wanted)) => self.definition(wanted).kind == Func,
            (Heap::Abstract(None), Heap::Type(wanted)) => self.definition(wanted).kind != Func,
            (Heap::Abstract(_), Heap::Type(_)) => false,
            (Heap::Abstract(sub), Heap::Abstract(wanted)) => {
                sub == wanted
                    || matches!(
                        (sub, wanted),
                        (NoFunc, Func)
                            | (NoExtern, Extern)
                            | (None, Any | Eq | I31 | Struct | Array)
                            | (I31 | Struct | Array, Eq | Any)
                            | (Eq, Any)
                    )
            }
        }
    }
}

impl Definition {
    /// The definition of a type of the module whose types have the numbers `ids`.
    fn new(ty: &SubType, ids: &[u32]) -> Self {
        let kind = match ty.composite_type.inner {
            CompositeInnerType::Func(_) => AbstractHeapType::Func,
            CompositeInnerType::Array(_) => AbstractHeapType::Array,
            CompositeInnerType::Struct(_) => AbstractHeapType::Struct,
            CompositeInnerType::Cont(_) => AbstractHeapType::Cont,
        };
        let supertype = ty.supertype_idxs.iter().find_map(|index| index.as_module_index());
        Self { supertype: supertype.map(|index| ids[index as usize]), kind }
    }
}

/// A value type of the module whose types have the numbers `ids`.
pub fn value_type(ty: ValType, ids: &[u32]) -> ValueType {
    match ty {
        ValType::Ref(reference) => reference_type(reference, ids),
        plain => ValueType::Plain(plain),
    }
}

/// A reference type of the module whose types have the numbers `ids`.
pub fn reference_type(ty: RefType, ids: &[u32]) -> ValueType {
    let heap = match ty.heap_type() {
        HeapType::Abstract { ty, .. } => Heap::Abstract(ty),
        HeapType::Concrete(UnpackedIndex::Module(index)) | HeapType::Exact(UnpackedIndex::Module(index)) => {
            Heap::Type(ids[index as usize])
        }
        other => unreachable!("types of modules refer to their own types: {other:?}"),
    };
    ValueType::Reference(ty.is_nullable(), heap)
}

fn spell(module: &Module<'_>, group: std::ops::Range<u32>, ids: &[u32]) -> String {
    let type_name = |index: u32| match index.checked_sub(group.start) {
        Some(position) if index < group.end => format!("own {position}"),
        _ => format!("type {}", ids[index as usize]),
    };
    let mut spelling = String::new();
    for index in group.clone() {
        let ty = &module.types[index as usize];
        let supertypes: Vec<_> =
            ty.supertype_idxs.iter().filter_map(|packed| packed.as_module_index()).map(type_name).collect();
        write!(spelling, "{} {supertypes:?} ", ty.is_final).expect("writing to a string never fails");
        match &ty.composite_type.inner {
            CompositeInnerType::Func(func) => {
                let list =
                    |values: &[ValType]| values.iter().map(|&ty| spell_value(ty, &type_name)).collect::<Vec<_>>();
                write!(spelling, "{:?}->{:?};", list(func.params()), list(func.results()))
            }
            other => write!(spelling, "{other:?};"),
        }
        .expect("writing to a string never fails");
    }
    spelling
}

fn spell_value(ty: ValType, type_name: &impl Fn(u32) -> String) -> String {
    if let ValType::Ref(reference) = ty
        && let HeapType::Concrete(index) = reference.heap_type()
        && let Some(index) = index.as_module_index()
    {
        return format!("{}{}", if reference.is_nullable() { "null " } else { "" }, type_name(index));
    }
    ty.to_string()
}
