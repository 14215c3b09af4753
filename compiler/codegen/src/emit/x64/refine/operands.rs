//! Loads for a single instruction that can take its operand from memory. Cranelift has such instructions, but loads for
//! none that a branch depends on, and none of less than 32 bits.
//!
//! ```text
//! mov eax, [rcx] ; cmp eax, edx           =>  cmp [rcx], edx
//! movzx eax, byte ptr [rcx] ; cmp eax, 9  =>  cmp byte ptr [rcx], 9    for conditions of equal or unsigned values
//! mov rax, [rcx] ; mov rdi, rbx ; call rax  =>  mov rdi, rbx ; call [rcx]
//! ```
//!
//! The load moves down to the instruction over copies between registers and stores to the frame, which no access of the
//! program reaches; its trap moves with it.

use super::code::Code;
use super::effects::{self, Set};
use super::flags;
use super::liveness::{self, Blocks};
use super::masks;
use super::words::{has_memory, is_immediate, is_of_frame, low_byte, memory_operand, stays_in_frame};
use crate::code::Relocation;
use iced_x86::{Code as Opcode, ConditionCode, Instruction, MemoryOperand, Mnemonic, OpKind, Register};

/// How many instructions a load moves over, and how far back a byte is looked for.
const WINDOW: usize = 8;

/// Conditions of values that are equal, or compared without sign.
const UNSIGNED: [ConditionCode; 6] =
    [ConditionCode::e, ConditionCode::ne, ConditionCode::a, ConditionCode::ae, ConditionCode::b, ConditionCode::be];

/// Makes loads part of the instructions that need them.
pub(super) fn fuse(code: &mut Code<'_>, blocks: &Blocks) {
    let after = liveness::after(code, blocks);
    for block in 0..blocks.starts.len() {
        let items = blocks.items(block, code);
        for number in items.clone() {
            if let Some(load) = Load::of(code, number)
                && load.fuse(code, &after, items.end).is_none()
            {
                let _ = load.call(code, &after, items.end);
            }
        }
    }
}

/// A load of a general register.
struct Load {
    number: usize,
    instruction: Instruction,
    relocation: Option<Relocation>,
    register: Register,
    /// Bytes in memory: 1, 4 or 8.
    size: usize,
}

impl Load {
    fn of(code: &Code<'_>, number: usize) -> Option<Self> {
        let item = &code.items[number];
        let instruction = item.instruction;
        if !item.is_there() || instruction.op_count() != 2 || instruction.op1_kind() != OpKind::Memory {
            return None;
        }
        let size = match instruction.code() {
            Opcode::Mov_r32_rm32 => 4,
            Opcode::Mov_r64_rm64 => 8,
            Opcode::Movzx_r32_rm8 | Opcode::Movzx_r64_rm8 => 1,
            _ => return None,
        };
        let relocation = item.place();
        if instruction.is_ip_rel_memory_operand() && relocation.is_none() {
            return None;
        }
        Some(Self { number, instruction, relocation, register: instruction.op0_register(), size })
    }

    fn fuse(&self, code: &mut Code<'_>, after: &[Set], end: usize) -> Option<()> {
        let loaded = effects::bit(self.register);
        let address = effects::bit(self.instruction.memory_base()) | effects::bit(self.instruction.memory_index());
        let mut user = code.next(self.number + 1)?;
        let mut passed = 0;
        while user < end && code.items[user].effects.reads & loaded == 0 {
            let item = &code.items[user];
            let is_passed = passed < WINDOW
                && item.is_there()
                && item.effects.writes & (address | loaded) == 0
                && !item.can_trap
                && (is_plain_move(&item.instruction) || masks::is_mask(code, user))
                && !is_of_frame(&self.instruction);
            if !is_passed {
                return None;
            }
            passed += 1;
            user = code.next(user + 1)?;
        }
        if user >= end || after[user] & loaded != 0 && code.items[user].effects.kills & loaded == 0 {
            return None;
        }
        // Where a call returns to the load, that place must stay apart from the trap.
        let is_return_address = self.number > 0 && liveness::is_call(&code.items[self.number - 1].instruction);
        if passed > 0 && is_return_address {
            return None;
        }
        let fused = self.fused(code, after, user)?;
        code.replace(user, fused, self.relocation)?;
        code.items[user].can_trap |= code.items[self.number].can_trap;
        let start = code.items[self.number].start;
        code.drop(self.number);
        code.move_site(start, user);
        let byte = [fused.op0_register(), fused.op1_register()].into_iter().find(|register| register.size() == 1);
        if let Some(byte) = byte.filter(|_| fused.mnemonic() == Mnemonic::Cmp) {
            let _ = masks::avoid(code, after, user, byte);
        }
        Some(())
    }

