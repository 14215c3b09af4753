//! The side of a guest that lifting and lowering need: its memory, what makes room there, and its handles (component
//! model, "Canonical ABI"). Every address and length from the guest is checked here.

use super::shared::Shared;
use crate::guest::Guest;
use crate::instance::Instance;
use crate::memory::{Memory, Pod};
use crate::trap::Trap;
use crate::value::Slot;
use alloc::sync::Arc;
use core::fmt;
use wasmc_abi::component::Encoding;

/// What a function of a component was lifted or lowered with. Numbers are those of the library's exports.
#[doc(hidden)]
#[derive(Debug)]
pub struct Options {
    /// The memory that its values lie in.
    pub memory: Option<usize>,
    /// What makes room there.
    pub realloc: Option<usize>,
    /// How strings are encoded.
    pub encoding: Encoding,
    /// The numbers of the types of resources that it has, each with the number of its table of handles.
    pub tables: &'static [[u32; 2]],
}

/// The numbers of the exports that work on handles.
#[doc(hidden)]
#[derive(Debug)]
pub struct Handles {
    /// Gives the guest a resource.
    pub own: usize,
    /// Lends it one.
    pub borrow: usize,
    /// Takes one from it.
    pub take: usize,
    /// Borrows one from it.
    pub representation: usize,
    /// Begins a call that borrows.
    pub enter: usize,
    /// Ends it.
    pub exit: usize,
}

/// What a component does, or a host, that the canonical ABI does not allow.
///
/// ```
/// fn is_broken(trap: &wasmc_embed::Trap) -> bool {
///     trap.error().is_some_and(|error| error.downcast_ref::<wasmc_embed::component::Violation>().is_some())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation(pub(crate) &'static str);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl core::error::Error for Violation {}

impl From<Violation> for Trap {
    #[cold]
    fn from(violation: Violation) -> Self {
        Self::of_error(violation.into())
    }
}

/// A guest that can be called: between calls, or while it waits for a function of the host's.
pub(super) trait Callee {
    /// An exported memory.
    fn memory(&mut self, export: usize) -> Memory<'_>;

    /// Calls an exported function.
    fn call(&mut self, export: usize, values: &mut [Slot]) -> Result<(), Trap>;
}

impl<T> Callee for Instance<T> {
    fn memory(&mut self, export: usize) -> Memory<'_> {
        self.memory(export)
    }

    fn call(&mut self, export: usize, values: &mut [Slot]) -> Result<(), Trap> {
        self.call(export, values)
    }
}

/// A guest that waits, with its host.
pub(super) struct Waiting<'w, 'a, T> {
    pub host: &'w mut T,
    pub guest: Guest<'a, T>,
}

impl<T> Callee for Waiting<'_, '_, T> {
    fn memory(&mut self, export: usize) -> Memory<'_> {
        self.guest.memory(export)
    }

    fn call(&mut self, export: usize, values: &mut [Slot]) -> Result<(), Trap> {
        self.guest.call(self.host, export, values)
    }
}

/// A guest whose values are lifted, or that values are lowered to.
#[doc(hidden)]
pub struct Canonical<'a> {
    pub(super) callee: &'a mut dyn Callee,
    pub(super) options: &'a Options,
    pub(super) handles: Option<&'a Handles>,
    pub(super) shared: Arc<Shared>,
    /// Bytes that may still be lifted.
    pub(super) budget: u64,
}

impl fmt::Debug for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canonical")
    }
}

