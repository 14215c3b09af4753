//! What lifts values of a component, and lowers them: a trait each, and the types that have no parts.

use super::canonical::{Canonical, Violation};
use crate::trap::Trap;
use crate::value::Slot;
use alloc::vec::Vec;

/// The most values that a function takes as such; more of them lie in memory.
pub(super) const MAX_FLAT_PARAMS: usize = 16;

/// The most values that a function returns as such.
pub(super) const MAX_FLAT_RESULTS: usize = 1;

/// A type that values of a component have.
pub trait Type {
    /// Bytes that a value takes in a memory.
    const SIZE: u32;

    /// What its address is a multiple of.
    const ALIGN: u32;

    /// How many core values a value is passed as.
    const FLAT: usize;
}

/// A type whose values can be passed to a component.
pub trait Lower: Type {
    /// Passes a value as core values.
    ///
    /// # Errors
    /// Where the guest cannot take it.
    #[doc(hidden)]
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap>;

    /// Writes a value to the guest's memory.
    ///
    /// # Errors
    /// Where the guest cannot take it.
    #[doc(hidden)]
    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap>;

    /// Writes values one after the other.
    ///
    /// # Errors
    /// Where the guest cannot take one.
    #[doc(hidden)]
    fn store_all(values: &[Self], to: &mut Canonical<'_>, at: u32) -> Result<(), Trap>
    where
        Self: Sized,
    {
        values
            .iter()
            .zip(0..)
            .try_for_each(|(value, number)| value.store(to, at.wrapping_add(Self::SIZE.wrapping_mul(number))))
    }
}

/// A type whose values can be taken from a component.
pub trait Lift: Type + Sized {
    /// Makes a value of core values.
    ///
    /// # Errors
    /// Where they are none of this type.
    #[doc(hidden)]
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap>;

    /// Reads a value from the guest's memory, inside which it is.
    ///
    /// # Errors
    /// Where what is there is none of this type.
    #[doc(hidden)]
    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap>;

    /// Reads values one after the other.
    ///
    /// # Errors
    /// Where one is none of this type.
    #[doc(hidden)]
    fn load_all(from: &mut Canonical<'_>, at: u32, len: u32) -> Result<Vec<Self>, Trap> {
        (0..len).map(|number| Self::load(from, at.wrapping_add(Self::SIZE.wrapping_mul(number)))).collect()
    }
}

/// Core values that are made.
#[doc(hidden)]
#[derive(Debug)]
pub struct Flat {
    pub(super) values: [Slot; MAX_FLAT_PARAMS + 1],
    len: usize,
}

impl Flat {
    pub(super) fn new() -> Self {
        Self { values: [Slot::ZERO; MAX_FLAT_PARAMS + 1], len: 0 }
    }

    /// Adds one, of whatever type, by its bits.
    #[doc(hidden)]
    pub fn push(&mut self, bits: u64) {
        // There are as many as types say: bindings pass more of them in memory.
        if let Some(slot) = self.values.get_mut(self.len) {
            *slot = Slot::new(bits as i64);
        }
        self.len += 1;
    }

    /// How many there are.
    #[doc(hidden)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[doc(hidden)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds zeroes, up to a number of values.
    #[doc(hidden)]
    pub fn fill(&mut self, len: usize) {
        while self.len < len {
            self.push(0);
        }
    }
}

/// Core values that are read, by their bits.
#[doc(hidden)]
#[derive(Debug)]
pub struct Values<'v>(pub(super) &'v [u64]);

impl Values<'_> {
    /// The next one: of those of 32 bits, the upper ones mean nothing.
    #[doc(hidden)]
    pub fn take(&mut self) -> u64 {
        match self.0.split_first() {
            Some((&first, rest)) => {
                self.0 = rest;
                first
            }
            None => 0,
        }
    }

    /// Passes over values, as the payload of a variant has them that is shorter than others.
    #[doc(hidden)]
    pub fn keep(&mut self, len: usize) {
        self.0 = &self.0[self.0.len().saturating_sub(len)..];
    }

    /// How many are left.
    #[doc(hidden)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is left.
    #[doc(hidden)]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

