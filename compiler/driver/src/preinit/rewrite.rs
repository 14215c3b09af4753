//! A module whose instances begin with a given state.
//!
//! Memories and tables get their lengths, globals their values, and new active segments hold the rest. Segments keep
//! their indices: those that have been copied, or dropped, become ones without contents. The start function has run.
//! Nothing but functions is imported, so that the first table, memory and global of each section has the index 0.

use super::sections::{HEAD, Section, id, is_before, of_items, put, put_section, put_signed, split};
use super::state::{State, Value};
use wasmc_frontend::wasmparser::{
    BinaryReader, BinaryReaderError, ConstExpr, Data, DataKind, Element, ElementKind, Export, FromReader, Global,
    MemoryType, Table,
};

type Result<T> = std::result::Result<T, BinaryReaderError>;

const END: u8 = 0x0b;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const F32_CONST: u8 = 0x43;
const F64_CONST: u8 = 0x44;
const V128_CONST: [u8; 2] = [0xfd, 0x0c];
const REF_NULL: u8 = 0xd0;
const REF_FUNC: u8 = 0xd2;
/// A reference type that is spelled out, and can be null.
const NULLABLE: u8 = 0x63;
/// The same, and cannot.
const NOT_NULLABLE: u8 = 0x64;
/// A segment that instructions copy.
const PASSIVE: u8 = 1;
/// An element segment that only declares functions: what the lowest bits of its first byte are.
const DECLARED: u8 = 3;
/// Elements are expressions: a bit of the first byte of an element segment.
const EXPRESSIONS: u8 = 4;
/// The table or memory of an active segment has an index: as `PASSIVE`.
const INDEXED: u8 = 2;

/// Writes a valid module again, without an export, so that its instances begin with `state`; says by how many bytes its
/// code, which stays as it is, has moved.
///
/// # Errors
/// None, where the module is valid.
pub fn rewrite(binary: &[u8], export: &str, state: &State<'_>) -> Result<(Vec<u8>, i64)> {
    let sections = split(binary)?;
    let types = Types::of(&sections)?;
    let mut elements = new_elements(state, &types);
    elements.extend(declared(&sections, export)?);
    let mut data = new_data(state, &types);
    let mut bytes = binary[..HEAD].to_vec();
    let mut code_moved = 0;
    let present = |id| sections.iter().any(|section| section.id == id);
    let (has_elements, has_data) = (present(id::ELEMENT), present(id::DATA));
    for section in &sections {
        if !has_elements && is_before(id::ELEMENT, section.id) {
            finish(&mut bytes, id::ELEMENT, &mut elements);
        }
        let contents = match section.id {
            id::TABLE => tables(section, state)?,
            id::MEMORY => memories(section, state)?,
            id::GLOBAL => globals(section, state)?,
            id::EXPORT => exports(section, export)?,
            id::START => continue,
            id::ELEMENT => of_items(&[element_segments(section, state)?, std::mem::take(&mut elements)].concat()),
            id::DATA => of_items(&[data_segments(section, state)?, std::mem::take(&mut data)].concat()),
            id::DATA_COUNT => {
                let mut count = Vec::new();
                put(&mut count, (types.data_segments + data.len()) as u64);
                count
            }
            _ => section.contents.to_vec(),
        };
        put_section(&mut bytes, section.id, &contents);
        if section.id == id::CODE {
            code_moved = (bytes.len() - contents.len()) as i64 - section.offset as i64;
        }
    }
    finish(&mut bytes, id::ELEMENT, &mut elements);
    if !has_data {
        finish(&mut bytes, id::DATA, &mut data);
    }
    Ok((bytes, code_moved))
}

/// Appends a section that the module did not have, unless it would be empty.
fn finish(bytes: &mut Vec<u8>, id: u8, items: &mut Vec<Vec<u8>>) {
    if !items.is_empty() {
        put_section(bytes, id, &of_items(&std::mem::take(items)));
    }
}

/// An item of a section, with its bytes.
struct Item<'a, T> {
    item: T,
    bytes: &'a [u8],
    /// Where they begin in the module.
    offset: u64,
}

