//! The way out of a trap.

use super::arch::CATCH_OFFSET;

/// What a call of [`catch`](super::catch) keeps on the stack: the place to go on at, and the catch around this one.
#[repr(C)]
pub struct Catch {
    resume: usize,
    outer: *const Catch,
}

impl Catch {
    /// Program counter and stack pointer with which the call goes on, its result in the register of results.
    ///
    /// # Safety
    /// The catch must be that of a call that has not returned.
    pub unsafe fn resumption(catch: *const Self) -> (usize, usize) {
        // SAFETY: the caller's promise.
        (unsafe { (*catch).resume }, catch.addr() - CATCH_OFFSET)
    }
}
