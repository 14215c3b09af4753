//! How much the program may allocate: by `--max-memory`, its memories, tables, descriptors and threads together.

use crate::errno::{Errno, Result};
use crate::sys::image_limits;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes allocated since the start.
static CHARGED: AtomicU64 = AtomicU64::new(0);

/// Counts bytes as allocated; fails, and counts nothing, where there would be too many.
#[inline(never)]
pub fn charge(bytes: usize) -> Result<()> {
    let most = image_limits().growth;
    let add = |charged: u64| charged.checked_add(bytes as u64).filter(|&sum| sum <= most);
    CHARGED.fetch_update(Relaxed, Relaxed, add).map(drop).map_err(|_| Errno::NOMEM)
}

/// Counts bytes as free again.
pub fn refund(bytes: usize) {
    CHARGED.fetch_sub(bytes as u64, Relaxed);
}

/// What answers for what is allocated.
pub trait Allowance {
    /// Allocates `bytes` by `map`, where so many are allowed.
    fn allocate<R>(&mut self, bytes: usize, map: impl FnOnce() -> Result<R>) -> Result<R>;
}

/// That of the whole program.
pub struct OfProgram;

impl Allowance for OfProgram {
    #[inline(always)]
    fn allocate<R>(&mut self, bytes: usize, map: impl FnOnce() -> Result<R>) -> Result<R> {
        allocate(bytes, map)
    }
}

/// Allocates: counts `bytes`, and counts them back where `map` fails.
pub fn allocate<R>(bytes: usize, map: impl FnOnce() -> Result<R>) -> Result<R> {
    charge(bytes)?;
    map().inspect_err(|_| refund(bytes))
}
