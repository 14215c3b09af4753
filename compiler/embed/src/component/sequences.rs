//! Strings and lists: a pointer and a length, to what lies elsewhere in the guest's memory.

use super::canonical::{Canonical, OUTSIDE, Violation};
use super::types::{Flat, Lift, Lower, Type, Values};
use crate::trap::Trap;
use alloc::string::String;
use alloc::vec::Vec;
use wasmc_abi::component::Encoding;

/// The bit of a length that says that a string, which could be in Latin-1, is in UTF-16.
const UTF16_TAG: u32 = 1 << 31;

/// A pointer and a length.
type Span = (u32, u32);

fn lower_span((at, len): Span, flat: &mut Flat) {
    flat.push(at.into());
    flat.push(len.into());
}

fn store_span((at, len): Span, to: &mut Canonical<'_>, place: u32) -> Result<(), Trap> {
    to.write(place, at)?;
    to.write(place.wrapping_add(4), len)
}

fn lift_span(flat: &mut Values<'_>) -> Span {
    (flat.take() as u32, flat.take() as u32)
}

fn load_span(from: &mut Canonical<'_>, place: u32) -> Result<Span, Trap> {
    Ok((from.read(place)?, from.read(place.wrapping_add(4))?))
}

/// Types that are a span to the guest.
macro_rules! span {
    ([$($param:tt)*] $ty:ty) => {
        impl<$($param)*> Type for $ty {
            const SIZE: u32 = 8;
            const ALIGN: u32 = 4;
            const FLAT: usize = 2;
        }
    };
}

span!([] str);
span!([] String);
span!([V][V]);
span!([V] Vec<V>);

impl Lower for str {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        lower_span(put_string(self, to)?, flat);
        Ok(())
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        let span = put_string(self, to)?;
        store_span(span, to, at)
    }
}

impl Lower for String {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        self.as_str().lower(to, flat)
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        self.as_str().store(to, at)
    }
}

impl Lift for String {
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
        get_string(from, lift_span(flat))
    }

    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
        let span = load_span(from, at)?;
        get_string(from, span)
    }
}

impl<V: Lower> Lower for [V] {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        lower_span(put_list(self, to)?, flat);
        Ok(())
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        let span = put_list(self, to)?;
        store_span(span, to, at)
    }
}

impl<V: Lower> Lower for Vec<V> {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        self.as_slice().lower(to, flat)
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        self.as_slice().store(to, at)
    }
}

impl<V: Lift> Lift for Vec<V> {
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
        get_list(from, lift_span(flat))
    }

    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
        let span = load_span(from, at)?;
        get_list(from, span)
    }
}

/// Has the guest make room for a list, and writes it there.
fn put_list<V: Lower>(values: &[V], to: &mut Canonical<'_>) -> Result<Span, Trap> {
    let len = (values.len() as u64).saturating_mul(V::SIZE.into());
    let at = to.allocate(len, V::ALIGN)?;
    V::store_all(values, to, at)?;
    Ok((at, values.len() as u32))
}

fn get_list<V: Lift>(from: &mut Canonical<'_>, (at, len): Span) -> Result<Vec<V>, Trap> {
    let outside = |_| Violation("list pointer/length out of bounds of memory");
    if !at.is_multiple_of(V::ALIGN) {
        return Err(Violation("list pointer is not aligned").into());
    }
    from.check(at, u64::from(len) * u64::from(V::SIZE), V::ALIGN).map_err(outside)?;
    from.count(u64::from(len) * size_of::<V>() as u64)?;
    V::load_all(from, at, len)
}

/// Has the guest make room for a string, and writes it there in the guest's encoding.
fn put_string(text: &str, to: &mut Canonical<'_>) -> Result<Span, Trap> {
    match to.encoding() {
        Encoding::Utf8 => {
            let at = to.allocate(text.len() as u64, 1)?;
            to.write_bytes(at, text.as_bytes())?;
            Ok((at, text.len() as u32))
        }
        Encoding::CompactUtf16 if text.chars().all(|character| u32::from(character) < 0x100) => {
            let bytes: Vec<u8> = text.chars().map(|character| character as u8).collect();
            let at = to.allocate(bytes.len() as u64, 2)?;
            to.write_bytes(at, &bytes)?;
            Ok((at, bytes.len() as u32))
        }
        encoding => {
            let units: Vec<u16> = text.encode_utf16().collect();
            let at = to.allocate(units.len() as u64 * 2, 2)?;
            to.write_all(at, units.iter().copied())?;
            let tag = if encoding == Encoding::CompactUtf16 { UTF16_TAG } else { 0 };
            Ok((at, units.len() as u32 | tag))
        }
    }
}

fn get_string(from: &mut Canonical<'_>, (at, len): Span) -> Result<String, Trap> {
    let (units, encoding) = match from.encoding() {
        Encoding::CompactUtf16 if len & UTF16_TAG != 0 => (len & !UTF16_TAG, Encoding::Utf16),
        encoding => (len, encoding),
    };
    let (size, align) = match (encoding, from.encoding()) {
        (Encoding::Utf8, _) => (1, 1),
        (Encoding::Utf16, _) => (2, 2),
        (Encoding::CompactUtf16, _) => (1, 2),
    };
    if !at.is_multiple_of(align) {
        return Err(Violation("string pointer is not aligned").into());
    }
    let outside = |_| Violation("string pointer/length out of bounds of memory");
    let bytes = u64::from(units) * size;
    from.check(at, bytes, 1).map_err(outside)?;
    // A unit of the others has at most three bytes of UTF-8.
    from.count(if encoding == Encoding::Utf8 { bytes } else { u64::from(units) * 3 })?;
    let bytes = from.bytes(at, bytes).map_err(|_| OUTSIDE)?;
    match encoding {
        Encoding::Utf8 => match core::str::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(_) => Err(Violation("invalid utf8 encoding").into()),
        },
        Encoding::Utf16 => {
            let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            text.map_err(|_| Violation("invalid utf16 encoding").into())
        }
        Encoding::CompactUtf16 => Ok(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}
