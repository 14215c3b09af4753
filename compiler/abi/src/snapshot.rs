//! Snapshots: the state of an instance at rest, as bytes that mean the same on every target and under all options.
//!
//! The compiler says where state lies that code can change ([`State`]), the runtime writes it, and the runtime or the
//! compiler reads it. References to functions are written as their indices, and those to objects as their numbers in
//! the snapshot, so that no byte is an address. All numbers are little-endian words of 64 bits:
//!
//! ```text
//! magic, version, fingerprint
//! number of memories;  for each: index, bytes, chunks (start, bytes, the bytes themselves), a chunk of no bytes
//! number of objects;   for each: the number of its type, and in the upper 32 bits how many elements it has;
//!                      then for each: its fields or elements, a word for each reference, the bytes of each number
//! number of tables;    for each: index, kind, elements, a word for each element
//! number of globals;   for each: index, kind, two words
//! number of elements that instantiation has found out; for each: index of the segment, kind, a word
//! number of segments;  for each: index, kind, what is left of it
//! ```
//!
//! Objects are those that tables, globals and elements lead to, in the order in which they are found from these. The
//! word of a reference to one is [`object_word`]; what is no address is itself (see [`crate::heap`]).

use crate::heap::{ALIGN, Heap, HeapTables};
use crate::trap::TrapTables;
use core::ffi::c_void;

/// What snapshots begin with.
pub const MAGIC: u64 = u64::from_le_bytes(*b"\0wasmcsn");

/// Version of the format.
pub const VERSION: u64 = 2;

/// Chunks of memories that hold nothing but zeroes are left out: their size in bytes.
pub const CHUNK: usize = 4096;

/// What a place holds.
pub mod kind {
    /// References of a type that has no null, which snapshots cannot hold.
    pub const NONE: u32 = 0;
    /// References of which snapshots hold null alone.
    pub const NULL: u32 = 1;
    /// A data segment.
    pub const DATA: u32 = 2;
    /// An element segment.
    pub const ELEMENTS: u32 = 3;
    /// A memory.
    pub const MEMORY: u32 = 4;
    /// References to objects, or what stands in their place.
    pub const OBJECT: u32 = 5;
    /// The word of the embedder's in an object that holds one.
    pub const WORD: u32 = 6;
    /// Packed integers of 8 bits (core specification 5.3).
    pub const I8: u32 = 0x78;
    /// The same of 16 bits.
    pub const I16: u32 = 0x77;
    /// References to functions: the code of `funcref` (core specification 5.3).
    pub const FUNCTION: u32 = 0x70;
    /// External references: the code of `externref`.
    pub const EXTERN: u32 = 0x6f;
}

/// Where a piece of state lies, in a block or in an object.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset in bytes from the start of the block, or of the object.
    pub offset: u32,
    /// What lies there: one of [`kind`], or the code of a type of numbers.
    pub kind: u32,
    /// Its index in the module.
    pub index: u32,
    /// Of references, the heap type: see [`crate::reference`].
    pub to: i32,
    /// Of references, whether they may be null: 0 or 1.
    pub is_nullable: u32,
}

/// Places of one sort, in the order of their indices.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// The first.
    pub first: *const Place,
    /// How many there are.
    pub len: u64,
}

/// The state of an instance that code can change. Written by the compiler.
#[repr(C)]
#[derive(Debug)]
pub struct State {
    /// A number that depends on the module.
    pub fingerprint: u64,
    /// Where functions begin, and which they are. Those that the module defines come first, in the order of their
    /// indices, then those that it imports, likewise.
    pub traps: *const TrapTables,
    /// How many functions the module imports.
    pub imports_len: u64,
    /// A bit for each function there, the lowest of a byte first: whether references can refer to it.
    pub referable: *const u8,
    /// Memories: each is a `Memory`.
    pub memories: Places,
    /// Tables: each is a `Table`.
    pub tables: Places,
    /// Globals: each is a value.
    pub globals: Places,
    /// Elements of segments that instantiation finds out: each is a word.
    pub elements: Places,
    /// Segments: each is what is left of it, in 64 bits.
    pub segments: Places,
    /// What there is to know of objects; null where there are none.
    pub heap: *const HeapState,
}

