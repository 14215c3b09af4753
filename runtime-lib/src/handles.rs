//! The handles of a context: see [`wasmc_abi::reference`].
//!
//! They lie in a row of slots, in address space that is reserved for as many as there may be, so that none ever moves.
//! Whoever has the context makes handles and looks at them; any thread may release one meanwhile: it takes the slot by
//! an exchange of the handle in it, and puts it on a list, which is taken as a whole when slots run out.

use crate::sys::{self, GRANULE, HANDLE_SPACE};
use core::cell::Cell;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};
use wasmc_abi::reference::MAX_HANDLES;

/// What a handle refers to.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An object, or what stands in its place.
    Object,
    /// A function.
    Function,
    /// An exception.
    Exception,
    /// A word of the embedder's.
    Host,
}

/// The handles of a context, at the beginning of their address space. What is in a cell is for whoever has the context.
pub struct Handles {
    /// Slots that have been used, the first ones.
    len: AtomicU32,
    /// The first of a list of slots that were released, plus 1; 0 where it is empty.
    released: AtomicU32,
    /// The same of those that were taken from there.
    free: Cell<u32>,
    /// The first of the list of slots that may refer to new objects: see [`Slot::kind`].
    young: Cell<u32>,
    /// Bytes that are accessible.
    committed: Cell<usize>,
    /// The number of the next handle among all of the process, and the first that another instance has.
    next: Cell<u64>,
    end: Cell<u64>,
    /// Whether they outlive their context.
    pub is_shared: Cell<bool>,
}

/// A slot.
struct Slot {
    /// The reference. Only whoever has the context looks at it.
    word: AtomicU64,
    /// The handle that the slot has now; 0 while it is free.
    handle: AtomicU64,
    /// The next slot of a list, plus 1.
    next: AtomicU32,
    /// A [`Kind`], and above its [`KIND_BITS`] where the slot is in the list of those that may refer to new objects: 0
    /// where it is not, [`LAST`], or the position of the next one, plus 2. Only whoever has the context changes it: a
    /// slot that is released stays in the list.
    kind: AtomicU32,
}

/// Bits of [`Slot::kind`] that are one.
const KIND_BITS: u32 = 2;

/// What stands for the end of the list of slots that may refer to new objects.
const LAST: u32 = 1;

/// Bits of a handle that are the position of its slot; its number is above them.
const POSITION_BITS: u32 = MAX_HANDLES.ilog2();
/// The least number: what is below 2^32 is no handle of a slot.
const FIRST_NUMBER: u64 = 1 << (32 - POSITION_BITS);
/// Numbers from here on are none.
const END_OF_NUMBERS: u64 = 1 << (64 - POSITION_BITS - 1);
/// Numbers that an instance takes at once.
const NUMBERS: u64 = 1 << 12;

/// The next numbers that no instance has.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Where slots begin.
const HEAD: usize = size_of::<Handles>().next_multiple_of(align_of::<Slot>());

/// How many there may be.
const SLOTS: usize = {
    let room = (HANDLE_SPACE - HEAD) / size_of::<Slot>();
    if room < MAX_HANDLES as usize { room } else { MAX_HANDLES as usize }
};

impl Handles {
    /// Sets address space aside for handles; `None` where the system has none.
    pub fn make() -> Option<NonNull<Self>> {
        let start = sys::reserve(HANDLE_SPACE).ok()?;
        // SAFETY: the space was just reserved, and is not in use.
        if unsafe { sys::protect_read_write(start, GRANULE) }.is_err() {
            // SAFETY: as above.
            unsafe { sys::unmap(start, HANDLE_SPACE) };
            return None;
        }
        let handles = NonNull::new(with_exposed_provenance_mut::<Self>(start))?;
        let new = Self {
            len: AtomicU32::new(0),
            released: AtomicU32::new(0),
            free: Cell::new(0),
            young: Cell::new(LAST),
            committed: Cell::new(GRANULE),
            next: Cell::new(0),
            end: Cell::new(0),
            is_shared: Cell::new(false),
        };
        // SAFETY: as above; a granule has room for the structure.
        unsafe { handles.write(new) };
        Some(handles)
    }

    /// Gives the address space back.
    ///
    /// # Safety
    /// Nothing may use the handles any more.
    pub unsafe fn end(handles: NonNull<Self>) {
        // SAFETY: the caller promises that nothing uses the space, which `make` has reserved.
        unsafe { sys::unmap(handles.as_ptr().addr(), HANDLE_SPACE) };
    }

    /// A new handle of a reference; `None` where there can be no more.
    pub fn hold(&self, word: u64, kind: Kind) -> Option<u64> {
        let position = self.take()?;
        let mut number = self.next.get();
        if number == self.end.get() {
            number = FIRST_NUMBER + NEXT.fetch_add(NUMBERS, Relaxed) % (END_OF_NUMBERS - FIRST_NUMBER);
            self.end.set(number + NUMBERS);
        }
        self.next.set(number + 1);
        let handle = number << POSITION_BITS | u64::from(position);
        let slot = self.slot(position)?;
        slot.word.store(word, Relaxed);
        let mut listed = slot.listed();
        if listed == 0 && kind == Kind::Object {
            listed = self.young.replace(position + 2);
        }
        slot.kind.store(kind as u32 | listed << KIND_BITS, Relaxed);
        slot.handle.store(handle, Release);
        Some(handle)
    }

