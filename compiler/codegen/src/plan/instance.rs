//! Where instance state lies.
//!
//! One block of writable data holds a module's globals and the [`Memory`](wasmc_abi::memory) and [`Table`](wasmc_abi::table)
//! structures of what it defines. The block is a symbol of the image. In a program with threads it holds what they share,
//! the memories; the rest lies in a second block, of which each thread has its own.

use crate::symbol::Symbol;
use crate::plan::role::Role;
use std::collections::BTreeMap;
use wasmc_abi::{memory, table};
use wasmc_frontend::Module;
use wasmc_frontend::module::GlobalOrigin;
use wasmc_frontend::reach::References;
use wasmc_frontend::wasmparser::ValType;

/// Where a piece of state lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// [`Symbol::Instance`] or [`Symbol::Thread`] for the module's own state, a symbol of another instance for what is
    /// imported.
    pub symbol: Symbol,
    /// Bytes from there.
    pub offset: u32,
}

impl Place {
    /// Whether it is the module's own state, not imported.
    pub fn is_own(self) -> bool {
        matches!(self.symbol, Symbol::Instance | Symbol::Thread)
    }

    fn imported(symbol: Symbol) -> Self {
        Self { symbol, offset: 0 }
    }
}

/// The instance block of a module.
#[derive(Debug, Default)]
pub struct InstanceLayout {
    /// Each global's value.
    pub globals: Vec<Place>,
    /// Each memory's `Memory` structure.
    pub memories: Vec<Place>,
    /// Each table's `Table` structure.
    pub tables: Vec<Place>,
    /// For each data segment that instructions copy or drop, the bytes left of it (64-bit): 0 once dropped.
    pub data_lens: BTreeMap<u32, Place>,
    /// The same for element segments, in elements.
    pub element_lens: BTreeMap<u32, Place>,
    /// Bytes of the instance block.
    pub size: u32,
    /// Bytes of the block that each thread has of its own.
    pub thread_size: u32,
    threads: bool,
}

/// Alignment of the instance block, in bytes: that of its largest member.
pub const ALIGN: u32 = 16;

impl InstanceLayout {
    /// Lays out the state of `module`. Structures come first, so that their offsets are small.
    pub fn new(module: &Module<'_>, references: &References, role: &Role, threads: bool) -> Self {
        let mut layout = Self { threads, ..Self::default() };
        let are_others = matches!(role, Role::Linked(_));
        layout.memories = (module.memories.iter().zip(0..))
            .map(|(memory, index)| match memory.import {
                Some(_) if are_others => Place::imported(Symbol::ImportedMemory(index)),
                // An executable has no other instances: it defines the shared memories that it imports.
                _ => layout.place_shared(memory::offsets::SIZE, 8),
            })
            .collect();
        layout.tables = (module.tables.iter().zip(0..))
            .map(|(table, index)| match table.import {
                Some(_) => Place::imported(Symbol::ImportedTable(index)),
                None => layout.place(table::offsets::SIZE, 8),
            })
            .collect();
        layout.globals = (module.globals.iter().zip(0..))
            .map(|(global, index)| match global.origin {
                GlobalOrigin::Import(_) => Place::imported(Symbol::ImportedGlobal(index)),
                GlobalOrigin::Init(_) => {
                    let size = size_of_value(global.ty.content_type);
                    layout.place(size, size)
                }
            })
            .collect();
        layout.data_lens = references.data.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout.element_lens = references.elements.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout
    }

    fn place_shared(&mut self, size: u32, align: u32) -> Place {
        let offset = self.size.next_multiple_of(align);
        self.size = offset + size;
        Place { symbol: Symbol::Instance, offset }
    }

    fn place(&mut self, size: u32, align: u32) -> Place {
        if !self.threads {
            return self.place_shared(size, align);
        }
        let offset = self.thread_size.next_multiple_of(align);
        self.thread_size = offset + size;
        Place { symbol: Symbol::Thread, offset }
    }
}

/// Bytes of a value in instance state.
pub fn size_of_value(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
        ValType::V128 => 16,
    }
}
