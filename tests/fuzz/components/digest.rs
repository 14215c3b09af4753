//! A number for each value, which the receiver computes, too: see [`walk`](super::walk).

use crate::wast::components::types::Type;
use crate::wast::components::values::{Encoding, UTF16_TAG, Value};

/// The constant that digests are multiplied by.
pub const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// How far they are rotated.
pub const ROTATION: u32 = 23;
/// What stands for each NaN, as components may change their bits.
pub const NAN32: u32 = 0x7fc0_0000;
/// The same of 64 bits.
pub const NAN64: u64 = 0x7ff8_0000_0000_0000;

/// A digest of values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Digest(pub u64);

impl Digest {
    fn mix(&mut self, bits: u64) {
        self.0 = (self.0.rotate_left(ROTATION) ^ bits).wrapping_mul(FACTOR);
    }

    /// Adds a value as a component with this encoding receives it.
    pub fn add(&mut self, ty: &Type, value: &Value, encoding: Encoding) {
        match (ty, value) {
            (Type::Plain(name), Value::Bits(bits)) => self.mix(received(name, *bits)),
            (_, Value::Bits(bits)) => self.mix(*bits),
            (_, Value::Handle(representation)) => self.mix((*representation).into()),
            (_, Value::Text { text, .. }) => {
                let (bytes, len) = encoding.encode(text, false);
                self.mix(len.into());
                let wide = encoding == Encoding::Utf16 || len & UTF16_TAG != 0 && encoding == Encoding::Compact;
                for unit in bytes.chunks(if wide { 2 } else { 1 }) {
                    self.mix(unit.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)));
                }
            }
            (Type::List(element), Value::List(values)) => {
                self.mix(values.len() as u64);
                values.iter().for_each(|value| self.add(element, value, encoding));
            }
            (Type::Record(fields), Value::Record(values)) => {
                fields.iter().zip(values).for_each(|((_, ty), value)| self.add(ty, value, encoding));
            }
            (Type::Variant(_, cases), Value::Case(number, payload)) => {
                self.mix(*number as u64);
                if let (Some((_, Some(ty))), Some(value)) = (cases.get(*number), payload) {
                    self.add(ty, value, encoding);
                }
            }
            (Type::Flags(names), Value::Flags(words)) => {
                for (word, first) in words.iter().zip((0..).step_by(32)) {
                    let mask = (1_u64 << (names.len() - first).min(32)) - 1;
                    self.mix(u64::from(*word) & mask);
                }
            }
            // What is a value of no type never arrives.
            _ => {}
        }
    }
}

/// What arrives of a number, character or boolean: as much as the type has room for.
fn received(name: &str, bits: u64) -> u64 {
    match name {
        "bool" => (bits as u32 != 0).into(),
        "u8" => (bits as u8).into(),
        "u16" => (bits as u16).into(),
        "s8" => (bits as i8 as i32 as u32).into(),
        "s16" => (bits as i16 as i32 as u32).into(),
        "f32" if f32::from_bits(bits as u32).is_nan() => NAN32.into(),
        "f64" if f64::from_bits(bits).is_nan() => NAN64,
        "u64" | "s64" | "f64" => bits,
        _ => (bits as u32).into(),
    }
}
