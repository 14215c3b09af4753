//! How much a guest may do.

use crate::library::Library;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// The fuel that a guest has left, of which each instruction takes one unit: in libraries that were compiled with
/// `--fuel`. Where a function or a turn of a loop begins, or what follows a target of `br_table`, all of its
/// instructions are paid for, and where that is more than what is left, the guest traps before it executes them, and
/// nothing is left. The same module with the same arguments uses the same on every target. Instructions that copy or
/// fill take a unit more for each 16 bytes of memory, or for each element.
///
/// What a loop that calls little has used is counted before calls and when it ends: not where it traps.
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
    /// The complement of what is left.
    complement: NonNull<u64>,
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
        let complement = NonNull::new(unsafe { (library.api.fuel)(block.as_ptr()) })?;
        Some(Self { complement, guest: PhantomData })
    }

    /// How many units are left.
    pub fn get(&self) -> u64 {
        // SAFETY: the guest is borrowed, and does not run.
        !unsafe { self.complement.read() }
    }

    /// Has the guest have so many units left, whatever it has used.
    pub fn set(&mut self, units: u64) {
        // SAFETY: this borrows the guest for itself, which does not run.
        unsafe { self.complement.write(!units) };
    }

    /// Adds to what is left.
    pub fn add(&mut self, units: u64) {
        self.set(self.get().saturating_add(units));
    }
}
