//! What an instruction reads and writes.

use super::forms::{Form, Kind, SHIFTS};

/// Integer registers are bits 0 to 30, the stack pointer is bit 31, vector registers are bits 32 to 63, the flags
/// together are bit 64.
pub(super) type Set = u128;

pub(super) const FLAGS: Set = 1 << 64;
pub(super) const ALL: Set = (1 << 65) - 1;

/// Registers that are there for the frame: backtraces and exceptions follow them, wherever control is.
pub(super) const FRAME: Set = 1 << 29 | 1 << 30 | 1 << 31;

/// The register that says where the state of an instance is, where there can be several: `x21`.
const PINNED: Set = 1 << 21;

/// What calls may take their arguments from, by the C convention and that of functions with tail calls.
const ARGUMENTS: Set = 0x0000_00ff_0000_03ff | PINNED | FRAME;

/// What calls keep by neither convention.
const CLOBBERED: Set = 0xffff_00ff_4003_ffff | FLAGS;

/// What callers may look at: results, and what functions keep for them.
const RESULTS: Set = 0x0000_ffff_fffc_01ff;

/// What an instruction does to registers and flags.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effects {
    /// What it depends on.
    pub reads: Set,
    /// What holds nothing of its former value afterwards.
    pub kills: Set,
    /// What it changes, in whole or in part.
    pub writes: Set,
}

/// The bit of an integer register that is not number 31.
pub(super) fn bit(register: u32) -> Set {
    1 << register
}

/// The registers at `places` of a word.
fn at(word: u32, form: &Form, places: u8) -> Set {
    let registers = SHIFTS.iter().enumerate().filter(|&(place, _)| places >> place & 1 == 1);
    registers.fold(0, |set, (place, &shift)| {
        let number = word >> shift & 31;
        set | match () {
            () if form.vector >> place & 1 == 1 => 1 << (32 + number),
            () if number < 31 || form.stack >> place & 1 == 1 => 1 << number,
            () => 0,
        }
    })
}

/// The effects of a word of that form. `leaves` says whether it goes on elsewhere, with any registers: a call that
/// exceptions leave for a handler, or a call in tail position.
pub(super) fn effects(word: u32, form: &Form, leaves: bool) -> Effects {
    let flags = |has: bool| if has { FLAGS } else { 0 };
    let defs = at(word, form, form.defs) | flags(form.writes_flags);
    let kills = if form.kind == Kind::Other { 0 } else { defs };
    let mut effects = Effects { reads: at(word, form, form.uses) | flags(form.reads_flags), kills, writes: defs };
    if form.is_vague {
        // The instructions of tables and structures take several registers in a row.
        let in_a_row = |first: u32, count: u32| (0..count).fold(0, |set, next| set | 1 << (32 + (first + next) % 32));
        let both = |set: Set| set | (set >> 32 & 0xffff_ffff);
        let [d, n, a, m] = SHIFTS.map(|shift| word >> shift & 31);
        effects.reads |= both(in_a_row(d, 1) | in_a_row(n, 4) | in_a_row(a, 1) | in_a_row(m, 1));
        effects.writes |= both(in_a_row(d, 4));
    }
    match form.kind {
        _ if leaves => effects.reads |= ALL,
        Kind::Return => effects.reads |= RESULTS,
        Kind::Indirect => effects.reads |= ALL,
        Kind::Call => effects.reads |= ARGUMENTS,
        // Signing takes the stack pointer, too.
        Kind::Other => effects.reads |= FRAME,
        _ => {}
    }
    match form.kind {
        Kind::Call => (effects.kills, effects.writes) = (CLOBBERED, ALL & !(1 << 31 | 1 << 29)),
        Kind::Other => effects.writes |= 1 << 30,
        _ => {}
    }
    effects
}
