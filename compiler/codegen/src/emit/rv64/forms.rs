//! What instructions of RISC-V do to the program counter, by the encodings of the unprivileged specification ("RV32I
//! Base Integer Instruction Set" and, for those of two bytes, "C" Extension).
//!
//! There are few that read it or change it, and they are told by their opcode. All others are the same wherever they
//! stand.

/// What an instruction does to the program counter. Distances are in bytes, from the instruction's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It goes to the next instruction, and does not read it.
    Plain,
    /// A conditional branch, with its word of four bytes, where the distance is left out.
    Branch { condition: u32, distance: i32 },
    /// `jal` or `c.j`, without a link.
    Jump { distance: i32 },
    /// `auipc`.
    Address { register: u32, high: i32 },
    /// `jalr` without a link, or `c.jr`.
    Indirect { base: u32, low: i32 },
    /// `jalr` with a link, or `c.jalr`.
    Call,
    /// It traps.
    Trap,
}

/// The instruction at an offset, and how many bytes it has; `None` where there is none, or a longer one.
pub(super) fn word(code: &[u8], at: usize) -> Option<(u32, u32)> {
    let half = |at: usize| Some(u32::from(u16::from_le_bytes([*code.get(at)?, *code.get(at + 1)?])));
    let low = half(at)?;
    if low & 3 != 3 {
        return Some((low, 2));
    }
    (low & 0x1c != 0x1c).then_some((low | half(at + 2)? << 16, 4))
}

/// What an instruction does; `None` where that is not known.
pub(super) fn form(word: u32, size: u32) -> Option<Form> {
    if size == 2 { short_form(word) } else { long_form(word) }
}

fn long_form(word: u32) -> Option<Form> {
    Some(match word & 0x7f {
        0x63 => Form::Branch { condition: word & !BRANCH_DISTANCE, distance: branch_distance(word) },
        0x6f if register(word) == 0 => Form::Jump { distance: jump_distance(word) },
        0x6f => return None,
        0x17 => Form::Address { register: register(word), high: (word & 0xffff_f000) as i32 },
        0x67 if register(word) == 0 => Form::Indirect { base: base(word), low: low(word) },
        0x67 => Form::Call,
        // `unimp`, which is `csrrw x0, cycle, x0`, and `ebreak`.
        0x73 if matches!(word, 0xc000_1073 | 0x0010_0073) => Form::Trap,
        _ => Form::Plain,
    })
}

fn short_form(word: u32) -> Option<Form> {
    let (first, second) = (word >> 7 & 31, word >> 2 & 31);
    Some(match (word & 3, word >> 13) {
        // An instruction of zeroes is illegal, and says so.
        (0, 0) if word == 0 => Form::Trap,
        (1, 0b101) => Form::Jump { distance: short_jump_distance(word) },
        (1, 0b110 | 0b111) => {
            let (register, is_not) = (8 + (word >> 7 & 7), word >> 13 & 1);
            Form::Branch { condition: 0x63 | is_not << 12 | register << 15, distance: short_branch_distance(word) }
        }
        (2, 0b100) if second == 0 => match (word >> 12 & 1, first) {
            (0, 0) => return None,
            (0, _) => Form::Indirect { base: first, low: 0 },
            (_, 0) => Form::Trap,
            _ => Form::Call,
        },
        _ => Form::Plain,
    })
}

/// The instruction of four bytes that does the same as one of two which computes; `None` for all others.
pub(super) fn expanded(word: u32) -> Option<u32> {
    let (first, second) = (word >> 7 & 31, word >> 2 & 31);
    let (one, other) = (8 + (word >> 7 & 7), 8 + (word >> 2 & 7));
    let constant = (((word >> 12 & 1) << 5 | second) << 26) as i32 >> 26;
    let with_constant = |opcode: u32, to: u32, from: u32| opcode | to << 7 | from << 15 | (constant as u32) << 20;
    let with_bits = |opcode: u32, of: u32| opcode | of << 7 | of << 15 | (constant as u32 & 63) << 20;
    Some(match (word & 3, word >> 13) {
        (1, 0b000) => with_constant(0x13, first, first),
        (1, 0b001) => with_constant(0x1b, first, first),
        (1, 0b010) => with_constant(0x13, first, 0),
        (1, 0b011) if first != 2 => 0x37 | first << 7 | (constant as u32) << 12,
        (1, 0b100) => match word >> 10 & 3 {
            0 => with_bits(0x5013, one),
            1 => with_bits(0x4000_5013, one),
            2 => with_constant(0x7013, one, one),
            _ => {
                const OPCODES: [Option<u32>; 8] = [
                    Some(0x4000_0033), // sub
                    Some(0x4033),      // xor
                    Some(0x6033),      // or
                    Some(0x7033),      // and
                    Some(0x4000_003b), // subw
                    Some(0x3b),        // addw
                    None,
                    None,
                ];
                let opcode = OPCODES[((word >> 12 & 1) << 2 | word >> 5 & 3) as usize]?;
                opcode | one << 7 | one << 15 | other << 20
            }
        },
        (2, 0b000) => with_bits(0x1013, first),
        (2, 0b100) if second != 0 && word >> 12 & 1 == 0 => 0x13 | first << 7 | second << 15,
        (2, 0b100) if second != 0 => 0x33 | first << 7 | first << 15 | second << 20,
        _ => return None,
    })
}

