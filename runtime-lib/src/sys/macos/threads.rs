//! Threads: those of the system library, switched to stacks of the runtime; and waiting at a word, by one mutex and one
//! condition variable for the whole process, as the futexes of the system are not public.

use super::errno::translate;
use crate::errno::Result;
use crate::sys::arch::run_on_stack;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Release};
use libc::{
    PTHREAD_COND_INITIALIZER, PTHREAD_CREATE_DETACHED, PTHREAD_MUTEX_INITIALIZER, pthread_cond_t, pthread_mutex_t,
    timespec,
};

/// Bytes of the stack that the system library gives a thread, on which the thread begins and ends.
const LIBRARY_STACK: usize = 64 << 10;

/// What a thread is started with. It lies at the end of the thread's own stack, which begins below it.
#[repr(C, align(16))]
struct Start {
    function: extern "C" fn(*mut u8) -> !,
    argument: *mut u8,
}

/// Starts a thread that calls `function(argument)` on the stack that ends at `top`. `running`, which is not 0, becomes
/// 0 when the thread has ended.
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
    // SAFETY: the caller promises that the memory below `top` is writable and not in use.
    unsafe { start.write(Start { function, argument }) };
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: the attributes are initialised first and destroyed last; `begin` gets the `Start` just written.
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

/// Called by the system library on the stack that it gave the thread.
extern "C" fn begin(start: *mut c_void) -> *mut c_void {
    let start: *mut Start = start.cast();
    // SAFETY: `start_thread` wrote the record at the end of the thread's own stack, which nothing uses below it.
    unsafe { run_on_stack(start.expose_provenance(), (*start).function, (*start).argument) }
}

/// Ends the calling thread alone; `running` finds its word. Another thread gets its stack as soon as that word is 0, so
/// the thread first goes back to the stack of the system library, to whose frames nothing returns.
pub fn exit_thread(running: impl FnOnce() -> &'static AtomicU32) -> ! {
    let running = running();
    // SAFETY: asks for the end of the calling thread's stack and touches no memory.
    let top = unsafe { libc::pthread_get_stackaddr_np(libc::pthread_self()) }.expose_provenance() & !15;
    // SAFETY: the stack ends at `top`, and nothing on it is used any more.
    unsafe { run_on_stack(top, end, running.as_ptr().cast()) }
}

extern "C" fn end(running: *mut u8) -> ! {
    // SAFETY: `exit_thread` passes the address of a word that lives as long as the process.
    let running = unsafe { AtomicU32::from_ptr(running.cast()) };
    running.store(0, Release);
    futex_wake(running, u32::MAX);
    // SAFETY: no frame of the thread has anything to clean up.
    unsafe { libc::pthread_exit(null_mut()) }
}

struct Waiting {
    lock: UnsafeCell<pthread_mutex_t>,
    woken: UnsafeCell<pthread_cond_t>,
}

// SAFETY: only functions of the system library touch them, which any thread may call.
unsafe impl Sync for Waiting {}

static WAITING: Waiting =
    Waiting { lock: UnsafeCell::new(PTHREAD_MUTEX_INITIALIZER), woken: UnsafeCell::new(PTHREAD_COND_INITIALIZER) };

/// Waits until woken, unless `word` is not `expected`; `timeout` nanoseconds at most. May wake spuriously. Returns
/// whether the time is over.
pub fn futex_wait(word: &AtomicU32, expected: u32, timeout: Option<u64>) -> bool {
    let (lock, woken) = (WAITING.lock.get(), WAITING.woken.get());
    let mut answer = 0;
    // SAFETY: both are initialised statically, and the mutex is held where the condition variable is waited for.
    unsafe {
        libc::pthread_mutex_lock(lock);
        if word.load(Acquire) == expected {
            answer = match timeout {
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
    answer == libc::ETIMEDOUT
}

/// Waits until a thread has ended. May wake spuriously.
pub fn wait_for_thread(running: &AtomicU32, expected: u32) {
    let _ = futex_wait(running, expected, None);
}

/// Wakes the threads that wait at `word`, and all others too, which check their words and wait again.
pub fn futex_wake(_word: &AtomicU32, _count: u32) {
    let (lock, woken) = (WAITING.lock.get(), WAITING.woken.get());
    // Under the mutex no thread is between checking its word and waiting.
    // SAFETY: both are initialised statically.
    unsafe {
        libc::pthread_mutex_lock(lock);
        libc::pthread_cond_broadcast(woken);
        libc::pthread_mutex_unlock(lock);
    }
}
