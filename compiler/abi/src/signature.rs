//! Types of functions that both sides know, as the C calling convention of every target passes them.

use core::fmt;

/// The type of a parameter or result. Addresses are [`ValueType::I64`]: all targets have 64-bit ones. As in
/// WebAssembly, integers carry no sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer or an address.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A vector of 128 bits.
    V128,
}

impl fmt::Display for ValueType {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
        })
    }
}

/// Parameters and results of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Types of the parameters.
    pub params: &'static [ValueType],
    /// Types of the results: none or one, as in C.
    pub results: &'static [ValueType],
}

/// A vector of 128 bits in the signature of a builtin. No function can be defined with this type: what C calls such a
/// vector differs from one architecture to the next.
#[derive(Debug)]
pub enum V128 {}

/// Rust types of parameters and results.
pub(crate) trait Value {
    /// How a value of this type is passed.
    const TYPE: ValueType;
}

macro_rules! values {
    ($($rust:ty => $ty:ident),*) => { $(impl Value for $rust { const TYPE: ValueType = ValueType::$ty; })* };
}

values!(i32 => I32, u32 => I32, i64 => I64, u64 => I64, usize => I64, f32 => F32, f64 => F64, V128 => V128);

impl<T> Value for &T {
    const TYPE: ValueType = ValueType::I64;
}

impl<T> Value for &mut T {
    const TYPE: ValueType = ValueType::I64;
}

impl<T> Value for *const T {
    const TYPE: ValueType = ValueType::I64;
}

impl<T> Value for *mut T {
    const TYPE: ValueType = ValueType::I64;
}

/// What a function returns: implemented by the functions without parameters, as `!` stands in no other place.
pub(crate) trait Returns {
    /// Types of the results.
    const RESULTS: &'static [ValueType];
}

impl<R: Value> Returns for fn() -> R {
    const RESULTS: &'static [ValueType] = &[R::TYPE];
}

impl Returns for fn() {
    const RESULTS: &'static [ValueType] = &[];
}

impl Returns for fn() -> ! {
    const RESULTS: &'static [ValueType] = &[];
}
