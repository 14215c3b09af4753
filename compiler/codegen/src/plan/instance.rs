//! Where instance state lies.
//!
//! One block of writable data holds a module's globals and the [`Memory`](wasmc_abi::memory) and
//! [`Table`](wasmc_abi::table) structures of what it defines. The block is a symbol of the image. In a program with
//! threads it holds what they share, the memories; the rest lies in a second block, of which each thread has its own.
//! In a library the image holds what each context's block begins with.

use super::payload;
use crate::options::InstanceModel;
use crate::symbol::Symbol;
use cranelift_entity::PrimaryMap;
use std::collections::{BTreeMap, BTreeSet};
use wasmc_abi::context::offsets;
use wasmc_abi::{heap, memory, table};
use wasmc_frontend::index::{
    DataIndex, ElemIndex, ExternIndex, GlobalIndex, InstanceId, MemoryIndex, TableIndex, TagIndex,
};
use wasmc_frontend::program::{Binding, Item};
use wasmc_frontend::wasmparser::ValType;
use wasmc_frontend::{Module, Program, Summary};

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
    /// The symbol of the block in the image: that of the main thread's for [`Block::Thread`], and that of a program's
    /// only context for [`Block::Context`], of which a library has none.
    pub fn symbol(self) -> Option<Symbol> {
        match self {
            Self::Image(symbol) => Some(symbol),
            Self::Thread => Some(Symbol::Thread),
            Self::Context => Some(Symbol::Context),
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
    /// The elements of segments that instantiation finds out, where each thread or context has its own.
    pub elements: BTreeMap<ElemIndex, Location>,
    /// What code shares with the collector, where each thread has a heap of its own.
    pub heap: Option<Location>,
    /// Where an exception with each tag lies while it is thrown, for those that do not fit into a word.
    pub tags: BTreeMap<TagIndex, Location>,
    /// Where what code has used of its fuel lies, less what it may use, if it counts that.
    pub fuel: Option<Location>,
    /// Where the instance's own state begins in a block of all instances: that of a program's context.
    pub base: u32,
    /// Bytes of the block in the image, or of that of each context: up to the end of the instance's own state.
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
        let imported = |index, symbol| match (program.binding(instance, index), model) {
            (Some(&Binding::Instance(item)), InstanceModel::Context) => Some(location_in_context(program, item)),
            (Some(Binding::Instance(_) | Binding::MayLeave(_)), _) => Some(Location::imported(symbol)),
            _ => None,
        };
        let base = if model == InstanceModel::Context { base_in_context(program, instance) } else { 0 };
        let mut layout = Self { model, base, size: base, ..Self::default() };
        layout.memories = (module.memories.keys())
            .map(|index| {
                let imported = imported(ExternIndex::Memory(index), Symbol::ImportedMemory(index));
                imported.unwrap_or_else(|| layout.place_shared(memory::offsets::SIZE, 8))
            })
            .collect();
        layout.tables = (module.tables.keys())
            .map(|index| {
                let imported = imported(ExternIndex::Table(index), Symbol::ImportedTable(index));
                imported.unwrap_or_else(|| layout.place(table::offsets::SIZE, 8))
            })
            .collect();
        layout.globals = (module.globals.iter())
            .map(|(index, global)| {
                let imported = imported(ExternIndex::Global(index), Symbol::ImportedGlobal(index));
                let size = size_of_value(global.ty.content_type);
                imported.unwrap_or_else(|| layout.place(size, size))
            })
            .collect();
        let place_tag = |layout: &mut Self, index| {
            let imported = imported(ExternIndex::Tag(index), Symbol::ImportedTag(index));
            imported.unwrap_or_else(|| layout.place(payload::size(module.tag_params(index)), ALIGN))
        };
        // Where others look for them in a context, they lie before what depends on functions.
        if model == InstanceModel::Context {
            layout.tags = large_tags(module).map(|index| (index, place_tag(&mut layout, index))).collect();
        }
        layout.heap = match model {
            _ if !program.has_heap => None,
            InstanceModel::Image => None,
            // All instances in a program's context have it in the same place.
            InstanceModel::Context if !program.is_library => Some(Location { block: Block::Context, offset: 0 }),
            InstanceModel::Thread | InstanceModel::Context => Some(layout.place(heap::HEAP_SIZE, 8)),
        };
        layout.data_lens = summary.data.iter().map(|&index| (index, layout.place(8, 8))).collect();
        layout.element_lens = summary.elements.iter().map(|&index| (index, layout.place(8, 8))).collect();
        if model != InstanceModel::Context {
            let large = large_tags(module).filter(|index| summary.tags.contains(index));
            layout.tags = large.map(|index| (index, place_tag(&mut layout, index))).collect();
        }
        layout
    }

    /// Makes room to count fuel: in a library, every context has it.
    pub(super) fn count_fuel(&mut self, program: &Program<'_>) {
        self.fuel = Some(match program.is_library {
            // It lies before the block.
            true => Location { block: Block::Context, offset: offsets::FUEL as u32 },
            false => self.place_shared(8, 8),
        });
    }

    /// Adds the elements of segments that instantiation finds out, where each thread has its own heap, or each context
    /// what it imports.
    pub(super) fn place_elements(&mut self, module: &Module<'_>, segments: &BTreeSet<ElemIndex>) {
        if self.heap.is_some() || self.model == InstanceModel::Context {
            let size = |index: ElemIndex| module.elements[index].items.len() as u32 * table::ELEMENT_SIZE;
            self.elements = segments.iter().map(|&index| (index, self.place(size(index), 8))).collect();
        }
    }

    /// Whether a piece of state is the instance's own, not imported.
    pub fn is_own(&self, location: Location) -> bool {
        match location.block {
            Block::Image(symbol) => symbol == Symbol::Instance,
            Block::Thread => true,
            Block::Context => location.offset >= self.base,
        }
    }

    /// A place for what all threads share.
    fn place_shared(&mut self, size: u32, align: u32) -> Location {
        let block = match self.model {
            InstanceModel::Image | InstanceModel::Thread => Block::Image(Symbol::Instance),
            InstanceModel::Context => Block::Context,
        };
        place(&mut self.size, size, align, block)
    }

    fn place(&mut self, size: u32, align: u32) -> Location {
        match self.model {
            InstanceModel::Image | InstanceModel::Context => self.place_shared(size, align),
            InstanceModel::Thread => place(&mut self.thread_size, size, align, Block::Thread),
        }
    }
}

