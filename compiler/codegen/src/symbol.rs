//! What code refers to, and how Cranelift names it.

use cranelift_codegen::ir::UserExternalName;
use wasmc_abi::builtin::Builtin;
use wasmc_frontend::index::{
    CanonicalId, DataIndex, ElemIndex, FuncIndex, GlobalIndex, InstanceId, MemoryIndex, TableIndex, TagIndex,
};

/// What code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// The code of a function of the module.
    Function(FuncIndex),
    /// The native function that satisfies the import of a function.
    Import(FuncIndex),
    /// What a reference to a function refers to: its code, or its stub where it is imported.
    FuncRef(FuncIndex),
    /// The instance block.
    Instance,
    /// What a thread has of its own, in a program with threads. Code reaches it through the pinned register; the symbol
    /// is the main thread's.
    Thread,
    /// The block of a program's only context.
    Context,
    /// What [`Symbol::Thread`] holds at first, for other threads.
    ThreadInitial,
    /// Element 0 of a table whose length never changes.
    Table(TableIndex),
    /// The bytes of a data segment that instructions copy.
    Data(DataIndex),
    /// The elements of an element segment that instructions copy.
    Element(ElemIndex),
    /// The bytes that start-up copies into a memory: the memory, the position in its image's copies.
    Copy(MemoryIndex, u32),
    /// The list of the tables that map program counters to traps: the one pointer that the program's only module has.
    TrapTables,
    /// The value of an imported global.
    ImportedGlobal(GlobalIndex),
    /// The `Table` structure of an imported table.
    ImportedTable(TableIndex),
    /// The `Memory` structure of an imported memory.
    ImportedMemory(MemoryIndex),
    /// Where an exception with an imported tag lies while it is thrown.
    ImportedTag(TagIndex),
    /// The list of the tables by which handlers are found: the one pointer that the program's only module has.
    UnwindTables,
    /// What the collector must know of the instance.
    HeapTables,
    /// Where the next object lies: the runtime's.
    Heap,
    /// Where the state of the instance lies that snapshots hold.
    State,
    /// What a profile begins with, and behind it the path of its file.
    ProfileHead,
    /// Where the program counts: the file of the profile.
    Profile,
    /// A function of the runtime.
    Builtin(Builtin),
    /// What a function of the runtime knows of a component that calls it.
    Canonical(CanonicalId),
    /// What comes before the instantiation of an instance.
    Prepare(InstanceId),
    /// The instantiation of an instance.
    Instantiate(InstanceId),
    /// The start or the end of the array of functions that run before the program: the position in
    /// [`wasmc_abi::native::INITIALIZERS`].
    Initializers(u32),
}

/// The namespaces after those of [`Symbol::Copy`]: of what there is one of, and of three kinds that components have.
const SINGLE: u32 = u32::MAX;
const CANONICAL: u32 = u32::MAX - 1;
const PREPARE: u32 = u32::MAX - 2;
const INSTANTIATE: u32 = u32::MAX - 3;

impl Symbol {
    pub(crate) fn to_user_name(self) -> UserExternalName {
        let (namespace, index) = match self {
            Self::Function(index) => (0, index.as_u32()),
            Self::Import(index) => (1, index.as_u32()),
            Self::FuncRef(index) => (2, index.as_u32()),
            Self::Instance => (3, 0),
            Self::Table(index) => (4, index.as_u32()),
            Self::Data(index) => (5, index.as_u32()),
            Self::Element(index) => (6, index.as_u32()),
            Self::TrapTables => (7, 0),
            Self::Builtin(builtin) => (8, builtin.number()),
            Self::ImportedGlobal(index) => (9, index.as_u32()),
            Self::ImportedTable(index) => (10, index.as_u32()),
            Self::ImportedMemory(index) => (11, index.as_u32()),
            Self::Thread => (12, 0),
            Self::ThreadInitial => (13, 0),
            Self::Initializers(index) => (14, index),
            Self::ImportedTag(index) => (15, index.as_u32()),
            Self::UnwindTables => (16, 0),
            Self::Context => (17, 0),
            Self::Copy(memory, index) => (18 + memory.as_u32(), index),
            Self::HeapTables => (SINGLE, 0),
            Self::Heap => (SINGLE, 1),
            Self::Canonical(id) => (CANONICAL, id.as_u32()),
            Self::Prepare(instance) => (PREPARE, instance.as_u32()),
            Self::Instantiate(instance) => (INSTANTIATE, instance.as_u32()),
            Self::State => (SINGLE, 2),
            Self::ProfileHead => (SINGLE, 3),
            Self::Profile => (SINGLE, 4),
        };
        UserExternalName { namespace, index }
    }

