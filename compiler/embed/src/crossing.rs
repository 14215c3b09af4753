//! References as they cross the boundary: words for the guest, handles for the host.

use crate::guest::Hosted;
use crate::reference::{Extern, Handles, HeapType, I31, Ref, RefError, SubtypeOf, i31_word, looks_like_guests};
use crate::value::Word;
use alloc::sync::Arc;
use wasmc_abi::reference::heap_type;

mod sealed {
    pub trait Sealed {}
}

/// A reference that can be passed to a guest.
#[doc(hidden)]
pub trait Lower: sealed::Sealed {
    /// What the guest gets: before it runs again.
    fn lower(&self, hosted: &Hosted) -> Result<u64, RefError>;
}

/// A reference that a guest passes.
#[doc(hidden)]
pub trait Lift: sealed::Sealed + Sized {
    /// What the host gets for the guest's word, which has just been passed; `None` for null.
    fn lift(word: u64, hosted: &Hosted) -> Result<Option<Self>, RefError>;
}

impl<T> sealed::Sealed for Ref<T> {}
impl sealed::Sealed for I31 {}
impl sealed::Sealed for Extern {}
impl<R: sealed::Sealed> sealed::Sealed for Option<R> {}
impl<R: sealed::Sealed> sealed::Sealed for &R {}

impl<R: Lower> Lower for &R {
    fn lower(&self, hosted: &Hosted) -> Result<u64, RefError> {
        (*self).lower(hosted)
    }
}

impl<R: Lower> Lower for Option<R> {
    fn lower(&self, hosted: &Hosted) -> Result<u64, RefError> {
        self.as_ref().map_or(Ok(0), |reference| reference.lower(hosted))
    }
}

impl<R: Lift> Lift for Option<R> {
    fn lift(word: u64, hosted: &Hosted) -> Result<Option<Self>, RefError> {
        R::lift(word, hosted).map(Some)
    }
}

impl<T: HeapType> Lower for Ref<T> {
    fn lower(&self, hosted: &Hosted) -> Result<u64, RefError> {
        hosted.get(self, T::CODE)
    }
}

impl<T: HeapType> Lift for Ref<T> {
    fn lift(word: u64, hosted: &Hosted) -> Result<Option<Self>, RefError> {
        hosted.hold(word, T::CODE)
    }
}

impl Lower for I31 {
    fn lower(&self, _: &Hosted) -> Result<u64, RefError> {
        Ok(i31_word(*self))
    }
}

impl Lift for I31 {
    fn lift(word: u64, _: &Hosted) -> Result<Option<Self>, RefError> {
        Ok(Self::of_word(word))
    }
}

impl Lower for Extern {
    fn lower(&self, hosted: &Hosted) -> Result<u64, RefError> {
        match self {
            Self::Host(number) if looks_like_guests(number.get()) => Err(RefError::NotExternal),
            Self::Host(number) => Ok(number.get()),
            Self::Guest(reference) => hosted.get(reference, heap_type::EXTERN),
        }
    }
}

impl Lift for Extern {
    fn lift(word: u64, hosted: &Hosted) -> Result<Option<Self>, RefError> {
        Self::of_word(word, |word| hosted.hold(word, heap_type::EXTERN))
    }
}

impl Hosted {
    /// The word for a reference that is passed to the guest before it runs again.
    #[inline]
    pub(crate) fn lower(&self, reference: &impl Lower) -> Result<Word, RefError> {
        reference.lower(self).map(Word)
    }

    /// The reference that the guest has just passed as a word.
    #[inline]
    pub(crate) fn lift<R: Lift>(&self, word: Word) -> Result<R, RefError> {
        // Types of references that have no null are kept by validation.
        R::lift(word.0, self)?.ok_or(RefError::OtherType)
    }

    /// A further reference to the same, if it is of the type `U`.
    pub(crate) fn cast<T, U: HeapType>(&self, reference: &Ref<T>) -> Result<Ref<U>, RefError> {
        let word = self.get(reference, U::CODE)?;
        self.hold(word, U::CODE)?.ok_or(RefError::OtherType)
    }

    /// Whether two references are to the same, as `ref.eq` says.
    pub(crate) fn is_same<T, U>(&self, one: &Ref<T>, other: &Ref<U>) -> Result<bool, RefError>
    where
        T: HeapType + SubtypeOf<crate::reference::Any>,
        U: HeapType + SubtypeOf<crate::reference::Any>,
    {
        Ok(self.get(one, T::CODE)? == self.get(other, U::CODE)?)
    }

    /// The word that a reference stands for, if it has a type.
    fn get<T>(&self, reference: &Ref<T>, heap_type: i32) -> Result<u64, RefError> {
        let (handle, handles) = reference.parts();
        if handles.is_some_and(|handles| !self.has_handles(handles)) {
            return Err(RefError::NoHandle);
        }
        let (block, mut word) = (self.block(), 0);
        // SAFETY: the block is that of an instance of the library, which the caller has borrowed, and does not run.
        match unsafe { (self.library().api.references.get)(block, handle.get(), heap_type, 0, &raw mut word) } {
            0 => Ok(word),
            code => Err(RefError::of_code(code)),
        }
    }

    /// A reference to what the guest has just passed a word of this type for; `None` for null.
    fn hold<T>(&self, word: u64, heap_type: i32) -> Result<Option<Ref<T>>, RefError> {
        if word == 0 {
            return Ok(None);
        }
        let handles = self.handles().ok_or(RefError::TooMany)?;
        // SAFETY: as in `get`; bindings know the type of what is passed.
        unsafe { handles.hold(self.block(), word, heap_type) }
    }

    /// Whether these are its handles.
    fn has_handles(&self, handles: &Arc<Handles>) -> bool {
        self.handles().is_some_and(|own| Arc::ptr_eq(own, handles))
    }
}
