//! Copies of a register for instructions that could take the original: it is still the same, and nothing needs the copy
//! afterwards.
//!
//! ```text
//! mov rdi, r15 ; mov [rax], edi  =>  mov [rax], r15d
//! mov rcx, rax ; add ecx, 5      =>  lea ecx, [rax + 5]    where nothing needs the flags
//! ```

use super::code::Code;
use super::effects::{self, FLAGS, Set};
use super::liveness::{self, Blocks};
use super::words::{copy, is_immediate, low_byte};
use iced_x86::{Code as Opcode, Instruction, MemoryOperand, Mnemonic, OpKind, Register};

/// How many instructions after a copy are looked at.
const WINDOW: usize = 12;

/// Avoids copies.
pub(super) fn propagate(code: &mut Code<'_>, blocks: &Blocks) {
    let mut after = liveness::after(code, blocks);
    for block in 0..blocks.starts.len() {
        let items = blocks.items(block, code);
        for number in items.clone() {
            if !code.items[number].is_there() {
                continue;
            }
            let instruction = code.items[number].instruction;
            let Some((to, from)) = copy(&instruction, Opcode::Mov_r64_rm64, Opcode::Mov_rm64_r64) else { continue };
            if to == from {
                code.drop(number);
                continue;
            }
            if is_special(to) || is_special(from) {
                continue;
            }
            let of = Copy { number, to, from };
            if of.avoid(code, &mut after, items.end).is_none() {
                let _ = of.add(code, &mut after, items.end);
            }
        }
    }
}

/// Registers that are there for the frame.
fn is_special(register: Register) -> bool {
    matches!(register, Register::RSP | Register::RBP)
}

struct Copy {
    number: usize,
    to: Register,
    from: Register,
}

impl Copy {
    /// Has all who need the copy take the original.
    fn avoid(&self, code: &mut Code<'_>, after: &mut [Set], end: usize) -> Option<()> {
        let (to, from) = (effects::bit(self.to), effects::bit(self.from));
        let mut changed: Vec<(usize, Instruction)> = Vec::new();
        let mut last = None;
        for number in (self.number + 1..end).take(WINDOW) {
            let item = &code.items[number];
            if !item.is_there() {
                continue;
            }
            if item.effects.reads & to != 0 {
                if item.effects.writes & to != 0 || item.relocation.is_some() {
                    return None;
                }
                changed.push((number, self.taking_original(&item.instruction)?));
            }
            if after[number] & to == 0 || item.effects.kills & to != 0 {
                last = Some(number);
                break;
            }
            if item.effects.writes & (to | from) != 0 {
                return None;
            }
        }
        let last = last?;
        if changed.iter().any(|(_, instruction)| !code.can_be(instruction, to)) {
            return None;
        }
        for (number, instruction) in changed {
            code.replace(number, instruction, None)?;
        }
        code.drop(self.number);
        after[self.number..last].iter_mut().for_each(|needed| *needed |= from);
        Some(())
    }

    /// An instruction that takes the original; `None` where it does not name the copy.
    fn taking_original(&self, instruction: &Instruction) -> Option<Instruction> {
        let mut taking = *instruction;
        let mut is_named = false;
        for operand in 0..instruction.op_count() {
            if instruction.op_kind(operand) != OpKind::Register {
                continue;
            }
            let register = instruction.op_register(operand);
            if effects::bit(register) == effects::bit(self.to) {
                taking.set_op_register(operand, of_size(self.from, register)?);
                is_named = true;
            }
        }
        if instruction.memory_base() == self.to {
            taking.set_memory_base(self.from);
            is_named = true;
        }
        if instruction.memory_index() == self.to {
            taking.set_memory_index(self.from);
            is_named = true;
        }
        is_named.then_some(taking)
    }

    /// Makes one instruction of the copy and an addition to it.
    fn add(&self, code: &mut Code<'_>, after: &mut [Set], end: usize) -> Option<()> {
        let number = code.next(self.number + 1).filter(|&number| number < end)?;
        let instruction = code.items[number].instruction;
        let is_of_copy = instruction.op_count() == 2
            && instruction.op0_kind() == OpKind::Register
            && instruction.op0_register().full_register() == self.to;
        if !is_of_copy || after[number] & FLAGS != 0 {
            return None;
        }
        let place = match (instruction.mnemonic(), instruction.op1_kind()) {
            (Mnemonic::Add, OpKind::Register) => {
                let other = instruction.op1_register().full_register();
                if other == self.to || is_special(other) {
                    return None;
                }
                MemoryOperand::with_base_index(self.from, other)
            }
            (mnemonic @ (Mnemonic::Add | Mnemonic::Sub), kind) if is_immediate(kind) => {
                let constant = instruction.immediate(1) as i32;
                let constant = if mnemonic == Mnemonic::Add { constant } else { constant.checked_neg()? };
                MemoryOperand::with_base_displ(self.from, constant.into())
            }
            _ => return None,
        };
        let opcode = match instruction.op0_register().size() {
            4 => Opcode::Lea_r32_m,
            8 => Opcode::Lea_r64_m,
            _ => return None,
        };
        let sum = Instruction::with2(opcode, instruction.op0_register(), place).ok()?;
        code.replace(number, sum, None)?;
        code.drop(self.number);
        after[self.number..number].iter_mut().for_each(|needed| *needed |= effects::bit(self.from));
        Some(())
    }
}

/// The part of `register` that has the size of `like`; `None` for the second byte of a register.
fn of_size(register: Register, like: Register) -> Option<Register> {
    let number = register.number() as u32;
    let first = match like.size() {
        8 => Register::RAX,
        4 => Register::EAX,
        2 => Register::AX,
        // AL, CL, DL, BL, AH, CH, DH, BH, SPL, ...
        1 if matches!(like, Register::AH | Register::BH | Register::CH | Register::DH) => return None,
        1 => return Some(low_byte(register)),
        _ => return None,
    };
    Some(first + number)
}
