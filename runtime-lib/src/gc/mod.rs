//! The heap of objects: allocation, and collection of garbage.
//!
//! Compiled code takes places for small objects from a young block by itself; here is what it calls where the block is
//! full. The collector is generational: see [`collect`]. Objects that the stack may lead to are found conservatively,
//! and stay where they are (see [`roots`]); all other references are exact, and other objects move.
//!
//! - [`space`]: blocks of address space, and what is known of each, by [`units`]; [`objects`]: what an object consists
//!   of,
//! - [`roots`]: where references are found, [`trace`]: what they lead to, [`promote`]: where objects go,
//! - [`collect`]: when, and what becomes of blocks; [`settings`]: what the environment asks for.

mod collect;
mod objects;
mod promote;
mod roots;
mod settings;
mod space;
mod trace;
mod units;

use crate::report::Message;
use crate::sys;
use collect::Collector;
use core::cell::UnsafeCell;
use core::ptr::with_exposed_provenance_mut;
use objects::{Types, array_size};
use settings::Settings;
use space::Space;
use units::BLOCK;
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2, ELEMENTS, Heap, HeapTables, LEN};

/// Objects larger than this have blocks of their own.
const LARGEST_SMALL: usize = BLOCK / 2;

/// State of the one thread that makes objects.
#[repr(transparent)]
struct Own<T>(UnsafeCell<T>);

// SAFETY: only programs of one thread make objects.
unsafe impl<T> Sync for Own<T> {}

/// What compiled code shares with the collector ([`wasmc_abi::symbols::HEAP`]).
#[unsafe(export_name = "wasmc_heap")]
static HEAP: Own<Heap> = Own(UnsafeCell::new(Heap { next: 0, limit: 0, cards: 0 }));

static COLLECTOR: Own<Option<Collector>> = Own(UnsafeCell::new(None));

/// Where the next object lies.
fn heap() -> &'static mut Heap {
    // SAFETY: compiled code, which has the same state, waits for the functions here; none of them keeps it across
    // another that takes it.
    unsafe { &mut *HEAP.0.get() }
}

fn collector() -> Option<&'static mut Collector> {
    // SAFETY: functions here are called by compiled code, which none of them calls, and take it once each.
    unsafe { (*COLLECTOR.0.get()).as_mut() }
}

/// Makes the heap ready (`Builtin::HeapInit`), and adds an instance. On failure says what to do and ends the process.
///
/// # Safety
/// `tables` must be those of an instance, and stay as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wasmc_heap_init(tables: *mut HeapTables) {
    // SAFETY: the caller promises tables of an instance, which nothing else uses yet.
    let tables = unsafe { &mut *tables };
    if collector().is_none() {
        // SAFETY: the tables have an entry for every type of the program.
        let types = unsafe { Types::new(tables.types, tables.references) };
        let Ok(space) = Space::new(tables.max) else {
            Message::new().text("wasmc: cannot set aside address space for the heap (ulimit -v?)\n").flush();
            sys::exit(1)
        };
        heap().cards = space.cards_base() as u64;
        // SAFETY: there is none yet, and so nothing uses it.
        unsafe { *COLLECTOR.0.get() = Some(Collector::new(space, types, Settings::read())) };
    }
    if let Some(collector) = collector() {
        tables.next = collector.instances;
        collector.instances = tables;
    }
}

/// Finds room for an object (`Builtin::HeapAllocate`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_heap_allocate(size: u64) -> u64 {
    allocate(size as usize).unwrap_or(0) as u64
}

/// Makes an array of zeroes (`Builtin::HeapAllocateArray`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_heap_allocate_array(type_number: u32, element_size: u32, len: u32) -> u64 {
    let size = array_size(element_size, len);
    let heap = heap();
    let address = match heap.next as usize + size <= heap.limit as usize && size <= LARGEST_SMALL {
        true => {
            let address = heap.next as usize;
            heap.next += size as u64;
            address
        }
        false => match allocate(size) {
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
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_heap_written(start: u64, bytes: u64) {
    if bytes == 0 {
        return;
    }
    let cards = heap().cards as usize;
    let (first, last) = (start >> CARD_SIZE_LOG2, (start + bytes - 1) >> CARD_SIZE_LOG2);
    let first_card = with_exposed_provenance_mut::<u8>(cards.wrapping_add(first as usize));
    // SAFETY: the bytes lie in an object of the heap, all of whose cards have a byte.
    unsafe { first_card.write_bytes(1, (last - first + 1) as usize) };
}

/// Room for an object of `size` bytes where there is none in the present block.
#[cold]
fn allocate(size: usize) -> Option<usize> {
    debug_assert!(size.is_multiple_of(ALIGN as usize));
    let collector = collector()?;
    let next = heap().next as usize;
    if size > LARGEST_SMALL {
        let address = collector.allocate_large(size, next);
        if !collector.has_current() {
            (heap().next, heap().limit) = (0, 0);
        }
        return address;
    }
    let Some(start) = collector.refill(next) else {
        (heap().next, heap().limit) = (0, 0);
        return None;
    };
    let end = start + size;
    heap().next = end as u64;
    // Under stress, the next object is to come here, too.
    heap().limit = if collector.settings.stress { end } else { start + BLOCK } as u64;
    Some(start)
}
