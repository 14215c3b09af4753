//! Instances that were freed and wait to be used again: their mappings cost more than all else of an instance.

use crate::thread::lock::Lock;
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use wasmc_abi::context::Context;

/// Most instances that wait.
const MOST: usize = 256;

/// A list of contexts.
struct List {
    first: *mut Context,
    len: usize,
}

/// The list, for whoever holds the lock.
struct Pool {
    lock: Lock,
    list: UnsafeCell<List>,
}

// SAFETY: the list is only used under the lock.
unsafe impl Sync for Pool {}

static POOL: Pool = Pool { lock: Lock::new(), list: UnsafeCell::new(List { first: null_mut(), len: 0 }) };

/// Takes an instance whose stack has `stack_size` bytes, or a few more.
pub fn take(stack_size: usize) -> Option<*mut Context> {
    POOL.lock.with(|| {
        // SAFETY: the lock is held.
        let list = unsafe { &mut *POOL.list.get() };
        let first = list.first;
        // SAFETY: contexts in the list are whole, and nobody else has them.
        let fields = unsafe { first.as_mut() }?;
        let len = fields.stack.end - fields.stack.start;
        if len < stack_size || len - stack_size >= crate::sys::GRANULE {
            return None;
        }
        list.first = fields.next;
        list.len -= 1;
        Some(first)
    })
}

/// Keeps an instance; returns `false` where there are enough.
pub fn put(context: *mut Context) -> bool {
    POOL.lock.with(|| {
        // SAFETY: the lock is held.
        let list = unsafe { &mut *POOL.list.get() };
        if list.len >= MOST {
            return false;
        }
        // SAFETY: the caller gives the context up.
        unsafe { (*context).next = list.first };
        list.first = context;
        list.len += 1;
        true
    })
}
