//! Copies of a register that another instruction could make itself, where nothing needs the original afterwards.
//!
//! ```text
//! mov ecx, [rax] ; add ecx, 3 ; mov rbx, rcx     =>  mov ebx, [rax] ; add ebx, 3
//! lea eax, [r9+1] ; cmp r9d, ecx ; mov r9, rax   =>  cmp r9d, ecx ; lea r9d, [r9+1]
//! mov rcx, rax ; add ecx, 5                      =>  lea ecx, [rax + 5]    where nothing needs the flags
//! ```

use super::code::Code;
use super::effects::{self, FLAGS, Set};
use super::liveness::{self, Blocks};
use super::words::{copy, is_frame, is_immediate, of_size};
use iced_x86::{Code as Opcode, FlowControl, Instruction, MemoryOperand, Mnemonic, OpKind, Register};

/// How many instructions before a copy are looked at.
const WINDOW: usize = 16;

/// Avoids copies.
pub(super) fn avoid(code: &mut Code<'_>, blocks: &Blocks) {
    let mut after = liveness::after(code, blocks);
    for block in 0..blocks.starts.len() {
        let items = blocks.items(block, code);
        for number in items.clone() {
            if !code.items[number].is_there() {
                continue;
            }
            let instruction = code.items[number].instruction;
            let Some((to, from)) = copy(&instruction, Opcode::Mov_r64_rm64, Opcode::Mov_rm64_r64) else { continue };
            if is_frame(to) || is_frame(from) || to == from {
                continue;
            }
            let of = Copy { number, to, from };
            if of.make_there(code, &mut after, items.start).is_none() {
                let _ = of.add(code, &mut after, items.end);
            }
        }
    }
}

struct Copy {
    number: usize,
    to: Register,
    from: Register,
}

impl Copy {
    /// Has what makes the original make it where the copy is wanted.
    fn make_there(&self, code: &mut Code<'_>, after: &mut [Set], start: usize) -> Option<()> {
        let (to, from) = (effects::bit(self.to), effects::bit(self.from));
        if after[self.number] & from != 0 {
            return None;
        }
        let mut named = Vec::new();
        let (mut is_taken, mut changed): (bool, Set) = (false, 0);
        for number in (start..self.number).rev().take(WINDOW) {
            let item = &code.items[number];
            if !item.is_there() {
                continue;
            }
            let effects = item.effects;
            if (effects.reads | effects.writes) & from != 0 {
                named.push(number);
            }
            if effects.kills & from != 0 && effects.reads & from == 0 {
                // What makes the original may be made of what the copy's register held.
                return match is_taken || effects.writes & to != 0 {
                    false => self.rename(code, after, &named),
                    true if named.len() == 1 => self.sink(code, after, number, changed),
                    true => None,
                };
            }
            is_taken |= (effects.reads | effects.writes) & to != 0;
            changed |= effects.writes;
        }
        None
    }

    /// Has all those instructions, of which the last one makes the original, name the copy's register.
    fn rename(&self, code: &mut Code<'_>, after: &mut [Set], named: &[usize]) -> Option<()> {
        let from = effects::bit(self.from);
        let mut renamed: Vec<(usize, Instruction)> = Vec::with_capacity(named.len());
        for &number in named {
            let item = &code.items[number];
            let is_plain = item.instruction.flow_control() == FlowControl::Next;
            // What reads a constant of the function or the address of a table stays as it is.
            let is_free = match item.relocation {
                Some(_) => item.place().is_some(),
                None => !item.instruction.is_ip_rel_memory_operand(),
            };
            if !is_plain || !is_free {
                return None;
            }
            let instruction = self.renamed(&item.instruction)?;
            if !code.can_be(&instruction, from) {
                return None;
            }
            renamed.push((number, instruction));
        }
        for (number, instruction) in renamed {
            let place = code.items[number].place();
            code.replace(number, instruction, place)?;
        }
        let made = *named.last()?;
        code.drop(self.number);
        after[made..self.number].iter_mut().for_each(|needed| *needed |= effects::bit(self.to));
        Some(())
    }

    /// An instruction with the one register in place of the other.
    fn renamed(&self, instruction: &Instruction) -> Option<Instruction> {
        let mut renamed = *instruction;
        for operand in 0..instruction.op_count() {
            if instruction.op_kind(operand) != OpKind::Register {
                continue;
            }
            let register = instruction.op_register(operand);
            if effects::bit(register) == effects::bit(self.from) {
                renamed.set_op_register(operand, of_size(self.to, register)?);
            }
        }
        if effects::bit(instruction.memory_base()) == effects::bit(self.from) {
            renamed.set_memory_base(of_size(self.to, instruction.memory_base())?);
        }
        if effects::bit(instruction.memory_index()) == effects::bit(self.from) {
            renamed.set_memory_index(of_size(self.to, instruction.memory_index())?);
        }
        Some(renamed)
    }

    /// Makes the original in place of the copy, if what it is made of is the same there.
    fn sink(&self, code: &mut Code<'_>, after: &mut [Set], made: usize, changed: Set) -> Option<()> {
        let item = &code.items[made];
        let (mut there, reads) = (item.instruction, item.effects.reads);
        if there.mnemonic() != Mnemonic::Lea || item.relocation.is_some() || reads & changed != 0 {
            return None;
        }
        there.set_op0_register(of_size(self.to, there.op0_register()).filter(|register| register.size() >= 4)?);
        code.replace(self.number, there, None)?;
        code.drop(made);
        after[made..self.number].iter_mut().for_each(|needed| *needed |= reads);
        Some(())
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
                if other == self.to || is_frame(other) {
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
