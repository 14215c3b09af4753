//! Instructions that set up a frame or take it down.

use super::registers::{FP, SP};

/// Such an instruction. Offsets are in bytes from the stack pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Adds to the stack pointer.
    Adjust(i32),
    /// Stores a register.
    Save(u32, i32),
    /// Loads a register.
    Load(u32, i32),
    /// Makes the frame pointer, from the stack pointer.
    SetFrame(i32),
}

/// `addi sp, sp, 0`.
const ADJUST: u32 = 0x13 | SP << 7 | SP << 15;
/// `addi s0, sp, 0`.
const SET_FRAME: u32 = 0x13 | FP << 7 | SP << 15;
/// `c.mv s0, sp`.
const COPY_TO_FRAME: u32 = 0x8002 | FP << 7 | SP << 2;
/// `sd x0, 0(sp)`.
const SAVE: u32 = 0x3023 | SP << 15;
/// `ld x0, 0(sp)`.
const LOAD: u32 = 0x3003 | SP << 15;

/// Places of an operand's bits in instructions of two bytes: the bit of the word, and that of the operand.
const SHORT_ADJUST: [(u32, u32); 6] = [(6, 4), (2, 5), (5, 6), (3, 7), (4, 8), (12, 9)];
const SHORT_SET_FRAME: [(u32, u32); 8] = [(6, 2), (5, 3), (11, 4), (12, 5), (7, 6), (8, 7), (9, 8), (10, 9)];
const SHORT_SAVE: [(u32, u32); 6] = [(10, 3), (11, 4), (12, 5), (7, 6), (8, 7), (9, 8)];
const SHORT_LOAD: [(u32, u32); 6] = [(5, 3), (6, 4), (12, 5), (2, 6), (3, 7), (4, 8)];

/// The instructions of two bytes, with operands left out: `c.addi16sp`, `c.addi4spn s0`, `c.sdsp`, `c.ldsp`.
const SHORT_WORDS: [u32; 4] = [0x6101, 0x0000, 0xe002, 0x6002];

fn spread(value: i32, places: &[(u32, u32)]) -> u32 {
    places.iter().fold(0, |bits, &(to, from)| bits | (value as u32 >> from & 1) << to)
}

fn gathered(word: u32, places: &[(u32, u32)]) -> i32 {
    places.iter().fold(0, |bits, &(from, to)| bits | (word >> from & 1) << to) as i32
}

/// The bits at some places.
fn mask(places: &[(u32, u32)]) -> u32 {
    places.iter().fold(0, |bits, &(to, _)| bits | 1 << to)
}

impl Step {
    /// The step that an instruction is.
    pub fn of(word: u32, size: u32) -> Option<Self> {
        if size == 2 { Self::of_short(word) } else { Self::of_long(word) }
    }

    fn of_long(word: u32) -> Option<Self> {
        let low = word as i32 >> 20;
        if word & 0xf_ffff == ADJUST {
            return Some(Self::Adjust(low));
        }
        if word & 0xf_ffff == SET_FRAME {
            return Some(Self::SetFrame(low));
        }
        if word & 0xf_f07f == LOAD {
            return Some(Self::Load(word >> 7 & 31, low));
        }
        let offset = low & !31 | (word >> 7 & 31) as i32;
        (word & 0xf_f07f == SAVE).then_some(Self::Save(word >> 20 & 31, offset))
    }

    fn of_short(word: u32) -> Option<Self> {
        if word == COPY_TO_FRAME {
            return Some(Self::SetFrame(0));
        }
        let [adjust, set_frame, save, load] = SHORT_WORDS;
        if word & !mask(&SHORT_ADJUST) == adjust {
            let bytes = gathered(word, &SHORT_ADJUST);
            return Some(Self::Adjust(bytes << 22 >> 22));
        }
        if word & !mask(&SHORT_SET_FRAME) == set_frame && word != 0 {
            return Some(Self::SetFrame(gathered(word, &SHORT_SET_FRAME)));
        }
        if word & !mask(&SHORT_SAVE) & !(31 << 2) == save {
            return Some(Self::Save(word >> 2 & 31, gathered(word, &SHORT_SAVE)));
        }
        (word & !mask(&SHORT_LOAD) & !(31 << 7) == load)
            .then(|| Self::Load(word >> 7 & 31, gathered(word, &SHORT_LOAD)))
    }

    /// What it adds to the stack pointer.
    pub fn adjustment(self) -> Option<i32> {
        match self {
            Self::Adjust(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Its instruction, and the bytes that has: two where there is such a one and they are `compressed`. Operands fit
    /// into 12 bits.
    pub fn encoded(self, compressed: bool) -> (u32, u32) {
        let long = match self {
            Self::Adjust(bytes) => ADJUST | (bytes as u32) << 20,
            Self::SetFrame(offset) => SET_FRAME | (offset as u32) << 20,
            Self::Load(register, offset) => LOAD | register << 7 | (offset as u32) << 20,
            Self::Save(register, offset) => {
                SAVE | register << 20 | (offset as u32 >> 5) << 25 | (offset as u32 & 31) << 7
            }
        };
        let [adjust, set_frame, save, load] = SHORT_WORDS;
        let short = match self {
            Self::Adjust(bytes) => adjust | spread(bytes, &SHORT_ADJUST),
            Self::SetFrame(0) => COPY_TO_FRAME,
            Self::SetFrame(offset) => set_frame | spread(offset, &SHORT_SET_FRAME),
            Self::Load(register, offset) => load | register << 7 | spread(offset, &SHORT_LOAD),
            Self::Save(register, offset) => save | register << 2 | spread(offset, &SHORT_SAVE),
        };
        if compressed && Self::of_short(short) == Some(self) { (short, 2) } else { (long, 4) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::rv64::registers::RA;

    /// Assembled by `llvm-mc`.
    #[test]
    fn steps_are_the_instructions_that_they_say() {
        let steps = [
            (Step::Adjust(-16), 0x717d, 0xff01_0113),
            (Step::Adjust(496), 0x617d, 0x1f01_0113),
            (Step::Adjust(-512), 0x7101, 0xe001_0113),
            (Step::Save(RA, 8), 0xe406, 0x0011_3423),
            (Step::Save(FP, 504), 0xffa2, 0x1e81_3c23),
            (Step::Load(RA, 8), 0x60a2, 0x0081_3083),
            (Step::Load(FP, 504), 0x747e, 0x1f81_3403),
            (Step::SetFrame(0), 0x840a, 0x0001_0413),
            (Step::SetFrame(1020), 0x1fe0, 0x3fc1_0413),
        ];
        for (step, short, long) in steps {
            assert_eq!(step.encoded(true), (short, 2), "{step:?}");
            assert_eq!(step.encoded(false), (long, 4), "{step:?}");
            assert_eq!([Step::of(short, 2), Step::of(long, 4)], [Some(step); 2], "{step:?}");
        }
        let long = [Step::Adjust(512), Step::Save(RA, 512), Step::Load(RA, 1024), Step::SetFrame(1024)];
        for step in long {
            assert_eq!(step.encoded(true).1, 4, "{step:?}");
            assert_eq!(Step::of(step.encoded(true).0, 4), Some(step));
        }
    }
}
