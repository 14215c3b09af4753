//! Results, as values in the caller's memory (canonical ABI, "Storing").

use super::caller::{Address, Caller, RESULT};
use super::handles::Handles;
use core::marker::PhantomData;

/// A value that can be stored.
pub trait Lower {
    /// Its bytes.
    const SIZE: u32;
    /// What its address is a multiple of.
    const ALIGN: u32;

    /// Stores it, at an address that is inside the memory.
    fn lower(self, caller: Caller, to: Address);
}

/// Where the caller wants a result.
#[derive(Clone, Copy)]
pub struct Area<T> {
    at: Address,
    of: PhantomData<T>,
}

impl<T: Lower> Area<T> {
    /// The area at an address, checked before anything is done.
    pub fn new(caller: Caller, at: Address) -> Self {
        caller.range(at, T::SIZE.into(), T::ALIGN, &RESULT);
        Self { at, of: PhantomData }
    }

    /// Stores the result.
    pub fn put(self, caller: Caller, value: T) {
        value.lower(caller, self.at);
    }
}

macro_rules! integers {
    ($($ty:ty),*) => { $(
        impl Lower for $ty {
            const SIZE: u32 = size_of::<Self>() as u32;
            const ALIGN: u32 = Self::SIZE;

            fn lower(self, caller: Caller, to: Address) {
                caller.write(to, self);
            }
        }
    )* };
}
integers!(u8, u16, u32, u64, i32);

impl Lower for bool {
    const SIZE: u32 = 1;
    const ALIGN: u32 = 1;

    fn lower(self, caller: Caller, to: Address) {
        caller.write(to, u8::from(self));
    }
}

impl Lower for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;

    fn lower(self, _: Caller, _: Address) {}
}

const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

/// The first multiple of `align`, a power of two, that is not below `offset`.
pub const fn aligned(offset: u32, align: u32) -> u32 {
    (offset + align - 1) & !(align - 1)
}

/// Records are tuples of their fields.
macro_rules! tuples {
    ($(($($field:ident),+);)*) => { $(
        impl<$($field: Lower),+> Lower for ($($field,)+) {
            const SIZE: u32 = {
                let mut size = 0;
                $(size = aligned(size, $field::ALIGN) + $field::SIZE;)+
                aligned(size, Self::ALIGN)
            };
            const ALIGN: u32 = {
                let mut align = 1;
                $(align = max(align, $field::ALIGN);)+
                align
            };

            #[allow(non_snake_case, reason = "the names are those of the types")]
            fn lower(self, caller: Caller, to: Address) {
                let ($($field,)+) = self;
                let mut offset = 0;
                $(
                    offset = aligned(offset, $field::ALIGN);
                    $field.lower(caller, to.wrapping_add(offset));
                    offset += $field::SIZE;
                )+
                let _ = offset;
            }
        }
    )* };
}

tuples! {
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E, F);
}

/// Where the payload of a variant lies whose discriminant is a byte.
const fn payload(align: u32) -> u32 {
    aligned(1, align)
}

/// The bytes of a variant whose discriminant is a byte, by the largest size and alignment of its payloads.
pub const fn variant_size(size: u32, align: u32) -> u32 {
    aligned(payload(align) + size, align)
}

/// Stores the discriminant of a variant; returns where its payload goes.
pub fn lower_case(caller: Caller, to: Address, case: u8, align: u32) -> Address {
    caller.write(to, case);
    to.wrapping_add(payload(align))
}

impl<T: Lower> Lower for Option<T> {
    const SIZE: u32 = variant_size(T::SIZE, T::ALIGN);
    const ALIGN: u32 = T::ALIGN;

    fn lower(self, caller: Caller, to: Address) {
        let at = lower_case(caller, to, u8::from(self.is_some()), Self::ALIGN);
        if let Some(value) = self {
            value.lower(caller, at);
        }
    }
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    const SIZE: u32 = variant_size(max(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: u32 = max(T::ALIGN, E::ALIGN);

    fn lower(self, caller: Caller, to: Address) {
        let at = lower_case(caller, to, u8::from(self.is_err()), Self::ALIGN);
        match self {
            Ok(value) => value.lower(caller, at),
            Err(error) => error.lower(caller, at),
        }
    }
}

/// A resource of the runtime's that goes to the caller.
#[derive(Clone, Copy)]
pub struct Own {
    /// The number of its type.
    pub resource: u32,
    /// Its representation.
    pub representation: u32,
}

impl Own {
    /// Gives it to the caller; returns the handle.
    pub fn give(self, caller: Caller) -> u32 {
        Handles::of(caller.instance()).insert_own(self.resource, self.representation)
    }
}

impl Lower for Own {
    const SIZE: u32 = 4;
    const ALIGN: u32 = 4;

    fn lower(self, caller: Caller, to: Address) {
        caller.write(to, self.give(caller));
    }
}

/// Bytes of the runtime's own, as a `list<u8>`.
#[derive(Clone, Copy)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Lower for Bytes<'_> {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(self, caller: Caller, to: Address) {
        let address = caller.allocate(self.0.len() as u64, 1);
        caller.write_bytes(address, self.0);
        caller.write(to, [address, self.0.len() as u32]);
    }
}

/// A list that lies in the caller's memory already.
#[derive(Clone, Copy)]
pub struct Filled {
    /// Its address.
    pub address: Address,
    /// Its length.
    pub len: u32,
}

impl Lower for Filled {
    const SIZE: u32 = 8;
    const ALIGN: u32 = 4;

    fn lower(self, caller: Caller, to: Address) {
        caller.write(to, [self.address, self.len]);
    }
}

/// A list that is being filled.
pub struct List<T> {
    address: Address,
    len: u32,
    next: u32,
    of: PhantomData<T>,
}

impl<T: Lower> List<T> {
    /// Has the caller make room for `len` elements.
    pub fn new(caller: Caller, len: u32) -> Self {
        let address = caller.allocate(u64::from(len) * u64::from(T::SIZE), T::ALIGN);
        Self { address, len, next: 0, of: PhantomData }
    }

    /// Stores the next element, as long as there is room.
    pub fn push(&mut self, caller: Caller, value: T) {
        if self.next < self.len {
            value.lower(caller, self.address.wrapping_add(self.next * T::SIZE));
            self.next += 1;
        }
    }

    /// The list of what was stored.
    pub fn end(self) -> Filled {
        Filled { address: self.address, len: self.next }
    }
}
