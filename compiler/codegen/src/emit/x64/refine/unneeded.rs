//! Takes out instructions whose results nothing needs.

use super::code::Code;
use super::effects;
use super::liveness::{self, Blocks};
use super::words::{has_memory, is_of_frame};
use iced_x86::{Instruction, Mnemonic, OpKind};

/// Takes out what makes values that are not needed.
pub(super) fn remove(code: &mut Code<'_>, blocks: &Blocks) {
    let after = liveness::after(code, blocks);
    for block in 0..blocks.starts.len() {
        let items = blocks.items(block, code);
        let Some(last) = items.clone().last() else { continue };
        let mut needed = after[last];
        for number in items.rev() {
            let item = &code.items[number];
            if item.is_there() && !item.can_trap && item.effects.writes & needed == 0 && is_pure(&item.instruction) {
                code.drop(number);
                continue;
            }
            let effects = item.effects;
            needed = needed & !effects.kills | effects.reads;
        }
    }
}

/// Whether an instruction does nothing but write registers and flags that are followed.
fn is_pure(instruction: &Instruction) -> bool {
    let does = match instruction.mnemonic() {
        Mnemonic::Mov | Mnemonic::Movzx | Mnemonic::Movsx | Mnemonic::Movsxd => is_in_frame_or_register(instruction),
        Mnemonic::Lea
        | Mnemonic::Xor
        | Mnemonic::And
        | Mnemonic::Or
        | Mnemonic::Add
        | Mnemonic::Sub
        | Mnemonic::Shl
        | Mnemonic::Shr
        | Mnemonic::Sar
        | Mnemonic::Cmp
        | Mnemonic::Test => is_of_registers(instruction),
        _ => false,
    };
    does && is_followed(instruction)
}

/// Whether all registers that it names are followed, and it writes none that is there for the frame.
fn is_followed(instruction: &Instruction) -> bool {
    let is_frame =
        instruction.op0_kind() == OpKind::Register && effects::bit(instruction.op0_register()) & effects::FRAME != 0;
    let mut operands = 0..instruction.op_count();
    !is_frame
        && operands.all(|operand| {
            let is_register = instruction.op_kind(operand) == OpKind::Register;
            !is_register || effects::bit(instruction.op_register(operand)) != 0
        })
}

/// Whether it has no memory operand, or only computes its address.
fn is_of_registers(instruction: &Instruction) -> bool {
    instruction.mnemonic() == Mnemonic::Lea || !has_memory(instruction)
}

/// Whether it writes a register, from another one, a constant or the frame.
fn is_in_frame_or_register(instruction: &Instruction) -> bool {
    let writes_register = instruction.op0_kind() == OpKind::Register;
    writes_register && (instruction.op1_kind() != OpKind::Memory || is_of_frame(instruction))
}
