//! Types that have parts and no name: tuples, `option`, `result`; and what those with names are made of.

use super::canonical::{Canonical, Violation};
use super::layout;
use super::types::{Flat, Lift, Lower, Type, Values};
use crate::trap::Trap;

macro_rules! tuple {
    ($($name:ident: $number:tt),*) => {
        impl<$($name: Type),*> Type for ($($name,)*) {
            const SIZE: u32 = layout::record(&[$(($name::SIZE, $name::ALIGN)),*]).0;
            const ALIGN: u32 = layout::record(&[$(($name::SIZE, $name::ALIGN)),*]).1;
            const FLAT: usize = layout::sum(&[$($name::FLAT),*]);
        }

        impl<$($name: Lower),*> Lower for ($($name,)*) {
            fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
                $(self.$number.lower(to, flat)?;)*
                Ok(())
            }

            fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
                let mut fields = Fields::new(at);
                $(self.$number.store(to, fields.place::<$name>())?;)*
                Ok(())
            }
        }

        impl<$($name: Lift),*> Lift for ($($name,)*) {
            fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
                Ok(($($name::lift(from, flat)?,)*))
            }

            fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
                let mut fields = Fields::new(at);
                Ok(($($name::load(from, fields.place::<$name>())?,)*))
            }
        }
    };
}

tuple!(A: 0);
tuple!(A: 0, B: 1);
tuple!(A: 0, B: 1, C: 2);
tuple!(A: 0, B: 1, C: 2, D: 3);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10, L: 11);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10, L: 11, M: 12);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10, L: 11, M: 12, N: 13);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10, L: 11, M: 12, N: 13, O: 14);
tuple!(A: 0, B: 1, C: 2, D: 3, E: 4, F: 5, G: 6, H: 7, I: 8, J: 9, K: 10, L: 11, M: 12, N: 13, O: 14, P: 15);

/// Where the fields of a record lie, one after the other.
#[doc(hidden)]
#[derive(Debug)]
pub struct Fields(u32);

impl Fields {
    /// Those of a record at an address.
    #[doc(hidden)]
    pub fn new(at: u32) -> Self {
        Self(at)
    }

    /// The address of the next one.
    #[doc(hidden)]
    pub fn place<V: Type>(&mut self) -> u32 {
        let at = layout::align_up(self.0, V::ALIGN);
        self.0 = at.wrapping_add(V::SIZE);
        at
    }
}

/// Writes which of so many cases a value is.
///
/// # Errors
/// Where the guest cannot take it.
#[doc(hidden)]
pub fn store_case(to: &mut Canonical<'_>, at: u32, case: u32, cases: usize) -> Result<(), Trap> {
    match layout::discriminant(cases) {
        1 => to.write(at, case as u8),
        2 => to.write(at, case as u16),
        _ => to.write(at, case),
    }
}

/// Reads which of so many cases a value is.
///
/// # Errors
/// Where there is none of this number.
#[doc(hidden)]
pub fn load_case(from: &mut Canonical<'_>, at: u32, cases: usize) -> Result<u32, Trap> {
    let case = match layout::discriminant(cases) {
        1 => from.read::<u8>(at)?.into(),
        2 => from.read::<u16>(at)?.into(),
        _ => from.read(at)?,
    };
    if (case as usize) < cases { Ok(case) } else { no_case() }
}

/// The error of a number that is none of a case.
///
/// # Errors
/// Always.
#[doc(hidden)]
#[cold]
pub fn no_case<V>() -> Result<V, Trap> {
    Err(Violation("invalid variant discriminant").into())
}

/// Writes flags, by their bits.
///
/// # Errors
/// Where the guest cannot take them.
#[doc(hidden)]
pub fn store_flags(to: &mut Canonical<'_>, at: u32, bits: u32, count: usize) -> Result<(), Trap> {
    match layout::flags(count) {
        1 => to.write(at, bits as u8),
        2 => to.write(at, bits as u16),
        _ => to.write(at, bits),
    }
}

