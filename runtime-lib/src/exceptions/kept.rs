//! Exceptions that references refer to, and do not fit into a word.
//!
//! They lie in slots of a few sizes, in slabs of one size each. A thread's are its own, as are a context's: references
//! to them are in its registers and on its stack, in globals and tables, in objects, and in exceptions that carry some.
//! Where slots run out, those that none of these words can be a reference to are free again. Nothing moves, so that it
//! does no harm to take a number for a reference.

use super::owner::{OfThread, Owner};
use super::{header, tables};
use crate::budget::Allowance;
use crate::errno::Result;
use crate::regions;
use crate::sys::{self, EXCEPTION_SPACE, GRANULE, Unwound};
use crate::thread;
use crate::thread::lock::Lock;
use core::ops::Range;
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};
use wasmc_abi::exception::{Exception, Header, KEPT};

/// Bytes of the smallest slot; others are twice as large as the one before.
const SMALLEST: usize = 32;
/// Bytes of a slab.
const SLAB: usize = GRANULE;
/// Words of a bit for each slot.
const BITS: usize = SLAB / SMALLEST / 64;
/// No bit.
const NONE: [u64; BITS] = [0; BITS];
/// Slabs before the first search for free slots.
const FEW: usize = 16;

/// Where slabs lie: reserved when the first is needed.
static SPACE: AtomicUsize = AtomicUsize::new(0);
/// Bytes reserved.
static RESERVED: AtomicUsize = AtomicUsize::new(0);
/// Slabs in use, the first ones of the space.
static SLABS: AtomicUsize = AtomicUsize::new(0);
/// Slabs beyond which free slots are searched for before there is another.
static LIMIT: AtomicUsize = AtomicUsize::new(FEW);
/// For each binary logarithm of a slot's bytes, the first slab that has free slots.
static WITH_FREE: [AtomicPtr<Slab>; SLAB.ilog2() as usize] =
    [const { AtomicPtr::new(null_mut()) }; SLAB.ilog2() as usize];
/// Held while anything here changes.
static LOCK: Lock = Lock::new();

/// What a slab begins with.
#[repr(C)]
struct Slab {
    /// The identity of whose exceptions it holds.
    owner: usize,
    /// The binary logarithm of a slot's bytes; 0 while the slab is nobody's.
    slot_log2: u32,
    /// The first free slot, each of which begins with the address of the next.
    free: *mut Slot,
    /// The next slab in the list of those that have free slots of this size.
    next: *mut Slab,
    /// A bit for each slot that is in use.
    used: [u64; BITS],
    /// A bit for each slot that something can refer to, while that is found out.
    marked: [u64; BITS],
}

/// A slot: an exception, or a free one.
#[repr(C)]
struct Slot {
    /// What the exception begins with.
    header: Header,
    /// The next one in a list: of free slots, or of those whose references are still to be followed. It takes the
    /// place between a header and what an exception carries.
    next: *mut Slot,
}

/// Bytes of [`Slab`], so that slots are aligned.
const HEAD: usize = size_of::<Slab>().next_multiple_of(SMALLEST);

/// A reference to the exception of `unwound` that may be kept: a copy, where it is none yet; 0 for lack of memory.
/// The registers of `unwound` are those of the caller.
#[unsafe(export_name = "wasmc_keep")]
extern "C" fn keep(unwound: &mut Unwound) -> u64 {
    keep_for(&OfThread(thread::of_address((&raw const *unwound).addr())), unwound)
}

/// As [`keep`], for whoever has thrown the exception: nothing else may run for it meanwhile.
#[inline(always)]
pub fn keep_for<O: Owner>(owner: &O, unwound: &Unwound) -> u64 {
    let Exception::At(address) = Exception::of(unwound.exception) else { return unwound.exception };
    // SAFETY: compiled code and this module alone make exceptions.
    let Header { tag, size } = unsafe { *header(address) };
    if size & KEPT != 0 {
        return unwound.exception;
    }
    let copy = LOCK.with(|| slot_for(owner, size as usize, address, unwound));
    let Ok(copy) = copy else { return 0 };
    // SAFETY: the slot has room for `size` bytes, and nothing else uses it; the exception has as many.
    unsafe {
        core::ptr::copy_nonoverlapping(header(address).cast::<u8>(), copy.cast::<u8>(), size as usize);
        (*copy).header = Header { tag, size: size | KEPT };
    }
    copy.expose_provenance() as u64
}

