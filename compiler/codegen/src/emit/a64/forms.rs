//! What an instruction is and which registers it names, by the encodings of the Arm Architecture Reference Manual (C4).
//!
//! Registers lie at four places of a word. What is not listed here is not understood.

/// Places of registers in a word: bit 0 is `Rd` or `Rt`, bit 1 `Rn`, bit 2 `Ra` or `Rt2`, bit 3 `Rm` or `Rs`.
pub(super) const SHIFTS: [u32; 4] = [0, 5, 10, 16];
const D: u8 = 1;
const N: u8 = 2;
const A: u8 = 4;
const M: u8 = 8;

/// What an instruction is, as far as rules ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes the registers and flags that it names, and nothing else.
    #[default]
    Plain,
    /// It reads memory, or writes it, by a base and an offset.
    Access,
    /// It does something else, too, or what it does is not known exactly.
    Other,
    /// A conditional branch.
    Branch,
    /// `b`.
    Jump,
    /// `bl`, `blr`.
    Call,
    /// `br`.
    Indirect,
    Return,
    Trap,
}

/// An instruction taken apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Form {
    pub kind: Kind,
    /// Places whose registers it reads.
    pub uses: u8,
    /// Places whose registers it writes as a whole.
    pub defs: u8,
    /// Places where number 31 is the stack pointer.
    pub stack: u8,
    /// Places of vector registers.
    pub vector: u8,
    /// Whether nothing is known but that it names registers at all four places, in either bank, and writes the first,
    /// perhaps in part.
    pub is_vague: bool,
    pub reads_flags: bool,
    pub writes_flags: bool,
}

impl Form {
    const fn plain(defs: u8, uses: u8) -> Self {
        Self {
            kind: Kind::Plain,
            uses,
            defs,
            stack: 0,
            vector: 0,
            is_vague: false,
            reads_flags: false,
            writes_flags: false,
        }
    }

    const fn of(kind: Kind, uses: u8) -> Self {
        Self { kind, ..Self::plain(0, uses) }
    }

    const fn with_flags(self, reads_flags: bool, writes_flags: bool) -> Self {
        Self { reads_flags, writes_flags, ..self }
    }

    const fn with_stack(self, stack: u8) -> Self {
        Self { stack, ..self }
    }
}

/// The form of a word; `None` where it is not understood.
pub(super) fn form(word: u32) -> Option<Form> {
    match word >> 25 & 15 {
        0b1000 | 0b1001 => immediate(word),
        0b1010 | 0b1011 => branch_or_system(word),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory(word),
        0b0101 | 0b1101 => register(word),
        0b0111 | 0b1111 => Some(vector(word)),
        _ if word >> 16 == 0 => Some(Form::of(Kind::Trap, 0)),
        _ => None,
    }
}

/// Data processing with an immediate (C4.1.93).
fn immediate(word: u32) -> Option<Form> {
    let opc = word >> 29 & 3;
    Some(match word >> 23 & 7 {
        0 | 1 => Form::plain(D, 0),
        2 if opc & 1 == 1 => Form::plain(D, N).with_stack(N).with_flags(false, true),
        2 => Form::plain(D, N).with_stack(D | N),
        4 if opc == 3 => Form::plain(D, N).with_flags(false, true),
        4 => Form::plain(D, N).with_stack(D),
        // `movk` and `bfm` keep some bits.
        5 if opc == 3 => Form::plain(D, D),
        5 => Form::plain(D, 0),
        6 if opc == 1 => Form::plain(D, D | N),
        6 => Form::plain(D, N),
        7 => Form::plain(D, N | M),
        _ => return None,
    })
}

fn branch_or_system(word: u32) -> Option<Form> {
    Some(match word {
        _ if word & 0xfc00_0000 == 0x1400_0000 => Form::of(Kind::Jump, 0),
        _ if word & 0xfc00_0000 == 0x9400_0000 => Form::of(Kind::Call, 0),
        // `cbz`, `tbz`
        _ if word & 0x7c00_0000 == 0x3400_0000 => Form::of(Kind::Branch, D),
        _ if word & 0xff00_0010 == 0x5400_0000 => Form::of(Kind::Branch, 0).with_flags(true, false),
        _ if word & 0xffff_fc1f == 0xd61f_0000 => Form::of(Kind::Indirect, N),
        _ if word & 0xffff_fc1f == 0xd63f_0000 => Form::of(Kind::Call, N),
        _ if word & 0xffff_fc1f == 0xd65f_0000 || matches!(word, 0xd65f_0bff | 0xd65f_0fff) => {
            Form::of(Kind::Return, 0)
        }
        _ if word & 0xffe0_001f == 0xd420_0000 => Form::of(Kind::Trap, 0),
        // Hints, some of which sign the link register, and barriers.
        _ if word & 0xffff_f01f == 0xd503_201f || word & 0xffff_f01f == 0xd503_301f => Form::of(Kind::Other, 0),
        // `mrs`, `msr`
        _ if word & 0xfff0_0000 == 0xd530_0000 => {
            Form { kind: Kind::Other, ..Form::plain(D, 0) }.with_flags(true, false)
        }
        _ if word & 0xfff0_0000 == 0xd510_0000 => Form::of(Kind::Other, D).with_flags(false, true),
        _ => return None,
    })
}