/// Reads flags. Bits that are none of them do not count.
///
/// # Errors
/// Where they are not in the guest's memory.
#[doc(hidden)]
pub fn load_flags(from: &mut Canonical<'_>, at: u32, count: usize) -> Result<u32, Trap> {
    Ok(match layout::flags(count) {
        1 => from.read::<u8>(at)?.into(),
        2 => from.read::<u16>(at)?.into(),
        _ => from.read(at)?,
    })
}

/// Lifts the payload of a variant whose cases have at most `len` core values.
///
/// # Errors
/// Where they are none of the type.
#[doc(hidden)]
pub fn lift_payload<V: Lift>(from: &mut Canonical<'_>, flat: &mut Values<'_>, len: usize) -> Result<V, Trap> {
    let after = flat.len().saturating_sub(len);
    let value = V::lift(from, flat)?;
    flat.keep(after);
    Ok(value)
}

impl<V: Type> Type for Option<V> {
    const SIZE: u32 = layout::variant(&[(0, 1), (V::SIZE, V::ALIGN)]).0;
    const ALIGN: u32 = layout::variant(&[(0, 1), (V::SIZE, V::ALIGN)]).1;
    const FLAT: usize = layout::joined(&[0, V::FLAT]);
}

impl<A: Type, B: Type> Type for Result<A, B> {
    const SIZE: u32 = layout::variant(&[(A::SIZE, A::ALIGN), (B::SIZE, B::ALIGN)]).0;
    const ALIGN: u32 = layout::variant(&[(A::SIZE, A::ALIGN), (B::SIZE, B::ALIGN)]).1;
    const FLAT: usize = layout::joined(&[A::FLAT, B::FLAT]);
}

impl<V: Lower> Lower for Option<V> {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        let end = flat.len() + Self::FLAT;
        flat.push(self.is_some().into());
        if let Some(value) = self {
            value.lower(to, flat)?;
        }
        flat.fill(end);
        Ok(())
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        store_case(to, at, self.is_some().into(), 2)?;
        match self {
            Some(value) => value.store(to, at.wrapping_add(layout::payload(&[(0, 1), (V::SIZE, V::ALIGN)]))),
            None => Ok(()),
        }
    }
}

impl<V: Lift> Lift for Option<V> {
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
        match flat.take() as u32 {
            0 => lift_payload::<()>(from, flat, V::FLAT).map(|()| None),
            1 => lift_payload(from, flat, V::FLAT).map(Some),
            _ => no_case(),
        }
    }

    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
        match load_case(from, at, 2)? {
            0 => Ok(None),
            _ => V::load(from, at.wrapping_add(layout::payload(&[(0, 1), (V::SIZE, V::ALIGN)]))).map(Some),
        }
    }
}

impl<A: Lower, B: Lower> Lower for Result<A, B> {
    fn lower(&self, to: &mut Canonical<'_>, flat: &mut Flat) -> Result<(), Trap> {
        let end = flat.len() + Self::FLAT;
        flat.push(self.is_err().into());
        match self {
            Ok(value) => value.lower(to, flat)?,
            Err(value) => value.lower(to, flat)?,
        }
        flat.fill(end);
        Ok(())
    }

    fn store(&self, to: &mut Canonical<'_>, at: u32) -> Result<(), Trap> {
        store_case(to, at, self.is_err().into(), 2)?;
        let place = at.wrapping_add(layout::payload(&[(A::SIZE, A::ALIGN), (B::SIZE, B::ALIGN)]));
        match self {
            Ok(value) => value.store(to, place),
            Err(value) => value.store(to, place),
        }
    }
}

impl<A: Lift, B: Lift> Lift for Result<A, B> {
    fn lift(from: &mut Canonical<'_>, flat: &mut Values<'_>) -> Result<Self, Trap> {
        match flat.take() as u32 {
            0 => lift_payload(from, flat, Self::FLAT - 1).map(Ok),
            1 => lift_payload(from, flat, Self::FLAT - 1).map(Err),
            _ => no_case(),
        }
    }

    fn load(from: &mut Canonical<'_>, at: u32) -> Result<Self, Trap> {
        let place = at.wrapping_add(layout::payload(&[(A::SIZE, A::ALIGN), (B::SIZE, B::ALIGN)]));
        match load_case(from, at, 2)? {
            0 => A::load(from, place).map(Ok),
            _ => B::load(from, place).map(Err),
        }
    }
}
