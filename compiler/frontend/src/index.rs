//! Indices: a type for each index space of a module (core specification 2.5.1) and for what a program consists of, so
//! that an index into one space is none into another.

use cranelift_entity::entity_impl;

macro_rules! define_indices {
    ($($(#[$doc:meta])* $index:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $index(u32);
        entity_impl!($index, "");
    )*};
}

define_indices! {
    /// `typeidx`: a type.
    TypeIndex
    /// `funcidx`: a function, imported ones first.
    FuncIndex
    /// `tableidx`: a table, imported ones first.
    TableIndex
    /// `memidx`: a memory, imported ones first.
    MemoryIndex
    /// `globalidx`: a global, imported ones first.
    GlobalIndex
    /// `tagidx`: a tag, imported ones first.
    TagIndex
    /// `elemidx`: an element segment.
    ElemIndex
    /// `dataidx`: a data segment.
    DataIndex
    /// `localidx`: a parameter or local of a function.
    LocalIndex
    /// The position of an import among those of its module.
    ImportIndex
    /// A module of a program.
    ModuleId
    /// An instance of a program.
    InstanceId
    /// A type among those of all modules of a program, where equivalent ones are one.
    TypeId
    /// A tag among those that all instances of a program define.
    TagId
    /// A core function that a component makes and the runtime defines.
    CanonicalId
    /// An instance of a component.
    ComponentInstanceId
}

impl MemoryIndex {
    /// Memory 0: most modules have no other.
    pub const FIRST: Self = Self(0);
}

/// `externidx`: something that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternIndex {
    /// A function.
    Func(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// A tag.
    Tag(TagIndex),
}
