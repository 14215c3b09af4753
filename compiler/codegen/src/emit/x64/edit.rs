//! What is known of a function that is understood: its edits, and where instructions start between them.

use super::shorten::Encoding;

/// Greatest alignment of a constant, in bytes; functions are aligned as much.
pub(super) const CONSTANT_ALIGN: u32 = 16;

/// Bytes of a jump table's entry that is a distance.
pub(super) const ENTRY: usize = 4;

/// Bytes of one that is an address.
pub(super) const ADDRESS: usize = 8;

/// Bytes that do not stay as they are. All bytes between one edit and the next are copied.
#[derive(Debug)]
pub(super) struct Edit {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A `jmp` or `jcc` with a 32-bit displacement.
    Branch { target: u32 },
    /// Instructions with a shorter equivalent.
    Shorter(Encoding),
    /// An instruction with an operand relative to its end, whose displacement lies at `field`.
    Relative { field: u32, target: u32 },
    /// A jump table: offsets of instructions from the table's start.
    Table,
    /// What aligns the constants that follow.
    Padding,
}

/// A place in the code as it was.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// The number of edits that lie before.
    pub edits: usize,
}

/// A function that is understood.
pub(super) struct Scan {
    /// In order, not overlapping.
    pub edits: Vec<Edit>,
    /// For every offset at which an instruction, a jump table or a constant starts, the number of edits before it.
    pub(super) before: Vec<u32>,
}

/// In [`Scan::before`]: nothing starts here.
pub(super) const NOTHING: u32 = u32::MAX;

/// In [`Scan::before`], while scanning: an instruction starts here, but is not decoded yet.
pub(super) const EXPECTED: u32 = u32::MAX - 1;

impl Scan {
    /// The instruction, jump table or constant at `offset`; `None` where none starts there.
    pub(super) fn place(&self, offset: u32) -> Option<Place> {
        let edits = *self.before.get(offset as usize)?;
        (edits < EXPECTED).then_some(Place { offset, edits: edits as usize })
    }

    /// The place after an edit.
    pub(super) fn end(&self, edit: usize) -> Place {
        Place { offset: self.edits[edit].end, edits: edit + 1 }
    }
}

/// The targets of a jump table that starts at `start`.
pub(super) fn table_targets(start: u32, table: &[u8]) -> impl Iterator<Item = u32> {
    let entries = table.chunks_exact(ENTRY);
    entries.map(move |entry| start.wrapping_add(u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]])))
}