macro_rules! numbers {
    ($($ty:ident: $to:expr, $from:expr;)*) => { $(
        impl Type for $ty {
            const SIZE: u32 = size_of::<$ty>() as u32;
            const ALIGN: u32 = Self::SIZE;
            const FLAT: usize = 1;
        }

        impl Lower for $ty {
            fn lower(&self, _: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
                let to: fn($ty) -> u64 = $to;
                flat.push(to(*self));
                Ok(())
            }

            fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                to.write(at, *self)
            }

            fn store_all(values: &[Self], to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                to.write_all(at, values.iter().copied())
            }
        }

        impl Lift for $ty {
            fn lift(_: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
                let from: fn(u64) -> $ty = $from;
                Ok(from(flat.take()))
            }

            fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
                from.read(at)
            }

            fn load_all(from: &mut Canonical<'_>, at: u32, len: u32) -> Result<Vec<Self>, Trap> {
                let bytes = from.bytes(at, u64::from(len) * u64::from(Self::SIZE))?;
                let (values, _) = bytes.as_chunks::<{ size_of::<$ty>() }>();
                Ok(values.iter().map(|&bytes| Self::from_le_bytes(bytes)).collect())
            }
        }
    )* };
}

numbers! {
    u8: |value| value.into(), |bits| bits as Self;
    u16: |value| value.into(), |bits| bits as Self;
    u32: |value| value.into(), |bits| bits as Self;
    u64: |value| value, |bits| bits;
    // Core values are of 32 bits at least, sign-extended to that.
    i8: |value| u64::from(i32::from(value) as u32), |bits| bits as Self;
    i16: |value| u64::from(i32::from(value) as u32), |bits| bits as Self;
    i32: |value| u64::from(value as u32), |bits| bits as Self;
    i64: |value| value as u64, |bits| bits as Self;
    f32: |value| value.to_bits().into(), |bits| Self::from_bits(bits as u32);
    f64: |value| value.to_bits(), |bits| Self::from_bits(bits);
}

/// Types that are numbers to the guest, not all of which are values.
macro_rules! checked {
    ($($ty:ident as $number:ident: $to:expr, $from:expr;)*) => { $(
        impl Type for $ty {
            const SIZE: u32 = <$number>::SIZE;
            const ALIGN: u32 = <$number>::ALIGN;
            const FLAT: usize = 1;
        }

        impl Lower for $ty {
            fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
                let into: fn($ty) -> $number = $to;
                into(*self).lower(to, flat)
            }

            fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                let into: fn($ty) -> $number = $to;
                into(*self).store(to, at)
            }
        }

        impl Lift for $ty {
            fn lift(_: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
                // All 32 bits count, not only those that it has in memory.
                let from: fn(u32) -> Result<$ty, Trap> = $from;
                from(flat.take() as u32)
            }

            fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
                let of: fn(u32) -> Result<$ty, Trap> = $from;
                let number: $number = from.read(at)?;
                of(number.into())
            }
        }
    )* };
}

checked! {
    bool as u8: |value| value.into(), |bits| Ok(bits != 0);
    char as u32: |value| value.into(), |bits| {
        Self::from_u32(bits).ok_or_else(|| Violation("invalid `char` bit pattern").into())
    };
}

impl Type for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;
    const FLAT: usize = 0;
}

impl Lower for () {
    fn lower(&self, _: &mut Canonical<'_>, _: &mut Flat) -> Result<(), Trap> {
        Ok(())
    }

    fn store(&self, _: &mut Canonical<'_>, _: u32) -> Result<(), Trap> {
        Ok(())
    }
}

impl Lift for () {
    fn lift(_: &mut Canonical<'_>, _: &mut Values<'_>) -> Result<Self, Trap> {
        Ok(())
    }

    fn load(_: &mut Canonical<'_>, _: u32) -> Result<Self, Trap> {
        Ok(())
    }
}

impl<V: Type + ?Sized> Type for &V {
    const SIZE: u32 = V::SIZE;
    const ALIGN: u32 = V::ALIGN;
    const FLAT: usize = V::FLAT;
}

impl<V: Lower + ?Sized> Lower for &V {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        (**self).lower(to, flat)
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        (**self).store(to, at)
    }
}
