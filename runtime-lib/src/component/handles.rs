//! The handles of a component instance.
//!
//! Handles are numbered from 1; of those that are free, the one that was freed last is used first.

use super::fault::{trap, trap_with_number};
use super::room;
use wasmc_abi::component::{Handle, Instance};

/// The canonical ABI allows no more.
const MOST: u32 = 1 << 28;

/// The handles of one component instance.
#[derive(Clone, Copy)]
pub struct Handles(*mut Instance);

/// The free handle that comes after a free one, by its number; 0 for none.
fn next_free(handle: Handle) -> u32 {
    handle.representation
}

impl Handles {
    /// Those of an instance that the compiler has written.
    pub fn of(instance: *mut Instance) -> Self {
        Self(instance)
    }

    fn slot(self, number: u32) -> Option<*mut Handle> {
        // SAFETY: the compiler writes the instance, and components have one thread.
        let Instance { handles, used, .. } = unsafe { self.0.read() };
        let index = number.checked_sub(1)?;
        // SAFETY: as many slots as are used have been written.
        (index < used).then(|| unsafe { handles.add(index as usize) })
    }

    fn insert(self, handle: Handle) -> u32 {
        // SAFETY: as in `slot`; there is no other reference to the instance while the runtime runs.
        let instance = unsafe { &mut *self.0 };
        let number = instance.free;
        if let Some(slot) = self.slot(number) {
            // SAFETY: the slot is one of the instance's.
            unsafe {
                instance.free = next_free(slot.read());
                slot.write(handle);
            }
            return number;
        }
        if instance.used + 1 >= MOST {
            trap("cannot allocate another handle: index overflow");
        }
        if instance.used == instance.capacity {
            // SAFETY: the array is what the last call made; all bytes zero are a free handle.
            let Ok((handles, capacity)) = (unsafe { room::grow(instance.handles, instance.capacity) }) else {
                trap("out of memory for handles")
            };
            (instance.handles, instance.capacity) = (handles.as_ptr(), capacity);
        }
        // SAFETY: there is room for one more.
        unsafe { instance.handles.add(instance.used as usize).write(handle) };
        instance.used += 1;
        instance.used
    }

    /// A new handle that owns a resource.
    pub fn insert_own(self, resource: u32, representation: u32) -> u32 {
        self.insert(Handle { resource, representation, lent: 0, call: 0 })
    }

    /// A new handle of a resource that is borrowed during a call.
    pub fn insert_borrow(self, resource: u32, representation: u32, call: u32) -> u32 {
        self.insert(Handle { resource, representation, lent: 0, call })
    }

    /// A handle, and where it is. Traps unless it is one of this type of resource.
    fn find(self, number: u32, resource: u32) -> (*mut Handle, Handle) {
        // SAFETY: the slot is one of the instance's.
        match self.slot(number).map(|slot| (slot, unsafe { slot.read() })) {
            None | Some((_, Handle { resource: 0, .. })) => trap_with_number("unknown handle index ", number, ""),
            Some((slot, handle)) if handle.resource == resource => (slot, handle),
            Some(_) => trap_with_number(
                "handle index ",
                number,
                " used with the wrong type, expected guest-defined resource \
                 but found a different guest-defined resource",
            ),
        }
    }

    /// The handle with this number, of this type of resource.
    pub fn get(self, number: u32, resource: u32) -> Handle {
        self.find(number, resource).1
    }

    /// Counts one more borrow of a handle, or one less.
    pub fn lend(self, number: u32, resource: u32, more: bool) {
        let (slot, handle) = self.find(number, resource);
        let lent = if more { handle.lent.saturating_add(1) } else { handle.lent.saturating_sub(1) };
        // SAFETY: the slot is one of the instance's.
        unsafe { slot.write(Handle { lent, ..handle }) };
    }

    /// Removes a handle. Traps while it is lent.
    pub fn remove(self, number: u32, resource: u32) -> Handle {
        let (slot, handle) = self.find(number, resource);
        if handle.lent > 0 {
            trap("cannot remove owned resource while borrowed");
        }
        // SAFETY: the slot is one of the instance's, and so is the instance the runtime's alone.
        unsafe {
            slot.write(Handle { resource: 0, representation: (*self.0).free, lent: 0, call: 0 });
            (*self.0).free = number;
        }
        handle
    }
}
