//! The heap: where structures and arrays lie (core specification 4.2.3 "Structure Instances", "Array Instances"), and
//! what references are.
//!
//! A reference to an object is its address. Null is 0. What stands in the place of an address has one of its lowest
//! bits set: an `i31` bit 0, with the value above it; a word of the embedder's that has become an internal reference
//! bit 1, where it is smaller than [`HOST_WORD_LIMIT`], with the word above both. A greater word lies in an object of
//! its own, whose type has the number [`HOST_WORD`]. In fields and elements a reference has 4 bytes, because the heap
//! lies in the lowest 4 GiB; where these are out of bounds, it has 8.
//!
//! An external reference is a word of the embedder's, whose upper 16 bits are not all set. An internal reference that
//! has become an external one has them set, [`EXTERNALIZED`].
//!
//! An object begins with the number of its type, 32 bits wide; behind it come the fields, or the length of an array
//! and its elements. Objects lie at multiples of [`ALIGN`].

use crate::table::Table;

/// The environment variable that asks something of the heap. Where there is no system, it is one that the program is
/// granted.
pub const VARIABLE: &str = "WASMC_HEAP";

/// Bytes that objects are aligned to.
pub const ALIGN: u32 = 8;

/// Where the fields of a structure begin.
pub const FIELDS: u32 = 4;

/// Where the number of elements of an array lies, 32 bits wide.
pub const LEN: u32 = 4;

/// Where the elements of an array begin.
pub const ELEMENTS: u32 = 8;

/// The lowest bits of a word that is no address.
pub const TAGS: u64 = 3;

/// The lowest bit of an `i31`.
pub const I31_TAG: u64 = 1;

/// The lowest two bits of a small word of the embedder's.
pub const HOST_TAG: u64 = 2;

/// Words of the embedder's below this are internal references themselves.
pub const HOST_WORD_LIMIT: u64 = 1 << 30;

/// The type number of an object that holds a word of the embedder's.
pub const HOST_WORD: u32 = 0;

/// Where it holds the word.
pub const HOST_WORD_OFFSET: u32 = 8;

/// Its size in bytes.
pub const HOST_WORD_SIZE: u32 = 16;

/// The upper bits of an external reference that stands for an internal one.
pub const EXTERNALIZED: u64 = 0xffff << 48;

/// Bytes of the largest object that compiled code allocates without a call.
pub const LARGEST_INLINE: u32 = 2048;

/// Bytes of the largest object that lies beside others. References that the elements of a new larger array have at
/// first are remembered as if they had been written to an old one.
pub const LARGEST_SMALL: u32 = 16 << 10;

/// Bytes of a card, as a power of two: the unit in which writes to old objects are remembered. Few, as a write anywhere
/// has a minor collection look at a whole one.
pub const CARD_SIZE_LOG2: u32 = 7;

/// What compiled code shares with the collector: where a program has threads, each has its own.
#[repr(C)]
#[derive(Debug)]
pub struct Heap {
    /// Where the next object may lie.
    pub next: u64,
    /// Where it must end at the latest. Not below [`Heap::next`].
    pub limit: u64,
    /// The address of the byte that stands for the card at address 0: that of another address lies as many bytes
    /// further as it has cards below it. Whoever writes a reference to an object that may be old sets the byte of the
    /// object's first card, or that of the element, to 1. Set once, before the first object is
    /// made.
    pub cards: u64,
    /// The runtime's.
    pub collector: u64,
}

/// Bytes of [`Heap`].
pub const HEAP_SIZE: u32 = size_of::<Heap>() as u32;

/// Offsets in bytes of the fields of [`Heap`].
pub mod offsets {
    use super::Heap;
    use core::mem::offset_of;

    /// Offset of [`Heap::next`].
    pub const NEXT: u32 = offset_of!(Heap, next) as u32;
    /// Offset of [`Heap::limit`].
    pub const LIMIT: u32 = offset_of!(Heap, limit) as u32;
    /// Offset of [`Heap::cards`].
    pub const CARDS: u32 = offset_of!(Heap, cards) as u32;
}

/// What kind of object a type is of.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// None: a type of functions.
    None = 0,
    /// A structure.
    Struct = 1,
    /// An array of what holds no references to objects.
    Array = 2,
    /// An array of references.
    References = 3,
    /// An array of external references.
    Externs = 4,
}

/// What the collector must know of a type.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapType {
    /// Bytes of an object with its header, a multiple of [`ALIGN`]; of an element, where it is an array.
    pub size: u32,
    /// Position in [`HeapTables::references`] of the first of its fields that hold references.
    pub first: u32,
    /// How many fields hold references.
    pub references: u16,
    /// How many fields hold external references; they follow the others.
    pub externs: u16,
    /// The kind of object.
    pub kind: Kind,
}

impl HeapType {
    /// Bytes of the structure.
    pub const SIZE: usize = size_of::<Self>();

    /// The type as an image holds it.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..4].copy_from_slice(&self.size.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.first.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.references.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.externs.to_le_bytes());
        bytes[12] = self.kind as u8;
        bytes
    }
}

/// The unit of the offsets in [`HeapTables::references`], in bytes.
pub const OFFSET_UNIT: u32 = 4;

/// Words that hold references: globals, element segments.
#[repr(C)]
#[derive(Debug)]
pub struct Roots {
    /// The address of the first, a multiple of 8, plus [`EXTERNS`] where they are external references. Where each
    /// thread has its own, the address is counted from the start of the thread's block.
    pub words: usize,
    /// How many there are.
    pub len: u64,
}

/// Added to the address of words, or of a table, that hold external references.
pub const EXTERNS: usize = 1;

/// What the collector must know of one instance.
#[repr(C)]
#[derive(Debug)]
pub struct HeapTables {
    /// The tables of the instance that was made before: the runtime's.
    pub next: *const HeapTables,
    /// The types of the whole program, by number.
    pub types: *const HeapType,
    /// How many there are.
    pub types_len: u64,
    /// Offsets of fields that hold references.
    pub references: *const u16,
    /// Words that hold references.
    pub roots: *const Roots,
    /// How many pieces of them there are.
    pub roots_len: u64,
    /// The addresses of tables that hold references, each as in [`Roots::words`].
    pub tables: *const usize,
    /// How many there are.
    pub tables_len: u64,
    /// Bytes that the heap may have; `u64::MAX` where nothing limits it.
    pub max: u64,
}

impl HeapTables {
    /// The table at an address of [`HeapTables::tables`], counted from that of `block`, and whether it holds external
    /// references.
    pub fn table(address: usize, block: usize) -> (*const Table, bool) {
        (core::ptr::with_exposed_provenance(block + (address & !EXTERNS)), address & EXTERNS != 0)
    }
}

// SAFETY: only the runtime writes to the structure, once, before there are threads.
unsafe impl Sync for HeapTables {}
