//! Values as they cross the boundary between host and guest.

use core::num::NonZeroU64;

/// A place for a value, in the arrays by which functions take arguments and return results.
///
/// ```
/// let slot = wasmc_embed::Slot::new(1.5_f64);
/// assert_eq!(slot.get::<f64>(), 1.5);
/// ```
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub union Slot {
    bytes: [u8; wasmc_abi::context::SLOT],
    i32: i32,
    i64: i64,
    f32: f32,
    f64: f64,
}

impl Slot {
    /// A place that holds zeroes.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::Slot::ZERO.get::<i64>(), 0);
    /// ```
    pub const ZERO: Self = Self { bytes: [0; wasmc_abi::context::SLOT] };

    /// A place that holds a value.
    ///
    /// ```
    /// let slot = wasmc_embed::Slot::new(7_i32);
    /// ```
    #[inline(always)]
    pub fn new<V: Value>(value: V) -> Self {
        value.into_slot()
    }

    /// The value that it holds, if it is one of this type; otherwise, one of the same bits.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::Slot::new(7_i32).get::<i32>(), 7);
    /// ```
    #[inline(always)]
    pub fn get<V: Value>(self) -> V {
        V::from_slot(self)
    }
}

impl core::fmt::Debug for Slot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Slot")
    }
}

/// A vector of 128 bits, as its bytes in the order of memory.
///
/// ```
/// let ones = wasmc_embed::V128([1; 16]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct V128(pub [u8; 16]);

/// A reference to something of the host's, which the guest can keep and hand back, and nothing else: any number that
/// the host knows it by, but 0.
///
/// ```
/// let reference = wasmc_embed::ExternRef::new(7).unwrap();
/// assert_eq!(reference.get(), 7);
/// ```
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef(NonZeroU64);

impl ExternRef {
    /// The reference that `number` stands for; `None` for 0, which is the null reference.
    ///
    /// ```
    /// assert!(wasmc_embed::ExternRef::new(0).is_none());
    /// ```
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// The number.
    ///
    /// ```
    /// assert_eq!(wasmc_embed::ExternRef::new(9).unwrap().get(), 9);
    /// ```
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A type of values: `i32`, `i64`, `f32`, `f64`, [`V128`], [`Option<ExternRef>`].
///
/// ```
/// use wasmc_embed::Value;
///
/// assert_eq!(<i32 as Value>::CODE, 0x7f);
/// ```
pub trait Value: sealed::Sealed + Copy {
    /// Its code in the binary format (core specification 5.3).
    const CODE: u32;

    /// The value in a place.
    fn into_slot(self) -> Slot;

    /// The value that a place holds.
    fn from_slot(slot: Slot) -> Self;
}

macro_rules! values {
    ($($ty:ident = $code:literal),*) => {
        $(
            impl sealed::Sealed for $ty {}

            impl Value for $ty {
                const CODE: u32 = $code;

                #[inline(always)]
                fn into_slot(self) -> Slot {
                    let mut slot = Slot::ZERO;
                    slot.$ty = self;
                    slot
                }

                #[inline(always)]
                fn from_slot(slot: Slot) -> Self {
                    // SAFETY: all bytes of a slot are initialised, and all bits are a value of the type.
                    unsafe { slot.$ty }
                }
            }
        )*
    };
}

values!(i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c);

impl sealed::Sealed for V128 {}

impl Value for V128 {
    const CODE: u32 = 0x7b;

    #[inline(always)]
    fn into_slot(self) -> Slot {
        Slot { bytes: self.0 }
    }

    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        // SAFETY: all bytes of a slot are initialised.
        Self(unsafe { slot.bytes })
    }
}

impl sealed::Sealed for Option<ExternRef> {}

impl Value for Option<ExternRef> {
    const CODE: u32 = 0x6f;

    #[inline(always)]
    fn into_slot(self) -> Slot {
        Slot::new(self.map_or(0, |reference| reference.0.get() as i64))
    }

    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        ExternRef::new(slot.get::<i64>() as u64)
    }
}

/// A reference to what is the guest's, as it crosses the boundary: only bindings have some, and at once make handles of
/// them.
#[doc(hidden)]
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Word(pub(crate) u64);

impl sealed::Sealed for Word {}

impl Value for Word {
    const CODE: u32 = 0x70;

    #[inline(always)]
    fn into_slot(self) -> Slot {
        Slot::new(self.0 as i64)
    }

    #[inline(always)]
    fn from_slot(slot: Slot) -> Self {
        Self(slot.get::<i64>() as u64)
    }
}
