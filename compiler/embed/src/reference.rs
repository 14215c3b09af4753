//! References to what is a guest's: handles.

use crate::library::Library;
use crate::value::ExternRef;
use alloc::sync::Arc;
use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::num::NonZeroU64;
use core::ptr::NonNull;
use wasmc_abi::heap::{EXTERNALIZED, I31_TAG};
use wasmc_abi::reference::{NO_ROOM, ReferenceError as Code, heap_type};

/// A reference to something of a guest's: an object, a function, an exception, of the type `T`. The host can keep it
/// and hand it back, and nothing else. What it refers to stays as long as this does.
///
/// It can be sent to another thread, be kept by the host of the very instance, and outlive the instance. One of another
/// instance than it is passed to is an error: [`RefError::NoHandle`]. An instance has at most 2^20 at once.
///
/// ```
/// use wasmc_embed::{Any, Ref, Struct};
///
/// fn example(structure: Ref<Struct>) -> Ref<Any> {
///     structure.upcast()
/// }
/// ```
pub struct Ref<T> {
    handle: NonZeroU64,
    /// What the handle is one of; `None` where it is no address.
    handles: Option<Arc<Handles>>,
    ty: PhantomData<fn() -> T>,
}

/// The handles of an instance, which end with the last of them, or with the instance.
#[derive(Debug)]
pub struct Handles {
    library: Library,
    handles: NonNull<c_void>,
}

// SAFETY: the library lets any thread release handles of an instance, whatever that does, and when it has gone.
unsafe impl Send for Handles {}
// SAFETY: as above.
unsafe impl Sync for Handles {}

impl Handles {
    /// Those of the instance of a library that has this block; `None` where there is no memory for any.
    ///
    /// # Safety
    /// The library must have made the instance, and this be asked for once.
    pub unsafe fn new(library: Library, block: *mut u8) -> Option<Arc<Self>> {
        // SAFETY: the caller passes the block of an instance.
        let handles = NonNull::new(unsafe { (library.api.references.share)(block) })?;
        Some(Arc::new(Self { library, handles }))
    }

    /// A reference to what the guest has just passed a word of this type for; `None` for null.
    ///
    /// # Safety
    /// They must be those of the instance that has this block, which has not run since.
    pub unsafe fn hold<T>(
        self: &Arc<Self>,
        block: *mut u8,
        word: u64,
        heap_type: i32,
    ) -> Result<Option<Ref<T>>, RefError> {
        // SAFETY: the caller promises what the instance has passed.
        match unsafe { (self.library.api.references.hold)(block, word, heap_type) } {
            NO_ROOM => Err(RefError::TooMany),
            // What is no address is no instance's.
            handle => {
                let handles = (handle >> 32 != 0).then(|| self.clone());
                Ok(NonZeroU64::new(handle).map(|handle| Ref::new(handle, handles)))
            }
        }
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        // SAFETY: the instance has one of these until it is freed, and so has each handle.
        unsafe { (self.library.api.references.end_shared)(self.handles.as_ptr()) };
    }
}

impl<T> Drop for Ref<T> {
    fn drop(&mut self) {
        if let Some(Handles { library, handles }) = self.handles.as_deref() {
            // SAFETY: the handles are there as long as this refers to them.
            unsafe { (library.api.references.release_shared)(handles.as_ptr(), self.handle.get()) };
        }
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ref")
    }
}

impl<T> Ref<T> {
    /// The reference that a handle stands for.
    pub(crate) fn new(handle: NonZeroU64, handles: Option<Arc<Handles>>) -> Self {
        Self { handle, handles, ty: PhantomData }
    }

    /// The handle, and what it is one of.
    pub(crate) fn parts(&self) -> (NonZeroU64, Option<&Arc<Handles>>) {
        (self.handle, self.handles.as_ref())
    }

    /// The same reference as one of a supertype.
    ///
    /// ```
    /// fn example(array: wasmc_embed::Ref<wasmc_embed::Array>) -> wasmc_embed::Ref<wasmc_embed::Eq> {
    ///     array.upcast()
    /// }
    /// ```
    pub fn upcast<U>(mut self) -> Ref<U>
    where
        T: SubtypeOf<U>,
    {
        // What is dropped then has nothing to release.
        Ref { handle: self.handle, handles: self.handles.take(), ty: PhantomData }
    }

    /// The integer that it is, where it is an `i31`.
    ///
    /// ```
    /// use wasmc_embed::{Any, I31, Ref};
    ///
    /// let number: Ref<Any> = I31::wrapping(-7).into();
    /// assert_eq!(number.as_i31().map(I31::get), Some(-7));
    /// ```
    pub fn as_i31(&self) -> Option<I31> {
        I31::of_word(self.handle.get())
    }
}

/// A type of what references refer to: one of those below, or a module's own, for which bindings have an empty type.
pub trait HeapType {
    /// Its code: see [`wasmc_abi::reference`].
    #[doc(hidden)]
    const CODE: i32;
}

