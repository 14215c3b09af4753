//! The start of threads (wasi-threads), and their end.

use super::{LATEST, MAIN, Thread, accessible_size, all, block_pointer_size, exit};
use crate::errno::{Errno, Result};
use crate::sys::GRANULE;
use crate::{budget, sys};
use core::mem::{align_of, size_of};
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize};
use core::sync::atomic::{Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use wasmc_abi::thread::ThreadPlan;

unsafe extern "C" {
    /// How a thread of the program begins ([`wasmc_abi::symbols::THREAD`]).
    static wasmc_thread: ThreadPlan;
}

/// What a thread runs: a function of its block, its number and the argument.
pub type Run = extern "C" fn(block: *mut u8, number: u32, argument: u32) -> !;

/// A thread and what it is started with; its block follows in memory.
#[repr(C, align(16))]
struct Start {
    thread: Thread,
    run: Run,
    argument: u32,
}

/// The limit of wasi-threads: numbers are below 2^29.
const NUMBERS: u32 = 1 << 29;

/// The number that the last thread was given.
static LAST_NUMBER: AtomicU32 = AtomicU32::new(0);

/// Number of threads made so far: as many can run at once.
static MADE: AtomicU32 = AtomicU32::new(0);

/// [`Thread::running`] until the system gives the thread a number.
const STARTING: u32 = u32::MAX;

/// Starts a thread with a block of its own of `size` bytes, which `prepare` fills in, where fewer than `most` run
/// besides the main thread. All calls of a program must ask for the same size.
///
/// # Errors
/// Where there are as many threads as there may be, no memory for another, or the system starts no more.
pub fn spawn(
    (size, most): (usize, u32),
    prepare: impl FnOnce(*mut u8),
    run: Run,
    argument: u32,
) -> Result<&'static Thread> {
    let start = match idle() {
        Some(start) => start,
        None => {
            let made = MADE.fetch_update(Relaxed, Relaxed, |made| (made < most).then_some(made + 1));
            made.map_err(|_| Errno::AGAIN)?;
            make(size).inspect_err(|_| {
                MADE.fetch_sub(1, Relaxed);
            })?
        }
    };
    // SAFETY: `idle` or `make` gave this call the record, which no other thread uses until it runs; the block follows
    // it.
    unsafe {
        (*start).run = run;
        (*start).argument = argument;
        prepare(start.add(1).cast());
    }
    // SAFETY: the record is never freed; what changes of a thread is atomic.
    let thread = unsafe { &(*start).thread };
    // SAFETY: the stack is mapped, aligned and not in use; the record is never freed.
    let started = unsafe { sys::start_thread(thread.top.load(Relaxed), thread.running(), enter, start.cast()) };
    match started {
        Ok(()) => Ok(thread),
        Err(errno) => {
            thread.running.store(0, Release);
            Err(errno)
        }
    }
}

/// Claims a thread that has ended, for use again.
fn idle() -> Option<*mut Start> {
    let claim = |thread: &&Thread| thread.running.compare_exchange(0, STARTING, AcqRel, Relaxed).is_ok();
    let thread = all().filter(|thread| !core::ptr::eq(*thread, &raw const MAIN)).find(claim)?;
    Some((&raw const *thread).cast_mut().cast())
}

/// Makes a new thread and adds it to the list.
fn make(size: usize) -> Result<*mut Start> {
    const { assert!(core::mem::offset_of!(Start, thread) == 0 && align_of::<Start>() <= GRANULE) };
    let extra = (size_of::<Start>() + size + block_pointer_size()).next_multiple_of(GRANULE);
    let accessible = accessible_size(extra).ok_or(Errno::NOMEM)?;
    let (base, top) = budget::allocate(accessible, || Thread::map(extra).ok_or(Errno::NOMEM))?;
    let number = LAST_NUMBER.fetch_update(Relaxed, Relaxed, |last| (last + 1 < NUMBERS).then_some(last + 1));
    // No system runs so many threads: what is mapped for one too many need not be given back.
    let number = number.map_err(|_| Errno::AGAIN)? + 1;
    let mut thread = Thread {
        base: AtomicUsize::new(base),
        top: AtomicUsize::new(top),
        recovery_point: AtomicPtr::new(null_mut()),
        running: AtomicU32::new(STARTING),
        number,
        next: LATEST.load(Acquire),
    };
    let start: *mut Start = with_exposed_provenance_mut(thread.signal_stack().end);
    loop {
        let seen = thread.next;
        // SAFETY: the mapping just made has room for the record after the signal stack, at a multiple of a page.
        unsafe { start.write(Start { thread, run: unreachable, argument: 0 }) };
        match LATEST.compare_exchange(seen.cast_mut(), start.cast(), AcqRel, Acquire) {
            Ok(_) => return Ok(start),
            Err(latest) => {
                // SAFETY: the record was just written, and no other thread knows of it yet.
                thread = unsafe { start.read() }.thread;
                thread.next = latest;
            }
        }
    }
}

extern "C" fn unreachable(_: *mut u8, _: u32, _: u32) -> ! {
    exit()
}

/// The first function of a thread, on its own stack.
extern "C" fn enter(start: *mut u8) -> ! {
    let start: *mut Start = start.cast();
    // SAFETY: `spawn` filled in the record before it started the thread, and nothing changes it while the thread runs.
    let (thread, run, argument) = unsafe { (&(*start).thread, (*start).run, (*start).argument) };
    // A thread that could not report the exhaustion of its stack must not run.
    if sys::set_signal_stack(thread.signal_stack()).is_err() {
        exit()
    }
    // SAFETY: the block follows the record in the same mapping.
    run(unsafe { start.add(1).cast() }, thread.number, argument)
}

/// Waits until a thread has ended.
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
    // SAFETY: `initial` points to `size` bytes, as `ThreadPlan` says; the block has the same size.
    let prepare = |block: *mut u8| unsafe { block.copy_from_nonoverlapping(plan.initial, size) };
    match spawn((size, plan.max_threads), prepare, plan.run, argument) {
        Ok(thread) => thread.number as i32,
        Err(Errno(number)) => -i32::from(number),
    }
}

/// Ends the calling thread (`Builtin::ThreadExit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_thread_exit() -> ! {
    exit()
}
