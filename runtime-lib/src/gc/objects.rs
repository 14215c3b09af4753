//! What an object consists of: its size, and where it holds references.

use super::space::Space;
use super::units::Place;
use crate::sys::REFERENCE_SIZE;
use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};
use wasmc_abi::heap::{ALIGN, ELEMENTS, EXTERNALIZED, HeapType, Kind, LEN, OFFSET_UNIT};

/// Set in the header of an object that has been copied; the bits below are the place of the copy.
pub const FORWARDED: u32 = 1 << 31;

/// The types of the program.
pub struct Types {
    types: *const HeapType,
    offsets: *const u16,
}

/// A part of an object that holds references.
pub enum Slots {
    /// So many references from an address on.
    References(usize, usize),
    /// So many external references.
    Externs(usize, usize),
}

impl Slots {
    /// How many there are.
    pub fn len(&self) -> usize {
        match *self {
            Self::References(_, count) | Self::Externs(_, count) => count,
        }
    }

    /// At most `count` of them, from the one with a number on.
    pub fn part(&self, first: usize, count: usize) -> Self {
        let count = self.len().saturating_sub(first).min(count);
        match *self {
            Self::References(address, _) => Self::References(address + first * REFERENCE_SIZE, count),
            Self::Externs(address, _) => Self::Externs(address + first * size_of::<u64>(), count),
        }
    }
}

impl Types {
    /// The types in a table, with the offsets that it refers to.
    ///
    /// # Safety
    /// Both must stay as they are, and the table must have an entry for every type of which an object is made.
    pub unsafe fn new(types: *const HeapType, offsets: *const u16) -> Self {
        Self { types, offsets }
    }

    /// The type of an object that has not been copied.
    pub fn of(&self, space: &Space, object: Place) -> &HeapType {
        let number = space.u32_at(space.address(object));
        // SAFETY: objects begin with the number of their type, for which the table has an entry: see `new`.
        unsafe { &*self.types.add(number as usize) }
    }

    /// Bytes of an object, a multiple of [`ALIGN`].
    pub fn size_of(&self, space: &Space, object: Place) -> usize {
        self.shape_of(space, object).0
    }

    /// Bytes of an object, and whether it holds references.
    pub fn shape_of(&self, space: &Space, object: Place) -> (usize, bool) {
        let ty = self.of(space, object);
        if ty.kind == Kind::Struct {
            return (ty.size as usize, ty.references | ty.externs != 0);
        }
        let size = array_size(ty.size, space.u32_at(space.address(object) + LEN as usize));
        (size, ty.kind != Kind::Array)
    }

    /// Calls `visit` with each part of an object that holds references.
    pub fn each_slot(&self, space: &Space, object: Place, mut visit: impl FnMut(Slots)) {
        let (ty, address) = (self.of(space, object), space.address(object));
        let elements = address + ELEMENTS as usize;
        let len = || space.u32_at(address + LEN as usize) as usize;
        match ty.kind {
            Kind::References => visit(Slots::References(elements, len())),
            Kind::Externs => visit(Slots::Externs(elements, len())),
            Kind::Struct => {
                let references = usize::from(ty.references);
                for index in 0..references + usize::from(ty.externs) {
                    // SAFETY: the table of offsets has those of all fields from the type's first on: see `new`.
                    let offset = unsafe { self.offsets.add(ty.first as usize + index).read() };
                    let field = address + usize::from(offset) * OFFSET_UNIT as usize;
                    visit(if index < references { Slots::References(field, 1) } else { Slots::Externs(field, 1) });
                }
            }
            Kind::Array | Kind::None => {}
        }
    }
}

/// Bytes of an array.
pub fn array_size(element_size: u32, len: u32) -> usize {
    // An element has at most 16 bytes: the product has at most 36 bits.
    (ELEMENTS as usize + element_size as usize * len as usize).next_multiple_of(ALIGN as usize)
}

/// Reads a reference in an object.
pub fn read_reference(address: usize) -> usize {
    match REFERENCE_SIZE {
        // SAFETY: the collector reads references where objects have them.
        4 => unsafe { with_exposed_provenance::<u32>(address).read() as usize },
        // SAFETY: as above.
        _ => unsafe { with_exposed_provenance::<usize>(address).read() },
    }
}

/// Writes a reference in an object.
pub fn write_reference(address: usize, reference: usize) {
    match REFERENCE_SIZE {
        // SAFETY: as in `read_reference`; nothing else runs meanwhile.
        4 => unsafe { with_exposed_provenance_mut::<u32>(address).write(reference as u32) },
        // SAFETY: as above.
        _ => unsafe { with_exposed_provenance_mut::<usize>(address).write(reference) },
    }
}

/// Reads a word of a global, a table or a segment, or an external reference in an object.
pub fn read_word(address: usize) -> u64 {
    // SAFETY: the compiler lists cells of the program's state; objects have such words where their types say so.
    unsafe { with_exposed_provenance::<u64>(address).read() }
}

/// Writes such a word.
pub fn write_word(address: usize, word: u64) {
    // SAFETY: as in `read_word`; nothing else runs meanwhile.
    unsafe { with_exposed_provenance_mut::<u64>(address).write(word) }
}

/// The internal reference that an external one stands for, where it stands for one.
pub fn internal(word: u64) -> Option<usize> {
    (word & EXTERNALIZED == EXTERNALIZED).then_some((word & !EXTERNALIZED) as usize)
}
