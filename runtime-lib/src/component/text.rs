//! Strings of the caller, in its encoding.

use super::caller::{Address, Caller, Words};
use super::encodings::{Sink, Unit, Units, units_of};
use super::fault::trap;
use super::lower::Lower;
use core::mem::MaybeUninit;
use wasmc_abi::component::Encoding;

/// Bit of the length of a string in Latin-1 or UTF-16 that says that it is UTF-16.
pub const UTF16_TAG: u32 = 1 << 31;

const STRING: Words =
    Words { unaligned: "string pointer not aligned to 2", outside: "string pointer/length out of bounds of memory" };

impl Caller<'_> {
    /// The code units of a string of the caller.
    fn units(self, address: Address, len: u32) -> Units {
        let (unit, count) = match self.encoding() {
            Encoding::Utf8 => (Unit::Utf8, len),
            Encoding::Utf16 => (Unit::Utf16, len),
            Encoding::CompactUtf16 if len & UTF16_TAG == 0 => (Unit::Latin1, len),
            Encoding::CompactUtf16 => (Unit::Utf16, len & !UTF16_TAG),
        };
        let align = if self.encoding() == Encoding::Utf8 { 1 } else { 2 };
        let at = self.range(address, u64::from(count) * u64::from(unit.size()), align, &STRING);
        // SAFETY: `range` has checked the units; nothing of the caller runs while a function of the runtime reads them.
        unsafe { Units::new(at, count as usize, unit) }
    }

    /// Reads a string as UTF-8: as much of it as there is room for. Returns its length, also where that is more. Traps
    /// where it is not valid.
    pub fn read_text(self, address: Address, len: u32, to: &mut [MaybeUninit<u8>]) -> usize {
        let units = self.units(address, len);
        // SAFETY: the room is borrowed.
        let mut sink = unsafe { Sink::new(to.as_mut_ptr().cast(), to.len(), Unit::Utf8) };
        let mut len = 0;
        for character in units {
            let Ok(character) = character else { trap(units.unit().problem()) };
            len += units_of(character, Unit::Utf8);
            sink.put(character);
        }
        len
    }
}

/// A string for the caller: UTF-8, where what is none is replaced.
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a [u8]);

impl Text<'_> {
    /// Whether nothing of it has to be replaced.
    pub fn is_valid(&self) -> bool {
        Units::of(self.0).all(|character| character.is_ok())
    }

    fn characters(&self) -> impl Iterator<Item = char> {
        Units::of(self.0).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Has the caller make room for the string in this unit and writes it there; returns its address and units.
    fn write(&self, caller: Caller, unit: Unit, align: u32) -> [u32; 2] {
        let count: usize = self.characters().map(|character| units_of(character, unit)).sum();
        let bytes = count as u64 * u64::from(unit.size());
        let address = caller.allocate(bytes, align);
        let to = caller.range(address, bytes, 1, &STRING);
        // SAFETY: `range` has checked the room.
        let mut sink = unsafe { Sink::new(to, count, unit) };
        for character in self.characters() {
            sink.put(character);
        }
        [address, count as u32]
    }
}

impl Lower for Text<'_> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(self, caller: Caller, to: Address) {
        let value = match caller.encoding() {
            Encoding::Utf8 => self.write(caller, Unit::Utf8, 1),
            Encoding::Utf16 => self.write(caller, Unit::Utf16, 2),
            Encoding::CompactUtf16 if self.characters().all(|character| u32::from(character) < 0x100) => {
                self.write(caller, Unit::Latin1, 2)
            }
            Encoding::CompactUtf16 => {
                let [address, units] = self.write(caller, Unit::Utf16, 2);
                [address, units | UTF16_TAG]
            }
        };
        caller.write(to, value);
    }
}
