//! How a module takes part in a program.

use crate::lower::memory::MemoryPlan;
use std::collections::HashMap;

/// A module's part in the program it is linked into.
#[derive(Debug, Default)]
pub enum Role {
    /// The program's only module: instantiated and run by [`wasmc_abi::symbols::MAIN`]. Only what its entry point reaches is
    /// compiled.
    #[default]
    Executable,
    /// One of several instances that see each other's exports. Everything is compiled.
    Linked(Box<Linked>),
}

/// An instance among others.
#[derive(Debug, Default)]
pub struct Linked {
    /// Name of the instance, unique in the program; its symbols begin with it.
    pub name: String,
    /// What its imports are.
    pub imports: Imports,
    /// Whether any module of the program makes tail calls: they share one calling convention.
    pub tail_calls: bool,
}

/// What imports are, by index in the importing module's index spaces.
#[derive(Debug, Default)]
pub struct Imports {
    /// Functions of other instances: their symbols. Other imports are native functions.
    pub functions: HashMap<u32, String>,
    /// Symbols of the values of globals.
    pub globals: HashMap<u32, String>,
    /// Symbols of `Table` structures.
    pub tables: HashMap<u32, String>,
    /// Symbols of `Memory` structures, and how the memories are accessed.
    pub memories: HashMap<u32, (String, MemoryPlan)>,
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
