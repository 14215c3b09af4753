//! Accesses of one register by a base and a constant offset.

use super::code::Item;
use super::words::{rd, rn};

/// Such an access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub base: u32,
    /// Bytes added to the base.
    pub offset: i32,
    /// Its size, register and direction, as words have them.
    parts: u32,
}

impl Access {
    /// The access that an item is, if it leaves its base as it is.
    pub fn of(item: &Item) -> Option<Self> {
        let word = item.word;
        if !item.is_plain() || word & 0x3a00_0000 != 0x3800_0000 {
            return None;
        }
        let parts = word & 0xc4c0_001f;
        let access = Self { base: rn(word), offset: 0, parts };
        let offset = match word >> 24 & 1 {
            1 => (word >> 10 & 0xfff) as i32 * access.size(),
            _ if word & 0x0020_0c00 == 0 => (word << 11) as i32 >> 23,
            _ => return None,
        };
        Some(Self { offset, ..access })
    }

    /// How many bytes it takes.
    pub fn size(self) -> i32 {
        let is_quad = self.parts & 0x0480_0000 == 0x0480_0000;
        1 << if is_quad { 4 } else { self.parts >> 30 }
    }

    /// Whether the register that it loads or stores is a vector.
    pub fn is_vector(self) -> bool {
        self.parts >> 26 & 1 == 1
    }

    /// Whether it loads, without changing what it loads.
    pub fn is_plain_load(self) -> bool {
        self.parts >> 22 & 1 == 1 && (self.is_vector() || self.parts >> 23 & 1 == 0)
    }

    /// Whether it stores.
    pub fn is_store(self) -> bool {
        self.parts >> 22 & 1 == 0 && (self.is_vector() || self.parts >> 23 & 1 == 0)
    }

    /// The number of the register that it loads or stores.
    pub fn register(self) -> u32 {
        rd(self.parts)
    }

    /// Whether that is its base, too.
    pub fn takes_base(self) -> bool {
        !self.is_vector() && self.register() == self.base
    }

    /// The word for it with another offset.
    pub fn with_offset(self, offset: i32) -> Option<u32> {
        let word = self.parts | self.base << 5;
        let scaled = offset / self.size();
        if offset % self.size() == 0 && (0..4096).contains(&scaled) {
            return Some(word | 0x3900_0000 | (scaled as u32) << 10);
        }
        Some(word | 0x3800_0000 | short(offset)?)
    }

    /// The word that adds `step` to the base before it accesses that.
    pub fn before_step(self, step: i32) -> Option<u32> {
        Some(self.parts | self.base << 5 | 0x3800_0c00 | short(step)?)
    }

    /// The word that adds `step` to the base when it has accessed that.
    pub fn after_step(self, step: i32) -> Option<u32> {
        Some(self.parts | self.base << 5 | 0x3800_0400 | short(step)?)
    }
}

/// An offset that is not scaled, in nine bits.
fn short(offset: i32) -> Option<u32> {
    (-256..256).contains(&offset).then_some((offset as u32 & 0x1ff) << 12)
}