/// Frees all that an owner keeps, who has ended.
#[allow(dead_code, reason = "libraries need it, which there are none of on macOS")]
pub fn release(identity: usize) {
    LOCK.with(|| {
        (0..SLAB.ilog2()).for_each(|slot_log2| unlink(identity, slot_log2));
        for slab in slabs() {
            // SAFETY: the slabs are in use as such, and the lock is held.
            let slab = unsafe { &mut *slab };
            if slab.owner == identity {
                (slab.owner, slab.slot_log2) = (0, 0);
            }
        }
    });
}

/// Visits the memory in which an owner's lie.
#[allow(dead_code, reason = "libraries need it, which there are none of on macOS")]
pub fn each_range(identity: usize, mut visit: impl FnMut(Range<usize>)) {
    LOCK.with(|| {
        for slab in slabs() {
            // SAFETY: the slabs are in use as such, and the lock is held.
            let slab = unsafe { &*slab };
            if slab.owner == identity && slab.slot_log2 != 0 {
                visit(slab.start()..slab.at(slab.slots()).addr());
            }
        }
    });
}

/// A slot of at least `size` bytes for the exception at `address`.
fn slot_for<O: Owner>(owner: &O, size: usize, address: usize, unwound: &Unwound) -> Result<*mut Slot> {
    let slot = size.next_power_of_two().max(SMALLEST).trailing_zeros();
    let identity = owner.identity();
    if let Some(found) = take(identity, slot) {
        return Ok(found);
    }
    if SLABS.load(Relaxed) >= LIMIT.load(Relaxed) {
        // SAFETY: the owner waits here, so that its stack and its exceptions stay as they are.
        unsafe { collect(owner, address, size, unwound) };
        if let Some(found) = take(identity, slot) {
            return Ok(found);
        }
    }
    let slab = unused::<O>().map_or_else(|| add_slab(&mut owner.allowance()), Ok)?;
    // SAFETY: the slab is nobody's.
    unsafe { (*slab).assign(identity, slot) };
    take(identity, slot).ok_or(crate::errno::Errno::NOMEM)
}

fn slabs() -> impl Iterator<Item = *mut Slab> {
    let base = SPACE.load(Relaxed);
    (0..SLABS.load(Relaxed)).map(move |index| with_exposed_provenance_mut(base + index * SLAB))
}

/// A free slot of an owner's slabs.
fn take(owner: usize, slot_log2: u32) -> Option<*mut Slot> {
    let mut link = with_free(slot_log2)?;
    // SAFETY: the lists link slabs that are in use as such, and the caller holds the lock.
    while let Some(slab) = unsafe { (*link).as_mut() } {
        if slab.owner != owner {
            link = &raw mut slab.next;
            continue;
        }
        let found = slab.free;
        // SAFETY: free slots are linked by valid pointers; a slab of the list has one.
        slab.free = unsafe { (*found).next };
        if slab.free.is_null() {
            // SAFETY: as above.
            unsafe { *link = slab.next };
        }
        let index = slab.index(found.addr());
        set(&mut slab.used, index);
        return Some(found);
    }
    None
}

/// The list of all slabs with free slots of a size. The lock is held.
fn with_free(slot_log2: u32) -> Option<*mut *mut Slab> {
    WITH_FREE.get(slot_log2 as usize).map(AtomicPtr::as_ptr)
}