fn memory(word: u32) -> Option<Form> {
    let vector = if word >> 26 & 1 == 1 { D } else { 0 };
    let size_and_opc = (word >> 30, word >> 22 & 3);
    let is_load = size_and_opc.1 != 0 && !(vector != 0 && size_and_opc.1 == 2);
    let access = |base: u8, others: u8| {
        let (defs, uses) = if is_load { (D, 0) } else { (0, D) };
        let written = if base == 0 { 0 } else { N };
        let form = Form::plain(defs | written, uses | N | others).with_stack(N);
        Form { kind: Kind::Access, vector, ..form }
    };
    Some(match word {
        // A literal.
        _ if word & 0x3b00_0000 == 0x1800_0000 => Form { kind: Kind::Access, vector, ..Form::plain(D, 0) },
        // Prefetches name no register.
        _ if word & 0x3a00_0000 == 0x3800_0000 && vector == 0 && size_and_opc == (3, 2) => return None,
        _ if word & 0x3b00_0000 == 0x3900_0000 => access(0, 0),
        _ if word & 0x3b20_0c00 == 0x3800_0000 => access(0, 0),
        _ if word & 0x3b20_0400 == 0x3800_0400 => access(N, 0),
        _ if word & 0x3b20_0c00 == 0x3820_0800 => access(0, M),
        // A pair.
        _ if word & 0x3a00_0000 == 0x2800_0000 => {
            let (defs, uses) = if word >> 22 & 1 == 1 { (D | A, 0) } else { (0, D | A) };
            let written = if word >> 23 & 1 == 1 { N } else { 0 };
            let vector = if vector == 0 { 0 } else { D | A };
            let form = Form::plain(defs | written, uses | N).with_stack(N);
            Form { kind: Kind::Access, vector, ..form }
        }
        // Exclusive, ordered and atomic ones read or write whatever they name.
        _ if word & 0x3f00_0000 == 0x0800_0000 || word & 0x3f20_0c00 == 0x3820_0000 => {
            Form { kind: Kind::Other, ..Form::plain(D | A | M, D | N | A | M).with_stack(N) }
        }
        // One structure, as `ld1r` loads it.
        _ if word & 0xbf80_0000 == 0x0d00_0000 => {
            Form { kind: Kind::Other, is_vague: true, ..Form::default() }.with_stack(N)
        }
        _ => return None,
    })
}

/// Data processing of registers (C4.1.95).
fn register(word: u32) -> Option<Form> {
    let sets = word >> 29 & 1 == 1;
    Some(match word >> 24 & 31 {
        0x0a => Form::plain(D, N | M).with_flags(false, word >> 29 & 3 == 3),
        0x0b if word >> 21 & 1 == 0 => Form::plain(D, N | M).with_flags(false, sets),
        0x0b => Form::plain(D, N | M).with_stack(if sets { N } else { D | N }).with_flags(false, sets),
        0x1a => match word >> 21 & 7 {
            0 if word >> 10 & 63 == 0 => Form::plain(D, N | M).with_flags(true, sets),
            2 if word & 0x0010 == 0 => {
                Form::plain(0, if word >> 11 & 1 == 1 { N } else { N | M }).with_flags(true, true)
            }
            4 => Form::plain(D, N | M).with_flags(true, false),
            6 if word >> 30 & 1 == 0 => Form::plain(D, N | M),
            6 if word >> 16 & 31 == 0 => Form::plain(D, N),
            _ => return None,
        },
        0x1b => Form::plain(D, N | M | A),
        _ => return None,
    })
}

/// Vectors and floats: what is not listed may name registers of either bank.
fn vector(word: u32) -> Form {
    let all = |defs, uses| Form { vector: D | N | M | A, ..Form::plain(defs, uses) };
    match word {
        // `fmadd`
        _ if word & 0xff00_0000 == 0x1f00_0000 => all(D, N | M | A),
        _ if word & 0xff20_0000 == 0x1e20_0000 => match word >> 10 & 15 {
            // `fadd`, `fcsel`, `fccmp`
            2 | 6 | 10 | 14 => all(D, N | M),
            3 | 7 | 11 | 15 => all(D, N | M).with_flags(true, false),
            1 | 5 | 9 | 13 => all(0, N | M).with_flags(true, true),
            // `fcmp`
            8 => all(0, N | M).with_flags(false, true),
            // `fmov` of a constant, and of one register or a conversion of it to one of the same bank
            4 | 12 => all(D, 0),
            _ if word >> 10 & 31 == 16 => all(D, N),
            _ => vague(),
        },
        // A copy: `orr v, v, v`
        _ if word & 0xffe0_fc00 == 0x4ea0_1c00 => all(D, N | M),
        _ => vague(),
    }
}

fn vague() -> Form {
    Form { is_vague: true, ..Form::default() }
}

/// Where a word has a distance, counted in words, and how many bits it takes.
fn distance_field(word: u32) -> Option<(u32, u32)> {
    Some(match word {
        // `b`, `bl`
        _ if word & 0x7c00_0000 == 0x1400_0000 => (0, 26),
        // `cbz`, `b.cond`, `ldr` of a literal
        _ if word & 0x7e00_0000 == 0x3400_0000
            || word & 0xff00_0010 == 0x5400_0000
            || word & 0x3b00_0000 == 0x1800_0000 =>
        {
            (5, 19)
        }
        // `tbz`
        _ if word & 0x7e00_0000 == 0x3600_0000 => (5, 14),
        // `adr` of a word
        _ if word & 0xff00_0000 == 0x1000_0000 => (5, 19),
        _ => return None,
    })
}

/// The distance to what a word leads or refers to, counted in words.
pub(super) fn distance(word: u32) -> Option<i32> {
    let (start, bits) = distance_field(word)?;
    Some((word << (32 - start - bits)) as i32 >> (32 - bits))
}

/// The word with another distance; `None` where that is too far.
pub(super) fn with_distance(word: u32, distance: i64) -> Option<u32> {
    let (start, bits) = distance_field(word)?;
    let limit = 1i64 << (bits - 1);
    let mask = (1u32 << bits) - 1;
    (-limit..limit).contains(&distance).then_some(word & !(mask << start) | (distance as u32 & mask) << start)
}
