//! Heaps of objects: allocation, and collection of garbage.
//!
//! Each thread, and each context, has a heap of its own, as they share no objects. Compiled code takes places for small
//! objects from a young block by itself; here is what it calls where the block is full. The collector is generational
//! and incremental: see [`collect`]. Objects that the stack may lead to are found conservatively, and stay where they
//! are (see [`roots`]); all other references are exact, and other objects move.
//!
//! - [`pool`]: address space, [`space`]: the blocks that a heap has of it, and what is known of each, by [`units`];
//!   [`objects`]: what an object consists of,
//! - [`roots`] and [`cards`]: where references are found, [`trace`]: what they lead to, [`gray`]: what is still to be
//!   looked at, [`promote`]: where objects go,
//! - [`collect`]: when, [`cycle`]: major collections; [`settings`]: what the environment asks for.

mod cards;
mod collect;
mod cycle;
mod gray;
mod objects;
mod pool;
mod promote;
mod roots;
mod settings;
mod space;
mod trace;
mod units;

use crate::errno::{Errno, Result};
use crate::report::Message;
use crate::thread::{self, lock::Lock};
use crate::{budget, sys};
use collect::Collector;
use core::cell::UnsafeCell;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use gray::DEPTH;
use objects::Types;
pub use objects::array_size;
use pool::Pool;
use roots::Stack;
use space::{Limits, Space};
use units::BLOCK;
use wasmc_abi::context::Context;
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2, ELEMENTS, Heap, HeapTables, LARGEST_SMALL, LEN};

// Larger objects have blocks of their own.
const _: () = assert!(LARGEST_SMALL as usize == BLOCK / 2);

/// State that threads share.
#[repr(transparent)]
struct Shared<T>(UnsafeCell<T>);

// SAFETY: of a program that has threads, none uses `HEAP`; `POOL` is made with a lock held, and stays as it is.
unsafe impl<T> Sync for Shared<T> {}

/// What compiled code shares with the collector, where a program has one heap ([`wasmc_abi::symbols::HEAP`]).
#[unsafe(export_name = "wasmc_heap")]
static HEAP: Shared<Heap> = Shared(UnsafeCell::new(Heap { next: 0, limit: 0, cards: 0, collector: 0 }));

/// The blocks of all heaps.
static POOL: Shared<Option<Pool>> = Shared(UnsafeCell::new(None));

/// Held while the blocks are set aside.
static LOCK: Lock = Lock::new();

/// The number of the next heap of a context, less one.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Bytes that the heaps of all contexts of a library have at most: other libraries in the process need the lowest
/// addresses, too.
const OF_CONTEXTS: u64 = 1 << 30;

/// Bytes of a collector with what it works on.
const STATE: usize = (size_of::<Collector>() + 2 * DEPTH * size_of::<u32>()).next_multiple_of(sys::GRANULE);

/// Makes a heap ready (`Builtin::HeapInit`), and adds an instance, the addresses in whose tables are counted from
/// `block`. Without room for one, every allocation fails.
///
/// # Safety
/// `tables` must be those of an instance, and stay as they are; `heap` must be used by the calling thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_init(tables: *mut HeapTables, heap: *mut Heap, block: u64) {
    // SAFETY: the caller promises tables of an instance, and a heap that nothing else uses now.
    let (tables, heap) = unsafe { (&mut *tables, &mut *heap) };
    let here = 0_u8;
    let number = thread::of_address((&raw const here).addr()).number() + 1;
    let Some(collector) = ready(heap, tables, (block as usize, Stack::Own), || {
        let Ok(pool) = LOCK.with(|| pool(tables.max)) else {
            Message::new().text("wasmc: cannot set aside address space for the heap (ulimit -v?)\n").flush();
            sys::exit(1)
        };
        Ok(Space::new(pool, number, Limits::NONE))
    }) else {
        return;
    };
    if tables.next != collector.instances {
        tables.next = collector.instances;
    }
    collector.instances = tables;
}

