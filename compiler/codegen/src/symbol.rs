//! What code refers to, and how Cranelift names it.

use cranelift_codegen::ir::UserExternalName;
use wasmc_abi::builtin::Builtin;

/// What code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// The code of the module's function with this index.
    Function(u32),
    /// The native function that satisfies the import with this function index.
    Import(u32),
    /// What a reference to the function with this index refers to: its code, or its stub where it is imported.
    FuncRef(u32),
    /// The instance block.
    Instance,
    /// What a thread has of its own, in a program with threads. Code reaches it through the pinned register; the symbol
    /// is the main thread's.
    Thread,
    /// What [`Symbol::Thread`] holds at first, for other threads.
    ThreadInitial,
    /// Element 0 of a table whose length never changes.
    Table(u32),
    /// The bytes of a data segment that instructions copy.
    Data(u32),
    /// The elements of an element segment that instructions copy.
    Element(u32),
    /// The bytes that start-up copies into a memory: memory index, position in its image's copies.
    Copy(u32, u32),
    /// The list of the tables that map program counters to traps: the one pointer that the program's only module has.
    TrapTables,
    /// The value of an imported global.
    ImportedGlobal(u32),
    /// The `Table` structure of an imported table.
    ImportedTable(u32),
    /// The `Memory` structure of an imported memory.
    ImportedMemory(u32),
    /// A function of the runtime.
    Builtin(Builtin),
}

impl Symbol {
    pub(crate) fn to_user_name(self) -> UserExternalName {
        let (namespace, index) = match self {
            Self::Function(index) => (0, index),
            Self::Import(index) => (1, index),
            Self::FuncRef(index) => (2, index),
            Self::Instance => (3, 0),
            Self::Table(index) => (4, index),
            Self::Data(index) => (5, index),
            Self::Element(index) => (6, index),
            Self::TrapTables => (7, 0),
            Self::Builtin(builtin) => (8, builtin.number()),
            Self::ImportedGlobal(index) => (9, index),
            Self::ImportedTable(index) => (10, index),
            Self::ImportedMemory(index) => (11, index),
            Self::Thread => (12, 0),
            Self::ThreadInitial => (13, 0),
            Self::Copy(memory, index) => (14 + memory, index),
        };
        UserExternalName { namespace, index }
    }

    pub(crate) fn from_user_name(name: &UserExternalName) -> Self {
        let index = name.index;
        match name.namespace {
            0 => Self::Function(index),
            1 => Self::Import(index),
            2 => Self::FuncRef(index),
            3 => Self::Instance,
            4 => Self::Table(index),
            5 => Self::Data(index),
            6 => Self::Element(index),
            7 => Self::TrapTables,
            8 => Self::Builtin(Builtin::from_number(index).expect("names are made of symbols")),
            9 => Self::ImportedGlobal(index),
            10 => Self::ImportedTable(index),
            11 => Self::ImportedMemory(index),
            12 => Self::Thread,
            13 => Self::ThreadInitial,
            namespace => Self::Copy(namespace - 14, index),
        }
    }
}

/// What a symbol of an instance stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// A function in the modules' own calling convention.
    Function(u32),
    /// `fn(values: *mut [u128])`: takes a function's arguments from an array and puts its results there.
    Trampoline(u32),
    /// The value of a global.
    Global(u32),
    /// The `Table` structure of a table.
    Table(u32),
    /// The `Memory` structure of a memory.
    Memory(u32),
    /// `fn()`: instantiates the module.
    Instantiate,
    /// The instance's trap tables.
    TrapTables,
}

/// The symbol of what the instance `name` offers.
pub fn symbol_of(name: &str, exported: Exported) -> String {
    match exported {
        Exported::Function(index) => format!("{name}.function.{index}"),
        Exported::Trampoline(index) => format!("{name}.trampoline.{index}"),
        Exported::Global(index) => format!("{name}.global.{index}"),
        Exported::Table(index) => format!("{name}.table.{index}"),
        Exported::Memory(index) => format!("{name}.memory.{index}"),
        Exported::Instantiate => format!("{name}.instantiate"),
        Exported::TrapTables => format!("{name}.traps"),
    }
}
