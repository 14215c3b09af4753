//! Waiting at an address of a shared memory until another thread notifies it (threads proposal, "Wait and notify
//! operators").
//!
//! Who waits is in a queue that lies in a bucket chosen by the address, in order of arrival: notification wakes those that
//! came first. Each waits at a word of its own, so that both widths of operands and exact counts need nothing more of the
//! kernel than its 32-bit futex.

use super::lock::Lock;
use crate::sys::{self, Clock};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Acquire, Ordering::Release, Ordering::SeqCst};

const WOKEN: u32 = 0;
const UNEQUAL: u32 = 1;
const TIMED_OUT: u32 = 2;

/// One who waits, on its own stack.
struct Waiter {
    address: usize,
    /// 1 once it has been taken out of its queue.
    woken: AtomicU32,
    next: *mut Waiter,
}

struct Bucket {
    lock: Lock,
    first: UnsafeCell<*mut Waiter>,
}

// SAFETY: the queue is only touched under the lock.
unsafe impl Sync for Bucket {}

const BUCKETS: usize = 64;

static TABLE: [Bucket; BUCKETS] = [const { Bucket { lock: Lock::new(), first: UnsafeCell::new(null_mut()) } }; BUCKETS];

impl Bucket {
    fn of(address: usize) -> &'static Self {
        // Neighbouring words are far apart in a product with 2^64 divided by the golden ratio.
        let hash = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        &TABLE[hash as usize % BUCKETS]
    }

    /// Takes waiters at `address` that `take` wants out of the queue. Must be called under the lock.
    ///
    /// # Safety
    /// The waiters in the queue must be alive, as they are until they have been taken out.
    unsafe fn remove(&self, mut take: impl FnMut(&Waiter) -> bool) {
        let mut link = self.first.get();
        // SAFETY: links belong to the queue, which the lock protects.
        while let Some(waiter) = unsafe { (*link).as_mut() } {
            if take(waiter) {
                // SAFETY: as above.
                unsafe { *link = waiter.next };
                waiter.woken.store(1, Release);
                // Where the waiter has gone on already, whoever else waits there looks again.
                sys::futex_wake(&waiter.woken, 1);
            } else {
                link = &raw mut waiter.next;
            }
        }
    }

    /// Appends a waiter. Must be called under the lock.
    ///
    /// # Safety
    /// The waiter must live until it has been taken out.
    unsafe fn append(&self, waiter: *mut Waiter) {
        let mut link = self.first.get();
        // SAFETY: links belong to the queue, which the lock protects.
        while let Some(other) = unsafe { (*link).as_mut() } {
            link = &raw mut other.next;
        }
        // SAFETY: as above.
        unsafe { *link = waiter };
    }
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
            // SAFETY: this function does not return before the waiter has been taken out.
            unsafe { bucket.append(waiter) };
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
        sys::futex_wait(woken, 0, left);
        if woken.load(Acquire) != 0 {
            return WOKEN;
        }
    }
    let mut was_waiting = false;
    bucket.lock.with(|| {
        let is_this = |other: &Waiter| {
            let is_this = core::ptr::eq(other, waiter);
            was_waiting |= is_this;
            is_this
        };
        // SAFETY: called under the lock.
        unsafe { bucket.remove(is_this) };
    });
    if was_waiting { TIMED_OUT } else { WOKEN }
}

fn now() -> u64 {
    sys::now(Clock::Monotonic).unwrap_or(0)
}

/// `memory.atomic.wait32` ([`wasmc_abi::symbols::ATOMIC_WAIT32`]).
///
/// # Safety
/// `address` must point to an aligned word of a memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_atomic_wait32(address: *mut u32, expected: u32, timeout: i64) -> u32 {
    // SAFETY: the caller's promise.
    let value = unsafe { AtomicU32::from_ptr(address) };
    wait(address.addr(), || value.load(SeqCst) == expected, timeout)
}

/// `memory.atomic.wait64` ([`wasmc_abi::symbols::ATOMIC_WAIT64`]).
///
/// # Safety
/// `address` must point to an aligned double word of a memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_atomic_wait64(address: *mut u64, expected: u64, timeout: i64) -> u32 {
    // SAFETY: the caller's promise.
    let value = unsafe { AtomicU64::from_ptr(address) };
    wait(address.addr(), || value.load(SeqCst) == expected, timeout)
}

/// `memory.atomic.notify` ([`wasmc_abi::symbols::ATOMIC_NOTIFY`]).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_atomic_notify(address: *const u8, count: u32) -> u32 {
    let bucket = Bucket::of(address.addr());
    let mut woken = 0;
    bucket.lock.with(|| {
        let take = |waiter: &Waiter| {
            let taken = waiter.address == address.addr() && woken < count;
            woken += u32::from(taken);
            taken
        };
        // SAFETY: called under the lock.
        unsafe { bucket.remove(take) };
    });
    woken
}
