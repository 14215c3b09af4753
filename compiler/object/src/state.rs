//! The instance block, tables and segments.

use crate::Error;
use crate::names::item_symbol;
use crate::writer::Writer;
use object::SymbolKind;
use object::write::{SectionId, StandardSection};
use std::mem::offset_of;
use std::ops::Range;
use wasmc_abi::exception::Header;
use wasmc_abi::thread::ThreadPlan;
use wasmc_abi::{memory, symbols, table};
use wasmc_codegen::plan::initial::{ConstValue, MemoryImage, evaluate, global, i31_word};
use wasmc_codegen::plan::instance::{ALIGN, Location};
use wasmc_codegen::plan::limits::table_max;
use wasmc_codegen::plan::payload;
use wasmc_codegen::plan::table::{Entry, Origin};
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_codegen::{Plan, Symbol};
use wasmc_frontend::index::{ElemIndex, ExternIndex, MemoryIndex, TableIndex};
use wasmc_frontend::module::SegmentMode;
use wasmc_frontend::program::Item;

pub(crate) fn write(writer: &mut Writer<'_>) -> Result<(), Error> {
    for index in writer.plan.module.tables.keys() {
        table_elements(writer, index)?;
    }
    segments(writer)?;
    instance(writer)
}

/// Bytes with the addresses that belong into them.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    addresses: Vec<(u64, Symbol)>,
}

