//! From code units to characters and back.
//!
//! Units lie in memories of the program, which no reference is formed to, and may change while they are read, where
//! what is written overlaps them: any units are read without harm.

use core::char::from_u32;

/// What a code unit is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A byte of UTF-8.
    Utf8,
    /// Two bytes of UTF-16, little-endian.
    Utf16,
    /// A byte that is a character.
    Latin1,
}

impl Unit {
    /// Its bytes.
    pub const fn size(self) -> u32 {
        match self {
            Self::Utf16 => 2,
            _ => 1,
        }
    }

    /// The words for units that are not valid.
    pub const fn problem(self) -> &'static str {
        match self {
            Self::Utf16 => "invalid utf16 encoding",
            _ => "invalid utf8 encoding",
        }
    }
}

/// Code units that are read, one character after the other.
#[derive(Clone, Copy)]
pub struct Units {
    at: *const u8,
    left: usize,
    unit: Unit,
}

/// Units that are no character.
pub struct Invalid;

impl Units {
    /// `len` units from `at` on.
    ///
    /// # Safety
    /// They must be readable as long as the value is used.
    pub unsafe fn new(at: *const u8, len: usize, unit: Unit) -> Self {
        Self { at, left: len, unit }
    }

    /// The units of bytes of the runtime's own.
    pub fn of(bytes: &[u8]) -> Self {
        Self { at: bytes.as_ptr(), left: bytes.len(), unit: Unit::Utf8 }
    }

    /// What its units are.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// How many units are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Passes over units, of which so many must be left.
    #[inline]
    pub fn pass(&mut self, units: usize) {
        let units = units.min(self.left);
        self.left -= units;
        // SAFETY: so many units were left.
        self.at = unsafe { self.at.add(units * self.unit.size() as usize) };
    }

    #[inline(always)]
    fn byte(&self, index: usize) -> Option<u8> {
        if index >= self.left {
            return None;
        }
        // SAFETY: the unit is one of those left.
        Some(unsafe { self.at.add(index).read() })
    }

    #[inline(always)]
    fn word(&self, index: usize) -> Option<u16> {
        if index >= self.left {
            return None;
        }
        // SAFETY: the unit is one of those left.
        Some(u16::from_le(unsafe { self.at.cast::<u16>().add(index).read_unaligned() }))
    }

    /// The next character, or why there is none, and its units.
    fn decode(&self) -> Option<(Result<char, Invalid>, usize)> {
        self.decode_as(self.unit)
    }

    /// The same, where the caller knows what the units are.
    #[inline(always)]
    pub fn decode_as(&self, unit: Unit) -> Option<(Result<char, Invalid>, usize)> {
        if unit == Unit::Utf16 {
            return Some(self.utf16(self.word(0)?));
        }
        let first = self.byte(0)?;
        if unit == Unit::Latin1 {
            return Some((Ok(first.into()), 1));
        }
        match self.utf8_short(first) {
            Some((character, units)) => Some((Ok(character), units)),
            None => Some(self.utf8(first)),
        }
    }

    /// A character of up to three bytes; `None` where it is longer or not valid.
    #[inline(always)]
    fn utf8_short(&self, first: u8) -> Option<(char, usize)> {
        let lead = u32::from(first);
        if first < 0x80 {
            return Some((first.into(), 1));
        }
        let second = self.continuation(1)?;
        if (0xc2..=0xdf).contains(&first) {
            return Some((from_u32((lead & 0x1f) << 6 | second)?, 2));
        }
        let third = self.continuation(2)?;
        let value = (lead & 0x0f) << 12 | second << 6 | third;
        let is_long = first & 0xf0 != 0xe0 || value < 0x800;
        if is_long { None } else { Some((from_u32(value)?, 3)) }
    }

    /// The bits of a byte that continues a character; `None` where it does not.
    #[inline(always)]
    fn continuation(&self, index: usize) -> Option<u32> {
        let byte = self.byte(index)?;
        if byte & 0xc0 == 0x80 { Some(u32::from(byte & 0x3f)) } else { None }
    }

    /// Unicode, table 3-7 ("Well-Formed UTF-8 Byte Sequences").
    fn utf8(&self, first: u8) -> (Result<char, Invalid>, usize) {
        let (more, bits, mut range) = match first {
            0x00..=0x7f => return (Ok(first.into()), 1),
            0xc2..=0xdf => (1, 0x1f, 0x80..=0xbf),
            0xe0 => (2, 0x0f, 0xa0..=0xbf),
            0xed => (2, 0x0f, 0x80..=0x9f),
            0xe1..=0xef => (2, 0x0f, 0x80..=0xbf),
            0xf0 => (3, 0x07, 0x90..=0xbf),
            0xf1..=0xf3 => (3, 0x07, 0x80..=0xbf),
            0xf4 => (3, 0x07, 0x80..=0x8f),
            _ => return (Err(Invalid), 1),
        };
        let mut value = u32::from(first & bits);
        for index in 1..=more {
            match self.byte(index) {
                Some(byte) if range.contains(&byte) => value = value << 6 | u32::from(byte & 0x3f),
                _ => return (Err(Invalid), index),
            }
            range = 0x80..=0xbf;
        }
        (from_u32(value).ok_or(Invalid), more + 1)
    }

