//! How much a guest may do.

use crate::library::Library;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The fuel that a guest has left, of which each instruction that it executes takes one unit: in libraries that were
/// compiled with `--fuel`. Once there is none, the guest traps at the next loop or call. The same module with the same
/// arguments uses the same on every target.
///
/// ```
/// # fn grant<T>(instance: &mut wasmc_embed::Instance<T>) {
/// if let Some(mut fuel) = instance.fuel() {
///     fuel.add(1_000_000);
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Fuel<'g> {
    used: NonNull<i64>,
    guest: PhantomData<&'g mut ()>,
}

impl Fuel<'_> {
    /// The fuel of the instance that has this block; `None` where its code counts none.
    ///
    /// # Safety
    /// The library must have made the instance, which is borrowed for the lifetime.
    pub(crate) unsafe fn new(library: Library, block: NonNull<u8>) -> Option<Self> {
        if library.module().counts_fuel == 0 {
            return None;
        }
        // SAFETY: the caller passes the block of an instance.
        let used = NonNull::new(unsafe { (library.api.fuel)(block.as_ptr()) })?;
        Some(Self { used, guest: PhantomData })
    }

    /// How many units are left.
    pub fn get(&self) -> u64 {
        // SAFETY: the guest is borrowed, and does not run.
        unsafe { self.used.read() }.min(0).unsigned_abs()
    }

    /// Has the guest have so many units left, whatever it has used; 2<sup>63</sup> at most.
    pub fn set(&mut self, units: u64) {
        let units = i64::try_from(units).unwrap_or(i64::MAX);
        // SAFETY: this borrows the guest for itself, which does not run.
        unsafe { self.used.write(-units) };
    }

    /// Adds to what is left.
    pub fn add(&mut self, units: u64) {
        self.set(self.get().saturating_add(units));
    }
}
