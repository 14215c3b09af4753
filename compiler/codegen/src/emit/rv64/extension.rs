//! What is extended already: loads, and instructions of 32 bits, leave nothing to extend.
//!
//! ```text
//! andi a0, a0, 255 ; sext.w a0, a0        =>  andi a0, a0, 255
//! lbu a0, 0(a1) ; slli a2, a0, 32 ; srli a2, a2, 29  =>  lbu a0, 0(a1) ; slli a2, a0, 3
//! ```

use super::code::Code;
use super::forms::{self, base, low, operand, register};
use super::registers::GP;
use super::scan::Kind;

/// What is known of a register.
#[derive(Clone, Copy, Debug)]
struct Width {
    /// All bits from this one on are zero.
    bits: u32,
    /// Whether it is its own lower half, extended with the sign.
    is_word: bool,
}

impl Width {
    const UNKNOWN: Self = Self { bits: 64, is_word: false };
    const WORD: Self = Self { bits: 64, is_word: true };

    fn of_bits(bits: u32) -> Self {
        Self { bits: bits.min(64), is_word: bits < 32 }
    }

    fn of_constant(value: i32) -> Self {
        if value < 0 { Self::WORD } else { Self::of_bits(32 - value.leading_zeros()) }
    }

    /// Of what sets bits that either has.
    fn or(self, other: Self) -> Self {
        Self { bits: self.bits.max(other.bits), is_word: self.is_word && other.is_word }
    }

    /// Of what keeps bits that both have.
    fn and(self, other: Self) -> Self {
        let bits = self.bits.min(other.bits);
        Self { bits, is_word: bits < 32 || self.is_word && other.is_word }
    }
}

type Widths = [Width; 32];

/// Takes out extensions of what is extended, as far as control comes from the instruction before.
pub(super) fn remove(code: &mut Code<'_>) {
    let is_start = code.starts();
    let mut widths = unknown();
    for number in 0..code.items.len() {
        if is_start[number] {
            widths = unknown();
        }
        if code.items[number].is_gone {
            continue;
        }
        join_shifts(code, &is_start, number, &widths);
        drop_extension(code, number, &widths);
        if !code.items[number].is_gone {
            update(&mut widths, code, number);
        }
    }
}

fn unknown() -> Widths {
    let mut widths = [Width::UNKNOWN; 32];
    widths[0] = Width::of_bits(0);
    widths[GP as usize] = Width::of_bits(64 - wasmc_abi::memory::RISCV_GP.leading_zeros());
    widths
}

/// The instruction of an item that is one of four bytes, or does the same as one.
fn word(code: &Code<'_>, number: usize) -> Option<u32> {
    let item = &code.items[number];
    if item.kind != Kind::Plain {
        return None;
    }
    match code.word(item)? {
        (word, 4) => Some(word),
        (word, _) => forms::expanded(word),
    }
}

/// A shift to the left, and one to the right that takes out only zeroes besides, are one.
fn join_shifts(code: &mut Code<'_>, is_start: &[bool], number: usize, widths: &Widths) {
    let Some(left) = word(code, number).and_then(|word| shift(word, LEFT)) else { return };
    let next = (number + 1..code.items.len()).find(|&next| is_start[next] || !code.items[next].is_gone);
    let Some(next) = next.filter(|&next| !is_start[next]) else { return };
    let Some(right) = word(code, next).and_then(|word| shift(word, RIGHT)) else { return };
    if left.to != right.from || right.from != right.to || right.bits > left.bits {
        return;
    }
    let is_extended = widths[left.from as usize].bits <= 64 - left.bits;
    match left.bits - right.bits {
        0 if is_extended => copy(code, number, left.from, left.to),
        bits if is_extended => code.replace(number, LEFT | left.to << 7 | left.from << 15 | bits << 20),
        0 if left.bits == 32 && code.extensions.has_mask => {
            code.replace(number, AND | left.to << 7 | left.from << 15 | GP << 20);
        }
        _ => return,
    }
    code.items[next].is_gone = true;
}

/// `slli` and `srli`, without their operands.
const LEFT: u32 = 0x1013;
const RIGHT: u32 = 0x5013;

/// `and`, without its operands.
const AND: u32 = 0x7033;