/// The same for a context, which is the only instance there. The heaps of all contexts are [`OF_CONTEXTS`] bytes at
/// most.
///
/// # Safety
/// `tables` must be those of the module, and stay as they are; `heap` must be that of the context, which waits.
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "there are no contexts on macOS"))]
pub unsafe fn init_for_context(tables: *const HeapTables, heap: *mut Heap, context: *mut Context) {
    // SAFETY: the caller promises a heap that nothing else uses now, and tables that stay as they are.
    let (tables, heap) = unsafe { (&*tables, &mut *heap) };
    // SAFETY: the caller promises a context; nothing else works on what it may still allocate.
    let budget = unsafe { &raw mut (*context).budget };
    let blocks = u32::try_from(tables.max / BLOCK as u64).unwrap_or(u32::MAX).max(2);
    let block = context.wrapping_add(1).expose_provenance();
    let collector = ready(heap, tables, (block, Stack::OfContext(context)), || {
        let pool = LOCK.with(|| pool(OF_CONTEXTS))?;
        // One that no other heap has: there are never so many at once.
        let number = NEXT.fetch_add(1, Relaxed) % (u32::MAX - 1) + 1;
        Ok(Space::new(pool, number, Limits { blocks, budget }))
    });
    if let Some(collector) = collector {
        collector.instances = tables;
    }
}

/// The collector of a heap, which is made where there is none yet, with what `space` makes.
fn ready(
    heap: &mut Heap,
    tables: &HeapTables,
    code: (usize, Stack),
    space: impl FnOnce() -> Result<Space>,
) -> Option<&'static mut Collector> {
    if heap.collector == 0 {
        // SAFETY: the tables have an entry for every type of the program.
        let types = unsafe { Types::new(tables.types, tables.references) };
        heap.collector = space().and_then(|space| make(space, types, code)).ok()? as u64;
    }
    let collector = collector(heap)?;
    heap.cards = collector.space.cards_base() as u64;
    Some(collector)
}

/// The blocks of all heaps, of `max` bytes at most. The lock is held.
fn pool(max: u64) -> Result<&'static Pool> {
    // SAFETY: the lock is held; once there is a pool, nothing changes it.
    let pool = unsafe { &mut *POOL.0.get() };
    if pool.is_none() {
        *pool = Some(Pool::new(max)?);
    }
    pool.as_ref().ok_or(Errno::NOMEM)
}

/// Makes an empty heap: the address of its collector.
fn make(space: Space, types: Types, code: (usize, Stack)) -> Result<usize> {
    let state = budget::allocate(STATE, || sys::map_zeroed(STATE))?;
    let stack = with_exposed_provenance_mut(state + size_of::<Collector>().next_multiple_of(ALIGN as usize));
    // SAFETY: the memory was just mapped, and has room for the words behind the collector.
    let stack = unsafe { core::slice::from_raw_parts_mut(stack, 2 * DEPTH) };
    let collector = Collector::new(space, types, code, stack);
    // SAFETY: as above, at the beginning of a page.
    unsafe { with_exposed_provenance_mut::<Collector>(state).write(collector) };
    Ok(state)
}

/// The collector of a heap, where it could be made.
fn collector(heap: &Heap) -> Option<&'static mut Collector> {
    // SAFETY: only `make` makes what the address refers to; the heap is used by one thread, which takes the collector
    // once at a time.
    unsafe { with_exposed_provenance_mut::<Collector>(heap.collector as usize).as_mut() }
}

/// Visits the blocks of a heap, by their first address and the one behind.
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "there are no contexts on macOS"))]
pub fn each_block(heap: &Heap, mut visit: impl FnMut(usize, usize)) {
    let Some(collector) = collector(heap) else { return };
    let space = &collector.space;
    for block in (0..space.end).map(units::Block).filter(|&block| space.owns(block)) {
        let start = space.address(block.start());
        visit(start, start + BLOCK);
    }
}

