//! Types of values in the guest's memory.

/// Types without padding of which any bytes are a value.
///
/// # Safety
/// The type must be such a type.
pub unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($integer:ty),*) => { $(
        // SAFETY: integers have no padding, and any bytes are an integer.
        unsafe impl Plain for $integer {}
    )* };
}
plain!(u8, u16, u32, u64, i32);

// SAFETY: elements follow each other without padding, and each is of a `Plain` type.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}