impl<'a, T> Item<'a, T> {
    /// The bytes behind an expression of the item.
    fn after(&self, expression: &ConstExpr<'_>) -> &'a [u8] {
        &self.bytes[(expression.get_binary_reader().range().end - self.offset) as usize..]
    }

    /// The bytes before an expression of the item.
    fn before(&self, expression: &ConstExpr<'_>) -> &'a [u8] {
        &self.bytes[..(expression.get_binary_reader().range().start - self.offset) as usize]
    }
}

/// The items of a section.
fn items<'a, T: FromReader<'a>>(section: &Section<'a>) -> Result<Vec<Item<'a, T>>> {
    let mut reader = BinaryReader::new(section.contents, section.offset);
    let at = |reader: &BinaryReader<'_>| (reader.original_position() - section.offset) as usize;
    let count = reader.read_var_u32()?;
    (0..count)
        .map(|_| {
            let (offset, start) = (reader.original_position(), at(&reader));
            let item = reader.read()?;
            Ok(Item { item, bytes: &section.contents[start..at(&reader)], offset })
        })
        .collect()
}

/// What segments must know of the module.
#[derive(Default)]
struct Types {
    /// Whether each memory has 64-bit addresses.
    memories: Vec<bool>,
    /// Whether each table has 64-bit indices.
    tables: Vec<bool>,
    /// How many data segments there are.
    data_segments: usize,
}

impl Types {
    fn of(sections: &[Section<'_>]) -> Result<Self> {
        let mut types = Self::default();
        for section in sections {
            match section.id {
                id::TABLE => types.tables = items::<Table>(section)?.iter().map(|each| each.item.ty.table64).collect(),
                id::MEMORY => {
                    types.memories = items::<MemoryType>(section)?.iter().map(|each| each.item.memory64).collect();
                }
                id::DATA => types.data_segments = items::<Data>(section)?.len(),
                _ => {}
            }
        }
        Ok(types)
    }
}

/// Tables of the present lengths, which hold null.
fn tables(section: &Section<'_>, state: &State<'_>) -> Result<Vec<u8>> {
    let each = items::<Table>(section)?.into_iter().zip(0..).map(|(table, index)| {
        let Some(elements) = state.tables.get(&index) else { return table.bytes.to_vec() };
        // Before the type of a table with an initial value stand two bytes.
        let has_init = table.bytes.first() == Some(&0x40);
        let ty = &table.bytes[if has_init { 2 } else { 0 }..];
        let (reference, limits) = ty.split_at(reference_len(ty));
        let mut bytes = [reference, &limits[..1]].concat();
        put(&mut bytes, elements.len() as u64);
        if let Some(maximum) = table.item.ty.maximum {
            put(&mut bytes, maximum);
        }
        bytes
    });
    Ok(of_items(&each.collect::<Vec<_>>()))
}

/// Bytes of a reference type that begins here.
fn reference_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(&(NULLABLE | NOT_NULLABLE)) => 2 + bytes[1..].iter().take_while(|&&byte| byte & 0x80 != 0).count(),
        _ => 1,
    }
}

/// Memories of the present lengths.
fn memories(section: &Section<'_>, state: &State<'_>) -> Result<Vec<u8>> {
    let each = items::<MemoryType>(section)?.into_iter().zip(0..).map(|(memory, index)| {
        let Some(present) = state.memories.get(&index) else { return memory.bytes.to_vec() };
        let mut bytes = memory.bytes[..1].to_vec();
        put(&mut bytes, present.len >> memory.item.page_size_log2.unwrap_or(16));
        // Behind the flags stands the length at first, which is replaced.
        let replaced = memory.bytes[1..].iter().take_while(|&&byte| byte & 0x80 != 0).count() + 2;
        bytes.extend_from_slice(&memory.bytes[replaced..]);
        bytes
    });
    Ok(of_items(&each.collect::<Vec<_>>()))
}

/// Globals of the present values.
fn globals(section: &Section<'_>, state: &State<'_>) -> Result<Vec<u8>> {
    let each = items::<Global>(section)?.into_iter().zip(0..).map(|(global, index)| {
        let Some(&value) = state.globals.get(&index) else { return global.bytes.to_vec() };
        let ty = global.before(&global.item.init_expr);
        let mut bytes = ty.to_vec();
        put_value(&mut bytes, ty, value);
        bytes
    });
    Ok(of_items(&each.collect::<Vec<_>>()))
}

/// Appends an expression that gives a value, of the type that begins with `ty`.
fn put_value(bytes: &mut Vec<u8>, ty: &[u8], value: Value) {
    match value {
        Value::Number(0x7f, [word, _]) => {
            bytes.push(I32_CONST);
            put_signed(bytes, i64::from(word as i32));
        }
        Value::Number(0x7e, [word, _]) => {
            bytes.push(I64_CONST);
            put_signed(bytes, word as i64);
        }
        Value::Number(0x7d, [word, _]) => {
            bytes.push(F32_CONST);
            bytes.extend((word as u32).to_le_bytes());
        }
        Value::Number(0x7c, [word, _]) => {
            bytes.push(F64_CONST);
            bytes.extend(word.to_le_bytes());
        }
        Value::Number(_, words) => {
            bytes.extend(V128_CONST);
            words.iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        }
        Value::Reference(Some(function)) => {
            bytes.push(REF_FUNC);
            put(bytes, function.into());
        }
        Value::Reference(None) => {
            bytes.push(REF_NULL);
            let heap_type = if ty.first() == Some(&NULLABLE) { 1 } else { 0 };
            bytes.extend_from_slice(&ty[heap_type..reference_len(ty)]);
        }
    }
    bytes.push(END);
}

/// All exports but one.
fn exports(section: &Section<'_>, without: &str) -> Result<Vec<u8>> {
    let others = items::<Export>(section)?.into_iter().filter(|export| export.item.name != without);
    Ok(of_items(&others.map(|export| export.bytes.to_vec()).collect::<Vec<_>>()))
}

/// A segment that declares the function of an export, so that other functions can still make references to it.
fn declared(sections: &[Section<'_>], export: &str) -> Result<Option<Vec<u8>>> {
    let Some(section) = sections.iter().find(|section| section.id == id::EXPORT) else { return Ok(None) };
    let exports = items::<Export>(section)?;
    Ok(exports.iter().find(|each| each.item.name == export).map(|each| {
        let mut bytes = vec![DECLARED, 0, 1];
        put(&mut bytes, each.item.index.into());
        bytes
    }))
}

/// Element segments: those that tables hold what was copied from declare functions alone, as do those that were
/// dropped.
fn element_segments(section: &Section<'_>, state: &State<'_>) -> Result<Vec<Vec<u8>>> {
    let each = items::<Element>(section)?.into_iter().zip(0..).map(|(element, index)| match &element.item.kind {
        ElementKind::Active { table_index, offset_expr } if state.tables.contains_key(&table_index.unwrap_or(0)) => {
            let kind = element.bytes[0];
            let mut bytes = vec![kind & EXPRESSIONS | DECLARED];
            if kind & INDEXED == 0 {
                // The type of the elements, which goes without saying in such a segment.
                bytes.push(if kind & EXPRESSIONS == 0 { 0 } else { 0x70 });
            }
            bytes.extend_from_slice(element.after(offset_expr));
            bytes
        }
        ElementKind::Passive if state.dropped_elements.contains(&index) => {
            let mut bytes = element.bytes.to_vec();
            bytes[0] |= DECLARED;
            bytes
        }
        _ => element.bytes.to_vec(),
    });
    Ok(each.collect())
}

/// Data segments: what was copied, or dropped, has no bytes.
fn data_segments(section: &Section<'_>, state: &State<'_>) -> Result<Vec<Vec<u8>>> {
    let each = items::<Data>(section)?.into_iter().zip(0..).map(|(data, index)| match data.item.kind {
        DataKind::Passive if !state.dropped_data.contains(&index) => data.bytes.to_vec(),
        DataKind::Active { memory_index, .. } if !state.memories.contains_key(&memory_index) => data.bytes.to_vec(),
        _ => vec![PASSIVE, 0],
    });
    Ok(each.collect())
}

/// Appends the head of an active segment.
fn put_head(bytes: &mut Vec<u8>, index: u32, is_64: bool, offset: u64) {
    bytes.push(if index == 0 { 0 } else { INDEXED });
    if index > 0 {
        put(bytes, index.into());
    }
    if is_64 {
        bytes.push(I64_CONST);
        put_signed(bytes, offset as i64);
    } else {
        bytes.push(I32_CONST);
        put_signed(bytes, i64::from(offset as i32));
    }
    bytes.push(END);
}

/// Segments of the elements that are not null.
fn new_elements(state: &State<'_>, types: &Types) -> Vec<Vec<u8>> {
    let mut segments = Vec::new();
    for (&table, elements) in &state.tables {
        let mut offset = 0;
        for run in elements.chunk_by(|one, other| one.is_some() == other.is_some()) {
            let functions: Vec<u32> = run.iter().copied().flatten().collect();
            if !functions.is_empty() {
                let mut bytes = Vec::new();
                put_head(&mut bytes, table, types.tables[table as usize], offset);
                if table > 0 {
                    // Elements are functions.
                    bytes.push(0);
                }
                put(&mut bytes, functions.len() as u64);
                functions.iter().for_each(|&function| put(&mut bytes, function.into()));
                segments.push(bytes);
            }
            offset += run.len() as u64;
        }
    }
    segments
}

/// Segments of the bytes that are not zero.
fn new_data(state: &State<'_>, types: &Types) -> Vec<Vec<u8>> {
    let mut segments = Vec::new();
    for (&index, memory) in &state.memories {
        for &(start, chunk) in &memory.chunks {
            let first = chunk.iter().position(|&byte| byte != 0).unwrap_or(0);
            let end = chunk.iter().rposition(|&byte| byte != 0).map_or(first, |last| last + 1);
            let mut bytes = Vec::new();
            put_head(&mut bytes, index, types.memories[index as usize], start + first as u64);
            put(&mut bytes, (end - first) as u64);
            bytes.extend_from_slice(&chunk[first..end]);
            segments.push(bytes);
        }
    }
    segments
}