/// Room for an object in a heap in which no code has run yet: nothing is collected, as nothing leads to the objects
/// there so far. `None` where there is none.
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "there are no contexts on macOS"))]
pub fn place(heap: &mut Heap, size: usize) -> Option<usize> {
    let collector = collector(heap)?;
    let next = heap.next as usize;
    if size > LARGEST_SMALL as usize {
        return collector.place_large(size, next);
    }
    if next + size > heap.limit as usize {
        let start = collector.place_block(next)?;
        (heap.next, heap.limit) = (start as u64, (start + BLOCK) as u64);
    }
    let address = heap.next;
    heap.next += size as u64;
    Some(address as usize)
}

/// Gives back what a heap has (`Builtin::HeapEnd`).
///
/// # Safety
/// Nothing may refer to its objects any more; it must be used by the calling thread alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_end(heap: *mut Heap) {
    // SAFETY: the caller promises a heap of its own.
    let heap = unsafe { &mut *heap };
    if let Some(collector) = collector(heap) {
        collector.give_up();
        // SAFETY: the collector, with its memory, is used no more: see the next line.
        unsafe { sys::unmap(heap.collector as usize, STATE) };
        budget::refund(STATE);
    }
    *heap = Heap { next: 0, limit: 0, cards: 0, collector: 0 };
}

/// Finds room for an object (`Builtin::HeapAllocate`).
///
/// # Safety
/// The heap must be that of the calling thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_allocate(heap: *mut Heap, size: u64) -> u64 {
    // SAFETY: compiled code, which uses the heap too, waits for this function.
    allocate(unsafe { &mut *heap }, size as usize).unwrap_or(0) as u64
}

/// Makes an array of zeroes (`Builtin::HeapAllocateArray`).
///
/// # Safety
/// The heap must be that of the calling thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_allocate_array(
    heap: *mut Heap,
    type_number: u32,
    element_size: u32,
    len: u32,
) -> u64 {
    let size = array_size(element_size, len);
    // SAFETY: compiled code, which uses the heap too, waits for this function.
    let heap = unsafe { &mut *heap };
    let address = match heap.next as usize + size <= heap.limit as usize && size <= LARGEST_SMALL as usize {
        true => {
            let address = heap.next as usize;
            heap.next += size as u64;
            address
        }
        false => match allocate(heap, size) {
            Some(address) => address,
            None => return 0,
        },
    };
    let array = with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the array has `size` bytes, which are new, and of which the first are its header and length.
    unsafe {
        array.cast::<u32>().write(type_number);
        array.add(LEN as usize).cast::<u32>().write(len);
        array.add(ELEMENTS as usize).write_bytes(0, size - ELEMENTS as usize);
    }
    address as u64
}

/// Remembers a write to several elements (`Builtin::HeapWritten`).
///
/// # Safety
/// The heap must be that of the calling thread, and have an object with these bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_written(heap: *const Heap, start: u64, bytes: u64) {
    if bytes == 0 {
        return;
    }
    // SAFETY: the caller promises a heap of its own.
    let cards = unsafe { (*heap).cards } as usize;
    let (first, last) = (start >> CARD_SIZE_LOG2, (start + bytes - 1) >> CARD_SIZE_LOG2);
    let first_card = with_exposed_provenance_mut::<u8>(cards.wrapping_add(first as usize));
    // SAFETY: the bytes lie in an object of the heap, all of whose cards have a byte.
    unsafe { first_card.write_bytes(1, (last - first + 1) as usize) };
}

/// Room for an object of `size` bytes where there is none in the present block.
#[cold]
fn allocate(heap: &mut Heap, size: usize) -> Option<usize> {
    debug_assert!(size.is_multiple_of(ALIGN as usize));
    let collector = collector(heap)?;
    let next = heap.next as usize;
    if size > LARGEST_SMALL as usize {
        let address = collector.allocate_large(size, next);
        if !collector.has_current() {
            (heap.next, heap.limit) = (0, 0);
        }
        return address;
    }
    let Some(start) = collector.refill(next) else {
        (heap.next, heap.limit) = (0, 0);
        return None;
    };
    let end = start + size;
    heap.next = end as u64;
    // Under stress, the next object is to come here, too.
    heap.limit = if collector.settings.stress { end } else { start + BLOCK } as u64;
    Some(start)
}
