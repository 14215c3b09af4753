//! Waiting at an address of a shared memory until another thread notifies it (threads proposal, "Wait and notify
//! operators").
//!
//! Waiters are queued in order of arrival, in a bucket that the address selects: a notification wakes those that came
//! first. Each waits at a word of its own, so that both operand widths and exact counts need nothing but a 32-bit futex
//! of the kernel.

use super::lock::Lock;
use crate::sys::{self, Clock};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Release, Ordering::SeqCst};

const WOKEN: u32 = 0;
const UNEQUAL: u32 = 1;
const TIMED_OUT: u32 = 2;

/// A waiting thread's entry in a queue, on the stack of that thread.
struct Waiter {
    address: usize,
    /// 1 once it has been removed from its queue.
    woken: AtomicU32,
    next: *mut Waiter,
}

/// The waiters at addresses with the same hash.
struct Bucket {
    lock: Lock,
    queue: UnsafeCell<Queue>,
}

// SAFETY: the queue is only used with the lock held.
unsafe impl Sync for Bucket {}

/// Waiters in order of arrival; both ends are null where there are none.
struct Queue {
    first: *mut Waiter,
    last: *mut Waiter,
}

impl Queue {
    const EMPTY: Self = Self { first: null_mut(), last: null_mut() };
}

const BUCKETS: usize = 64;

static TABLE: [Bucket; BUCKETS] =
    [const { Bucket { lock: Lock::new(), queue: UnsafeCell::new(Queue::EMPTY) } }; BUCKETS];

impl Bucket {
    #[allow(clippy::indexing_slicing, reason = "the remainder is below the length")]
    fn of(address: usize) -> &'static Self {
        // The factor, 2^64 divided by the golden ratio, spreads neighbouring words over the buckets.
        let hash = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        &TABLE[hash as usize % BUCKETS]
    }

    /// Removes the first `count` waiters that `matches` selects, and wakes them; returns how many there were.
    fn remove(&self, count: u32, matches: impl Fn(&Waiter) -> bool) -> u32 {
        // SAFETY: the lock is held; waiters exist until they have been removed.
        self.lock.with(|| unsafe { (*self.queue.get()).remove(count, matches) })
    }
}

impl Queue {
    /// As [`Bucket::remove`].
    ///
    /// # Safety
    /// The waiters must exist, and nothing else may use the queue.
    unsafe fn remove(&mut self, count: u32, matches: impl Fn(&Waiter) -> bool) -> u32 {
        let Self { first, last } = self;
        let (mut link, mut before, mut removed) = (&raw mut *first, null_mut(), 0);
        while removed < count {
            // SAFETY: `link` is a link of the queue, which only the caller uses.
            let waiter = unsafe { *link };
            if waiter.is_null() {
                break;
            }
            // SAFETY: the waiter is in the queue, so it exists; its own thread uses only the atomic field.
            unsafe {
                if matches(&*waiter) {
                    unlink(link, before, last);
                    removed += 1;
                } else {
                    (link, before) = (&raw mut (*waiter).next, waiter);
                }
            }
        }
        removed
    }

    /// Appends a waiter.
    ///
    /// # Safety
    /// The waiters must exist, the new one until it has been removed, and nothing else may use the queue.
    unsafe fn append(&mut self, waiter: *mut Waiter) {
        match self.last {
            last if last.is_null() => self.first = waiter,
            // SAFETY: the last waiter is in the queue, so it exists.
            last => unsafe { (*last).next = waiter },
        }
        self.last = waiter;
    }
}

/// Removes the waiter that `link` points to, which follows `before` and may be the last, and wakes it.
///
/// # Safety
/// As for [`Queue::remove`]; the link must be one of the queue's and not null.
unsafe fn unlink(link: *mut *mut Waiter, before: *mut Waiter, last: &mut *mut Waiter) {
    // SAFETY: the caller promises a link to a waiter in the queue, which exists.
    let Waiter { woken, next, .. } = unsafe { &**link };
    if next.is_null() {
        *last = before;
    }
    // SAFETY: the caller promises a link of the queue, which only it uses.
    unsafe { *link = *next };
    woken.store(1, Release);
    // The waiter may have continued already: then another waiter at that address wakes spuriously.
    sys::futex_wake(woken, 1);
}

/// Waits at `address` while `is_expected` holds, `timeout` nanoseconds at most unless it is negative.
fn wait(address: usize, is_expected: impl FnOnce() -> bool, timeout: i64) -> u32 {
    let deadline = u64::try_from(timeout).ok().map(|timeout| now().saturating_add(timeout));
    let bucket = Bucket::of(address);
    let mut waiter = Waiter { address, woken: AtomicU32::new(0), next: null_mut() };
    let waiter = &raw mut waiter;
    let is_waiting = bucket.lock.with(|| {
        let is_expected = is_expected();
        if is_expected {
            // SAFETY: the lock is held; this function does not return before the waiter has been removed.
            unsafe { (*bucket.queue.get()).append(waiter) };
        }
        is_expected
    });
    if !is_waiting {
        return UNEQUAL;
    }
    // SAFETY: only this atomic field is used while the waiter is in the queue.
    let woken = unsafe { &(*waiter).woken };
    loop {
        let left = deadline.map(|deadline| deadline.saturating_sub(now()));
        if left == Some(0) {
            break;
        }
        let is_over = sys::futex_wait(woken, 0, left);
        if woken.load(Acquire) != 0 {
            return WOKEN;
        }
        // Not left to the clock alone: the system may have none.
        if is_over {
            break;
        }
    }
    match bucket.remove(1, |other| core::ptr::eq(other, waiter)) {
        0 => WOKEN,
        _ => TIMED_OUT,
    }
}

fn now() -> u64 {
    sys::now(Clock::Monotonic).unwrap_or(0)
}

/// `memory.atomic.wait32` (`Builtin::AtomicWait32`).
///
/// # Safety
/// `address` must point to an aligned word of a memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_atomic_wait32(address: *mut u32, expected: u32, timeout: i64) -> u32 {
    // SAFETY: the caller promises an aligned word of a memory, which other threads only access atomically meanwhile.
    let value = unsafe { AtomicU32::from_ptr(address) };
    wait(address.addr(), || value.load(SeqCst) == expected, timeout)
}

/// `memory.atomic.wait64` (`Builtin::AtomicWait64`).
///
/// # Safety
/// `address` must point to an aligned double word of a memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_atomic_wait64(address: *mut u64, expected: u64, timeout: i64) -> u32 {
    // SAFETY: the caller promises an aligned double word of a memory, as in `wasmc_atomic_wait32`.
    let value = unsafe { AtomicU64::from_ptr(address) };
    wait(address.addr(), || value.load(SeqCst) == expected, timeout)
}

/// `memory.atomic.notify` (`Builtin::AtomicNotify`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_atomic_notify(address: *const u8, count: u32) -> u32 {
    let address = address.addr();
    Bucket::of(address).remove(count, |waiter| waiter.address == address)
}
