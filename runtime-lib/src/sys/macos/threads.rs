//! Threads: those of the system library, which leave the stacks it gave them for ours; and waiting at a word, by one lock and
//! one condition for the whole process, as the system's own futexes are not public.

use super::errno::translate;
use crate::errno::Result;
use crate::sys::arch::run_on_stack;
use crate::thread;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Release};
use libc::{
    PTHREAD_COND_INITIALIZER, PTHREAD_CREATE_DETACHED, PTHREAD_MUTEX_INITIALIZER, pthread_cond_t, pthread_mutex_t,
    timespec,
};

/// Bytes of the stack that the system library gives a thread, on which it begins and ends.
const LIBRARY_STACK: usize = 64 << 10;

/// What a thread is started with: at the end of its own stack, below which it begins.
#[repr(C, align(16))]
struct Start {
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
}

/// Starts a thread that calls `function(argument)` on the stack that ends at `top`. `running`, which is not 0, becomes 0 when the
/// thread has ended.
///
/// # Safety
/// `top` must be a multiple of 16 and end writable memory that nothing else uses while the thread runs.
pub unsafe fn start_thread(
    top: usize,
    _running: &'static AtomicU32,
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
) -> Result<()> {
    let start: *mut Start = with_exposed_provenance_mut(top - size_of::<Start>());
    // SAFETY: the caller's promise.
    unsafe { start.write(Start { function, argument }) };
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: the attributes are initialised first and destroyed last; the thread gets what was just written.
    let error = unsafe {
        match libc::pthread_attr_init(attributes.as_mut_ptr()) {
            0 => {
                libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), PTHREAD_CREATE_DETACHED);
                libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), LIBRARY_STACK);
                let error = libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), begin, start.cast());
                libc::pthread_attr_destroy(attributes.as_mut_ptr());
                error
            }
            error => error,
        }
    };
    if error == 0 { Ok(()) } else { Err(translate(error)) }
}

/// What the system library calls on the stack that it gave the thread.
extern "C" fn begin(start: *mut c_void) -> *mut c_void {
    let start: *mut Start = start.cast();
    // SAFETY: `start_thread` wrote it, at the end of the thread's own stack.
    unsafe { run_on_stack(start.expose_provenance(), (*start).function, (*start).argument) }
}

/// Ends the calling thread alone. Its stack serves another as soon as its `running` is 0: so it goes back to the stack of the
/// system library first, whose frames nothing returns to.
pub fn exit_thread() -> ! {
    let here = 0_u8;
    let thread = &raw const *thread::of_address((&raw const here).addr());
    // SAFETY: asks for the calling thread's stack, which ends below whatever the library keeps of the thread.
    let top = unsafe { libc::pthread_get_stackaddr_np(libc::pthread_self()) }.expose_provenance() & !15;
    // SAFETY: nothing on that stack is used any more.
    unsafe { run_on_stack(top, end, thread.cast_mut().cast()) }
}

extern "C" fn end(thread: *mut u8) -> ! {
    // SAFETY: threads are never freed.
    let running = unsafe { (*thread.cast::<thread::Thread>()).running() };
    running.store(0, Release);
    futex_wake(running, u32::MAX);
    // SAFETY: nothing of the thread's own needs to be cleaned up.
    unsafe { libc::pthread_exit(null_mut()) }
}

struct Waiting {
    lock: UnsafeCell<pthread_mutex_t>,
    woken: UnsafeCell<pthread_cond_t>,
}

// SAFETY: only the system library's functions touch them, which may be called by any thread.
unsafe impl Sync for Waiting {}

static WAITING: Waiting =
    Waiting { lock: UnsafeCell::new(PTHREAD_MUTEX_INITIALIZER), woken: UnsafeCell::new(PTHREAD_COND_INITIALIZER) };

/// Waits until woken, unless `word` is not `expected`; `timeout` nanoseconds at most. May return for no reason.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) {
    let (lock, woken) = (WAITING.lock.get(), WAITING.woken.get());
    // SAFETY: both are initialised, and the lock is held while the condition is waited for.
    unsafe {
        libc::pthread_mutex_lock(lock);
        if word.load(Acquire) == expected {
            match timeout {
                None => libc::pthread_cond_wait(woken, lock),
                Some(nanoseconds) => {
                    let time = timespec {
                        tv_sec: (nanoseconds / 1_000_000_000) as i64,
                        tv_nsec: (nanoseconds % 1_000_000_000) as i64,
                    };
                    libc::pthread_cond_timedwait_relative_np(woken, lock, &raw const time)
                }
            };
        }
        libc::pthread_mutex_unlock(lock);
    }
}

/// Waits until a thread's end is reported. May return for no reason.
pub fn wait_for_thread(running: &AtomicU32, expected: u32) {
    futex_wait(running, expected, None);
}

/// Wakes those that wait at `word`, and all others too, who look at theirs and wait on.
pub fn futex_wake(_word: &AtomicU32, _count: u32) {
    let (lock, woken) = (WAITING.lock.get(), WAITING.woken.get());
    // SAFETY: both are initialised. Under the lock nobody is between looking at a word and waiting.
    unsafe {
        libc::pthread_mutex_lock(lock);
        libc::pthread_cond_broadcast(woken);
        libc::pthread_mutex_unlock(lock);
    }
}
