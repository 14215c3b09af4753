//! What an instance shares with the handles of its resources that the host owns: which of them were dropped.

use alloc::boxed::Box;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// Resources that the host has dropped, in a list that any thread adds to.
#[derive(Debug)]
pub(super) struct Shared(AtomicPtr<Dropped>);

/// A resource that was dropped.
#[derive(Debug)]
pub(super) struct Dropped {
    /// The number of the export that destroys it.
    pub destructor: usize,
    /// Its representation.
    pub representation: u32,
    next: *mut Self,
}

impl Shared {
    /// One of an instance of which nothing was dropped.
    pub fn new() -> Self {
        Self(AtomicPtr::new(null_mut()))
    }

    /// Notes that a resource was dropped.
    pub fn push(&self, destructor: usize, representation: u32) {
        let next = self.0.load(Ordering::Relaxed);
        let dropped = Box::into_raw(Box::new(Dropped { destructor, representation, next }));
        // SAFETY: nobody else has it before the exchange.
        let set = |next| unsafe { (*dropped).next = next };
        let mut next = next;
        while let Err(now) = self.0.compare_exchange_weak(next, dropped, Ordering::Release, Ordering::Relaxed) {
            next = now;
            set(next);
        }
    }

    /// Those that were dropped since it was called last.
    pub fn take(&self) -> impl Iterator<Item = Dropped> + use<> {
        let mut next = self.0.swap(null_mut(), Ordering::Acquire);
        core::iter::from_fn(move || {
            if next.is_null() {
                return None;
            }
            // SAFETY: `push` has made it of a box, and the list was taken as a whole.
            let dropped = *unsafe { Box::from_raw(next) };
            next = dropped.next;
            Some(dropped)
        })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.take().for_each(drop);
    }
}