/// Appends `size` bytes to a block that has `end` so far.
fn place(end: &mut u32, size: u32, align: u32, block: Block) -> Location {
    let offset = end.next_multiple_of(align);
    *end = offset + size;
    Location { block, offset }
}

/// The tags whose exceptions do not fit into a word.
fn large_tags(module: &Module<'_>) -> impl Iterator<Item = TagIndex> {
    module.tags.keys().filter(|&tag| !payload::is_immediate(module.tag_params(tag)))
}

/// Where in the context of a program something lies that an instance defines.
pub fn location_in_context(program: &Program<'_>, item: Item) -> Location {
    let layout = InstanceLayout::new(program, item.instance, &Summary::default(), InstanceModel::Context);
    match item.index {
        ExternIndex::Memory(memory) => layout.memories[memory],
        ExternIndex::Table(table) => layout.tables[table],
        ExternIndex::Global(global) => layout.globals[global],
        ExternIndex::Tag(tag) if layout.tags.contains_key(&tag) => layout.tags[&tag],
        ExternIndex::Func(_) | ExternIndex::Tag(_) => Location { block: Block::Context, offset: 0 },
    }
}

/// Where in the context of a program the state of an instance begins: after that of those before it, each with room for
/// whatever may be needed of it.
fn base_in_context(program: &Program<'_>, instance: InstanceId) -> u32 {
    let before = program.instances().take_while(|&other| other != instance);
    heap_in_context(program) + before.map(|other| room_in_context(program, other)).sum::<u32>()
}

/// Bytes at the start of a program's context that code shares with the collector.
fn heap_in_context(program: &Program<'_>) -> u32 {
    if program.has_heap && !program.is_library { heap::HEAP_SIZE.next_multiple_of(ALIGN) } else { 0 }
}

/// Bytes that the state of an instance takes in a context, at most.
fn room_in_context(program: &Program<'_>, instance: InstanceId) -> u32 {
    let module = program.module_of(instance);
    let structures =
        module.memories.len() as u32 * memory::offsets::SIZE + module.tables.len() as u32 * table::offsets::SIZE;
    let items = module.elements.values().map(|element| element.items.len()).sum::<usize>();
    let items = if program.has_heap { items } else { 0 };
    let words = 2 * module.globals.len() + module.data.len() + module.elements.len() + items;
    let tags: u32 = large_tags(module).map(|tag| payload::size(module.tag_params(tag)) + ALIGN).sum();
    (structures + 8 * words as u32 + tags).next_multiple_of(ALIGN) + ALIGN
}

/// Bytes of the context of a program.
pub fn context_size(program: &Program<'_>) -> u32 {
    heap_in_context(program) + program.instances().map(|instance| room_in_context(program, instance)).sum::<u32>()
}

/// Bytes of a value in instance state.
pub fn size_of_value(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
        ValType::V128 => 16,
    }
}