/// Takes from the list of a size the slabs of an owner.
fn unlink(owner: usize, slot_log2: u32) {
    let Some(mut link) = with_free(slot_log2) else { return };
    // SAFETY: the lists link slabs that are in use as such, and the caller holds the lock.
    while let Some(slab) = unsafe { (*link).as_mut() } {
        if slab.owner == owner {
            // SAFETY: as above.
            unsafe { *link = slab.next };
        } else {
            link = &raw mut slab.next;
        }
    }
}

/// A slab that is nobody's, or of an owner that has ended.
fn unused<O: Owner>() -> Option<*mut Slab> {
    slabs().find(|&slab| {
        // SAFETY: the slabs are in use as such.
        let Slab { slot_log2, owner, .. } = unsafe { &*slab };
        *slot_log2 == 0 || O::has_ended(*owner)
    })
}

/// One slab more.
fn add_slab(allowance: &mut impl Allowance) -> Result<*mut Slab> {
    if SPACE.load(Relaxed) == 0 {
        let mut size = EXCEPTION_SPACE;
        let space = loop {
            match sys::reserve(size) {
                Ok(space) => break space,
                Err(_) if size > SLAB => size /= 2,
                Err(error) => return Err(error),
            }
        };
        SPACE.store(space, Relaxed);
        RESERVED.store(size, Relaxed);
    }
    let index = SLABS.load(Relaxed);
    let address = SPACE.load(Relaxed) + index * SLAB;
    if (index + 1) * SLAB > RESERVED.load(Relaxed) {
        return Err(crate::errno::Errno::NOMEM);
    }
    // SAFETY: the slab lies in the space that was reserved for it, and is not used yet.
    allowance.allocate(SLAB, || unsafe { sys::protect_read_write(address, SLAB) })?;
    SLABS.store(index + 1, Relaxed);
    regions::EXCEPTIONS.set(SPACE.load(Relaxed), address + SLAB);
    Ok(with_exposed_provenance_mut(address))
}

impl Slab {
    fn start(&self) -> usize {
        (&raw const *self).addr() + HEAD
    }

    fn slots(&self) -> usize {
        (SLAB - HEAD) >> self.slot_log2
    }

    fn index(&self, address: usize) -> usize {
        (address - self.start()) >> self.slot_log2
    }

    fn at(&self, index: usize) -> *mut Slot {
        with_exposed_provenance_mut(self.start() + (index << self.slot_log2))
    }

    /// Makes it an owner's, all slots free.
    fn assign(&mut self, owner: usize, slot_log2: u32) {
        (&raw mut *self).expose_provenance();
        // It may be that of a thread that has ended.
        if self.slot_log2 != 0 {
            unlink(self.owner, self.slot_log2);
        }
        (self.owner, self.slot_log2, self.used, self.marked) = (owner, slot_log2, NONE, NONE);
        self.free_unmarked();
        self.link();
    }

    /// Has exactly those slots in use that are marked, and clears the marks.
    fn free_unmarked(&mut self) {
        self.used = self.marked;
        self.marked = NONE;
        self.free = null_mut();
        for index in (0..self.slots()).rev().filter(|&index| !has(&self.used, index)) {
            let slot = self.at(index);
            // SAFETY: the slot lies in the slab, and nothing refers to what it holds.
            unsafe { (*slot).next = self.free };
            self.free = slot;
        }
    }

    /// Adds it to the list of those with free slots, where it has any.
    fn link(&mut self) {
        if let Some(first) = with_free(self.slot_log2).filter(|_| !self.free.is_null()) {
            // SAFETY: the list is there for good, and the caller holds the lock.
            self.next = unsafe { *first };
            // SAFETY: as above.
            unsafe { *first = self };
        }
    }
}