    /// Has a call take the address of the function from memory.
    fn call(&self, code: &mut Code<'_>, after: &[Set], end: usize) -> Option<()> {
        let loaded = effects::bit(self.register);
        let address = effects::bit(self.instruction.memory_base()) | effects::bit(self.instruction.memory_index());
        let is_plain = self.size == 8 && !code.items[self.number].can_trap && !is_of_frame(&self.instruction);
        let mut user = code.next(self.number + 1).filter(|_| is_plain)?;
        for _ in 0..WINDOW {
            let item = &code.items[user];
            let instruction = &item.instruction;
            if user >= end || !item.is_there() {
                return None;
            }
            if item.effects.reads & loaded != 0 {
                break;
            }
            let stores = has_memory(instruction) && instruction.op0_kind() == OpKind::Memory;
            if liveness::is_call(instruction)
                || item.effects.writes & (address | loaded) != 0
                || stores && !is_of_frame(instruction)
            {
                return None;
            }
            user = code.next(user + 1)?;
        }
        let item = &code.items[user];
        let has_handlers = code.function.handled.iter().any(|call| call.returns == item.end);
        let is_call = item.instruction.code() == Opcode::Call_rm64
            && item.instruction.op0_kind() == OpKind::Register
            && item.instruction.op0_register() == self.register;
        let is_dead = after[user] & loaded == 0 || item.effects.kills & loaded != 0;
        if user >= end || !is_call || has_handlers || !is_dead {
            return None;
        }
        code.replace(user, Instruction::with1(Opcode::Call_rm64, self.memory()).ok()?, self.relocation)?;
        code.drop(self.number);
        Some(())
    }

    /// The instruction that takes its operand from memory.
    fn fused(&self, code: &Code<'_>, after: &[Set], user: usize) -> Option<Instruction> {
        let item = &code.items[user];
        let instruction = item.instruction;
        if item.relocation.is_some() || item.can_trap || instruction.op_count() != 2 {
            return None;
        }
        let (left, right) = (instruction.op0_register(), instruction.op1_register());
        let is_of_registers = instruction.op0_kind() == OpKind::Register && instruction.op1_kind() == OpKind::Register;
        let memory = self.memory();
        let loaded = self.register.full_register();
        if self.size == 1 {
            return self.compared_byte(code, after, user);
        }
        let is_wide = match left.size() {
            4 => false,
            8 if self.size == 8 => true,
            _ => return None,
        };
        let choose = |narrow, wide| if is_wide { wide } else { narrow };
        match instruction.mnemonic() {
            Mnemonic::Cmp if is_of_registers && left.full_register() == loaded && right.full_register() != loaded => {
                Instruction::with2(choose(Opcode::Cmp_rm32_r32, Opcode::Cmp_rm64_r64), memory, right).ok()
            }
            Mnemonic::Cmp if is_of_registers && left.full_register() != loaded => {
                Instruction::with2(choose(Opcode::Cmp_r32_rm32, Opcode::Cmp_r64_rm64), left, memory).ok()
            }
            Mnemonic::Cmp if instruction.op1_kind() != OpKind::Memory && left.full_register() == loaded => {
                let constant = instruction.immediate(1) as i32;
                Instruction::with2(choose(Opcode::Cmp_rm32_imm32, Opcode::Cmp_rm64_imm32), memory, constant).ok()
            }
            // Both clear overflow and carry.
            Mnemonic::Test if is_of_registers && left == right => {
                Instruction::with2(choose(Opcode::Cmp_rm32_imm8, Opcode::Cmp_rm64_imm8), memory, 0).ok()
            }
            Mnemonic::Mov if is_of_registers && !is_wide && right.full_register() == loaded => {
                Instruction::with2(Opcode::Mov_r32_rm32, left, memory).ok()
            }
            Mnemonic::Mov if is_of_registers && right.full_register() == loaded => match self.size {
                8 => Instruction::with2(Opcode::Mov_r64_rm64, left, memory).ok(),
                _ => Instruction::with2(Opcode::Mov_r32_rm32, left.full_register32(), memory).ok(),
            },
            mnemonic if is_of_registers && left.full_register() != loaded && right.full_register() == loaded => {
                let opcode = match mnemonic {
                    Mnemonic::Add => choose(Opcode::Add_r32_rm32, Opcode::Add_r64_rm64),
                    Mnemonic::Sub => choose(Opcode::Sub_r32_rm32, Opcode::Sub_r64_rm64),
                    Mnemonic::And => choose(Opcode::And_r32_rm32, Opcode::And_r64_rm64),
                    Mnemonic::Or => choose(Opcode::Or_r32_rm32, Opcode::Or_r64_rm64),
                    Mnemonic::Xor => choose(Opcode::Xor_r32_rm32, Opcode::Xor_r64_rm64),
                    Mnemonic::Imul => choose(Opcode::Imul_r32_rm32, Opcode::Imul_r64_rm64),
                    _ => return None,
                };
                Instruction::with2(opcode, left, memory).ok()
            }
            _ => None,
        }
    }

