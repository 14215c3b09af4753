//! Values of the frame that a register still holds: what has been stored from it, or loaded to it, is not loaded again.

use super::code::Code;
use super::effects::{self, Set};
use super::liveness::{self, Blocks};
use super::words::is_of_frame;
use iced_x86::{Code as Opcode, Instruction, OpKind, Register};

/// Slots that are followed at once.
const MAX_KNOWN: usize = 8;

/// A slot of the frame, by its address, and a register with what it holds.
type Known = (Slot, Register);

/// Bytes from a register that is there for the frame.
pub(super) type Slot = (Register, u64);

/// Takes from registers what is loaded again.
pub(super) fn reuse(code: &mut Code<'_>, blocks: &Blocks) {
    let mut known: Vec<Known> = Vec::new();
    for block in 0..blocks.starts.len() {
        for number in blocks.items(block, code) {
            let item = &code.items[number];
            if item.is_reached || item.is_data {
                known.clear();
            }
            if !item.is_there() {
                continue;
            }
            let instruction = item.instruction;
            if let Some((register, slot)) = load(&instruction)
                && let Some(&(_, holder)) = known.iter().find(|(of, _)| *of == slot)
            {
                if holder == register {
                    code.drop(number);
                    continue;
                }
                if let Ok(copy) = Instruction::with2(Opcode::Mov_r64_rm64, register, holder) {
                    let _ = code.replace(number, copy, None);
                }
            }
            forget(code, number, &instruction, &mut known);
            if let Some((register, slot)) = load(&instruction).or_else(|| store(&instruction)) {
                if known.len() == MAX_KNOWN {
                    known.remove(0);
                }
                known.push((slot, register));
            }
        }
    }
}

/// Forgets what an instruction changes.
fn forget(code: &Code<'_>, number: usize, instruction: &Instruction, known: &mut Vec<Known>) {
    let writes: Set = code.items[number].effects.writes;
    if writes & effects::FRAME != 0 || liveness::is_call(instruction) {
        // A function that is called may have addresses of slots.
        known.clear();
        return;
    }
    let may_store = instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Memory;
    known.retain(|(slot, register)| {
        let is_same = effects::bit(*register) & writes == 0;
        let is_stored = may_store && !is_apart(instruction, *slot);
        is_same && !is_stored
    });
}

/// Whether a store leaves a slot as it is: it goes to another one, or to memory of the program, which is elsewhere.
fn is_apart(instruction: &Instruction, (base, offset): Slot) -> bool {
    if !is_of_frame(instruction) {
        // What has the address of a slot is no access of the program.
        return is_of_program(instruction);
    }
    let stored = instruction.memory_displacement64();
    let size = instruction.memory_size().size() as u64;
    instruction.memory_base() == base
        && (stored.wrapping_sub(offset) as i64 >= 8 || offset.wrapping_sub(stored) as i64 >= size as i64)
}

/// Whether an address is that of a linear memory at a displacement of its own.
fn is_of_program(instruction: &Instruction) -> bool {
    instruction.memory_base() == Register::None || instruction.memory_displacement64() as i64 >= 0x1_0000
}

/// A load of 64 bits from the frame.
pub(super) fn load(instruction: &Instruction) -> Option<(Register, Slot)> {
    let is_load = instruction.code() == Opcode::Mov_r64_rm64 && instruction.op1_kind() == OpKind::Memory;
    let slot = (instruction.memory_base(), instruction.memory_displacement64());
    (is_load && is_of_frame(instruction)).then(|| (instruction.op0_register(), slot))
}

/// A store of 64 bits to the frame.
pub(super) fn store(instruction: &Instruction) -> Option<(Register, Slot)> {
    let is_store = instruction.code() == Opcode::Mov_rm64_r64 && instruction.op0_kind() == OpKind::Memory;
    let slot = (instruction.memory_base(), instruction.memory_displacement64());
    (is_store && is_of_frame(instruction)).then(|| (instruction.op1_register(), slot))
}
