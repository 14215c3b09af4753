//! When what one module exports is what another imports (core specification 3.4, 4.5.2): types of different modules,
//! compared by their canonical numbers.

use std::collections::HashMap;
use wasmc_codegen::plan::types::TypeIds;
use wasmc_frontend::Module;
use wasmc_frontend::wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType, UnpackedIndex, ValType};

/// A value type whose meaning does not depend on a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
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
    /// A value of the type with this canonical number.
    Type(u32),
}

/// All types of a program.
#[derive(Default)]
pub struct Types {
    /// Their numbers.
    pub ids: TypeIds,
    definitions: HashMap<u32, Definition>,
}

struct Definition {
    supertype: Option<u32>,
    /// The abstract type just above.
    kind: AbstractHeapType,
}

impl Types {
    /// Adds the types of a module; returns their canonical numbers.
    pub fn add(&mut self, module: &Module<'_>) -> Vec<u32> {
        let ids = self.ids.number(module);
        for (ty, &id) in module.types.iter().zip(&ids) {
            let supertype = ty.supertype_idxs.iter().find_map(|index| index.as_module_index());
            let kind = match ty.composite_type.inner {
                CompositeInnerType::Func(_) => AbstractHeapType::Func,
                CompositeInnerType::Array(_) => AbstractHeapType::Array,
                CompositeInnerType::Struct(_) => AbstractHeapType::Struct,
                CompositeInnerType::Cont(_) => AbstractHeapType::Cont,
            };
            let supertype = supertype.map(|index| ids[index as usize]);
            self.definitions.entry(id).or_insert(Definition { supertype, kind });
        }
        ids
    }

    /// Whether the type numbered `sub` is `wanted`, or is declared to be a subtype of it.
    pub fn is_subtype(&self, sub: u32, wanted: u32) -> bool {
        let supertype = |id: &u32| self.definitions.get(id).and_then(|definition| definition.supertype);
        std::iter::successors(Some(sub), supertype).any(|id| id == wanted)
    }

    /// Whether every value of type `sub` is one of type `wanted`.
    pub fn matches(&self, sub: Value, wanted: Value) -> bool {
        match (sub, wanted) {
            (Value::Reference(nullable, sub), Value::Reference(may_be_null, wanted)) => {
                (may_be_null || !nullable) && self.heap_matches(sub, wanted)
            }
            _ => sub == wanted,
        }
    }

    fn heap_matches(&self, sub: Heap, wanted: Heap) -> bool {
        use AbstractHeapType::{Any, Array, Eq, Extern, Func, I31, NoExtern, NoFunc, None, Struct};
        let kind = |id: u32| self.definitions.get(&id).map(|definition| definition.kind);
        match (sub, wanted) {
            (Heap::Type(sub), Heap::Type(wanted)) => self.is_subtype(sub, wanted),
            (Heap::Type(sub), Heap::Abstract(_)) => {
                kind(sub).is_some_and(|kind| self.heap_matches(Heap::Abstract(kind), wanted))
            }
            (Heap::Abstract(NoFunc), Heap::Type(wanted)) => kind(wanted) == Some(Func),
            (Heap::Abstract(None), Heap::Type(wanted)) => kind(wanted).is_some_and(|kind| kind != Func),
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

/// A value type of the module whose types have the numbers `ids`.
pub fn value(ty: ValType, ids: &[u32]) -> Value {
    match ty {
        ValType::Ref(reference) => self::reference(reference, ids),
        plain => Value::Plain(plain),
    }
}

/// A reference type of the module whose types have the numbers `ids`.
pub fn reference(ty: RefType, ids: &[u32]) -> Value {
    let heap = match ty.heap_type() {
        HeapType::Abstract { ty, .. } => Heap::Abstract(ty),
        HeapType::Concrete(UnpackedIndex::Module(index)) | HeapType::Exact(UnpackedIndex::Module(index)) => {
            Heap::Type(ids[index as usize])
        }
        other => unreachable!("types of modules refer to their own types: {other:?}"),
    };
    Value::Reference(ty.is_nullable(), heap)
}