/// The register that an instruction of four bytes writes.
pub(super) fn register(word: u32) -> u32 {
    word >> 7 & 31
}

/// Its first operand.
pub(super) fn base(word: u32) -> u32 {
    word >> 15 & 31
}

/// Its second operand, if that is a register.
pub(super) fn operand(word: u32) -> u32 {
    word >> 20 & 31
}

/// Its operand of 12 bits, as loads, `addi` and `jalr` have.
pub(super) fn low(word: u32) -> i32 {
    word as i32 >> 20
}

/// Whether it adds such an operand to its first one, for an address: a load into an integer or float register, `addi`.
pub(super) fn adds_low(word: u32) -> bool {
    match word & 0x7f {
        0x03 => true,
        0x07 => matches!(word >> 12 & 7, 2 | 3),
        0x13 => word >> 12 & 7 == 0,
        _ => false,
    }
}

/// An `auipc` and an instruction after it, which reach so far from the first. `None` where that is too far.
pub(super) fn with_low(address: u32, user: u32, distance: i32) -> Option<(u32, u32)> {
    let high = distance.checked_add(0x800)? as u32 & 0xffff_f000;
    let low = (distance as u32).wrapping_sub(high);
    Some((address & 0xfff | high, user & 0xf_ffff | low << 20))
}

const BRANCH_DISTANCE: u32 = 0xfe00_0f80;

fn branch_distance(word: u32) -> i32 {
    let sign = (word as i32 >> 31) << 12;
    sign | ((word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 15) << 1) as i32
}

fn jump_distance(word: u32) -> i32 {
    let sign = (word as i32 >> 31) << 20;
    sign | ((word >> 12 & 0xff) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1) as i32
}

/// Places of a distance's bits in `c.j`: the bit of the word, and that of the distance. The last one is its sign.
const SHORT_JUMP: [(u32, u32); 11] =
    [(2, 5), (3, 1), (4, 2), (5, 3), (6, 7), (7, 6), (8, 10), (9, 8), (10, 9), (11, 4), (12, 11)];

/// The same in `c.beqz` and `c.bnez`.
const SHORT_BRANCH: [(u32, u32); 8] = [(2, 5), (3, 1), (4, 2), (5, 6), (6, 7), (10, 3), (11, 4), (12, 8)];

fn gathered(word: u32, places: &[(u32, u32)]) -> i32 {
    let bits = places.iter().fold(0, |bits, &(from, to)| bits | (word >> from & 1) << to);
    let sign = places.last().map_or(0, |&(_, sign)| 31 - sign);
    (bits << sign) as i32 >> sign
}

fn spread(distance: i32, places: &[(u32, u32)]) -> u32 {
    places.iter().fold(0, |bits, &(to, from)| bits | (distance as u32 >> from & 1) << to)
}

fn short_jump_distance(word: u32) -> i32 {
    gathered(word, &SHORT_JUMP)
}

fn short_branch_distance(word: u32) -> i32 {
    gathered(word, &SHORT_BRANCH)
}

/// Whether a distance, which is even, fits into so many bits with a sign.
fn fits(distance: i32, bits: u32) -> bool {
    (-(1 << (bits - 1))..1 << (bits - 1)).contains(&distance)
}

/// A branch on the opposite condition.
pub(super) fn inverse(condition: u32) -> u32 {
    condition ^ 1 << 12
}

/// `beq`, `bne`, ... over a distance.
pub(super) fn branch(condition: u32, distance: i32) -> Option<u32> {
    let bits = distance as u32;
    let distance = (bits >> 12 & 1) << 31 | (bits >> 5 & 0x3f) << 25 | (bits >> 1 & 15) << 8 | (bits >> 11 & 1) << 7;
    fits(bits as i32, 13).then_some(condition | distance)
}

/// `c.beqz` or `c.bnez` over a distance; `None` where they compare something else, or do not reach.
pub(super) fn short_branch(condition: u32, distance: i32) -> Option<u32> {
    fits(distance, 9).then_some(short_condition(condition)? | spread(distance, &SHORT_BRANCH))
}

/// `c.beqz` or `c.bnez`, the distance left out; `None` where they compare something else.
pub(super) fn short_condition(condition: u32) -> Option<u32> {
    let register = match (base(condition), operand(condition)) {
        (register, 0) | (0, register) => register,
        _ => return None,
    };
    let is_not = match condition >> 12 & 7 {
        0 => 0,
        1 => 1 << 13,
        _ => return None,
    };
    (8..16).contains(&register).then_some(0xc001 | is_not | (register - 8) << 7)
}

/// `jal x0` over a distance.
pub(super) fn jump(distance: i32) -> Option<u32> {
    let bits = distance as u32;
    let distance =
        (bits >> 20 & 1) << 31 | (bits >> 1 & 0x3ff) << 21 | (bits >> 11 & 1) << 20 | (bits >> 12 & 0xff) << 12;
    fits(bits as i32, 21).then_some(0x6f | distance)
}

/// `c.j` over a distance.
pub(super) fn short_jump(distance: i32) -> Option<u32> {
    fits(distance, 12).then_some(0xa001 | spread(distance, &SHORT_JUMP))
}
