//! How much memory the compiler takes, and its end where that is too much, or more than the system has.
//!
//! A program that has [`Counting`] as its allocator ends with an error, not by a signal, where it takes more than
//! [`limit`] says. The command has it; programs that use the library choose for themselves.
//!
//! What counts is pages, as the system counts them: much of what is allocated is never touched, or later, and what was
//! freed may stay. Asking the system takes some microseconds, so that a thread asks once for each megabyte that it
//! allocates. Where the system does not say, what is allocated counts.

use crate::temporary;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Bytes that a thread allocates, whatever it frees, before it asks.
const BATCH: i64 = 1 << 20;

/// Bytes that may be taken before it is noticed.
const MARGIN: u64 = 12 << 20;

/// Where Linux says how many pages a process has: sizes in pages, the second of which is that.
const PAGES: &str = "/proc/self/statm";

/// Bytes that are allocated.
static ALLOCATED: AtomicI64 = AtomicI64::new(0);
/// The most that the program has taken.
static MOST: AtomicU64 = AtomicU64::new(0);
/// The most that it may take.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);
/// Whether that may be raised.
static RISES: AtomicBool = AtomicBool::new(false);
/// Whether the program is about to end.
static ENDS: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Bytes that this thread has allocated since it last asked, and freed: not yet in [`ALLOCATED`].
    static BATCH_SO_FAR: Cell<(i64, i64)> = const { Cell::new((0, 0)) };
    /// Whether this thread ends the program.
    static IS_LAST: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" {
    safe fn _exit(status: i32) -> !;
    safe fn getpagesize() -> i32;
}

/// Has the program end where it would take more than `bytes`, if its allocator is [`Counting`]; `rises` says whether
/// [`raise_limit`] may raise the limit.
pub fn limit(bytes: u64, rises: bool) {
    LIMIT.store(bytes, Ordering::Relaxed);
    RISES.store(rises, Ordering::Relaxed);
}

/// Adds `bytes` to the limit where it may rise, for inputs that were not known when it was set.
pub fn raise_limit(bytes: u64) {
    if RISES.load(Ordering::Relaxed) {
        let raised = |limit: u64| Some(limit.saturating_add(bytes));
        let _ = LIMIT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, raised);
    }
}

/// The most that the program has taken so far, in bytes.
pub fn most() -> u64 {
    let taken = taken();
    MOST.fetch_max(taken, Ordering::Relaxed).max(taken)
}

/// What the program takes.
fn taken() -> u64 {
    resident().unwrap_or_else(|| ALLOCATED.load(Ordering::Relaxed).max(0).unsigned_abs())
}

/// Bytes of pages that the program has, where the system says it. Allocates nothing.
fn resident() -> Option<u64> {
    let mut text = [0; 128];
    let len = File::open(PAGES).and_then(|mut file| file.read(&mut text)).ok()?;
    let pages: u64 = str::from_utf8(&text[..len]).ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * u64::try_from(getpagesize()).ok()?)
}

/// The system's allocator, with a count of what it has given.
#[derive(Debug)]
pub struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, layout.size());
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64, layout.size() / 2);
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count_freed(layout.size());
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size.checked_sub(layout.size()) {
            Some(more) => count(more as i64, more),
            None => count_freed(layout.size() - size),
        }
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }
}

/// Counts `bytes` more, of which about `used` are going to be written to: all that a list or a hash table grows by when
/// it is full, and perhaps not all of what is zero at first.
#[inline]
fn count(bytes: i64, used: usize) {
    let (allocated, freed) = BATCH_SO_FAR.get();
    if allocated + bytes < BATCH {
        BATCH_SO_FAR.set((allocated + bytes, freed));
    } else {
        BATCH_SO_FAR.set((0, 0));
        count_batch(allocated + bytes - freed, used as u64);
    }
}

/// Counts `bytes` less.
#[inline]
fn count_freed(bytes: usize) {
    let (allocated, freed) = BATCH_SO_FAR.get();
    BATCH_SO_FAR.set((allocated, freed + bytes as i64));
}

#[cold]
fn count_batch(bytes: i64, used: u64) {
    ALLOCATED.fetch_add(bytes, Ordering::Relaxed);
    let limit = LIMIT.load(Ordering::Relaxed);
    // Before there is a module nothing is large.
    if limit < u64::MAX {
        let taken = taken();
        MOST.fetch_max(taken, Ordering::Relaxed);
        if taken.saturating_add(used).saturating_add(MARGIN) > limit {
            end(Excess::Limit(limit));
        }
    }
}

#[inline]
fn given(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        end(Excess::System(size));
    }
    block
}

/// What was exceeded.
enum Excess {
    /// The limit of so many bytes.
    Limit(u64),
    /// What the system has, by an allocation of so many bytes.
    System(usize),
}

/// Ends the program with an error, and removes what it has not finished.
#[cold]
fn end(excess: Excess) {
    if IS_LAST.get() {
        // Ending takes memory, too.
        return if let Excess::System(_) = excess {
            _exit(1)
        };
    }
    if ENDS.swap(true, Ordering::AcqRel) {
        loop {
            std::thread::sleep(Duration::MAX);
        }
    }
    IS_LAST.set(true);
    temporary::remove_all_at_once();
    // On the stack, as there may be no other place.
    let mut message = io::Cursor::new([0; 256]);
    let _ = match excess {
        Excess::Limit(limit) => writeln!(
            message,
            "error: compiling takes more than {limit} bytes of memory\nhelp: raise the limit: \
             `--max-compile-memory SIZE`"
        ),
        Excess::System(size) => writeln!(
            message,
            "error: out of memory: the system has no {size} bytes more\nhelp: raise its limits (`ulimit -v`), or \
             compile on fewer threads: `-j1`"
        ),
    };
    let len = message.position() as usize;
    let _ = io::stderr().write_all(&message.get_ref()[..len]);
    // At once: other threads hold locks that an orderly end would wait for.
    _exit(1)
}
