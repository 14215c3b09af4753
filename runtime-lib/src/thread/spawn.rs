//! Starting threads (wasi-threads), and their end.

use super::{GRANULE, LATEST, MAIN, Thread, all, block_pointer_size};
use crate::errno::{Errno, Result};
use crate::sys;
use core::mem::{align_of, size_of};
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};
use core::sync::atomic::{Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use wasmc_abi::thread::ThreadPlan;

unsafe extern "C" {
    /// How a thread of the program begins ([`wasmc_abi::symbols::THREAD`]).
    static wasmc_thread: ThreadPlan;
}

/// What a thread runs: gets the block of its own, its number and the argument.
pub type Run = extern "C" fn(block: *mut u8, number: u32, argument: u32) -> !;

/// What a thread is started with, behind it in memory; its block follows.
#[repr(C, align(16))]
struct Start {
    thread: Thread,
    run: Run,
    argument: u32,
}

/// Bound of wasi-threads: numbers are below 2^29.
const NUMBERS: u32 = 1 << 29;

/// Number of threads made so far.
static MADE: AtomicU32 = AtomicU32::new(0);

/// While a thread is being started, before the system gives it a number.
const STARTING: u32 = u32::MAX;

/// Starts a thread with a block of `size` bytes of its own, which `prepare` fills in. All calls of a program must ask for the
/// same size.
///
/// # Errors
/// Where there is no memory for the thread, or the system starts no more.
pub fn spawn(size: usize, prepare: impl FnOnce(*mut u8), run: Run, argument: u32) -> Result<&'static Thread> {
    let start = match idle() {
        Some(start) => start,
        None => make(size)?,
    };
    // SAFETY: the thread is this call's alone until it runs; its block follows it.
    unsafe {
        (*start).run = run;
        (*start).argument = argument;
        prepare(start.add(1).cast());
    }
    // SAFETY: threads are never freed.
    let thread = unsafe { &(*start).thread };
    // SAFETY: the stack is mapped and idle; the record outlives the thread.
    let started = unsafe { sys::start_thread(thread.top.load(Relaxed), thread.running(), enter, start.cast()) };
    match started {
        Ok(()) => Ok(thread),
        Err(errno) => {
            thread.running.store(0, Release);
            Err(errno)
        }
    }
}

/// A thread that has ended, taken into use again.
fn idle() -> Option<*mut Start> {
    let claim = |thread: &&Thread| thread.running.compare_exchange(0, STARTING, AcqRel, Relaxed).is_ok();
    let thread = all().filter(|thread| !core::ptr::eq(*thread, &raw const MAIN)).find(claim)?;
    Some((&raw const *thread).cast_mut().cast())
}

/// Maps a new thread and makes it known.
fn make(size: usize) -> Result<*mut Start> {
    const { assert!(core::mem::offset_of!(Start, thread) == 0 && align_of::<Start>() <= GRANULE) };
    let number = MADE.fetch_update(Relaxed, Relaxed, |made| (made + 1 < NUMBERS).then_some(made + 1));
    let number = number.map_err(|_| Errno::AGAIN)? + 1;
    let room = (size_of::<Start>() + size + block_pointer_size()).next_multiple_of(GRANULE);
    let (base, top) = Thread::map(room).ok_or(Errno::NOMEM)?;
    let mut thread = Thread {
        base: AtomicUsize::new(base),
        top: AtomicUsize::new(top),
        innermost: AtomicPtr::new(null_mut()),
        running: AtomicU32::new(STARTING),
        number,
        next: LATEST.load(Acquire),
    };
    let at: *mut Start = with_exposed_provenance_mut(thread.signal_stack().end);
    loop {
        let seen = thread.next;
        // SAFETY: the mapping just made has this room behind the stack for signals.
        unsafe { at.write(Start { thread, run: unreachable, argument: 0 }) };
        match LATEST.compare_exchange(seen.cast_mut(), at.cast(), AcqRel, Acquire) {
            Ok(_) => return Ok(at),
            Err(latest) => {
                // SAFETY: nobody else knows of it yet.
                thread = unsafe { at.read() }.thread;
                thread.next = latest;
            }
        }
    }
}

extern "C" fn unreachable(_: *mut u8, _: u32, _: u32) -> ! {
    sys::exit_thread()
}

/// What the system starts a thread with, on its own stack.
extern "C" fn enter(start: *mut u8) -> ! {
    let start: *mut Start = start.cast();
    // SAFETY: the record was filled in before the thread was started, and nobody changes it while it runs.
    let (thread, run, argument) = unsafe { (&(*start).thread, (*start).run, (*start).argument) };
    // A thread that could not report the exhaustion of its stack must not run.
    if sys::set_signal_stack(thread.signal_stack()).is_err() {
        sys::exit_thread()
    }
    // SAFETY: the block follows the record.
    run(unsafe { start.add(1).cast() }, thread.number, argument)
}

/// Waits for a thread's end.
pub fn join(thread: &Thread) {
    loop {
        let running = thread.running.load(Acquire);
        if running == 0 {
            return;
        }
        sys::wait_for_thread(&thread.running, running);
    }
}

/// `wasi.thread-spawn` ([`wasmc_abi::host`]).
#[unsafe(no_mangle)]
extern "C" fn wasi_thread_spawn(argument: u32) -> i32 {
    // SAFETY: the compiler defines the symbol in every program that imports this function; nothing writes to it.
    let plan = unsafe { &wasmc_thread };
    let size = plan.size as usize;
    // SAFETY: the plan says that so many bytes lie there; the block has room for them.
    let prepare = |block: *mut u8| unsafe { block.copy_from_nonoverlapping(plan.initial, size) };
    match spawn(size, prepare, plan.run, argument) {
        Ok(thread) => thread.number as i32,
        Err(Errno(number)) => -i32::from(number),
    }
}

/// Ends the calling thread (`Builtin::ThreadExit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_thread_exit() -> ! {
    sys::exit_thread()
}