    pub(crate) fn from_user_name(name: &UserExternalName) -> Self {
        let index = name.index;
        match name.namespace {
            0 => Self::Function(FuncIndex::from_u32(index)),
            1 => Self::Import(FuncIndex::from_u32(index)),
            2 => Self::FuncRef(FuncIndex::from_u32(index)),
            3 => Self::Instance,
            4 => Self::Table(TableIndex::from_u32(index)),
            5 => Self::Data(DataIndex::from_u32(index)),
            6 => Self::Element(ElemIndex::from_u32(index)),
            7 => Self::TrapTables,
            8 => Self::Builtin(Builtin::from_number(index).expect("names are made of symbols")),
            9 => Self::ImportedGlobal(GlobalIndex::from_u32(index)),
            10 => Self::ImportedTable(TableIndex::from_u32(index)),
            11 => Self::ImportedMemory(MemoryIndex::from_u32(index)),
            12 => Self::Thread,
            13 => Self::ThreadInitial,
            14 => Self::Initializers(index),
            15 => Self::ImportedTag(TagIndex::from_u32(index)),
            16 => Self::UnwindTables,
            17 => Self::Context,
            SINGLE if index == 0 => Self::HeapTables,
            SINGLE if index == 1 => Self::Heap,
            SINGLE if index == 3 => Self::ProfileHead,
            SINGLE if index == 4 => Self::Profile,
            SINGLE => Self::State,
            CANONICAL => Self::Canonical(CanonicalId::from_u32(index)),
            PREPARE => Self::Prepare(InstanceId::from_u32(index)),
            INSTANTIATE => Self::Instantiate(InstanceId::from_u32(index)),
            namespace => Self::Copy(MemoryIndex::from_u32(namespace - 18), index),
        }
    }
}

/// Name of [`Symbol::Context`]: defined by whoever links instances into a program with one context.
pub const CONTEXT: &str = "wasmc_context";

/// What a symbol of an instance stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// A function in the modules' own calling convention.
    Function(FuncIndex),
    /// `fn(values: *mut [u128])`: takes a function's arguments from an array and puts its results there.
    Trampoline(FuncIndex),
    /// The value of a global.
    Global(GlobalIndex),
    /// The `Table` structure of a table.
    Table(TableIndex),
    /// The `Memory` structure of a memory.
    Memory(MemoryIndex),
    /// Where an exception with a tag lies while it is thrown.
    Tag(TagIndex),
    /// `fn()`: instantiates the module.
    Instantiate,
    /// `fn()`: reserves address space for the memories of the instance.
    Prepare,
    /// The instance's trap tables.
    TrapTables,
    /// The instance's tables by which handlers are found.
    UnwindTables,
}

/// The symbol of what the instance `name` offers.
pub fn symbol_of(name: &str, exported: Exported) -> String {
    match exported {
        Exported::Function(index) => format!("{name}.function.{index}"),
        Exported::Trampoline(index) => format!("{name}.trampoline.{index}"),
        Exported::Global(index) => format!("{name}.global.{index}"),
        Exported::Table(index) => format!("{name}.table.{index}"),
        Exported::Memory(index) => format!("{name}.memory.{index}"),
        Exported::Tag(index) => format!("{name}.tag.{index}"),
        Exported::Instantiate => format!("{name}.instantiate"),
        Exported::Prepare => format!("{name}.prepare"),
        Exported::TrapTables => format!("{name}.traps"),
        Exported::UnwindTables => format!("{name}.unwind"),
    }
}
