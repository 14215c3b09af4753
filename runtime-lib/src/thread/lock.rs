//! A mutex, by the futexes of the kernel.

use crate::sys;
use core::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

/// A lock. The thread that holds it must not wait for anything.
pub struct Lock(AtomicU32);

impl Lock {
    /// A free lock.
    pub const fn new() -> Self {
        Self(AtomicU32::new(FREE))
    }

    /// Calls `action` with the lock held.
    pub fn with<R>(&self, action: impl FnOnce() -> R) -> R {
        if self.0.compare_exchange(FREE, HELD, Acquire, Relaxed).is_err() {
            self.acquire_slowly();
        }
        let result = action();
        if self.0.swap(FREE, Release) == AWAITED {
            self.wake();
        }
        result
    }

    #[cold]
    fn acquire_slowly(&self) {
        while self.0.swap(AWAITED, Acquire) != FREE {
            sys::futex_wait(&self.0, AWAITED, None);
        }
    }

    #[cold]
    fn wake(&self) {
        sys::futex_wake(&self.0, 1);
    }
}
