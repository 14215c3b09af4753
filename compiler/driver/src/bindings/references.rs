//! References to what is the guest's, as bindings see them: by which types they go.

use std::collections::{BTreeMap, HashMap};
use wasmc_abi::reference::heap_type;
use wasmc_frontend::Module;
use wasmc_frontend::index::{TypeId, TypeIndex};
use wasmc_frontend::program::types::Types;
use wasmc_frontend::wasmparser::{AbstractHeapType, CompositeInnerType, HeapType, RefType};

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it refers to.
    pub to: Heap,
    /// Whether it may be null.
    pub is_nullable: bool,
}

/// What a reference refers to.
#[allow(missing_docs, reason = "the names are those of the specification")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heap {
    Any,
    Eq,
    I31,
    Struct,
    Array,
    Exn,
    Func,
    /// External references, where some of them are the guest's.
    Extern,
    /// Of a type of the module: the first of those that are the same.
    Type(TypeIndex),
}

impl Heap {
    /// What the library knows it by: see [`wasmc_abi::reference`].
    pub fn code(self) -> i32 {
        match self {
            Self::Any => heap_type::ANY,
            Self::Eq => heap_type::EQ,
            Self::I31 => heap_type::I31,
            Self::Struct => heap_type::STRUCT,
            Self::Array => heap_type::ARRAY,
            Self::Exn => heap_type::EXN,
            Self::Func => heap_type::FUNC,
            Self::Extern => heap_type::EXTERN,
            Self::Type(index) => index.as_u32() as i32,
        }
    }
}

/// A type of the module that bindings name.
#[derive(Debug)]
pub struct GuestType {
    /// What it is called.
    pub name: String,
    /// All types that its values have, too.
    pub supertypes: Vec<Heap>,
}

/// The types of a module's references.
pub struct ReferenceTypes<'m, 'a> {
    module: &'m Module<'a>,
    /// For each type, the first that is the same.
    firsts: HashMap<TypeIndex, TypeIndex>,
    /// Those that bindings name so far.
    named: BTreeMap<TypeIndex, GuestType>,
}

impl<'m, 'a> ReferenceTypes<'m, 'a> {
    /// Those of a module.
    pub fn new(module: &'m Module<'a>) -> Self {
        let mut by_id: HashMap<TypeId, TypeIndex> = HashMap::new();
        let ids = Types::default().add(module);
        let firsts = ids.iter().map(|(index, &id)| (index, *by_id.entry(id).or_insert(index))).collect();
        Self { module, firsts, named: BTreeMap::new() }
    }

    /// The type of a reference, where bindings can have it.
    pub fn reference(&mut self, ty: RefType) -> Option<Reference> {
        let to = match ty.heap_type() {
            HeapType::Abstract { ty, shared: false } => match ty {
                AbstractHeapType::Any => Heap::Any,
                AbstractHeapType::Eq => Heap::Eq,
                AbstractHeapType::I31 => Heap::I31,
                AbstractHeapType::Struct => Heap::Struct,
                AbstractHeapType::Array => Heap::Array,
                AbstractHeapType::Exn => Heap::Exn,
                AbstractHeapType::Func => Heap::Func,
                AbstractHeapType::Extern => Heap::Extern,
                _ => return None,
            },
            HeapType::Concrete(index) => self.named(TypeIndex::from_u32(index.as_module_index()?))?,
            HeapType::Abstract { .. } | HeapType::Exact(_) => return None,
        };
        Some(Reference { to, is_nullable: ty.is_nullable() })
    }

    /// The types that bindings name.
    pub fn into_named(self) -> BTreeMap<TypeIndex, GuestType> {
        self.named
    }

    /// A type of the module, which is named from now on, and its supertypes are.
    fn named(&mut self, index: TypeIndex) -> Option<Heap> {
        let index = *self.firsts.get(&index)?;
        let kinds: &[Heap] = match self.module.types[index].composite_type.inner {
            CompositeInnerType::Struct(_) => &[Heap::Struct, Heap::Eq, Heap::Any],
            CompositeInnerType::Array(_) => &[Heap::Array, Heap::Eq, Heap::Any],
            CompositeInnerType::Func(_) => &[Heap::Func],
            CompositeInnerType::Cont(_) => return None,
        };
        if !self.named.contains_key(&index) {
            let above = self.module.types[index].supertype_idxs.iter().find_map(|above| above.as_module_index());
            let mut supertypes = kinds.to_vec();
            if let Some(Heap::Type(above)) = above.and_then(|above| self.named(TypeIndex::from_u32(above))) {
                supertypes.clone_from(&self.named[&above].supertypes);
                supertypes.push(Heap::Type(above));
            }
            let name = self.module.type_names.get(&index);
            let name = name.map_or_else(|| format!("type{index}"), |name| (*name).to_owned());
            self.named.insert(index, GuestType { name, supertypes });
        }
        Some(Heap::Type(index))
    }
}
