//! Threads, and the stacks they run on.
//!
//! Compiled code runs on a stack of the size the program was compiled for, with a guard below it: an access there means
//! that the call stack is exhausted. One mapping holds, from low to high addresses, the guard, the stack, the stack of
//! signal handlers, and the data of the thread.
//!
//! - [`spawn`]: starting further threads, [`wait`]: waiting at addresses of a shared memory,
//! - [`lock`]: protects shared state of the runtime itself.

pub mod lock;
pub mod spawn;
pub mod wait;

use crate::sys::{self, GRANULE, RecoveryPoint, guard_size, image_limits};
use core::ops::Range;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering::Acquire, Ordering::Relaxed};

/// Bytes of the stack for signal handlers: several times the largest known signal frame (Intel AMX, 11 KiB).
const SIGNAL_STACK_SIZE: usize = 64 << 10;

/// A thread. It is never moved or freed; when it has ended, another thread takes over its stack.
pub struct Thread {
    base: AtomicUsize,
    top: AtomicUsize,
    /// The innermost recovery point in force: see [`crate::traps`].
    pub recovery_point: AtomicPtr<RecoveryPoint>,
    /// The system's number of the thread; the system sets it to 0 when the thread has ended.
    running: AtomicU32,
    /// The number that the program knows it by (wasi-threads).
    number: u32,
    /// The thread made before this one.
    next: *const Thread,
}

// SAFETY: fields that change are atomic; `next` only changes before other threads can see the thread.
unsafe impl Sync for Thread {}

/// The thread that the program began with.
pub static MAIN: Thread = Thread {
    base: AtomicUsize::new(0),
    top: AtomicUsize::new(0),
    recovery_point: AtomicPtr::new(null_mut()),
    running: AtomicU32::new(u32::MAX),
    number: 0,
    next: null(),
};

/// The thread made last, the head of the list of all.
static LATEST: AtomicPtr<Thread> = AtomicPtr::new((&raw const MAIN).cast_mut());

impl Thread {
    /// The word that tells whether the thread runs: 0 when it has ended.
    pub fn running(&self) -> &AtomicU32 {
        &self.running
    }

    /// The number that the program knows the thread by; 0 for the one that it began with.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Address range of the guard.
    pub fn guard(&self) -> Range<usize> {
        let base = self.base.load(Relaxed);
        base.wrapping_sub(guard_size())..base
    }

    /// Address range of the stack for compiled code.
    pub fn stack(&self) -> Range<usize> {
        self.base.load(Relaxed)..self.top.load(Relaxed)
    }

    /// Address range of the stack for signal handlers.
    pub fn signal_stack(&self) -> Range<usize> {
        let top = self.top.load(Relaxed);
        top..top + SIGNAL_STACK_SIZE
    }

    /// Maps a stack with its guard and its signal stack, followed by `extra` bytes; returns the start and the end of
    /// the stack.
    fn map(extra: usize) -> Option<(usize, usize)> {
        let total = accessible_size(extra)?.checked_add(guard_size())?;
        let guard = match area() {
            0 => sys::map_stack(total).ok()?,
            area => sys::map_stack_in_area(total, area).ok()?,
        };
        // SAFETY: the guard is the start of the mapping just made, which nothing uses yet.
        unsafe { sys::protect_none(guard, guard_size()) }.ok()?;
        let base = guard + guard_size();
        Some((base, guard + total - extra - SIGNAL_STACK_SIZE))
    }
}

/// Bytes of a mapping of [`Thread::map`] after its guard.
fn accessible_size(extra: usize) -> Option<usize> {
    let stack = usize::try_from(image_limits().stack_size).ok()?.checked_next_multiple_of(GRANULE)?;
    stack.checked_add(SIGNAL_STACK_SIZE + extra)
}

/// Bytes of the aligned area that each stack lies in; 0 where stacks lie anywhere.
fn area() -> usize {
    if !sys::STACK_AREAS {
        return 0;
    }
    image_limits().stack_area as usize
}

/// Bytes reserved at the end of the mapping of [`Thread::map`]: where stacks lie in areas, compiled code keeps the
/// address of the thread's block there.
fn block_pointer_size() -> usize {
    if area() == 0 { 0 } else { size_of::<usize>() }
}

/// Maps the main thread's stack; returns its highest address.
pub fn map_main_stack() -> Option<usize> {
    let (base, top) = Thread::map(block_pointer_size().next_multiple_of(GRANULE))?;
    MAIN.base.store(base, Relaxed);
    MAIN.top.store(top, Relaxed);
    Some(top)
}

/// All threads made so far.
fn all() -> impl Iterator<Item = &'static Thread> {
    let mut next = LATEST.load(Acquire).cast_const();
    core::iter::from_fn(move || {
        // SAFETY: threads are never freed.
        let thread = unsafe { next.as_ref() }?;
        next = thread.next;
        Some(thread)
    })
}

/// Whether an address lies in the guard of a stack.
pub fn is_guard(address: usize) -> bool {
    all().any(|thread| thread.guard().contains(&address))
}

/// The thread whose mapping contains an address; the main thread where none does.
#[inline(never)]
pub fn of_address(address: usize) -> &'static Thread {
    all().find(|thread| (thread.guard().start..thread.signal_stack().end).contains(&address)).unwrap_or(&MAIN)
}

/// Ends the calling thread.
pub fn exit() -> ! {
    let here = 0_u8;
    sys::exit_thread(|| of_address((&raw const here).addr()).running())
}
