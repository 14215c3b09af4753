//! Threads that call into an instance: each needs a stack for the handler of faults, as a guest that has exhausted its
//! own stack has none for it. Threads of Rust have one; those of C do not.

use super::pointer;
use crate::sys::{self, GRANULE};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed};

/// A stack for handlers, which begins with this. A thread keeps it; when it has ended, one with the same thread
/// pointer, whose memory the system has given it again, takes it over.
struct HandlerStack {
    thread: AtomicUsize,
    next: *mut HandlerStack,
}

static LATEST: AtomicPtr<HandlerStack> = AtomicPtr::new(null_mut());

/// Gives the calling thread a stack for handlers, where it has none: called when it calls into an instance for the
/// first time. Where there is no memory for one, exhausting the guest's stack ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_context_prepare(thread: usize) {
    if sys::has_signal_stack() {
        return;
    }
    if let Some(stack) = known(thread).or_else(|| make(thread)) {
        let start = stack.addr();
        let _ = sys::set_signal_stack(start + size_of::<HandlerStack>()..start + GRANULE);
    }
}

/// The stack that a thread with this pointer had before.
fn known(thread: usize) -> Option<*mut HandlerStack> {
    let mut next = LATEST.load(Acquire);
    // SAFETY: stacks are never removed, and their fields do not change once they are in the list.
    while let Some(stack) = unsafe { next.as_ref() } {
        if stack.thread.load(Relaxed) == thread {
            return Some(next);
        }
        next = stack.next;
    }
    None
}

fn make(thread: usize) -> Option<*mut HandlerStack> {
    let stack: *mut HandlerStack = pointer(sys::map_stack(GRANULE).ok()?);
    let mut latest = LATEST.load(Acquire);
    loop {
        // SAFETY: the mapping is new, and has room for it.
        unsafe { stack.write(HandlerStack { thread: AtomicUsize::new(thread), next: latest }) };
        match LATEST.compare_exchange_weak(latest, stack, AcqRel, Acquire) {
            Ok(_) => return Some(stack),
            Err(other) => latest = other,
        }
    }
}
