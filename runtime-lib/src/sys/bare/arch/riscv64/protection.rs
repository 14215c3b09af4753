//! Physical memory protection (RISC-V privileged architecture, 3.7): entries that are locked bind machine mode too.

use super::super::maps::{Layout, PAGE};
use core::arch::asm;

const READ: u64 = 1 << 0;
const WRITE: u64 = 1 << 1;
const EXECUTE: u64 = 1 << 2;
/// The entry ends where its address says, and begins where the one before it ends.
const TOP_OF_RANGE: u64 = 1 << 3;
/// The entry's address encodes its start and its size, a power of two.
const NATURALLY_ALIGNED: u64 = 3 << 3;
const LOCKED: u64 = 1 << 7;

/// Entry 0 makes the page at address 0 inaccessible, where null references lead.
const NULL_PAGE: u64 = LOCKED | NATURALLY_ALIGNED;
const CODE: u64 = LOCKED | TOP_OF_RANGE | READ | EXECUTE;
const DATA: u64 = LOCKED | TOP_OF_RANGE | READ | WRITE;
const NOTHING: u64 = LOCKED | TOP_OF_RANGE;

/// Write-protects code, makes data not executable and the guard inaccessible. A processor without these registers
/// continues without protection.
pub fn protect(layout: &Layout) {
    let null = if layout.code.start < PAGE { 0 } else { NULL_PAGE };
    // Entry 1 is off and only tells where entry 2 begins.
    let entries = [null, 0, CODE, DATA, NOTHING, DATA];
    let configuration = entries.iter().rev().fold(0, |all, entry| all << 8 | entry);
    let null_page = (PAGE / 2 - 1) >> 2;
    // SAFETY: the program keeps the access that it needs. Where the registers do not exist, the first write faults and
    // execution continues after the last.
    unsafe {
        asm!(
            "lla {next}, 2f",
            "csrrw {vector}, mtvec, {next}",
            "csrw pmpaddr0, {null}",
            "csrw pmpaddr1, {code}",
            "csrw pmpaddr2, {data}",
            "csrw pmpaddr3, {guard}",
            "csrw pmpaddr4, {rest}",
            "csrw pmpaddr5, {end}",
            "csrw pmpcfg0, {configuration}",
            "sfence.vma",
            ".balign 4",
            "2:",
            "csrw mtvec, {vector}",
            next = out(reg) _,
            vector = out(reg) _,
            null = in(reg) null_page,
            code = in(reg) layout.code.start >> 2,
            data = in(reg) layout.data.start >> 2,
            guard = in(reg) layout.guard.start >> 2,
            rest = in(reg) layout.guard.end >> 2,
            end = in(reg) layout.data.end >> 2,
            configuration = in(reg) configuration,
        )
    };
}
