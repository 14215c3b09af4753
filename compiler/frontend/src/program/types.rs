//! The types of all modules of a program, numbered: two types have the same number exactly where the specification
//! calls them equivalent (3.1.3 "Rolling and unrolling", iso-recursive equality of recursive groups).

use crate::Module;
use crate::index::{TypeId, TypeIndex};
use cranelift_entity::{EntityRef, PrimaryMap, iter_entity_range};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;
use wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType, SubType, UnpackedIndex, ValType};

/// The types of all modules of a program.
#[derive(Debug, Default)]
pub struct Types {
    /// First type of each recursive group, by the group's spelling with outside types replaced by their numbers.
    groups: HashMap<String, TypeId>,
    /// What subtyping depends on.
    definitions: PrimaryMap<TypeId, Definition>,
}

#[derive(Debug)]
struct Definition {
    supertype: Option<TypeId>,
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
    /// A value of this type.
    Type(TypeId),
}

impl Types {
    /// Adds the types of a module; returns what they are among those of all.
    pub fn add(&mut self, module: &Module<'_>) -> PrimaryMap<TypeIndex, TypeId> {
        let mut ids = PrimaryMap::with_capacity(module.types.len());
        for group in &module.rec_groups {
            let spelling = spell(module, group, &ids);
            let next = self.definitions.next_key();
            let first = *self.groups.entry(spelling).or_insert(next);
            let types = module.types.get_range(group.clone()).expect("groups are made of the module's types");
            ids.extend((first.index()..).take(types.len()).map(TypeId::new));
            if first == next {
                self.definitions.extend(types.iter().map(|ty| Definition::new(ty, &ids)));
            }
        }
        ids
    }

    /// Whether the type `sub` is `wanted`, or is declared to be a subtype of it.
    pub fn is_subtype(&self, sub: TypeId, wanted: TypeId) -> bool {
        let supertype = |&id: &TypeId| self.definitions[id].supertype;
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
        use AbstractHeapType::{Any, Array, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
        match (sub, wanted) {
            (Heap::Type(sub), Heap::Type(wanted)) => self.is_subtype(sub, wanted),
            (Heap::Type(sub), Heap::Abstract(_)) => {
                self.heap_matches(Heap::Abstract(self.definitions[sub].kind), wanted)
            }
            (Heap::Abstract(NoFunc), Heap::Type(wanted)) => self.definitions[wanted].kind == Func,
            (Heap::Abstract(None), Heap::Type(wanted)) => self.definitions[wanted].kind != Func,
            (Heap::Abstract(_), Heap::Type(_)) => false,
            (Heap::Abstract(sub), Heap::Abstract(wanted)) => {
                sub == wanted
                    || matches!(
                        (sub, wanted),
                        (NoFunc, Func)
                            | (NoExtern, Extern)
                            | (NoExn, Exn)
                            | (None, Any | Eq | I31 | Struct | Array)
                            | (I31 | Struct | Array, Eq | Any)
                            | (Eq, Any)
                    )
            }
        }
    }
}

impl Definition {
    /// The definition of a type of the module whose types are `ids` among those of all.
    fn new(ty: &SubType, ids: &PrimaryMap<TypeIndex, TypeId>) -> Self {
        let kind = match ty.composite_type.inner {
            CompositeInnerType::Func(_) => AbstractHeapType::Func,
            CompositeInnerType::Array(_) => AbstractHeapType::Array,
            CompositeInnerType::Struct(_) => AbstractHeapType::Struct,
            CompositeInnerType::Cont(_) => AbstractHeapType::Cont,
        };
        let supertype = ty.supertype_idxs.iter().find_map(|index| index.as_module_index());
        Self { supertype: supertype.map(|index| ids[TypeIndex::from_u32(index)]), kind }
    }
}

/// A value type of the module whose types are `ids` among those of all.
pub fn value_type(ty: ValType, ids: &PrimaryMap<TypeIndex, TypeId>) -> ValueType {
    match ty {
        ValType::Ref(reference) => reference_type(reference, ids),
        plain => ValueType::Plain(plain),
    }
}

/// A reference type of the module whose types are `ids` among those of all.
pub fn reference_type(ty: RefType, ids: &PrimaryMap<TypeIndex, TypeId>) -> ValueType {
    let heap = match ty.heap_type() {
        HeapType::Abstract { ty, .. } => Heap::Abstract(ty),
        HeapType::Concrete(UnpackedIndex::Module(index)) | HeapType::Exact(UnpackedIndex::Module(index)) => {
            Heap::Type(ids[TypeIndex::from_u32(index)])
        }
        other => unreachable!("types of modules refer to their own types: {other:?}"),
    };
    ValueType::Reference(ty.is_nullable(), heap)
}

fn spell(module: &Module<'_>, group: &Range<TypeIndex>, ids: &PrimaryMap<TypeIndex, TypeId>) -> String {
    let type_name = |index: u32| match TypeIndex::from_u32(index) {
        own if group.contains(&own) => format!("own {}", own.index() - group.start.index()),
        other => format!("type {}", ids[other]),
    };
    let mut spelling = String::new();
    for index in iter_entity_range(group.clone()) {
        let ty = &module.types[index];
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