    #[inline(always)]
    fn utf16(&self, first: u16) -> (Result<char, Invalid>, usize) {
        match (first, self.word(1)) {
            (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                let value = 0x1_0000 + (u32::from(first & 0x3ff) << 10 | u32::from(second & 0x3ff));
                (from_u32(value).ok_or(Invalid), 2)
            }
            _ => (from_u32(first.into()).ok_or(Invalid), 1),
        }
    }

    /// The next eight bytes, where there are so many.
    #[inline(always)]
    pub fn word_of_bytes(&self) -> Option<u64> {
        if self.left < 8 / self.unit.size() as usize {
            return None;
        }
        // SAFETY: eight bytes are left.
        Some(u64::from_le(unsafe { self.at.cast::<u64>().read_unaligned() }))
    }
}

impl Iterator for Units {
    type Item = Result<char, Invalid>;

    fn next(&mut self) -> Option<Self::Item> {
        let (character, units) = self.decode()?;
        self.pass(units);
        Some(character)
    }
}

/// Where characters are written to.
pub struct Sink {
    at: *mut u8,
    left: usize,
    unit: Unit,
}

impl Sink {
    /// Room for `len` units from `at` on.
    ///
    /// # Safety
    /// It must be writable as long as the value is used.
    pub unsafe fn new(at: *mut u8, len: usize, unit: Unit) -> Self {
        Self { at, left: len, unit }
    }

    /// Units that there is room for.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Writes a character; returns whether there was room, without which nothing is written. In Latin-1 only the
    /// lowest byte counts.
    pub fn put(&mut self, character: char) -> bool {
        self.put_as(character, self.unit)
    }

    /// The same, where the caller knows what the units are.
    #[inline(always)]
    pub fn put_as(&mut self, character: char, unit: Unit) -> bool {
        let value = u32::from(character);
        let count = units_of(character, unit);
        if count > self.left {
            return false;
        }
        match unit {
            Unit::Latin1 => self.byte(value),
            Unit::Utf8 => self.utf8(value, count),
            Unit::Utf16 if count == 1 => self.word(value),
            Unit::Utf16 => {
                let rest = value.wrapping_sub(0x1_0000);
                self.word(0xd800 | rest >> 10);
                self.word(0xdc00 | rest & 0x3ff);
            }
        }
        true
    }

    #[inline(always)]
    fn utf8(&mut self, value: u32, count: usize) {
        match count {
            1 => return self.byte(value),
            2 => self.byte(0xc0 | value >> 6),
            3 => {
                self.byte(0xe0 | value >> 12);
                self.byte(0x80 | value >> 6 & 0x3f);
            }
            _ => {
                self.byte(0xf0 | value >> 18);
                self.byte(0x80 | value >> 12 & 0x3f);
                self.byte(0x80 | value >> 6 & 0x3f);
            }
        }
        self.byte(0x80 | value & 0x3f);
    }

    /// Writes the lowest `count` bytes of a word, which are whole units, where there is room.
    #[inline(always)]
    pub fn put_bytes(&mut self, word: u64, count: usize) -> bool {
        let units = count / self.unit.size() as usize;
        if units > self.left {
            return false;
        }
        let bytes = word.to_le_bytes();
        // SAFETY: there is room for so many bytes, and a word has no more.
        unsafe {
            self.at.copy_from_nonoverlapping(bytes.as_ptr(), count.min(8));
            self.at = self.at.add(count);
        }
        self.left -= units;
        true
    }

    #[inline(always)]
    fn byte(&mut self, value: u32) {
        self.left -= 1;
        // SAFETY: `put` has checked that there is room.
        unsafe {
            self.at.write(value as u8);
            self.at = self.at.add(1);
        }
    }

    #[inline(always)]
    fn word(&mut self, value: u32) {
        self.left -= 1;
        // SAFETY: `put` has checked that there is room.
        unsafe {
            self.at.cast::<u16>().write_unaligned((value as u16).to_le());
            self.at = self.at.add(2);
        }
    }
}

/// How many units a character takes.
#[inline(always)]
pub fn units_of(character: char, unit: Unit) -> usize {
    match unit {
        Unit::Latin1 => 1,
        Unit::Utf8 => character.len_utf8(),
        Unit::Utf16 => character.len_utf16(),
    }
}
