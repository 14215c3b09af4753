//! Whose exceptions are kept: a thread's, or a context's.

use crate::budget::{Allowance, OfProgram};
use crate::regions;
use crate::sys::Unwound;
use crate::thread::Thread;
use core::ops::Range;
use core::sync::atomic::Ordering::Relaxed;

/// Whose exceptions are kept.
pub trait Owner {
    /// What answers for what they take.
    type Allowance: Allowance;

    /// Tells it from all others: an address.
    fn identity(&self) -> usize;

    /// Whether whoever has this identity has ended.
    fn has_ended(identity: usize) -> bool;

    /// The part of its stack that is in use, as its registers are in `unwound`.
    fn stack(&self, unwound: &Unwound) -> Range<usize>;

    /// Where something lies that the compiler lists.
    fn place<T>(&self, listed: *const T) -> *const T;

    /// What answers for what they take.
    fn allowance(&self) -> Self::Allowance;

    /// Visits memory in which objects lie, that refer to exceptions.
    fn each_objects(&self, visit: impl FnMut(Range<usize>));

    /// Visits the references that somebody else has.
    fn each_held(&self, visit: impl FnMut(u64));
}

/// A thread of a program.
pub struct OfThread(pub &'static Thread);

impl Owner for OfThread {
    type Allowance = OfProgram;

    fn identity(&self) -> usize {
        (&raw const *self.0).expose_provenance()
    }

    fn has_ended(identity: usize) -> bool {
        // SAFETY: threads are never freed.
        unsafe { (*core::ptr::with_exposed_provenance::<Thread>(identity)).running().load(Relaxed) == 0 }
    }

    fn stack(&self, unwound: &Unwound) -> Range<usize> {
        (&raw const *unwound).addr()..self.0.stack().end
    }

    fn place<T>(&self, listed: *const T) -> *const T {
        listed
    }

    fn allowance(&self) -> OfProgram {
        OfProgram
    }

    fn each_objects(&self, mut visit: impl FnMut(Range<usize>)) {
        visit(regions::OBJECTS.range());
    }

    fn each_held(&self, _: impl FnMut(u64)) {}
}
