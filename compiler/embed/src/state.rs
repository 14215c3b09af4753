//! Globals and tables of a guest.

use crate::value::{ExternRef, Slot, Value, Word};
use core::marker::PhantomData;
use core::ptr::NonNull;
use wasmc_abi::context::Api;
use wasmc_abi::table::Table as State;

/// A global of a guest, while it does not run.
///
/// ```
/// fn example(mut counter: wasmc_embed::Global<'_, i32>) {
///     let next = counter.get() + 1;
///     counter.set(next);
/// }
/// ```
#[derive(Debug)]
pub struct Global<'g, V> {
    value: NonNull<u8>,
    guest: PhantomData<(&'g mut (), V)>,
}

impl<V: Value> Global<'_, V> {
    /// The global at a place.
    ///
    /// # Safety
    /// It must hold a value of the type, in a block whose guest is borrowed for the lifetime.
    pub(crate) unsafe fn new(value: NonNull<u8>) -> Self {
        Self { value, guest: PhantomData }
    }

    /// Its value.
    ///
    /// ```
    /// fn example(global: wasmc_embed::Global<'_, f32>) -> f32 {
    ///     global.get()
    /// }
    /// ```
    pub fn get(&self) -> V {
        let mut slot = Slot::ZERO;
        // SAFETY: a global has as many bytes as a value of its type; a slot has at least as many.
        unsafe { self.value.copy_to_nonoverlapping(NonNull::from(&mut slot).cast(), size(V::CODE)) };
        slot.get()
    }

    /// Sets its value. Bindings have this for mutable globals alone.
    #[doc(hidden)]
    pub fn set(&mut self, value: V) {
        let mut slot = Slot::new(value);
        // SAFETY: as in `get`, and this borrows the guest for itself.
        unsafe { self.value.copy_from_nonoverlapping(NonNull::from(&mut slot).cast(), size(V::CODE)) };
    }
}

/// Bytes of a value in instance state, by the code of its type.
fn size(code: u32) -> usize {
    match code {
        0x7f | 0x7d => 4,
        0x7b => 16,
        _ => 8,
    }
}

/// A table of a guest, while it does not run.
///
/// ```
/// fn example(table: wasmc_embed::Table<'_>) -> usize {
///     (0..table.len()).filter(|&index| table.is_null(index) == Some(false)).count()
/// }
/// ```
#[derive(Debug)]
pub struct Table<'g> {
    api: &'static Api,
    block: NonNull<u8>,
    state: NonNull<State>,
    guest: PhantomData<&'g mut ()>,
}

impl Table<'_> {
    /// The table at a place in a block.
    ///
    /// # Safety
    /// It must be a table of that block, whose guest is borrowed for the lifetime.
    pub(crate) unsafe fn new(api: &'static Api, block: NonNull<u8>, state: NonNull<State>) -> Self {
        Self { api, block, state, guest: PhantomData }
    }

    /// Present number of elements.
    ///
    /// ```
    /// fn example(table: wasmc_embed::Table<'_>) -> u64 {
    ///     table.len()
    /// }
    /// ```
    pub fn len(&self) -> u64 {
        // SAFETY: the guest does not run, so that nothing changes the table.
        unsafe { self.state.as_ref() }.len
    }

    /// Whether it has no elements.
    ///
    /// ```
    /// fn example(table: wasmc_embed::Table<'_>) -> bool {
    ///     table.is_empty()
    /// }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the element at an index is null; `None` where there is none.
    ///
    /// ```
    /// fn example(table: wasmc_embed::Table<'_>) {
    ///     assert_eq!(table.is_null(table.len()), None);
    /// }
    /// ```
    pub fn is_null(&self, index: u64) -> Option<bool> {
        // SAFETY: the index is below the number of elements.
        (index < self.len()).then(|| unsafe { *self.state.as_ref().elements.add(index as usize) == 0 })
    }

    /// The element at an index of a table of external references; `None` where there is none.
    ///
    /// Bindings have this for such tables alone.
    #[doc(hidden)]
    pub fn get(&self, index: u64) -> Option<Option<ExternRef>> {
        // SAFETY: the index is below the number of elements.
        (index < self.len()).then(|| ExternRef::new(unsafe { *self.state.as_ref().elements.add(index as usize) }))
    }

    /// The reference at an index; `None` where there is none.
    pub(crate) fn word(&self, index: u64) -> Option<Word> {
        // SAFETY: the index is below the number of elements.
        (index < self.len()).then(|| Word(unsafe { *self.state.as_ref().elements.add(index as usize) }))
    }

    /// Sets the reference at an index, where there is one: to one of the table's type.
    pub(crate) fn set_word(&mut self, index: u64, word: Word) {
        if index < self.len() {
            // SAFETY: the index is below the number of elements; this borrows the guest for itself.
            unsafe { self.state.as_ref().elements.add(index as usize).write(word.0) };
        }
    }

    /// Grows a table by null references; returns its size before, or `None` where it cannot grow so far.
    ///
    /// ```
    /// fn example(mut table: wasmc_embed::Table<'_>) -> bool {
    ///     table.grow(8).is_some()
    /// }
    /// ```
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        // SAFETY: it is a table of the block; this borrows the guest, which does not run.
        let previous = unsafe { (self.api.table_grow)(self.block.as_ptr(), self.state.as_ptr().cast(), delta, 0) };
        (previous != u64::MAX).then_some(previous)
    }
}