/// Frees what `owner` cannot refer to any more. The `size` bytes at `exception`, and the registers of `unwound`, may
/// hold references, too.
///
/// # Safety
/// The lock must be held, and nothing run for the owner meanwhile.
unsafe fn collect<O: Owner>(owner: &O, exception: usize, size: usize, unwound: &Unwound) {
    let tables = tables();
    if !tables.are_complete() {
        LIMIT.store(usize::MAX, Relaxed);
        return;
    }
    let identity = owner.identity();
    let mut marker = Marker { owner: identity, pending: null_mut() };
    unwound.registers.iter().for_each(|&word| marker.mark(word));
    let stack = owner.stack(unwound);
    marker.mark_range(stack.start, stack.end);
    marker.mark_range(exception, exception + size);
    for global in tables.globals() {
        // SAFETY: the compiler lists globals that exist for as long as their owner.
        marker.mark(unsafe { owner.place(global).read() } as usize);
    }
    for table in tables.tables() {
        // SAFETY: the compiler lists tables that exist for as long as their owner.
        let table = unsafe { &*owner.place(table) };
        let (elements, len) = (table.elements.expose_provenance(), table.len as usize);
        marker.mark_range(elements, elements + len * size_of::<u64>());
    }
    owner.each_objects(|objects| marker.mark_range(objects.start, objects.end));
    owner.each_held(|word| marker.mark(word as usize));
    marker.follow();
    (0..SLAB.ilog2()).for_each(|slot_log2| unlink(identity, slot_log2));
    let (mut used, mut all) = (0, 0);
    for slab in slabs() {
        // SAFETY: the slabs are in use as such, and the caller holds the lock.
        let slab = unsafe { &mut *slab };
        if slab.owner == identity && slab.slot_log2 != 0 {
            slab.free_unmarked();
            used += slab.used.iter().map(|word| word.count_ones() as usize).sum::<usize>();
            all += slab.slots();
            match slab.used {
                NONE => (slab.owner, slab.slot_log2) = (0, 0),
                _ => slab.link(),
            }
        }
    }
    // Where more than half is in use, the next search would find little.
    if used * 2 > all {
        LIMIT.store(SLABS.load(Relaxed) * 2, Relaxed);
    }
}

/// Marks what can be referred to.
struct Marker {
    owner: usize,
    /// Marked slots whose references are still to be followed.
    pending: *mut Slot,
}

impl Marker {
    /// Marks the slot that a word is the address of, if it is one.
    fn mark(&mut self, word: usize) {
        let offset = word.wrapping_sub(SPACE.load(Relaxed));
        if offset >= SLABS.load(Relaxed) * SLAB || offset % SLAB < HEAD {
            return;
        }
        // SAFETY: the slabs up to there are in use as such, and the lock is held.
        let slab = unsafe { &mut *with_exposed_provenance_mut::<Slab>(word - offset % SLAB) };
        if slab.owner != self.owner || slab.slot_log2 == 0 {
            return;
        }
        let index = slab.index(word);
        let slot = slab.at(index);
        if slot.addr() == word && has(&slab.used, index) && !has(&slab.marked, index) {
            set(&mut slab.marked, index);
            // SAFETY: the slot is in use, and what lies between header and values is free for the list.
            unsafe { (*slot).next = self.pending };
            self.pending = slot;
        }
    }

    /// Marks what the words from `start` to `end` are the addresses of.
    fn mark_range(&mut self, start: usize, end: usize) {
        for address in (start.next_multiple_of(size_of::<usize>())..end).step_by(size_of::<usize>()) {
            // SAFETY: the caller names memory that is mapped and that nothing changes meanwhile.
            self.mark(unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() });
        }
    }

    /// Marks what marked ones carry references to.
    fn follow(&mut self) {
        while let Some(slot) = core::ptr::NonNull::new(self.pending) {
            let slot = slot.as_ptr();
            // SAFETY: pending slots are exceptions in use.
            let Header { size, .. } = unsafe { (*slot).header };
            // SAFETY: as above.
            self.pending = unsafe { (*slot).next };
            let start = slot.expose_provenance();
            self.mark_range(start + size_of::<Slot>(), start + (size & !KEPT) as usize);
        }
    }
}

fn has(bits: &[u64; BITS], index: usize) -> bool {
    bits.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
}

fn set(bits: &mut [u64; BITS], index: usize) {
    if let Some(word) = bits.get_mut(index / 64) {
        *word |= 1 << (index % 64);
    }
}