struct Shift {
    from: u32,
    to: u32,
    bits: u32,
}

/// A shift by a constant, which is `LEFT` or `RIGHT`.
fn shift(word: u32, direction: u32) -> Option<Shift> {
    let is_shift = word & 0xfc00_707f == direction;
    is_shift.then(|| Shift { from: base(word), to: register(word), bits: word >> 20 & 63 })
}

/// What leaves its operand as it is becomes a copy, or nothing.
fn drop_extension(code: &mut Code<'_>, number: usize, widths: &Widths) {
    let Some(word) = word(code, number) else { return };
    let from = widths[base(word) as usize];
    let is_needless = match word & 0x707f {
        // sext.w
        0x1b => low(word) == 0 && from.is_word,
        // andi with a mask of low bits
        0x7013 => low(word) >= 0 && low(word) & (low(word) + 1) == 0 && from.bits <= low(word).count_ones(),
        // zext.w, which is add.uw with zero
        0x3b => word >> 20 == 0x080 && from.bits <= 32,
        _ => false,
    };
    if is_needless {
        copy(code, number, base(word), register(word));
    }
}

fn copy(code: &mut Code<'_>, number: usize, from: u32, to: u32) {
    if from == to {
        code.items[number].is_gone = true;
    } else {
        code.copy(number, from, to);
    }
}

fn update(widths: &mut Widths, code: &Code<'_>, number: usize) {
    let item = &code.items[number];
    let width = match (word(code, number), code.word(item)) {
        (Some(word), _) => width(word, widths),
        (None, Some((word, _))) if item.kind == Kind::Plain => loaded(word),
        _ => Width::UNKNOWN,
    };
    let written = code.written(item);
    for register in (1..32).filter(|register| written >> register & 1 == 1) {
        widths[register] = width;
    }
}

/// What an instruction of two bytes loads.
fn loaded(word: u32) -> Width {
    match (word & 3, word >> 13) {
        // c.lw, c.lwsp
        (0 | 2, 0b010) => Width::WORD,
        // c.lbu, c.lhu, c.lh (Zcb)
        (0, 0b100) => match (word >> 10 & 7, word >> 6 & 1) {
            (0, _) => Width::of_bits(8),
            (1, 0) => Width::of_bits(16),
            (1, _) => Width::WORD,
            _ => Width::UNKNOWN,
        },
        _ => Width::UNKNOWN,
    }
}

/// What an instruction of four bytes makes of its operands.
fn width(word: u32, widths: &Widths) -> Width {
    let (first, second) = (widths[base(word) as usize], widths[operand(word) as usize]);
    let constant = Width::of_constant(low(word));
    let (function, upper) = (word >> 12 & 7, word >> 25);
    match (word & 0x7f, function) {
        (0x03, 0..=2) => Width::WORD,
        (0x03, 4..=6) => Width::of_bits(8 << (function - 4)),
        (0x37, _) => Width::of_constant((word & 0xffff_f000) as i32),
        (0x1b, 0) if low(word) == 0 && first.bits < 32 => first,
        (0x1b, 0) => Width::WORD,
        (0x1b, 5) if upper == 0 && operand(word) > 0 => Width::of_bits(32 - operand(word)),
        (0x1b, 1) if upper == 0 => Width::WORD,
        (0x1b, 5) if matches!(upper, 0 | 0x20) => Width::WORD,
        // addw to remuw
        (0x3b, _) if matches!(upper, 0 | 0x20 | 1) => Width::WORD,
        (0x13, 0) if base(word) == 0 => constant,
        (0x13, 0) if low(word) == 0 => first,
        (0x13, 2 | 3) => Width::of_bits(1),
        (0x33, 2 | 3) if upper == 0 => Width::of_bits(1),
        (0x13, 4 | 6) => first.or(constant),
        (0x13, 7) => first.and(constant),
        (0x33, 4 | 6) if upper == 0 => first.or(second),
        (0x33, 7) if upper == 0 => first.and(second),
        (0x13, 1) if word >> 26 == 0 => Width::of_bits(first.bits + (word >> 20 & 63)),
        (0x13, 5) if word >> 26 == 0 => Width::of_bits(first.bits.saturating_sub(word >> 20 & 63)),
        _ => Width::UNKNOWN,
    }
}
