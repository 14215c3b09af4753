//! Memory of one part of the runtime in which the collector of another looks for references: objects refer to
//! exceptions, and exceptions to objects.

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A part of memory that grows at its end.
pub struct Region {
    start: AtomicUsize,
    end: AtomicUsize,
}

/// The heap of objects.
pub static OBJECTS: Region = Region::new();

/// Exceptions that references refer to.
pub static EXCEPTIONS: Region = Region::new();

impl Region {
    const fn new() -> Self {
        Self { start: AtomicUsize::new(0), end: AtomicUsize::new(0) }
    }

    /// Makes it the memory between two addresses, which can be read.
    pub fn set(&self, start: usize, end: usize) {
        self.start.store(start, Relaxed);
        self.end.store(end, Relaxed);
    }

    /// The memory that it is; empty where there is none.
    pub fn range(&self) -> Range<usize> {
        self.start.load(Relaxed)..self.end.load(Relaxed)
    }
}
