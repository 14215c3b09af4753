//! Where instance state lies.
//!
//! One block of writable data holds a module's globals and the [`Memory`](wasmc_abi::memory) and [`Table`](wasmc_abi::table)
//! structures of what it defines. Under the static model the block is a symbol of the image. (A context model would
//! reach the same block through a pointer: places are offsets either way.)

use std::collections::BTreeMap;
use wasmc_abi::{memory, table};
use wasmc_frontend::Module;
use wasmc_frontend::module::GlobalOrigin;
use wasmc_frontend::reach::References;
use wasmc_frontend::wasmparser::ValType;

/// Offset in bytes of a module's piece of state from the start of its instance block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offset(pub u32);

/// The instance block of a module.
#[derive(Debug, Default)]
pub struct InstanceLayout {
    /// Each global's value.
    pub globals: Vec<Offset>,
    /// Each memory's `Memory` structure.
    pub memories: Vec<Offset>,
    /// Each table's `Table` structure.
    pub tables: Vec<Offset>,
    /// For each data segment that instructions copy or drop, the bytes left of it (64-bit): 0 once dropped.
    pub data_lens: BTreeMap<u32, Offset>,
    /// The same for element segments, in elements.
    pub element_lens: BTreeMap<u32, Offset>,
    /// Bytes of the block.
    pub size: u32,
}

/// Alignment of the instance block, in bytes: that of its largest member.
pub const ALIGN: u32 = 16;

impl InstanceLayout {
    /// Lays out the state of `module`. Structures come first, so that their offsets are small.
    pub fn new(module: &Module<'_>, references: &References) -> Self {
        let mut layout = Self::default();
        layout.memories = module.memories.iter().map(|_| layout.place(memory::offsets::SIZE, 8)).collect();
        layout.tables = module.tables.iter().map(|_| layout.place(table::offsets::SIZE, 8)).collect();
        layout.globals = module
            .globals
            .iter()
            .map(|global| {
                // What is imported lies in its own instance; the slot holds its address.
                let ty = if matches!(global.origin, GlobalOrigin::Import(_)) { ValType::I64 } else { global.ty.content_type };
                let size = size_of_value(ty);
                layout.place(size, size)
            })
            .collect();
        layout.data_lens = references.data.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout.element_lens = references.elements.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout
    }

    fn place(&mut self, size: u32, align: u32) -> Offset {
        let offset = self.size.next_multiple_of(align);
        self.size = offset + size;
        Offset(offset)
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