/// A type whose values are values of `T`, too (core specification 3.3.3).
pub trait SubtypeOf<T> {}

impl<T: HeapType> SubtypeOf<T> for T {}

macro_rules! heap_types {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:expr, of $($above:ident)*;)*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl HeapType for $name {
                const CODE: i32 = $code;
            }

            $(impl SubtypeOf<$above> for $name {})*
        )*
    };
}

heap_types! {
    /// All internal references.
    Any = heap_type::ANY, of;
    /// References that can be compared: to structures and arrays, and `i31`.
    Eq = heap_type::EQ, of Any;
    /// Structures.
    Struct = heap_type::STRUCT, of Eq Any;
    /// Arrays.
    Array = heap_type::ARRAY, of Eq Any;
    /// Exceptions.
    Exn = heap_type::EXN, of;
    /// Functions.
    Func = heap_type::FUNC, of;
}

/// An integer of 31 bits, as a reference: `i31`.
///
/// ```
/// use wasmc_embed::I31;
///
/// assert_eq!(I31::new(1 << 30), None);
/// assert_eq!(I31::wrapping(1 << 30).get(), -1 << 30);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct I31(i32);

impl I31 {
    /// The integer, if it has 31 bits.
    pub const fn new(value: i32) -> Option<Self> {
        let wrapped = Self::wrapping(value);
        if wrapped.0 == value { Some(wrapped) } else { None }
    }

    /// The lower 31 bits of an integer.
    pub const fn wrapping(value: i32) -> Self {
        Self(value << 1 >> 1)
    }

    /// The integer, with its sign.
    pub const fn get(self) -> i32 {
        self.0
    }

    fn word(self) -> u64 {
        u64::from((self.0 << 1) as u32) | I31_TAG
    }

    pub(crate) fn of_word(word: u64) -> Option<Self> {
        u32::try_from(word).ok().filter(|word| u64::from(*word) & I31_TAG != 0).map(|word| Self(word as i32 >> 1))
    }
}

macro_rules! from_i31 {
    ($($ty:ident)*) => {
        $(
            impl From<I31> for Ref<$ty> {
                fn from(value: I31) -> Self {
                    Self::new(NonZeroU64::MIN | value.word(), None)
                }
            }
        )*
    };
}

from_i31!(Any Eq);

/// An external reference of a guest that makes some of its own (`extern.convert_any`).
#[derive(Debug)]
pub enum Extern {
    /// One of the host's: of those, none has its upper 16 bits all set.
    Host(ExternRef),
    /// One to what is the guest's.
    Guest(Ref<Any>),
}

impl Extern {
    /// The reference that the guest has passed as a word, with what makes references of words that are its own; `None`
    /// for null.
    pub(crate) fn of_word(
        word: u64,
        hold: impl FnOnce(u64) -> Result<Option<Ref<Any>>, RefError>,
    ) -> Result<Option<Self>, RefError> {
        match looks_like_guests(word) {
            true => Ok(hold(word)?.map(Self::Guest)),
            false => Ok(ExternRef::new(word).map(Self::Host)),
        }
    }
}

/// Why a reference cannot be passed.
///
/// ```
/// fn is_mistaken(trap: &wasmc_embed::Trap) -> bool {
///     trap.error().and_then(|error| error.downcast_ref()) == Some(&wasmc_embed::RefError::NoHandle)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefError {
    /// It is one of another instance.
    NoHandle,
    /// It is not of the type.
    OtherType,
    /// The instance has as many references as it can have, or there is no memory for another.
    TooMany,
    /// It is the host's, and has its upper 16 bits all set, by which the guest's own external references are known.
    NotExternal,
}

impl RefError {
    pub(crate) fn of_code(code: u32) -> Self {
        const OTHER_TYPE: u32 = Code::OtherType as u32;
        const TOO_MANY: u32 = Code::TooMany as u32;
        const NOT_EXTERNAL: u32 = Code::NotExternal as u32;
        match code {
            OTHER_TYPE => Self::OtherType,
            TOO_MANY => Self::TooMany,
            NOT_EXTERNAL => Self::NotExternal,
            _ => Self::NoHandle,
        }
    }
}

impl fmt::Display for RefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHandle => "a reference of another instance",
            Self::OtherType => "a reference to something of another type",
            Self::TooMany => "the instance has as many references as it can have",
            Self::NotExternal => "a reference of the host's whose upper 16 bits are all set",
        })
    }
}

impl core::error::Error for RefError {}

/// Whether a word of the host's could be taken for a reference of the guest's.
pub(crate) fn looks_like_guests(word: u64) -> bool {
    word & EXTERNALIZED == EXTERNALIZED
}

/// The word of an `i31`.
pub(crate) fn i31_word(value: I31) -> u64 {
    value.word()
}
