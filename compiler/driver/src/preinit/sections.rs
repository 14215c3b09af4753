//! The sections of a module, and what they are written with (core specification 5.5).

use wasmc_abi::leb128;
use wasmc_frontend::wasmparser::{BinaryReader, BinaryReaderError};

/// Numbers of sections.
pub mod id {
    pub const CUSTOM: u8 = 0;
    pub const TABLE: u8 = 4;
    pub const MEMORY: u8 = 5;
    pub const GLOBAL: u8 = 6;
    pub const EXPORT: u8 = 7;
    pub const START: u8 = 8;
    pub const ELEMENT: u8 = 9;
    pub const CODE: u8 = 10;
    pub const DATA: u8 = 11;
    pub const DATA_COUNT: u8 = 12;
}

/// The order that sections other than custom ones have.
const ORDER: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

/// Bytes of the head of a module: magic and version.
pub const HEAD: usize = 8;

/// A section: its number and its contents.
pub struct Section<'a> {
    /// Its number.
    pub id: u8,
    /// What it holds.
    pub contents: &'a [u8],
    /// Where that begins in the module.
    pub offset: u64,
}

/// The sections of a valid module.
///
/// # Errors
/// None, where the module is valid.
pub fn split(binary: &[u8]) -> Result<Vec<Section<'_>>, BinaryReaderError> {
    let mut reader = BinaryReader::new(&binary[HEAD..], HEAD as u64);
    let mut sections = Vec::new();
    while !reader.eof() {
        let (id, len) = (reader.read_u8()?, reader.read_var_u32()?);
        let offset = reader.original_position();
        sections.push(Section { id, contents: reader.read_bytes(len as usize)?, offset });
    }
    Ok(sections)
}

/// Whether a section of the number `id` comes before one of the number `other`.
pub fn is_before(id: u8, other: u8) -> bool {
    let place = |id| ORDER.iter().position(|&each| each == id);
    other != id::CUSTOM && place(id) < place(other)
}

/// Appends an unsigned number.
pub fn put(bytes: &mut Vec<u8>, number: u64) {
    leb128::write_unsigned(number, &mut |byte| bytes.push(byte));
}

/// Appends a signed number.
pub fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    leb128::write_signed(number, &mut |byte| bytes.push(byte));
}

/// Appends a section.
pub fn put_section(bytes: &mut Vec<u8>, id: u8, contents: &[u8]) {
    bytes.push(id);
    put(bytes, contents.len() as u64);
    bytes.extend_from_slice(contents);
}

/// The contents of a section of these items.
pub fn of_items(items: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut bytes, items.len() as u64);
    items.iter().for_each(|item| bytes.extend_from_slice(item));
    bytes
}
