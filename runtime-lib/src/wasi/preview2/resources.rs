//! Resources of the runtime's, by their representations.
//!
//! A resource can be the child of another, which must not be dropped before it: a pollable is that of what it waits
//! for, a stream that of its socket.

pub use super::state::{Entries, Input, Opened, Output, Pollable, Position, Resource};
use super::state::{Lookup, TcpSocket, UdpSocket};
use crate::component::handles::Handles;
use crate::component::{Caller, Own, calls, room, trap};
use crate::errno::Errno;
use crate::wasi::{carried, descriptors};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use wasmc_abi::preview2::{HAS_CHILDREN, NOT_PRESENT, numbers};

/// An entry of the table.
#[derive(Clone, Copy)]
struct Entry {
    resource: Resource,
    /// The representation of its parent, or 0.
    parent: u32,
    children: u32,
}

struct Table {
    entries: *mut Entry,
    capacity: u32,
    /// Entries that have been used: as many as the highest representation.
    used: u32,
    /// The free representation to be used next, or 0.
    free: u32,
}

struct Shared(UnsafeCell<Table>);

// SAFETY: components have one thread.
unsafe impl Sync for Shared {}

static TABLE: Shared = Shared(UnsafeCell::new(Table { entries: null_mut(), capacity: 0, used: 0, free: 0 }));

fn table() -> &'static mut Table {
    // SAFETY: no function here keeps the reference while another one uses it.
    unsafe { &mut *TABLE.0.get() }
}

impl Table {
    fn entry(&mut self, representation: u32) -> Option<&mut Entry> {
        let index = representation.checked_sub(1)?;
        // SAFETY: entries that have been used were written.
        (index < self.used).then(|| unsafe { &mut *self.entries.add(index as usize) })
    }

    fn insert(&mut self, entry: Entry) -> u32 {
        let free = self.free;
        if let Some(found) = self.entry(free) {
            let next = if let Resource::Free(next) = found.resource { next } else { 0 };
            *found = entry;
            self.free = next;
            return free;
        }
        if self.used == self.capacity {
            // SAFETY: the array is what the last call made.
            let Ok((entries, capacity)) = (unsafe { room::grow(self.entries, self.capacity) }) else {
                trap("out of memory for resources")
            };
            (self.entries, self.capacity) = (entries.as_ptr(), capacity);
        }
        // SAFETY: there is room for one more.
        unsafe { self.entries.add(self.used as usize).write(entry) };
        self.used += 1;
        self.used
    }
}

/// A new resource, the child of another where `parent` is not 0.
pub fn insert(resource: Resource, parent: u32) -> u32 {
    let table = table();
    if let Some(parent) = table.entry(parent) {
        parent.children += 1;
    }
    table.insert(Entry { resource, parent, children: 0 })
}

/// A new resource, to be given to the guest.
pub fn own(number: u32, resource: Resource) -> Own {
    child(number, resource, 0)
}

/// A new child of a resource, to be given to the guest.
pub fn child(number: u32, resource: Resource, parent: u32) -> Own {
    Own { resource: number, representation: insert(resource, parent) }
}

/// The resource with this representation.
pub fn get(representation: u32) -> Resource {
    table().entry(representation).map_or(Resource::Free(0), |entry| entry.resource)
}

/// Replaces what a resource is.
pub fn set(representation: u32, resource: Resource) {
    if let Some(entry) = table().entry(representation) {
        entry.resource = resource;
    }
}

/// Removes a resource. Traps where it has children.
pub fn remove(representation: u32) -> Resource {
    let table = table();
    let free = table.free;
    let Some(entry) = table.entry(representation) else { return Resource::Free(0) };
    if entry.children > 0 {
        trap(HAS_CHILDREN);
    }
    let removed = core::mem::replace(entry, Entry { resource: Resource::Free(free), parent: 0, children: 0 });
    table.free = representation;
    if let Some(parent) = table.entry(removed.parent) {
        parent.children = parent.children.saturating_sub(1);
    }
    removed.resource
}

/// The representation of a resource that a handle of the caller borrows or owns.
pub fn borrowed(caller: Caller, handle: u32, number: u32) -> u32 {
    Handles::of(caller.instance()).get(handle, number).representation
}

/// Drops a handle of the caller, and the resource where that was owned; returns what it was.
pub fn drop_handle(caller: Caller, handle: u32, number: u32) -> Option<Resource> {
    calls::drop_handle(caller.instance(), handle, number).map(remove)
}

impl Opened {
    /// A descriptor that stays open.
    pub fn permanent(fd: u32) -> Self {
        Self { fd, count: 0 }
    }

    /// A descriptor that its last user closes.
    pub fn new(fd: u32) -> Self {
        Self { fd, count: insert(Resource::Count(1), 0) }
    }

    /// The same for another user.
    pub fn share(self) -> Self {
        if let Resource::Count(users) = get(self.count) {
            set(self.count, Resource::Count(users.saturating_add(1)));
        }
        self
    }

    /// Ends the use of one user.
    pub fn release(self) {
        match get(self.count) {
            Resource::Count(1) => {
                remove(self.count);
                let _ = descriptors::remove(self.fd).and_then(|descriptor| match carried::operations(&descriptor) {
                    Some(operations) => {
                        (operations.release)(&descriptor);
                        Ok(())
                    }
                    None => descriptors::close(descriptor),
                });
            }
            Resource::Count(users) => set(self.count, Resource::Count(users - 1)),
            _ => {}
        }
    }
}

macro_rules! accessors {
    ($($name:ident: $number:ident, $case:ident, $ty:ty;)*) => { $(
        #[doc = concat!("The resource behind a handle of the caller, and its representation.")]
        pub fn $name(caller: Caller, handle: u32) -> (u32, $ty) {
            let representation = borrowed(caller, handle, numbers::$number);
            match get(representation) {
                Resource::$case(value) => (representation, value),
                // Handles of this type are made of such resources alone.
                _ => trap(NOT_PRESENT),
            }
        }
    )* };
}

accessors! {
    error: ERROR, Error, Errno;
    pollable: POLLABLE, Pollable, Pollable;
    input: INPUT_STREAM, Input, Input;
    output: OUTPUT_STREAM, Output, Output;
    descriptor: DESCRIPTOR, Descriptor, Opened;
    entries: DIRECTORY_ENTRY_STREAM, Entries, Entries;
    tcp: TCP_SOCKET, Tcp, TcpSocket;
    udp: UDP_SOCKET, Udp, UdpSocket;
    incoming: INCOMING_DATAGRAM_STREAM, Udp, UdpSocket;
    outgoing: OUTGOING_DATAGRAM_STREAM, Udp, UdpSocket;
    lookup: RESOLVE_ADDRESS_STREAM, Lookup, Lookup;
}
