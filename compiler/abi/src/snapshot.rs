//! Snapshots: the state of an instance at rest, as bytes that mean the same on every target and under all options.
//!
//! The compiler says where state lies that code can change ([`State`]), the runtime writes it, and the runtime or the
//! compiler reads it. References to functions are written as their indices, so that no byte is an address. All numbers
//! are little-endian words of 64 bits:
//!
//! ```text
//! magic, version, fingerprint
//! number of memories;  for each: index, bytes, chunks (start, bytes, the bytes themselves), a chunk of no bytes
//! number of tables;    for each: index, kind, elements, a word for each element
//! number of globals;   for each: index, kind, two words
//! number of segments;  for each: index, kind, what is left of it
//! ```

use crate::trap::TrapTables;

/// What snapshots begin with.
pub const MAGIC: u64 = u64::from_le_bytes(*b"\0wasmcsn");

/// Version of the format.
pub const VERSION: u64 = 1;

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
    /// References to functions of any type, or null: the code of `funcref` (core specification 5.3).
    pub const FUNCTION: u32 = 0x70;
    /// What the embedder's references are, or null: the code of `externref`.
    pub const EXTERN: u32 = 0x6f;
}

/// Where a piece of state lies.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset in bytes from the start of the block.
    pub offset: u32,
    /// What lies there: one of [`kind`], or the code of a type of numbers.
    pub kind: u32,
    /// Its index in the module.
    pub index: u32,
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
    /// Segments: each is what is left of it, in 64 bits.
    pub segments: Places,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for State {}

/// Why there is no snapshot, or none can be restored.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// A call is active in the instance, or suspended.
    Active = 1,
    /// A table or global holds references that mean nothing in another instance, or the instance has a heap of objects.
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
