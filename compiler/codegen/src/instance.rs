//! Where instance state lies.
//!
//! One block of writable data holds a module's globals and the [`Memory`](wasmc_abi::memory) and [`Table`](wasmc_abi::table)
//! structures of what it defines. Under the static model the block is a symbol of the image. (A context model would
//! reach the same block through a pointer: places are offsets either way.)

use crate::compile::Symbol;
use std::collections::BTreeMap;
use wasmc_abi::{memory, table};
use wasmc_frontend::Module;
use wasmc_frontend::module::GlobalOrigin;
use wasmc_frontend::reach::References;
use wasmc_frontend::wasmparser::ValType;

/// Where a piece of state lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// [`Symbol::Instance`] for the module's own state, a symbol of another instance for what is imported.
    pub symbol: Symbol,
    /// Bytes from there.
    pub offset: u32,
}

impl Place {
    /// The offset in the module's own instance block; `None` for what is imported.
    pub fn own(self) -> Option<u32> {
        (self.symbol == Symbol::Instance).then_some(self.offset)
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
    /// Bytes of the block.
    pub size: u32,
}

/// Alignment of the instance block, in bytes: that of its largest member.
pub const ALIGN: u32 = 16;

impl InstanceLayout {
    /// Lays out the state of `module`. Structures come first, so that their offsets are small.
    pub fn new(module: &Module<'_>, references: &References) -> Self {
        let mut layout = Self::default();
        layout.memories = (module.memories.iter().zip(0..))
            .map(|(memory, index)| match memory.import {
                Some(_) => Place::imported(Symbol::ImportedMemory(index)),
                None => layout.place(memory::offsets::SIZE, 8),
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

    fn place(&mut self, size: u32, align: u32) -> Place {
        let offset = self.size.next_multiple_of(align);
        self.size = offset + size;
        Place { symbol: Symbol::Instance, offset }
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
