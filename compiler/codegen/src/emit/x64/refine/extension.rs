//! Registers whose upper half is zero: instructions of 32 bits clear it. So a move of 32 bits that is there to clear it
//! is none, or a copy of all 64 bits, which `copies.rs` may avoid. Slots of the frame keep what registers have.

use super::code::Code;
use super::effects::{self, GENERAL, Set};
use super::liveness::{self, Blocks};
use super::words::{copy, is_of_frame};
use iced_x86::{Code as Opcode, Instruction, Mnemonic, OpKind, Register};

/// Rounds after which nothing is known, so that no function takes quadratic time.
const ROUNDS: usize = 16;

/// What has an upper half of zeroes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Clear {
    registers: Set,
    /// Slots of 8 bytes from the stack pointer on, a bit for each of the first.
    slots: u128,
}

impl Clear {
    const NOTHING: Self = Self { registers: 0, slots: 0 };
    const EVERYTHING: Self = Self { registers: GENERAL, slots: u128::MAX };

    fn has(self, register: Register) -> bool {
        self.registers & effects::bit(register) & GENERAL != 0
    }
}

/// Removes extensions of what is extended.
pub(super) fn remove(code: &mut Code<'_>, blocks: &Blocks) {
    // Who has an address in the frame may write there.
    let has_addresses = code
        .items
        .iter()
        .any(|item| item.is_there() && item.instruction.mnemonic() == Mnemonic::Lea && is_of_frame(&item.instruction));
    let Some(at_start) = settle(code, blocks, !has_addresses) else { return };
    for (block, &clear) in at_start.iter().enumerate() {
        let mut clear = clear;
        for number in blocks.items(block, code) {
            if !code.items[number].is_there() {
                continue;
            }
            let instruction = code.items[number].instruction;
            let after = after(code, number, clear, !has_addresses);
            if let Some((to, from)) = copy(&instruction, Opcode::Mov_r32_rm32, Opcode::Mov_rm32_r32)
                && clear.has(from)
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

/// What has an upper half of zeroes at the start of each block.
fn settle(code: &Code<'_>, blocks: &Blocks, follows_slots: bool) -> Option<Vec<Clear>> {
    let is_entry = |block: usize| code.items[blocks.starts[block]].is_entry;
    let at_first = |block: usize| match block {
        0 => Clear { registers: code.calls().extended, slots: 0 },
        _ if is_entry(block) => Clear::NOTHING,
        _ => Clear::EVERYTHING,
    };
    let mut at_start: Vec<Clear> = (0..blocks.starts.len()).map(at_first).collect();
    for _ in 0..ROUNDS {
        let mut is_settled = true;
        for block in 0..blocks.starts.len() {
            let mut clear = at_start[block];
            for number in blocks.items(block, code) {
                clear = after(code, number, clear, follows_slots);
            }
            for &next in blocks.next[block].iter().flatten() {
                let known = at_start[next];
                let met = Clear { registers: known.registers & clear.registers, slots: known.slots & clear.slots };
                is_settled &= met == known;
                at_start[next] = met;
            }
        }
        if is_settled {
            return Some(at_start);
        }
    }
    None
}

/// What has an upper half of zeroes after an item.
fn after(code: &Code<'_>, number: usize, clear: Clear, follows_slots: bool) -> Clear {
    let item = &code.items[number];
    if !item.is_there() {
        return clear;
    }
    let slots = if follows_slots { slots_after(&item.instruction, item.effects.writes, clear) } else { 0 };
    Clear { registers: registers_after(&item.instruction, item.effects.writes, clear), slots }
}

/// The bit of the slot that an address of the frame is; `None` for those that are not followed.
fn slot(instruction: &Instruction) -> Option<u128> {
    let offset = instruction.memory_displacement64();
    let is_followed = instruction.memory_base() == Register::RSP && offset.is_multiple_of(8) && offset < 128 * 8;
    is_followed.then(|| 1 << (offset / 8))
}

/// The register of 64 bits that an instruction stores.
fn stored(instruction: &Instruction) -> Option<Register> {
    let is_store = instruction.code() == Opcode::Mov_rm64_r64 && instruction.op0_kind() == OpKind::Memory;
    is_store.then(|| instruction.op1_register())
}

fn slots_after(instruction: &Instruction, writes: Set, clear: Clear) -> u128 {
    if writes & effects::bit(Register::RSP) != 0 && !liveness::is_call(instruction) {
        return 0;
    }
    let stores = instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Memory && is_of_frame(instruction);
    if !stores || matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test) {
        return clear.slots;
    }
    match (stored(instruction), slot(instruction)) {
        (Some(register), Some(slot)) if clear.has(register) => clear.slots | slot,
        (Some(_), Some(slot)) => clear.slots & !slot,
        // By other sizes, or elsewhere.
        _ => 0,
    }
}

fn registers_after(instruction: &Instruction, writes: Set, clear: Clear) -> Set {
    let mut after = clear.registers & !writes;
    if instruction.op_count() == 0 || instruction.op0_kind() != OpKind::Register {
        return after;
    }
    let register = instruction.op0_register();
    let bit = effects::bit(register) & GENERAL & writes;
    let becomes_clear = match (register.size(), instruction.mnemonic()) {
        // A source of 0 leaves these undefined.
        (_, Mnemonic::Bsf | Mnemonic::Bsr) => false,
        (4, _) => true,
        // Parts of registers leave the rest.
        (1 | 2, _) => clear.registers & bit != 0,
        (8, Mnemonic::Movzx) => true,
        (8, Mnemonic::Xor) => instruction.op1_kind() == OpKind::Register && instruction.op1_register() == register,
        (8, Mnemonic::Mov) => match instruction.op1_kind() {
            OpKind::Register => clear.has(instruction.op1_register()),
            OpKind::Memory => is_of_frame(instruction) && slot(instruction).is_some_and(|slot| clear.slots & slot != 0),
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