impl Block {
    fn put(&mut self, offset: u32, bytes: &[u8]) {
        self.bytes[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
    }

    fn put_u64(&mut self, offset: u32, value: u64) {
        self.put(offset, &value.to_le_bytes());
    }

    fn put_value(&mut self, offset: u32, value: ConstValue) {
        match value {
            ConstValue::I32(value) => self.put(offset, &value.to_le_bytes()),
            ConstValue::I64(value) => self.put(offset, &value.to_le_bytes()),
            ConstValue::F32(bits) => self.put(offset, &bits.to_le_bytes()),
            ConstValue::F64(bits) => self.put(offset, &bits.to_le_bytes()),
            ConstValue::V128(bytes) => self.put(offset, &bytes),
            ConstValue::Null => self.put_u64(offset, 0),
            ConstValue::I31(value) => self.put_u64(offset, i31_word(value)),
            ConstValue::Func(function) => self.addresses.push((offset.into(), Symbol::FuncRef(function))),
        }
    }

    /// References as words.
    fn of_references(values: impl ExactSizeIterator<Item = ConstValue>) -> Self {
        let mut block = Self { bytes: vec![0; values.len() * table::ELEMENT_SIZE as usize], addresses: Vec::new() };
        for (index, value) in values.enumerate() {
            block.put_value(index as u32 * table::ELEMENT_SIZE, value);
        }
        block
    }

    fn define(
        &self,
        writer: &mut Writer<'_>,
        symbol: Symbol,
        section: StandardSection,
    ) -> Result<(SectionId, u64), Error> {
        let (section, start) = writer.define(symbol, section, &self.bytes, ALIGN.into());
        for &(offset, symbol) in &self.addresses {
            let symbol = writer.symbol(symbol);
            writer.address(section, start + offset, symbol, 0)?;
        }
        Ok((section, start))
    }
}

fn table_elements(writer: &mut Writer<'_>, index: TableIndex) -> Result<(), Error> {
    let plan = writer.plan;
    if !plan.reach.summary.tables.contains(&index) || !plan.layout.is_own(plan.layout.tables[index]) {
        return Ok(());
    }
    let len = plan.module.tables[index].ty.initial;
    let contents = match &plan.tables.tables[index].origin {
        Origin::Image(contents) => contents.as_slice(),
        Origin::Written => &[],
        Origin::Made => return Ok(()),
    };
    if contents.iter().all(|&entry| entry == Entry::Value(ConstValue::Null)) {
        writer.define_zeroes(Symbol::Table(index), len * u64::from(table::ELEMENT_SIZE), ALIGN.into());
        return Ok(());
    }
    let own = |&entry: &Entry| match entry {
        Entry::Value(value) => value,
        Entry::Function(..) => ConstValue::Null,
    };
    let nulls = len as usize - contents.len();
    let values: Vec<ConstValue> =
        contents.iter().map(own).chain(std::iter::repeat_n(ConstValue::Null, nulls)).collect();
    // What nothing writes lies where nothing can. Where there are many instances, they write to copies.
    let written = plan.reach.summary.written_tables.contains(&index) && !plan.has_many_instances();
    let section = if written { StandardSection::Data } else { writer.constants(true) };
    let (section, start) = Block::of_references(values.into_iter()).define(writer, Symbol::Table(index), section)?;
    for (at, entry) in (start..).step_by(table::ELEMENT_SIZE as usize).zip(contents) {
        if let Entry::Function(instance, function) = *entry {
            let symbol = item_symbol(plan, Item { instance, index: ExternIndex::Func(function) });
            writer.refer(section, at, &symbol, SymbolKind::Text)?;
        }
    }
    Ok(())
}

/// Segments that instructions copy, and what start-up copies.
fn segments(writer: &mut Writer<'_>) -> Result<(), Error> {
    let plan = writer.plan;
    for &index in &plan.reach.summary.data {
        writer.define(Symbol::Data(index), StandardSection::ReadOnlyData, plan.module.data[index].bytes, 16);
    }
    for &index in &plan.reach.summary.elements {
        if plan.layout.elements.contains_key(&index) {
            continue;
        }
        let is_written = plan.tables.evaluated.contains(&index);
        let section = if is_written { StandardSection::Data } else { writer.constants(true) };
        let values = element_values(plan, index).into_iter();
        Block::of_references(values).define(writer, Symbol::Element(index), section)?;
    }
    for (memory, image) in &plan.images {
        for (copy, index) in image.copies.iter().zip(0..) {
            writer.define(Symbol::Copy(memory, index), StandardSection::ReadOnlyData, copy.bytes, 16);
        }
    }
    Ok(())
}

/// What a segment that instructions copy holds at first: what depends on imports, or makes objects, is stored by
/// instantiation.
fn element_values(plan: &Plan<'_>, index: ElemIndex) -> Vec<ConstValue> {
    let items = plan.module.elements[index].items.expressions();
    items.iter().map(|item| evaluate(plan.module, item).unwrap_or(ConstValue::Null)).collect()
}

/// The blocks of instance state: see [`wasmc_codegen::plan::instance`].
fn instance(writer: &mut Writer<'_>) -> Result<(), Error> {
    let plan = writer.plan;
    let mut shared = Block { bytes: vec![0; plan.layout.size as usize], addresses: Vec::new() };
    for index in plan.memories.keys() {
        memory_state(writer, &mut shared, index);
    }
    if plan.threads() {
        let size = plan.layout.thread_size.next_multiple_of(ALIGN);
        let mut own = Block { bytes: vec![0; size as usize], addresses: Vec::new() };
        instance_state(writer, &mut own);
        threads(writer, &own)?;
    } else {
        instance_state(writer, &mut shared);
    }
    if plan.context.is_some() {
        let base = plan.layout.base;
        shared.bytes.resize(plan.layout.size.next_multiple_of(ALIGN) as usize, 0);
        shared.bytes.drain(..base as usize);
        shared.addresses.iter_mut().for_each(|(at, _)| *at -= u64::from(base));
        let section = writer.constants(true);
        shared.define(writer, Symbol::Instance, section)?;
        return Ok(());
    }
    let (section, start) = shared.define(writer, Symbol::Instance, StandardSection::Data)?;
    export(writer, section, start);
    Ok(())
}

/// Fills in what is not shared between threads.
fn instance_state(writer: &Writer<'_>, block: &mut Block) {
    let plan = writer.plan;
    for index in plan.module.tables.keys() {
        table_state(writer, block, index);
    }
    for (index, place) in &plan.layout.globals {
        // Functions that only an unused global refers to are not compiled; other values are set by instantiation.
        if plan.layout.is_own(*place)
            && plan.reach.summary.globals.contains(&index)
            && let Some(value) = global(plan.module, index)
        {
            block.put_value(place.offset, value);
        }
    }
    for (&index, place) in plan.layout.tags.iter().filter(|(_, place)| plan.layout.is_own(**place)) {
        block.put(place.offset + offset_of!(Header, tag) as u32, &plan.tag_number(index).to_le_bytes());
        let size = payload::size(plan.module.tag_params(index));
        block.put(place.offset + offset_of!(Header, size) as u32, &size.to_le_bytes());
    }
    if let (Some(place), Some(fuel)) = (plan.layout.fuel, plan.options.fuel)
        && !plan.program.is_library
    {
        block.put_u64(place.offset, !fuel);
    }
    for (&index, &Location { offset, .. }) in &plan.layout.elements {
        for (value, position) in element_values(plan, index).into_iter().zip(0..) {
            block.put_value(offset + position * table::ELEMENT_SIZE, value);
        }
    }
    for (&index, &Location { offset, .. }) in &plan.layout.data_lens {
        // An active segment is dropped once instantiation has copied it.
        let data = &plan.module.data[index];
        let passive = matches!(data.mode, SegmentMode::Passive);
        block.put_u64(offset, if passive { data.bytes.len() as u64 } else { 0 });
    }
    for (&index, &Location { offset, .. }) in &plan.layout.element_lens {
        let element = &plan.module.elements[index];
        let passive = matches!(element.mode, SegmentMode::Passive);
        block.put_u64(offset, if passive { element.items.len() as u64 } else { 0 });
    }
}

/// The main thread's block, what other threads' blocks hold at first, and how they begin.
fn threads(writer: &mut Writer<'_>, block: &Block) -> Result<(), Error> {
    block.define(writer, Symbol::Thread, StandardSection::Data)?;
    let section = writer.constants(true);
    block.define(writer, Symbol::ThreadInitial, section)?;
    let initial = writer.symbol(Symbol::ThreadInitial);
    let mut plan = [0; size_of::<ThreadPlan>()];
    let at = offset_of!(ThreadPlan, size);
    plan[at..at + 8].copy_from_slice(&(block.bytes.len() as u64).to_le_bytes());
    let others = writer.plan.options.max_threads.get() - 1;
    let at = offset_of!(ThreadPlan, max_threads);
    plan[at..at + 4].copy_from_slice(&others.to_le_bytes());
    let section = writer.constants(true);
    let (section, start) = writer.global_data_in(section, symbols::THREAD, &plan);
    writer.address(section, start + offset_of!(ThreadPlan, initial) as u64, initial, 0)?;
    let run = writer.thread_run.expect("a plan with threads has the function that they begin with");
    writer.address(section, start + offset_of!(ThreadPlan, run) as u64, run, 0)
}

/// Makes the state that others look for visible to them.
fn export(writer: &mut Writer<'_>, section: SectionId, start: u64) {
    let plan = writer.plan;
    let mut export = |name: String, place: Location, size: u32| {
        if plan.layout.is_own(place) {
            writer.define_global(name, section, start + u64::from(place.offset), size.into());
        }
    };
    if plan.start.is_some() {
        // WASI works on the memory exported by this name; without any, on one of no bytes.
        let memory = match plan.module.export("memory") {
            Some(ExternIndex::Memory(memory)) => memory,
            _ => MemoryIndex::FIRST,
        };
        match plan.layout.memories.get(memory) {
            Some(&memory) => export(symbols::MEMORY.to_string(), memory, memory::offsets::SIZE),
            None => {
                writer.global_data(symbols::MEMORY, &[0; memory::offsets::SIZE as usize]);
            }
        }
        return;
    }
    let name = |exported| symbol_of(&plan.program[plan.instance].name, exported);
    for (index, &place) in &plan.layout.memories {
        export(name(Exported::Memory(index)), place, memory::offsets::SIZE);
    }
    for (index, &place) in &plan.layout.tables {
        export(name(Exported::Table(index)), place, table::offsets::SIZE);
    }
    for (index, &place) in &plan.layout.globals {
        export(name(Exported::Global(index)), place, 8);
    }
    for (&index, &place) in &plan.layout.tags {
        export(name(Exported::Tag(index)), place, payload::size(plan.module.tag_params(index)));
    }
}

fn memory_state(writer: &Writer<'_>, block: &mut Block, index: MemoryIndex) {
    use memory::offsets;
    let (memory, image) = (&writer.plan.memories[index], &writer.plan.images[index]);
    let place = writer.plan.layout.memories[index];
    if !writer.plan.layout.is_own(place) {
        return;
    }
    let at = place.offset;
    block.put_u64(at + offsets::BASE, memory.base);
    block.put_u64(at + offsets::LEN, memory.min);
    block.put_u64(at + offsets::MAX, memory.max);
    block.put_u64(at + offsets::RESERVED, memory.reserved);
    let range = if writer.plan.program.is_library { written(image) } else { image.range.clone() };
    block.put_u64(at + offsets::IMAGE_START, range.start);
    block.put_u64(at + offsets::IMAGE_END, range.end);
    block.put(at + offsets::PAGE_SIZE_LOG2, &memory.page_size_log2.to_le_bytes());
    block.put(at + offsets::STRATEGY, &(memory.strategy as u32).to_le_bytes());
}

/// Where instantiation writes to a memory, if that is at least half of what lies between; else nothing.
fn written(image: &MemoryImage<'_>) -> Range<u64> {
    let (Some(first), Some(last)) = (image.copies.first(), image.copies.last()) else { return 0..0 };
    let range = first.offset..last.offset + last.bytes.len() as u64;
    let bytes: u64 = image.copies.iter().map(|copy| copy.bytes.len() as u64).sum();
    if bytes >= (range.end - range.start) / 2 { range } else { 0..0 }
}

fn table_state(writer: &Writer<'_>, block: &mut Block, index: TableIndex) {
    use table::offsets;
    let ty = &writer.plan.module.tables[index].ty;
    let place = writer.plan.layout.tables[index];
    if !writer.plan.layout.is_own(place) {
        return;
    }
    let at = place.offset;
    block.put_u64(at + offsets::MAX, table_max(&writer.plan.module.tables[index], &writer.plan.options));
    if writer.plan.has_many_instances() || writer.plan.tables.tables[index].origin == Origin::Made {
        // Start-up makes the elements, in each instance.
        return;
    }
    if writer.plan.reach.summary.tables.contains(&index) {
        block.addresses.push(((at + offsets::ELEMENTS).into(), Symbol::Table(index)));
    }
    block.put_u64(at + offsets::LEN, ty.initial);
    block.put_u64(at + offsets::CAPACITY, ty.initial);
}
