//! Ending the calls of a guest from another thread.

use crate::library::Library;
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};

/// Ends what a guest does, from any thread: in libraries that were compiled with `--epoch`. It can be cloned and sent,
/// and outlives the instance.
///
/// ```
/// # fn run<T>(instance: &mut wasmc_embed::Instance<T>) {
/// let interrupter = instance.interrupter().expect("it was compiled with `--epoch`");
/// std::thread::spawn(move || {
///     std::thread::sleep(std::time::Duration::from_secs(1));
///     interrupter.interrupt();
/// });
/// # }
/// ```
#[derive(Clone)]
pub struct Interrupter(Arc<Shared>);

/// An instance, as long as it is there.
struct Shared {
    library: Library,
    is_locked: AtomicBool,
    block: UnsafeCell<Option<NonNull<u8>>>,
}

// SAFETY: the block is only looked at under the lock, and its library lets any thread interrupt an instance.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Interrupter {
    /// What interrupts the instance of a library that has this block; `None` where its code does not look.
    ///
    /// # Safety
    /// The library must have made the instance, and [`Self::forget`] be called before it is freed.
    pub(crate) unsafe fn new(library: Library, block: NonNull<u8>) -> Option<Self> {
        if library.module().is_interruptible == 0 {
            return None;
        }
        let (is_locked, block) = (AtomicBool::new(false), UnsafeCell::new(Some(block)));
        Some(Self(Arc::new(Shared { library, is_locked, block })))
    }

    /// Ends the call that runs, or the next one: it returns a trap whose reason is
    /// [`Reason::Interrupted`](crate::Reason::Interrupted), as soon as the guest enters a function or a loop begins
    /// once more. While it is in a function of the host's, that goes on first. Returns whether the instance is still
    /// there.
    pub fn interrupt(&self) -> bool {
        self.set(true)
    }

    /// Takes an interruption back that no call has met. Returns whether the instance is still there.
    pub fn clear(&self) -> bool {
        self.set(false)
    }

    fn set(&self, is_interrupted: bool) -> bool {
        let Library { api, .. } = self.0.library;
        // SAFETY: the instance is there as long as its block is.
        let set = |block: &mut Option<NonNull<u8>>| {
            block.is_some_and(|block| unsafe { (api.interrupt)(block.as_ptr(), is_interrupted.into()) != 0 })
        };
        self.0.with_block(set)
    }

    /// Has no clone of this refer to the instance any more.
    pub(crate) fn forget(&self) {
        self.0.with_block(|block| *block = None);
    }
}

impl Shared {
    fn with_block<R>(&self, action: impl FnOnce(&mut Option<NonNull<u8>>) -> R) -> R {
        // Whoever holds it makes one system call.
        while self.is_locked.swap(true, Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: the lock is held.
        let result = action(unsafe { &mut *self.block.get() });
        self.is_locked.store(false, Release);
        result
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupter")
    }
}