    /// A comparison of the byte in memory with a constant, where the conditions that depend on it are the same.
    fn compared_byte(&self, code: &Code<'_>, after: &[Set], user: usize) -> Option<Instruction> {
        let instruction = code.items[user].instruction;
        let left = instruction.op0_register();
        if instruction.op0_kind() != OpKind::Register || left.size() < 4 {
            return None;
        }
        if instruction.mnemonic() == Mnemonic::Cmp && instruction.op1_kind() == OpKind::Register {
            return self.compared_bytes(code, after, user);
        }
        if left.full_register() != self.register.full_register() {
            return None;
        }
        let is_zero_test = instruction.mnemonic() == Mnemonic::Test
            && instruction.op1_kind() == OpKind::Register
            && instruction.op1_register() == left;
        let constant = match instruction.mnemonic() {
            _ if is_zero_test => 0,
            Mnemonic::Cmp if is_immediate(instruction.op1_kind()) => u8::try_from(instruction.immediate(1)).ok()?,
            _ => return None,
        };
        if !flags::are_only_read_by(code, after, user, &UNSIGNED) {
            return None;
        }
        Instruction::with2(Opcode::Cmp_rm8_imm8, self.memory(), u32::from(constant)).ok()
    }

    /// A comparison of the byte in memory with one in a register.
    fn compared_bytes(&self, code: &Code<'_>, after: &[Set], user: usize) -> Option<Instruction> {
        let instruction = code.items[user].instruction;
        let (left, right) = (instruction.op0_register(), instruction.op1_register());
        let loaded = self.register.full_register();
        let is_left = left.full_register() == loaded;
        let other = if is_left { right } else { left };
        if other.full_register() == loaded || !is_byte(code, user, other) {
            return None;
        }
        if !flags::are_only_read_by(code, after, user, &UNSIGNED) {
            return None;
        }
        let other = low_byte(other);
        match is_left {
            true => Instruction::with2(Opcode::Cmp_rm8_r8, self.memory(), other).ok(),
            false => Instruction::with2(Opcode::Cmp_r8_rm8, other, self.memory()).ok(),
        }
    }

    fn memory(&self) -> MemoryOperand {
        memory_operand(&self.instruction)
    }
}

/// Whether an instruction only copies between registers, or to a slot of the frame.
fn is_plain_move(instruction: &Instruction) -> bool {
    matches!(instruction.code(), Opcode::Mov_r64_rm64 | Opcode::Mov_rm64_r64) && stays_in_frame(instruction)
}

/// Whether the last instruction of the block before `number` that writes a register leaves a byte in it.
fn is_byte(code: &Code<'_>, number: usize, register: Register) -> bool {
    let bit = effects::bit(register);
    for maker in (number.saturating_sub(WINDOW)..number).rev() {
        let item = &code.items[maker];
        if item.is_there() && item.effects.writes & bit != 0 {
            return matches!(item.instruction.code(), Opcode::Movzx_r32_rm8 | Opcode::Movzx_r64_rm8)
                || masks::is_mask(code, maker);
        }
        if item.is_leader || item.is_data {
            return false;
        }
    }
    false
}