impl Canonical<'_> {
    /// How strings are encoded.
    pub(super) fn encoding(&self) -> Encoding {
        self.options.encoding
    }

    fn memory(&mut self) -> Result<Memory<'_>, Trap> {
        let memory = self.options.memory.ok_or(Violation("a pointer of a function without a memory"))?;
        Ok(self.callee.memory(memory))
    }

    /// Checks that `len` bytes at an address are inside the memory, and the address a multiple of `align`.
    pub(super) fn check(&mut self, at: u32, len: u64, align: u32) -> Result<(), Trap> {
        if !at.is_multiple_of(align) {
            return Err(Violation("unaligned pointer").into());
        }
        match u64::from(at).checked_add(len) {
            Some(end) if end <= self.memory()?.len() as u64 => Ok(()),
            _ => Err(OUTSIDE.into()),
        }
    }

    /// The `len` bytes at an address.
    pub(super) fn bytes(&mut self, at: u32, len: u64) -> Result<&[u8], Trap> {
        let len = u32::try_from(len).map_err(|_| OUTSIDE)?;
        self.memory()?.into_bytes(at, len).map_err(|_| OUTSIDE.into())
    }

    /// The number at an address.
    pub(super) fn read<P: Pod>(&mut self, at: u32) -> Result<P, Trap> {
        self.memory()?.read(at).map_err(|_| OUTSIDE.into())
    }

    /// Sets the number at an address.
    pub(super) fn write<P: Pod>(&mut self, at: u32, value: P) -> Result<(), Trap> {
        self.memory()?.write(at, value).map_err(|_| OUTSIDE.into())
    }

    /// Copies bytes to an address.
    pub(super) fn write_bytes(&mut self, at: u32, bytes: &[u8]) -> Result<(), Trap> {
        self.memory()?.write_bytes(at, bytes).map_err(|_| OUTSIDE.into())
    }

    /// Has numbers written to an address, one after the other.
    pub(super) fn write_all<P: Pod>(&mut self, at: u32, values: impl ExactSizeIterator<Item = P>) -> Result<(), Trap> {
        let len = u32::try_from(values.len() * size_of::<P>()).map_err(|_| OUTSIDE)?;
        let mut memory = self.memory()?;
        let bytes = memory.bytes_mut(at, len).map_err(|_| OUTSIDE)?;
        for (value, to) in values.zip(bytes.chunks_exact_mut(size_of::<P>().max(1))) {
            to.copy_from_slice(value.into_bytes().as_ref());
        }
        Ok(())
    }

    /// Has the guest make room for `len` bytes; returns their address. It is asked for no bytes, too.
    pub(super) fn allocate(&mut self, len: u64, align: u32) -> Result<u32, Trap> {
        let realloc = self.options.realloc.ok_or(Violation("a function without `realloc` is given what needs room"))?;
        let len = u32::try_from(len).ok().filter(|&len| len < 1 << 31);
        let len = len.ok_or(Violation("byte length too large"))?;
        let mut values = [0, 0, align, len].map(|value| Slot::new(value as i32));
        self.callee.call(realloc, &mut values)?;
        let at = values[0].get::<i32>() as u32;
        if !at.is_multiple_of(align) {
            return Err(Violation("realloc return: result not aligned").into());
        }
        self.check(at, len.into(), 1).map_err(|_| Violation("realloc return: beyond end of memory"))?;
        Ok(at)
    }

    /// Counts bytes that the host takes for what is lifted.
    pub(super) fn count(&mut self, bytes: u64) -> Result<(), Trap> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(Violation("the guest passes more than the host takes in one call").into()),
        }
    }

    fn table(&self, resource: u32) -> Result<i32, Trap> {
        let known = self.options.tables.iter().find(|[known, _]| *known == resource);
        known.map(|&[_, table]| table as i32).ok_or_else(|| Violation("a resource of another type").into())
    }

    fn on_handle(&mut self, export: fn(&Handles) -> usize, resource: u32, value: u32) -> Result<u32, Trap> {
        let handles = self.handles.ok_or(Violation("a handle of a component without resources"))?;
        let mut values = [Slot::new(self.table(resource)?), Slot::new(value as i32)];
        self.callee.call(export(handles), &mut values)?;
        Ok(values[0].get::<i32>() as u32)
    }

    /// Gives the guest a resource; returns the handle.
    pub(super) fn give(&mut self, resource: u32, representation: u32) -> Result<u32, Trap> {
        self.on_handle(|handles| handles.own, resource, representation)
    }

    /// Lends the guest a resource for the present call; returns the handle.
    pub(super) fn lend(&mut self, resource: u32, representation: u32) -> Result<u32, Trap> {
        self.on_handle(|handles| handles.borrow, resource, representation)
    }

    /// Takes a resource from the guest; returns its representation.
    pub(super) fn take(&mut self, resource: u32, handle: u32) -> Result<u32, Trap> {
        self.on_handle(|handles| handles.take, resource, handle)
    }

    /// Borrows a resource from the guest; returns its representation.
    pub(super) fn borrow(&mut self, resource: u32, handle: u32) -> Result<u32, Trap> {
        self.on_handle(|handles| handles.representation, resource, handle)
    }
}

/// What is not inside the memory.
pub(super) const OUTSIDE: Violation = Violation("pointer out of bounds");
