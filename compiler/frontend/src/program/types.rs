//! The types of all modules of a program, numbered: two types have the same number exactly where the specification
//! calls them equivalent (3.1.3 "Rolling and unrolling", iso-recursive equality of recursive groups).

use crate::Module;
use crate::index::{TypeId, TypeIndex};
use cranelift_entity::{EntityRef, PrimaryMap, iter_entity_range};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FieldType, HeapType, RefType, StorageType, SubType, UnpackedIndex, ValType,
};

/// The types of all modules of a program.
#[derive(Debug, Default)]
pub struct Types {
    /// First type of each recursive group, by the group's spelling with outside types replaced by their numbers.
    groups: HashMap<String, TypeId>,
    definitions: PrimaryMap<TypeId, Definition>,
    numbers: PrimaryMap<TypeId, Numbers>,
    /// The numbers of functions, structures and arrays.
    kinds: [Numbers; 3],
}

/// A type of a program.
#[derive(Debug)]
struct Definition {
    supertype: Option<TypeId>,
    composite: Composite,
}

/// The numbers by which code tells types apart: that of a type itself, and the last one of its subtypes, which follow
/// it without a gap. No type has the number 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The type's own.
    pub first: u32,
    /// The last of its subtypes, or its own where it has none.
    pub last: u32,
}

impl Numbers {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.last < self.first
    }
}

/// What values of a type consist of, as far as their layout depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composite {
    /// A function.
    Func,
    /// A structure with these fields.
    Struct(Vec<Storage>),
    /// An array of such elements.
    Array(Storage),
}

impl Composite {
    /// The position of its kind among functions, structures and arrays.
    fn kind(&self) -> usize {
        match self {
            Self::Func => 0,
            Self::Struct(_) => 1,
            Self::Array(_) => 2,
        }
    }
}

/// What a field or an element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// A packed integer, or a number, of so many bytes.
    Bytes(u32),
    /// A reference that is no object's: to a function, or to an exception.
    Word,
    /// A reference to an object, or what stands in its place.
    Object,
    /// An external reference.
    Extern,
}

impl Storage {
    /// What a field or an element of type `ty` of `module` holds.
    pub fn new(ty: StorageType, module: &Module<'_>) -> Self {
        match ty {
            StorageType::I8 => Self::Bytes(1),
            StorageType::I16 => Self::Bytes(2),
            StorageType::Val(ty) => Self::of_value(ty, module),
        }
    }

