//! State of a table (WebAssembly core specification, 4.2.7 "Table instances").
//!
//! An element is one 64-bit word. A null reference is 0. A function reference is the address of the function's code,
//! and the 32-bit word [`TYPE_ID_OFFSET`] bytes before that code holds the canonical number of its type, so that an
//! indirect call loads one word, compares another with a constant, and calls. An external reference is whatever
//! non-zero word the embedder gave.

/// Where a function's type number lies, in bytes relative to the address of its code.
pub const TYPE_ID_OFFSET: i32 = -4;

/// Bytes of an element.
pub const ELEMENT_SIZE: u32 = 8;

/// One table. Compiled code reads and writes elements; only the runtime changes the other fields.
#[repr(C)]
#[derive(Debug)]
pub struct Table {
    /// Address of element 0.
    pub elements: *mut u64,
    /// Present number of elements.
    pub len: u64,
    /// Number of elements the table may grow to.
    pub max: u64,
    /// Elements for which there is room at [`Table::elements`].
    pub capacity: u64,
}

// SAFETY: compiled code and runtime share one instance per image; who may write when is stated on the fields.
unsafe impl Sync for Table {}

/// Offsets in bytes of the fields of [`Table`] that compiled code reads or the object writer relocates.
pub mod offsets {
    use super::Table;
    use core::mem::offset_of;

    /// Offset of [`Table::elements`].
    pub const ELEMENTS: u32 = offset_of!(Table, elements) as u32;
    /// Offset of [`Table::len`].
    pub const LEN: u32 = offset_of!(Table, len) as u32;
    /// Offset of [`Table::max`].
    pub const MAX: u32 = offset_of!(Table, max) as u32;
    /// Offset of [`Table::capacity`].
    pub const CAPACITY: u32 = offset_of!(Table, capacity) as u32;
    /// Size of [`Table`].
    pub const SIZE: u32 = size_of::<Table>() as u32;
}
