//! What several rules ask of an instruction.

use iced_x86::{Code as Opcode, Instruction, MemoryOperand, OpKind, Register};

/// Whether an operand is memory, or an address that is only computed.
pub(super) fn has_memory(instruction: &Instruction) -> bool {
    (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory)
}

/// The memory operand of an instruction, for another one.
pub(super) fn memory_operand(of: &Instruction) -> MemoryOperand {
    MemoryOperand::new(
        of.memory_base(),
        of.memory_index(),
        of.memory_index_scale(),
        of.memory_displacement64() as i64,
        of.memory_displ_size(),
        false,
        Register::None,
    )
}

/// Whether an operand is a constant of 32 or 64 bits.
pub(super) fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate8to32
            | OpKind::Immediate8to64
            | OpKind::Immediate32
            | OpKind::Immediate32to64
            | OpKind::Immediate64
    )
}

/// Whether a register is there for the frame.
pub(super) fn is_frame(register: Register) -> bool {
    matches!(register, Register::RSP | Register::RBP)
}

/// Whether its memory operand is a slot of the frame.
pub(super) fn is_of_frame(instruction: &Instruction) -> bool {
    is_frame(instruction.memory_base()) && instruction.memory_index() == Register::None
}

/// Whether it accesses no memory but slots of the frame.
pub(super) fn stays_in_frame(instruction: &Instruction) -> bool {
    !has_memory(instruction) || is_of_frame(instruction)
}

/// The registers of an instruction between two, such as a move, as one of two opcodes: of a move, where to, and where
/// from.
pub(super) fn copy(instruction: &Instruction, load: Opcode, store: Opcode) -> Option<(Register, Register)> {
    let is_of_registers = instruction.op0_kind() == OpKind::Register && instruction.op1_kind() == OpKind::Register;
    let is_copy = is_of_registers && (instruction.code() == load || instruction.code() == store);
    is_copy.then(|| (instruction.op0_register(), instruction.op1_register()))
}

/// The lowest byte of a general register.
pub(super) fn low_byte(register: Register) -> Register {
    let number = register.number() as u32;
    // AL, CL, DL, BL, then AH, CH, DH, BH, then SPL and on.
    if number < 4 { Register::AL + number } else { Register::SPL + (number - 4) }
}

/// The part of `register` that has the size of `like`; `None` for the second byte of a register.
pub(super) fn of_size(register: Register, like: Register) -> Option<Register> {
    match like.size() {
        8 => Some(register),
        4 => Some(register.full_register32()),
        2 => Some(Register::AX + register.number() as u32),
        1 if matches!(like, Register::AH | Register::BH | Register::CH | Register::DH) => None,
        1 => Some(low_byte(register)),
        _ => None,
    }
}