    /// What a place for values of type `ty` of `module` holds.
    pub fn of_value(ty: ValType, module: &Module<'_>) -> Self {
        use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
        match ty {
            ValType::I32 | ValType::F32 => Self::Bytes(4),
            ValType::I64 | ValType::F64 => Self::Bytes(8),
            ValType::V128 => Self::Bytes(16),
            ValType::Ref(ty) => match ty.heap_type() {
                HeapType::Abstract { ty: Func | NoFunc | Exn | NoExn, .. } => Self::Word,
                HeapType::Abstract { ty: Extern | NoExtern, .. } => Self::Extern,
                HeapType::Abstract { .. } => Self::Object,
                HeapType::Concrete(index) | HeapType::Exact(index) => match index.as_module_index() {
                    Some(index) if module.is_func_type(TypeIndex::from_u32(index)) => Self::Word,
                    _ => Self::Object,
                },
            },
        }
    }
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
                self.definitions.extend(types.iter().map(|ty| Definition::new(ty, &ids, module)));
            }
        }
        if self.numbers.len() < self.definitions.len() {
            self.number();
        }
        ids
    }

    /// Numbers all types so that the subtypes of each follow it, and functions, structures and arrays stand together. A
    /// supertype comes before its subtypes in order of their ids, too.
    fn number(&mut self) {
        let mut sizes: PrimaryMap<TypeId, u32> = self.definitions.keys().map(|_| 1).collect();
        let mut of_kinds = [0; 3];
        for (id, definition) in self.definitions.iter().rev() {
            match definition.supertype {
                Some(supertype) => sizes[supertype] += sizes[id],
                None => of_kinds[definition.composite.kind()] += sizes[id],
            }
        }
        let mut next_roots = [1, 1 + of_kinds[0], 1 + of_kinds[0] + of_kinds[1]];
        self.kinds =
            [0, 1, 2].map(|kind| Numbers { first: next_roots[kind], last: next_roots[kind] + of_kinds[kind] - 1 });
        // The next number for a subtype of each.
        let mut next: PrimaryMap<TypeId, u32> = PrimaryMap::with_capacity(sizes.len());
        self.numbers.clear();
        for (id, definition) in &self.definitions {
            let root = &mut next_roots[definition.composite.kind()];
            let place = definition.supertype.map_or(root, |supertype| &mut next[supertype]);
            let first = *place;
            *place += sizes[id];
            next.push(first + 1);
            self.numbers.push(Numbers { first, last: first + sizes[id] - 1 });
        }
    }

    /// The numbers of all structures.
    pub fn structs(&self) -> Numbers {
        self.kinds[1]
    }

    /// The numbers of all arrays.
    pub fn arrays(&self) -> Numbers {
        self.kinds[2]
    }

    /// The type that declares a field of a structure type, or the elements of an array type: the highest one above it
    /// that has them. Two types that have a field of different ones have no object in common.
    pub fn declarer(&self, id: TypeId, field: u32) -> TypeId {
        let has_it = |&id: &TypeId| match &self.definitions[id].composite {
            Composite::Func => false,
            Composite::Struct(fields) => (field as usize) < fields.len(),
            Composite::Array(_) => true,
        };
        let supertypes = std::iter::successors(Some(id), |&id| self.definitions[id].supertype);
        supertypes.take_while(has_it).last().unwrap_or(id)
    }

    /// The numbers of a type.
    pub fn numbers(&self, id: TypeId) -> Numbers {
        self.numbers[id]
    }

    /// All types, with what their values consist of.
    pub fn composites(&self) -> impl Iterator<Item = (TypeId, &Composite)> {
        self.definitions.iter().map(|(id, definition)| (id, &definition.composite))
    }

    /// What values of a type consist of.
    pub fn composite(&self, id: TypeId) -> &Composite {
        &self.definitions[id].composite
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
                self.heap_matches(Heap::Abstract(self.definitions[sub].kind()), wanted)
            }
            (Heap::Abstract(NoFunc), Heap::Type(wanted)) => self.definitions[wanted].kind() == Func,
            (Heap::Abstract(None), Heap::Type(wanted)) => self.definitions[wanted].kind() != Func,
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
    /// The definition of a type of `module`, whose types are `ids` among those of all.
    fn new(ty: &SubType, ids: &PrimaryMap<TypeIndex, TypeId>, module: &Module<'_>) -> Self {
        let storage = |field: &FieldType| Storage::new(field.element_type, module);
        let composite = match &ty.composite_type.inner {
            CompositeInnerType::Func(_) | CompositeInnerType::Cont(_) => Composite::Func,
            CompositeInnerType::Array(array) => Composite::Array(storage(&array.0)),
            CompositeInnerType::Struct(fields) => Composite::Struct(fields.fields.iter().map(storage).collect()),
        };
        let supertype = ty.supertype_idxs.iter().find_map(|index| index.as_module_index());
        Self { supertype: supertype.map(|index| ids[TypeIndex::from_u32(index)]), composite }
    }

    /// The abstract type just above.
    fn kind(&self) -> AbstractHeapType {
        match self.composite {
            Composite::Func => AbstractHeapType::Func,
            Composite::Array(_) => AbstractHeapType::Array,
            Composite::Struct(_) => AbstractHeapType::Struct,
        }
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
            CompositeInnerType::Array(array) => write!(spelling, "[{}];", spell_field(&array.0, &type_name)),
            CompositeInnerType::Struct(fields) => {
                let fields = fields.fields.iter().map(|field| spell_field(field, &type_name));
                write!(spelling, "{:?};", fields.collect::<Vec<_>>())
            }
            CompositeInnerType::Cont(_) => write!(spelling, "{:?};", ty.composite_type),
        }
        .expect("writing to a string never fails");
    }
    spelling
}

fn spell_field(field: &FieldType, type_name: &impl Fn(u32) -> String) -> String {
    let mutable = if field.mutable { "mut " } else { "" };
    match field.element_type {
        StorageType::Val(ty) => format!("{mutable}{}", spell_value(ty, type_name)),
        packed => format!("{mutable}{packed}"),
    }
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
