//! How a module takes part in a program.

use crate::plan::memory::MemoryPlan;
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
