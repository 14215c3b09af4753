//! What an instruction reads and writes.

use super::forms::{Form, Kind, SHIFTS};
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::CallConv;

/// Integer registers are bits 0 to 30, the stack pointer is bit 31, vector registers are bits 32 to 63, the flags
/// together are bit 64.
pub(super) type Set = u128;

pub(super) const FLAGS: Set = 1 << 64;
pub(super) const ALL: Set = (1 << 65) - 1;

/// Registers that are there for the frame: backtraces and exceptions follow them, wherever control is.
pub(super) const FRAME: Set = 1 << 29 | 1 << 30 | 1 << 31;

/// The register that says where the state of an instance is, where there can be several: `x21`.
const PINNED: Set = 1 << 21;

/// What calls keep by neither convention.
const CLOBBERED: Set = 0xffff_00ff_4003_ffff | FLAGS;

/// What functions keep for their callers, in whole or in part.
const KEPT: Set = 0x0000_ff00_fffc_0000;

/// How many registers of each bank arguments and results can be in.
const MAX_REGISTERS: usize = 8;

/// Registers before those of arguments and results, by the convention of functions with tail calls.
const TAIL_OFFSET: usize = 2;

/// How many arguments functions may take that the instruction selection calls.
const MIN_ARGUMENTS: usize = 3;

/// The register of the address of results in memory: `x8`.
const RESULT_ADDRESS: Set = 1 << 8;

/// What a function and those that it calls look at of each other's registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Convention {
    /// What callers may look at when it returns.
    results: Set,
    /// What functions may look at that it calls.
    arguments: Set,
}

impl Convention {
    /// That of a function.
    pub fn of(func: &Function) -> Self {
        let values = |call_conv: CallConv, count: usize| {
            let offset = if call_conv == CallConv::Tail { TAIL_OFFSET } else { 0 };
            let first = (1 << (offset + count.min(MAX_REGISTERS))) - 1;
            first | first << 32
        };
        let own = &func.signature;
        let called = func.dfg.signatures.values().fold(values(CallConv::SystemV, MIN_ARGUMENTS), |set, called| {
            let is_in_memory = called.uses_struct_return_param() || called.returns.len() > 1;
            set | values(called.call_conv, called.params.len()) | if is_in_memory { RESULT_ADDRESS } else { 0 }
        });
        Self { results: KEPT | values(own.call_conv, own.returns.len()), arguments: called | PINNED | FRAME }
    }

    /// That of a function of which nothing is known.
    pub const ANY: Self = Self { results: ALL, arguments: ALL };
}

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

/// The effects of a word of that form, in a function of that convention. `leaves` says whether it goes on elsewhere,
/// with any registers: a call that exceptions leave for a handler, or a call in tail position.
pub(super) fn effects(word: u32, form: &Form, leaves: bool, convention: &Convention) -> Effects {
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
        Kind::Return => effects.reads |= convention.results,
        Kind::Indirect => effects.reads |= ALL,
        Kind::Call => effects.reads |= convention.arguments,
        // Signing takes the stack pointer, too.
        Kind::Other => effects.reads |= FRAME,
        _ => {}
    }
    match form.kind {
        Kind::Call if leaves => (effects.kills, effects.writes) = (CLOBBERED, ALL),
        Kind::Call => (effects.kills, effects.writes) = (CLOBBERED, CLOBBERED | KEPT & !0xffff_ffff),
        Kind::Other => effects.writes |= 1 << 30,
        _ => {}
    }
    effects
}