/// What there is to know of objects. Written by the compiler.
#[repr(C)]
#[derive(Debug)]
pub struct HeapState {
    /// Makes the heap ready: [`Builtin::ContextHeapInit`](crate::builtin::Builtin::ContextHeapInit).
    pub init: unsafe extern "C" fn(tables: *mut HeapTables, heap: *mut Heap, block: u64),
    /// What that takes.
    pub tables: *mut HeapTables,
    /// Offset in the block of what code shares with the collector.
    pub heap: u64,
    /// Whether external references can stand for objects: 0 or 1.
    pub are_externs: u64,
    /// The types, by their numbers.
    pub shapes: *const Shape,
    /// How many there are.
    pub shapes_len: u64,
    /// The fields of all types.
    pub fields: *const Place,
}

/// What an object of a type consists of.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of an object, or of an element.
    pub size: u32,
    /// Position in [`HeapState::fields`] of its first field. An array has one, for its elements.
    pub first: u32,
    /// How many fields there are.
    pub len: u32,
    /// One of [`shape`].
    pub kind: u32,
}

/// What a type is of.
pub mod shape {
    /// Objects of none, or of a type of which no object is ever made.
    pub const NONE: u32 = 0;
    /// Structures.
    pub const STRUCT: u32 = 1;
    /// Arrays.
    pub const ARRAY: u32 = 2;
}

/// A function of the embedder's that takes a piece of a snapshot, with the embedder's own pointer.
pub type SnapshotSink = unsafe extern "C" fn(data: *mut c_void, bytes: *const u8, len: usize);

/// What writes and restores snapshots with objects, where there is a heap.
#[derive(Debug)]
pub struct Functions {
    /// See [`Api::snapshot`](crate::context::Api::snapshot).
    pub snapshot: unsafe extern "C" fn(block: *mut u8, sink: SnapshotSink, data: *mut c_void) -> u32,
    /// See [`Api::restore`](crate::context::Api::restore).
    pub restore: unsafe extern "C" fn(block: *mut u8, bytes: *const u8, len: usize) -> u32,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for State {}

/// Why there is no snapshot, or none can be restored.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// A call is active in the instance, or suspended.
    Active = 1,
    /// A table, a global or an object holds references that mean nothing in another instance: to exceptions.
    References = 2,
    /// These bytes are no snapshot, or a part of one.
    Malformed = 3,
    /// The snapshot is of another version.
    OtherVersion = 4,
    /// The snapshot is of an instance of another module.
    OtherModule = 5,
    /// The instance cannot have so much memory.
    OutOfMemory = 6,
}

/// Reads a snapshot. Whatever the bytes are, each step gives what is there, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of the pieces of a snapshot of the module with this fingerprint.
    ///
    /// # Errors
    /// Where it is none.
    pub fn new(bytes: &'a [u8], fingerprint: u64) -> Result<Self, SnapshotError> {
        let mut reader = Self { rest: bytes };
        let mut word = || reader.word().ok_or(SnapshotError::Malformed);
        let (magic, version) = (word()?, word()?);
        if magic != MAGIC {
            return Err(SnapshotError::Malformed);
        }
        if version != VERSION {
            return Err(SnapshotError::OtherVersion);
        }
        if word()? != fingerprint {
            return Err(SnapshotError::OtherModule);
        }
        Ok(reader)
    }

    /// The next word.
    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// The next word, where it has 32 bits.
    pub fn small(&mut self) -> Option<u32> {
        u32::try_from(self.word()?).ok()
    }

    /// The next `len` bytes.
    pub fn bytes(&mut self, len: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The next chunk of a memory, where there is one more: where it begins, and its bytes.
    pub fn chunk(&mut self) -> Option<Option<(u64, &'a [u8])>> {
        let (start, len) = (self.word()?, self.word()?);
        Some(if len == 0 { None } else { Some((start, self.bytes(len)?)) })
    }

    /// Bytes that are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// A reference to a function, by its index: [`Reader::word`] of an element. 0 is null.
pub fn function_word(index: Option<u32>) -> u64 {
    index.map_or(0, |index| u64::from(index) + 1)
}

/// The index that [`function_word`] was made of; `None` for null.
pub fn function_index(word: u64) -> Option<u64> {
    word.checked_sub(1)
}

/// A reference to an object, by its number, from 0 on.
pub fn object_word(number: u64) -> u64 {
    (number + 1) * u64::from(ALIGN)
}

/// The number that [`object_word`] was made of.
pub fn object_number(word: u64) -> Option<u64> {
    (word / u64::from(ALIGN)).checked_sub(1).filter(|_| word.is_multiple_of(u64::from(ALIGN)))
}
