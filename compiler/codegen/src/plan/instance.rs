//! Where instance state lies.
//!
//! One block of writable data holds a module's globals and the [`Memory`](wasmc_abi::memory) and
//! [`Table`](wasmc_abi::table) structures of what it defines. The block is a symbol of the image. In a program with
//! threads it holds what they share, the memories; the rest lies in a second block, of which each thread has its own.

use super::payload;
use crate::options::InstanceModel;
use crate::symbol::Symbol;
use cranelift_entity::PrimaryMap;
use std::collections::BTreeMap;
use wasmc_abi::{memory, table};
use wasmc_frontend::index::{
    DataIndex, ElemIndex, ExternIndex, GlobalIndex, InstanceId, MemoryIndex, TableIndex, TagIndex,
};
use wasmc_frontend::program::Binding;
use wasmc_frontend::wasmparser::ValType;
use wasmc_frontend::{Program, Summary};

/// The start of a block of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// At a link-time address: [`Symbol::Instance`], or a symbol of the instance that exports what is imported.
    Image(Symbol),
    /// That of the thread that runs.
    Thread,
    /// That of the context that runs.
    Context,
}

impl Block {
    /// The symbol of the block in the image; that of the main thread's for [`Block::Thread`].
    pub fn symbol(self) -> Option<Symbol> {
        match self {
            Self::Image(symbol) => Some(symbol),
            Self::Thread => Some(Symbol::Thread),
            Self::Context => None,
        }
    }
}

/// Where a piece of state lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The block that it lies in.
    pub block: Block,
    /// Bytes from the start of the block.
    pub offset: u32,
}

impl Location {
    /// Whether it is the instance's own state, not imported.
    pub fn is_own(self) -> bool {
        matches!(self.block, Block::Image(Symbol::Instance) | Block::Thread | Block::Context)
    }

    fn imported(symbol: Symbol) -> Self {
        Self { block: Block::Image(symbol), offset: 0 }
    }
}

/// The layout of an instance's state.
#[derive(Debug, Default)]
pub struct InstanceLayout {
    /// How code finds the state.
    pub model: InstanceModel,
    /// Each global's value.
    pub globals: PrimaryMap<GlobalIndex, Location>,
    /// Each memory's `Memory` structure.
    pub memories: PrimaryMap<MemoryIndex, Location>,
    /// Each table's `Table` structure.
    pub tables: PrimaryMap<TableIndex, Location>,
    /// For each data segment that instructions copy or drop, the bytes left of it (64-bit): 0 once dropped.
    pub data_lens: BTreeMap<DataIndex, Location>,
    /// The same for element segments, in elements.
    pub element_lens: BTreeMap<ElemIndex, Location>,
    /// Where an exception with each tag lies while it is thrown, for those that do not fit into a word.
    pub tags: BTreeMap<TagIndex, Location>,
    /// Bytes of the block in the image.
    pub size: u32,
    /// Bytes of the block that each thread has of its own.
    pub thread_size: u32,
}

/// Alignment of the instance block, in bytes: that of its largest member.
pub const ALIGN: u32 = 16;

impl InstanceLayout {
    /// Lays out the state of an instance whose reached functions are `summary`. Structures come first, so that their
    /// offsets are small.
    pub(super) fn new(program: &Program<'_>, instance: InstanceId, summary: &Summary, model: InstanceModel) -> Self {
        let module = program.module_of(instance);
        let is_others = |index| matches!(program.binding(instance, index), Some(Binding::Instance(_)));
        let mut layout = Self { model, ..Self::default() };
        layout.memories = (module.memories.keys())
            .map(|index| match is_others(ExternIndex::Memory(index)) {
                true => Location::imported(Symbol::ImportedMemory(index)),
                false => layout.place_shared(memory::offsets::SIZE, 8),
            })
            .collect();
        layout.tables = (module.tables.keys())
            .map(|index| match is_others(ExternIndex::Table(index)) {
                true => Location::imported(Symbol::ImportedTable(index)),
                false => layout.place(table::offsets::SIZE, 8),
            })
            .collect();
        layout.globals = (module.globals.iter())
            .map(|(index, global)| match is_others(ExternIndex::Global(index)) {
                true => Location::imported(Symbol::ImportedGlobal(index)),
                false => {
                    let size = size_of_value(global.ty.content_type);
                    layout.place(size, size)
                }
            })
            .collect();
        layout.data_lens = summary.data.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout.element_lens = summary.elements.iter().map(|&index| (index, layout.place(8, 8))).collect();
        let large = summary.tags.iter().filter(|&&tag| !payload::is_immediate(module.tag_params(tag)));
        layout.tags = large
            .map(|&index| match is_others(ExternIndex::Tag(index)) {
                true => (index, Location::imported(Symbol::ImportedTag(index))),
                false => (index, layout.place(payload::size(module.tag_params(index)), ALIGN)),
            })
            .collect();
        layout
    }

    /// A place for what all threads share.
    fn place_shared(&mut self, size: u32, align: u32) -> Location {
        place(&mut self.size, size, align, Block::Image(Symbol::Instance))
    }

    fn place(&mut self, size: u32, align: u32) -> Location {
        match self.model {
            InstanceModel::Image => self.place_shared(size, align),
            InstanceModel::Thread => place(&mut self.thread_size, size, align, Block::Thread),
            InstanceModel::Context => place(&mut self.size, size, align, Block::Context),
        }
    }
}

/// Appends `size` bytes to a block that has `end` so far.
fn place(end: &mut u32, size: u32, align: u32, block: Block) -> Location {
    let offset = end.next_multiple_of(align);
    *end = offset + size;
    Location { block, offset }
}

/// Bytes of a value in instance state.
pub fn size_of_value(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
        ValType::V128 => 16,
    }
}
