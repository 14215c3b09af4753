//! Which integer registers an instruction names, and which it writes.

use super::forms::{base, operand, register};

/// The return address.
pub(super) const RA: u32 = 1;
/// The stack pointer.
pub(super) const SP: u32 = 2;
/// The global pointer.
pub(super) const GP: u32 = 3;
/// The frame pointer.
pub(super) const FP: u32 = 8;

/// A bit for each register that an instruction names, and perhaps for others; `None` where that is not known.
pub(super) fn named(word: u32, size: u32) -> Option<u32> {
    if size == 2 { Some(short(word)) } else { long(word) }
}

fn bits(registers: &[u32]) -> u32 {
    registers.iter().fold(0, |bits, register| bits | 1 << register)
}

/// By the opcode map ("RV32/64G Instruction Set Listings"). Float and vector registers count as integer registers of
/// their number where both can stand at one place.
fn long(word: u32) -> Option<u32> {
    let (first, second, third) = (register(word), base(word), operand(word));
    Some(match word & 0x7f {
        // Fused multiplications and fences.
        0x43 | 0x47 | 0x4b | 0x4f | 0x0f => 0,
        0x17 | 0x37 | 0x6f => bits(&[first]),
        0x03 | 0x13 | 0x1b | 0x53 | 0x57 | 0x67 | 0x73 => bits(&[first, second]),
        0x23 | 0x63 => bits(&[second, third]),
        // Vector accesses can take a stride.
        0x07 | 0x27 if matches!(word >> 12 & 7, 2 | 3) => bits(&[second]),
        0x07 | 0x27 => bits(&[second, third]),
        0x2f | 0x33 | 0x3b => bits(&[first, second, third]),
        _ => return None,
    })
}

/// By the listing of the "C" Extension, with that of Zcb, whose registers lie at the same places.
fn short(word: u32) -> u32 {
    let (first, second) = (word >> 7 & 31, word >> 2 & 31);
    let (one, other) = (8 + (word >> 7 & 7), 8 + (word >> 2 & 7));
    match (word & 3, word >> 13) {
        (0, 0) => bits(&[SP, other]),
        (0, _) => bits(&[one, other]),
        (1, 0b101) => 0,
        // With another register, or with a constant.
        (1, 0b100) if word >> 10 & 3 == 3 => bits(&[one, other]),
        (1, 0b100) => bits(&[one]),
        (1, 0b110 | 0b111) => bits(&[one]),
        (1, _) => bits(&[first]),
        (2, 0b000) => bits(&[first]),
        (2, 0b100) => bits(&[first, second]),
        // Loads and stores by the stack pointer.
        (2, 0b001..=0b011) => bits(&[SP, first]),
        _ => bits(&[SP, second]),
    }
}

/// A bit for each register that an instruction other than a call writes, and perhaps for others.
pub(super) fn written(word: u32, size: u32) -> u32 {
    let (first, one, other) = (register(word), 8 + (word >> 7 & 7), 8 + (word >> 2 & 7));
    let bit = match (size, word & 0x7f) {
        // Branches, stores, fused multiplications and fences; loads of floats and vectors.
        (4, 0x63 | 0x23 | 0x27 | 0x43 | 0x47 | 0x4b | 0x4f | 0x0f | 0x07) => return 0,
        (4, _) => first,
        _ => match (word & 3, word >> 13) {
            (0, _) => other,
            (1, 0b100) => one,
            (1, 0b101..) => return 0,
            (2, 0b101..) => return 0,
            _ => first,
        },
    };
    1 << bit
}

/// The registers that functions may change: `ra`, `t0` to `t6` and `a0` to `a7` (RISC-V calling convention, "Integer
/// Register Convention").
pub(super) const CLOBBERED: u32 = 0xf003_fce2;
