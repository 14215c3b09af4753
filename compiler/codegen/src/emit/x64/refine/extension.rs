//! Registers whose upper half is zero: instructions of 32 bits clear it. So a move of 32 bits that is there to clear it
//! is none, or a copy of all 64 bits, which `copies.rs` may avoid.

use super::code::Code;
use super::effects::{self, Set};
use super::liveness::Blocks;
use iced_x86::{Code as Opcode, Instruction, Mnemonic, OpKind};

const GENERAL: Set = 0xffff;

/// Rounds after which nothing is known, so that no function takes quadratic time.
const ROUNDS: usize = 16;

/// Removes extensions of what is extended.
pub(super) fn remove(code: &mut Code<'_>) {
    let blocks = Blocks::of(code);
    let Some(at_start) = settle(code, &blocks) else { return };
    for (block, &clear) in at_start.iter().enumerate() {
        let mut clear = clear;
        for number in blocks.items(block, code) {
            if !code.items[number].is_there() {
                continue;
            }
            let instruction = code.items[number].instruction;
            let after = after(code, number, clear);
            if let Some((to, from)) = copy(&instruction, Opcode::Mov_r32_rm32, Opcode::Mov_rm32_r32)
                && clear & effects::bit(from) != 0
            {
                if to == from {
                    code.drop(number);
                } else if let Ok(whole) =
                    Instruction::with2(Opcode::Mov_r64_rm64, to.full_register(), from.full_register())
                {
                    let _ = code.replace(number, whole, None);
                }
            }
            clear = after;
        }
    }
}

/// The registers of a move between two, as one of two opcodes: where to, and where from.
pub(super) fn copy(
    instruction: &Instruction,
    load: Opcode,
    store: Opcode,
) -> Option<(iced_x86::Register, iced_x86::Register)> {
    let is_of_registers = instruction.op0_kind() == OpKind::Register && instruction.op1_kind() == OpKind::Register;
    let is_copy = is_of_registers && (instruction.code() == load || instruction.code() == store);
    is_copy.then(|| (instruction.op0_register(), instruction.op1_register()))
}

/// The registers whose upper half is zero at the start of each block.
fn settle(code: &Code<'_>, blocks: &Blocks) -> Option<Vec<Set>> {
    let is_entry = |block: usize| code.items[blocks.starts[block]].is_entry;
    let mut at_start: Vec<Set> =
        (0..blocks.starts.len()).map(|block| if is_entry(block) { 0 } else { GENERAL }).collect();
    for _ in 0..ROUNDS {
        let mut is_settled = true;
        for block in 0..blocks.starts.len() {
            let mut clear = at_start[block];
            for number in blocks.items(block, code) {
                clear = after(code, number, clear);
            }
            for &next in blocks.next[block].iter().flatten() {
                let met = at_start[next] & clear;
                is_settled &= met == at_start[next];
                at_start[next] = met;
            }
        }
        if is_settled {
            return Some(at_start);
        }
    }
    None
}

/// The registers whose upper half is zero after an item.
fn after(code: &Code<'_>, number: usize, clear: Set) -> Set {
    let item = &code.items[number];
    if !item.is_there() {
        return clear;
    }
    let instruction = &item.instruction;
    let mut after = clear & !item.effects.writes;
    if instruction.op_count() == 0 || instruction.op0_kind() != OpKind::Register {
        return after;
    }
    let register = instruction.op0_register();
    let bit = effects::bit(register) & GENERAL & item.effects.writes;
    let becomes_clear = match (register.size(), instruction.mnemonic()) {
        // A source of 0 leaves these undefined.
        (_, Mnemonic::Bsf | Mnemonic::Bsr) => false,
        (4, _) => true,
        // Parts of registers leave the rest.
        (1 | 2, _) => clear & bit != 0,
        (8, Mnemonic::Movzx) => true,
        (8, Mnemonic::Xor) => instruction.op1_kind() == OpKind::Register && instruction.op1_register() == register,
        (8, Mnemonic::Mov) => match instruction.op1_kind() {
            OpKind::Register => clear & effects::bit(instruction.op1_register()) & GENERAL != 0,
            OpKind::Immediate64 | OpKind::Immediate32to64 => instruction.immediate(1) >> 32 == 0,
            _ => false,
        },
        _ => false,
    };
    if becomes_clear {
        after |= bit;
    }
    after
}
