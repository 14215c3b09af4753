//! Globals and tables that hold references to what is the guest's.

use crate::crossing::{Lift, Lower};
use crate::guest::{Guest, Hosted};
use crate::reference::{Any, HeapType, Ref, RefError, SubtypeOf};
use crate::state::{Global, Table};
use crate::value::Word;
use core::fmt;
use core::marker::PhantomData;

/// A global of a guest that holds references, while it does not run.
///
/// ```
/// use wasmc_embed::{Any, Ref, RefError, RefGlobal};
///
/// fn example(global: RefGlobal<'_, Option<Ref<Any>>>) -> Result<bool, RefError> {
///     Ok(global.get()?.is_some())
/// }
/// ```
pub struct RefGlobal<'g, R> {
    hosted: &'g Hosted,
    global: Global<'g, Word>,
    ty: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for RefGlobal<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefGlobal")
    }
}

impl<'g, R: Lift + Lower> RefGlobal<'g, R> {
    fn new(hosted: &'g Hosted, export: usize) -> Self {
        Self { hosted, global: hosted.global(export), ty: PhantomData }
    }

    /// Its value.
    ///
    /// # Errors
    /// Where the instance has as many references as it can have.
    pub fn get(&self) -> Result<R, RefError> {
        self.hosted.lift(self.global.get())
    }

    /// Sets its value. Bindings have this for mutable globals alone.
    ///
    /// # Errors
    /// Where the reference is one of another instance.
    #[doc(hidden)]
    pub fn set(&mut self, value: &R) -> Result<(), RefError> {
        self.global.set(self.hosted.lower(value)?);
        Ok(())
    }
}

/// A table of a guest that holds references other than to functions, while it does not run.
///
/// ```
/// use wasmc_embed::{Any, Ref, RefError, RefTable};
///
/// fn example(table: RefTable<'_, Option<Ref<Any>>>) -> Option<Result<Option<Ref<Any>>, RefError>> {
///     table.get(3)
/// }
/// ```
pub struct RefTable<'g, R> {
    hosted: &'g Hosted,
    table: Table<'g>,
    ty: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for RefTable<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefTable")
    }
}

impl<'g, R: Lift + Lower> RefTable<'g, R> {
    fn new(hosted: &'g Hosted, export: usize) -> Self {
        Self { hosted, table: hosted.table(export), ty: PhantomData }
    }

    /// Present number of elements.
    pub fn len(&self) -> u64 {
        self.table.len()
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether the element at an index is null; `None` where there is none.
    pub fn is_null(&self, index: u64) -> Option<bool> {
        self.table.is_null(index)
    }

    /// The element at an index; `None` where there is none.
    pub fn get(&self, index: u64) -> Option<Result<R, RefError>> {
        self.table.word(index).map(|word| self.hosted.lift(word))
    }

    /// Sets the element at an index; `None` where there is none.
    pub fn set(&mut self, index: u64, value: &R) -> Option<Result<(), RefError>> {
        self.table.is_null(index)?;
        Some(self.hosted.lower(value).map(|word| self.table.set_word(index, word)))
    }

    /// See [`Table::grow`]: by null references, which a table has room for whose type has null.
    pub fn grow(&mut self, delta: u64) -> Option<u64>
    where
        R: Nullable,
    {
        self.table.grow(delta)
    }
}

/// Types of references that have null.
pub trait Nullable {}

impl<R> Nullable for Option<R> {}

impl Hosted {
    /// An exported global of references. The caller must have borrowed the guest for itself.
    pub(crate) fn reference_global<R: Lift + Lower>(&self, export: usize) -> RefGlobal<'_, R> {
        RefGlobal::new(self, export)
    }

    /// An exported table of references. The caller must have borrowed the guest for itself.
    pub(crate) fn reference_table<R: Lift + Lower>(&self, export: usize) -> RefTable<'_, R> {
        RefTable::new(self, export)
    }
}

/// Bindings know the types of what they pass, and of what a guest exports.
impl<T> Guest<'_, T> {
    #[doc(hidden)]
    #[inline]
    pub fn lower(&self, reference: &impl Lower) -> Result<Word, RefError> {
        self.hosted().lower(reference)
    }

    #[doc(hidden)]
    #[inline]
    pub fn lift<R: Lift>(&self, word: Word) -> Result<R, RefError> {
        self.hosted().lift(word)
    }

    #[doc(hidden)]
    pub fn reference_global<R: Lift + Lower>(&mut self, export: usize) -> RefGlobal<'_, R> {
        self.hosted().reference_global(export)
    }

    #[doc(hidden)]
    pub fn reference_table<R: Lift + Lower>(&mut self, export: usize) -> RefTable<'_, R> {
        self.hosted().reference_table(export)
    }

    /// See [`Instance::cast`](crate::Instance::cast).
    ///
    /// # Errors
    /// Where it is of another type, or of another instance.
    pub fn cast<A, B: HeapType>(&mut self, reference: &Ref<A>) -> Result<Ref<B>, RefError> {
        self.hosted().cast(reference)
    }

    /// See [`Instance::is_same`](crate::Instance::is_same).
    ///
    /// # Errors
    /// Where one is of another instance.
    pub fn is_same<A, B>(&mut self, one: &Ref<A>, other: &Ref<B>) -> Result<bool, RefError>
    where
        A: HeapType + SubtypeOf<Any>,
        B: HeapType + SubtypeOf<Any>,
    {
        self.hosted().is_same(one, other)
    }
}
