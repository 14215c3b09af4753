//! Translation tables (Arm ARM, D8 "The AArch64 Virtual Memory System Architecture") that map every address to itself.
//! They serve not only protection: without them all memory counts as devices, where accesses must be aligned.
//!
//! A granule of 4 KiB and addresses of 39 bits make three levels.

#![allow(clippy::indexing_slicing, reason = "there are tables for all borders, and indices into them are masked")]

use super::super::maps::{Layout, PAGE};
use core::arch::asm;
use core::cell::UnsafeCell;
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const ENTRIES: usize = 512;
/// Log2 of the bytes that an entry of levels 1, 2 and 3 maps.
const SHIFTS: [u32; 3] = [30, 21, 12];

/// Descriptors (D8.3).
const TABLE: u64 = 0b11;
const BLOCK: u64 = 0b01;
const LAST_LEVEL_PAGE: u64 = 0b11;
const ACCESSED: u64 = 1 << 10;
const INNER_SHAREABLE: u64 = 3 << 8;
const READ_ONLY: u64 = 2 << 6;
const NO_EXECUTE: u64 = 3 << 53;
const ATTRIBUTES: u64 = 0xfff0_0000_0000_0ffc;

/// Indices into MAIR_EL1.
const NORMAL: u64 = 1 << 2;
/// Index 0: devices, without gathering, reordering or early acknowledgement. Index 1: normal memory, cached.
const MEMORY_TYPES: u64 = 0xff00;

const DEVICE: u64 = ACCESSED | NO_EXECUTE;
const CODE: u64 = ACCESSED | INNER_SHAREABLE | NORMAL | READ_ONLY;
const DATA: u64 = ACCESSED | INNER_SHAREABLE | NORMAL | NO_EXECUTE;
/// No access at all: the descriptor is not valid.
const NOTHING: u64 = 0;

#[repr(align(4096))]
struct Tables(UnsafeCell<[[u64; ENTRIES]; TABLES]>);

// SAFETY: used by `protect` alone, which runs once.
unsafe impl Sync for Tables {}

/// One table of the first level, and for each of at most seven borders between access rights one of the second and one
/// of the third level.
const TABLES: usize = 1 + 7 * 2;
static POOL: Tables = Tables(UnsafeCell::new([[0; ENTRIES]; TABLES]));
static USED: AtomicUsize = AtomicUsize::new(1);

/// Enables translation and caches, with code write-protected, data not executable, and no access to the guard and to
/// address 0.
pub fn protect(layout: &Layout) {
    // SAFETY: runs once, before anything else uses the tables.
    let tables = unsafe { &mut *POOL.0.get() };
    let all = 0..ENTRIES << SHIFTS[0];
    map(tables, all, DEVICE);
    if layout.code.start >= PAGE {
        map(tables, 0..PAGE, NOTHING);
    }
    map(tables, layout.data.clone(), DATA);
    map(tables, layout.code.clone(), CODE);
    map(tables, layout.guard.clone(), NOTHING);
    // SAFETY: every address that the program uses is mapped to itself, as before.
    unsafe { enable_translation(tables.as_ptr().addr()) };
}

/// Maps a range to itself, with these access rights.
fn map(tables: &mut [[u64; ENTRIES]; TABLES], range: Range<usize>, access: u64) {
    let mut address = range.start;
    while address < range.end {
        address += map_one(tables, address, range.end - address, access);
    }
}

/// Maps as much as one entry can from `address` on, at most `most` bytes; returns how many.
fn map_one(tables: &mut [[u64; ENTRIES]; TABLES], address: usize, most: usize, access: u64) -> usize {
    let mut table = 0;
    for (level, shift) in SHIFTS.into_iter().enumerate() {
        let index = address >> shift & (ENTRIES - 1);
        let size = 1 << shift;
        if level == 2 || (address.is_multiple_of(size) && most >= size) {
            tables[table][index] = entry(address, level, access);
            return size;
        }
        table = match tables[table][index] {
            next if next & TABLE == TABLE => (next as usize & !(PAGE - 1)).wrapping_sub(tables.as_ptr().addr()) / PAGE,
            whole => split(tables, table, index, whole, level + 1),
        };
    }
    PAGE
}

/// A descriptor of a block or page.
fn entry(address: usize, level: usize, access: u64) -> u64 {
    let kind = if level == 2 { LAST_LEVEL_PAGE } else { BLOCK };
    if access == NOTHING { 0 } else { address as u64 | access | kind }
}

/// Replaces an entry by a table of the next level that maps the same.
fn split(tables: &mut [[u64; ENTRIES]; TABLES], table: usize, index: usize, whole: u64, level: usize) -> usize {
    let new = USED.fetch_add(1, Relaxed);
    let (start, access) = ((whole & !ATTRIBUTES & !3) as usize, whole & ATTRIBUTES);
    for (number, slot) in tables[new].iter_mut().enumerate() {
        *slot = entry(start + (number << SHIFTS[level]), level, access);
    }
    tables[table][index] = tables[new].as_ptr().addr() as u64 | TABLE;
    new
}

/// Enables translation by the tables at this address.
///
/// # Safety
/// The tables must map all that the program uses.
unsafe fn enable_translation(tables: usize) {
    /// Addresses of 39 bits, table walks through cached shareable memory, none for the upper half of addresses (EPD1).
    const CONTROL: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23;
    /// Translation, data cache, instruction cache, and no execution of writable memory (M, C, I, WXN).
    const SWITCHES: u64 = 1 << 0 | 1 << 2 | 1 << 12 | 1 << 19;
    // Physical addresses have as many bits as the processor supports (PARange).
    // SAFETY: the caller promises that the tables map all that the program uses, to itself.
    unsafe {
        asm!(
            "mrs {x}, id_aa64mmfr0_el1",
            "and {x}, {x}, #7",
            "orr {x}, {control}, {x}, lsl #32",
            "msr tcr_el1, {x}",
            "msr mair_el1, {types}",
            "msr ttbr0_el1, {tables}",
            "dsb sy",
            "ic iallu",
            "tlbi vmalle1",
            "dsb sy",
            "isb",
            "mrs {x}, sctlr_el1",
            "orr {x}, {x}, {switches}",
            "msr sctlr_el1, {x}",
            "isb",
            x = out(reg) _,
            control = in(reg) CONTROL,
            types = in(reg) MEMORY_TYPES,
            tables = in(reg) tables,
            switches = in(reg) SWITCHES,
        )
    };
}
