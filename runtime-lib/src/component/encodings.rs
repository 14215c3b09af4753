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

    /// How many ASCII characters come first, found eight bytes at a time; not necessarily all. Not for UTF-16.
    pub fn ascii(&self) -> usize {
        const HIGH: u64 = 0x8080_8080_8080_8080;
        let mut len = 0;
        // SAFETY: eight bytes are left from `len` on.
        while self.left - len >= 8 && unsafe { self.at.add(len).cast::<u64>().read_unaligned() } & HIGH == 0 {
            len += 8;
        }
        len
    }

    /// Where the next unit lies.
    pub fn address(&self) -> *const u8 {
        self.at
    }

    /// Passes over units, of which so many must be left.
    pub fn pass(&mut self, units: usize) {
        let units = units.min(self.left);
        self.left -= units;
        // SAFETY: so many units were left.
        self.at = unsafe { self.at.add(units * self.unit.size() as usize) };
    }

    fn byte(&self, index: usize) -> Option<u8> {
        // SAFETY: the unit is one of those left.
        (index < self.left).then(|| unsafe { self.at.add(index).read() })
    }

    fn word(&self, index: usize) -> Option<u16> {
        // SAFETY: the unit is one of those left.
        let word = (index < self.left).then(|| unsafe { self.at.cast::<u16>().add(index).read_unaligned() });
        word.map(u16::from_le)
    }

    /// The next character, or why there is none, and its units.
    fn decode(&self) -> Option<(Result<char, Invalid>, usize)> {
        match self.unit {
            Unit::Latin1 => self.byte(0).map(|byte| (Ok(byte.into()), 1)),
            Unit::Utf8 => self.byte(0).map(|first| self.utf8(first)),
            Unit::Utf16 => self.word(0).map(|first| self.utf16(first)),
        }
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

    fn utf16(&self, first: u16) -> (Result<char, Invalid>, usize) {
        match (first, self.word(1)) {
            (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) => {
                let value = 0x1_0000 + (u32::from(first & 0x3ff) << 10 | u32::from(second & 0x3ff));
                (from_u32(value).ok_or(Invalid), 2)
            }
            _ => (from_u32(first.into()).ok_or(Invalid), 1),
        }
    }

    /// The next character, which is not passed over.
    pub fn peek(&self) -> Option<Result<char, Invalid>> {
        self.decode().map(|(character, _)| character)
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
        let value = u32::from(character);
        let count = units_of(character, self.unit);
        if count > self.left {
            return false;
        }
        match self.unit {
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

    fn utf8(&mut self, value: u32, count: usize) {
        let mut shift = 6 * (count as u32 - 1);
        let lead = match count {
            1 => 0,
            2 => 0xc0,
            3 => 0xe0,
            _ => 0xf0,
        };
        self.byte(lead | value >> shift);
        while shift > 0 {
            shift -= 6;
            self.byte(0x80 | value >> shift & 0x3f);
        }
    }

    /// Copies so many ASCII characters from units of one byte, as many as there is room for; returns how many.
    pub fn put_ascii(&mut self, from: *const u8, count: usize) -> usize {
        let count = count.min(self.left);
        if self.unit == Unit::Utf16 {
            for index in 0..count {
                // SAFETY: the caller has so many units, and there is room for as many.
                unsafe { self.at.cast::<u16>().add(index).write_unaligned(u16::from(from.add(index).read()).to_le()) };
            }
        } else {
            // SAFETY: as above; the ranges may overlap.
            unsafe { core::ptr::copy(from, self.at, count) };
        }
        self.left -= count;
        // SAFETY: there was room for so many units.
        self.at = unsafe { self.at.add(count * self.unit.size() as usize) };
        count
    }

    fn byte(&mut self, value: u32) {
        self.left -= 1;
        // SAFETY: `put` has checked that there is room.
        unsafe {
            self.at.write(value as u8);
            self.at = self.at.add(1);
        }
    }

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
pub fn units_of(character: char, unit: Unit) -> usize {
    match unit {
        Unit::Latin1 => 1,
        Unit::Utf8 => character.len_utf8(),
        Unit::Utf16 => character.len_utf16(),
    }
}
