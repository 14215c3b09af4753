//! Instructions that have a shorter equivalent wherever they lie.
//!
//! A replacement leaves every register, flag and byte of memory as the original does, faults where the original faults,
//! and is not slower. No rule looks at instructions whose fields a relocation provides or whose operand is relative to
//! the instruction pointer.
//!
//! To add a rule: a line in [`shorter`], and an example of it in the tests.

/// Bytes of the longest instruction.
const LONGEST: usize = 15;

/// An encoded instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    bytes: [u8; LONGEST],
    len: u8,
}

impl Encoding {
    /// `None` where the parts are longer than an instruction can be.
    fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut encoding = Self { bytes: [0; LONGEST], len: 0 };
        for part in parts {
            let start = usize::from(encoding.len);
            encoding.bytes.get_mut(start..start + part.len())?.copy_from_slice(part);
            encoding.len += part.len() as u8;
        }
        Some(encoding)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The shorter equivalent of an instruction.
pub(super) fn shorter(instruction: &[u8]) -> Option<Encoding> {
    let (prefix, rest) = split(instruction, |byte| matches!(byte, 0x66 | 0xf3));
    let (rex, opcode) = split(rest, |byte| byte & 0xf0 == 0x40);
    match (prefix, opcode) {
        // An operation with imm32, an imul with imm32: bit 1 of the opcode makes it an imm8.
        ([], [code @ (0x81 | 0x69), operands @ .., i0, i1, i2, i3]) => {
            let immediate = i8::try_from(i32::from_le_bytes([*i0, *i1, *i2, *i3])).ok()?;
            Encoding::new(&[rex, &[code | 2], operands, &immediate.to_le_bytes()])
        }
        // test r, imm32 where bits 7 to 31 are clear: test r8, imm8. Without REX, numbers 4 to 7 are ah to bh.
        ([], [0xf7, register @ 0xc0..=0xc7, immediate @ 0..=0x7f, 0, 0, 0]) => {
            let rex: &[u8] = if rex.is_empty() && *register >= 0xc4 { &[0x40] } else { rex };
            Encoding::new(&[rex, &[0xf6, *register, *immediate]])
        }
        ([], [0xa9, immediate @ 0..=0x7f, 0, 0, 0]) => Encoding::new(&[rex, &[0xa8, *immediate]]),
        // Moves and bitwise operations of whole vectors: the type of the lanes makes no difference, and that of singles
        // needs no prefix.
        ([0x66], [0x0f, code @ (0x10 | 0x11 | 0x28 | 0x29 | 0x54..=0x57), operands @ ..]) => {
            Encoding::new(&[rex, &[0x0f, *code], operands])
        }
        ([0x66], [0x0f, 0x6f, operands @ ..]) => Encoding::new(&[rex, &[0x0f, 0x28], operands]),
        ([0x66], [0x0f, 0x7f, operands @ ..]) => Encoding::new(&[rex, &[0x0f, 0x29], operands]),
        ([0xf3], [0x0f, 0x6f, operands @ ..]) => Encoding::new(&[rex, &[0x0f, 0x10], operands]),
        ([0xf3], [0x0f, 0x7f, operands @ ..]) => Encoding::new(&[rex, &[0x0f, 0x11], operands]),
        _ => None,
    }
}

/// Takes the first byte off where it is a prefix.
fn split(bytes: &[u8], is_prefix: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    bytes.split_at(usize::from(bytes.first().is_some_and(|&byte| is_prefix(byte))))
}

/// What [`epilogue`] finds, in one instruction: `leave`.
pub(super) fn leave() -> Encoding {
    let mut bytes = [0; LONGEST];
    bytes[0] = 0xc9;
    Encoding { bytes, len: 1 }
}

/// The number of bytes in which a frame is torn down before `ret`: `mov rsp, rbp; pop rbp`, perhaps after an addition
/// to `rsp`, whose result is overwritten and whose flags no caller looks at.
pub(super) fn epilogue(code: &[u8]) -> Option<u32> {
    match code {
        [0x48, 0x89, 0xec, 0x5d, 0xc3, ..] => Some(4),
        [0x48, 0x83, 0xc4, _, 0x48, 0x89, 0xec, 0x5d, 0xc3, ..] => Some(8),
        [0x48, 0x81, 0xc4, _, _, _, _, 0x48, 0x89, 0xec, 0x5d, 0xc3, ..] => Some(11),
        _ => None,
    }
}