    /// The position of a free slot.
    fn take(&self) -> Option<u32> {
        if self.free.get() == 0 && self.released.load(Relaxed) != 0 {
            self.free.set(self.released.swap(0, Acquire));
        }
        if let Some(position) = self.free.get().checked_sub(1) {
            self.free.set(self.slot(position)?.next.load(Relaxed));
            return Some(position);
        }
        let position = self.len.load(Relaxed);
        if position as usize == SLOTS {
            return None;
        }
        let end = HEAD + (position as usize + 1) * size_of::<Slot>();
        let committed = self.committed.get();
        if end > committed {
            let step = GRANULE.min(HANDLE_SPACE - committed);
            let start = (&raw const *self).addr() + committed;
            // SAFETY: the range is a part of the reserved space that is not yet in use.
            unsafe { sys::protect_read_write(start, step) }.ok()?;
            self.committed.set(committed + step);
        }
        // Slots hold zeroes at first: no handle.
        self.len.store(position + 1, Release);
        Some(position)
    }

    /// What a handle refers to; `None` where it is none, or none any more.
    pub fn get(&self, handle: u64) -> Option<(u64, Kind)> {
        let slot = self.slot(position_of(handle))?;
        (slot.handle.load(Relaxed) == handle).then(|| (slot.word.load(Relaxed), slot.kind()))
    }

    /// Releases a handle, from any thread; returns whether it was one.
    pub fn release(&self, handle: u64) -> bool {
        let position = position_of(handle);
        let Some(slot) = self.slot(position).filter(|_| handle != 0) else { return false };
        if slot.handle.compare_exchange(handle, 0, AcqRel, Relaxed).is_err() {
            return false;
        }
        let mut first = self.released.load(Relaxed);
        loop {
            slot.next.store(first, Relaxed);
            match self.released.compare_exchange_weak(first, position + 1, Release, Relaxed) {
                Ok(_) => return true,
                Err(present) => first = present,
            }
        }
    }

    /// Replaces references to objects by what `visit` makes of them, which are none to new objects: of those that have
    /// been made since this was done last, as no others refer to new objects; or of `all`.
    pub fn update_objects(&self, all: bool, mut visit: impl FnMut(u64) -> u64) {
        let mut next = self.young.replace(LAST);
        while let Some(slot) = next.checked_sub(2).and_then(|position| self.slot(position)) {
            next = slot.listed();
            slot.kind.store(slot.kind() as u32, Relaxed);
            slot.update(&mut visit);
        }
        if all {
            self.slots().for_each(|slot| slot.update(&mut visit));
        }
    }

    /// The references to exceptions.
    pub fn exceptions(&self) -> impl Iterator<Item = u64> {
        self.slots().filter(|slot| slot.kind() == Kind::Exception).map(|slot| slot.word.load(Relaxed))
    }

    /// The slots that are in use.
    fn slots(&self) -> impl Iterator<Item = &Slot> {
        let all = (0..self.len.load(Relaxed)).filter_map(|position| self.slot(position));
        all.filter(|slot| slot.handle.load(Relaxed) != 0)
    }

    /// The slot at a position, where it has been used.
    fn slot(&self, position: u32) -> Option<&Slot> {
        if position >= self.len.load(Acquire) {
            return None;
        }
        let start = (&raw const *self).expose_provenance() + HEAD;
        let slot = with_exposed_provenance_mut::<Slot>(start + position as usize * size_of::<Slot>());
        // SAFETY: slots that have been used are accessible, zero is a state of one, and all is changed atomically.
        Some(unsafe { &*slot })
    }
}

fn position_of(handle: u64) -> u32 {
    handle as u32 & (MAX_HANDLES - 1)
}

impl Slot {
    fn kind(&self) -> Kind {
        const FUNCTION: u32 = Kind::Function as u32;
        const EXCEPTION: u32 = Kind::Exception as u32;
        const HOST: u32 = Kind::Host as u32;
        match self.kind.load(Relaxed) & ((1 << KIND_BITS) - 1) {
            FUNCTION => Kind::Function,
            EXCEPTION => Kind::Exception,
            HOST => Kind::Host,
            _ => Kind::Object,
        }
    }

    /// Where it is in the list of those that may refer to new objects.
    fn listed(&self) -> u32 {
        self.kind.load(Relaxed) >> KIND_BITS
    }

    /// Replaces the reference, if it is one to an object.
    fn update(&self, visit: &mut impl FnMut(u64) -> u64) {
        if self.handle.load(Relaxed) == 0 || self.kind() != Kind::Object {
            return;
        }
        let word = self.word.load(Relaxed);
        let moved = visit(word);
        if moved != word {
            self.word.store(moved, Relaxed);
        }
    }
}
