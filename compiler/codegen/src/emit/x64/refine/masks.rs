//! Masks of bytes for comparisons that look at a byte alone.
//!
//! ```text
//! mov rbx, r11 ; and ebx, 255 ; cmp [rdi], bl  =>  cmp [rdi], r11b
//! ```

use super::code::Code;
use super::effects::{self, Set};
use super::words::{copy, low_byte};
use iced_x86::{Code as Opcode, Mnemonic, OpKind, Register};

/// How far back what makes a value is looked for.
const WINDOW: usize = 8;

/// Whether an instruction leaves the lowest byte of a register and clears the others.
pub(super) fn is_mask(code: &Code<'_>, number: usize) -> bool {
    let instruction = &code.items[number].instruction;
    instruction.mnemonic() == Mnemonic::And
        && instruction.op0_kind() == OpKind::Register
        && instruction.op0_register().size() == 4
        && instruction.op1_kind() == OpKind::Immediate32
        && instruction.immediate32() == 0xff
}

/// The last instruction of the block before `number` that writes a register, if no other reads it between.
fn maker(code: &Code<'_>, number: usize, register: Set) -> Option<usize> {
    for maker in (number.saturating_sub(WINDOW)..number).rev() {
        let item = &code.items[maker];
        if item.is_there() && item.effects.writes & register != 0 {
            return Some(maker);
        }
        let is_start = item.is_leader || item.is_data || code.items[number].is_leader;
        if is_start || item.is_there() && item.effects.reads & register != 0 {
            return None;
        }
    }
    None
}

/// Has a comparison at `user` take the byte `register` without the mask that made it.
pub(super) fn avoid(code: &mut Code<'_>, after: &[Set], user: usize, register: Register) -> Option<()> {
    let bit = effects::bit(register);
    let mask = maker(code, user, bit).filter(|&mask| is_mask(code, mask))?;
    if after[user] & bit != 0 || after[mask] & effects::FLAGS != 0 {
        return None;
    }
    let copied = maker(code, mask, bit)?;
    let (_, from) = copy(&code.items[copied].instruction, Opcode::Mov_r64_rm64, Opcode::Mov_rm64_r64)?;
    let original = effects::bit(from);
    // It is needed afterwards anyway, so that it is no other value's register meanwhile.
    let is_same = code.items[copied..user].iter().all(|item| item.effects.writes & original == 0);
    if !is_same || after[user] & original == 0 || original & effects::FRAME != 0 {
        return None;
    }
    let mut taking = code.items[user].instruction;
    if [taking.memory_base(), taking.memory_index()].iter().any(|&register| effects::bit(register) == bit) {
        return None;
    }
    for operand in 0..taking.op_count() {
        if taking.op_kind(operand) == OpKind::Register && effects::bit(taking.op_register(operand)) == bit {
            taking.set_op_register(operand, low_byte(from));
        }
    }
    let place = code.items[user].place();
    code.replace(user, taking, place)?;
    code.drop(mask);
    code.drop(copied);
    Some(())
}
