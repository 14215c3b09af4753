//! Addresses in registers that are known: constants, and places that the linker knows. Cranelift's instructions take an
//! address from a register; those of the CPU have 32 bits for one of their own, which are extended with their sign, or
//! count from the next instruction.
//!
//! ```text
//! xor rax, rax ; mov ebx, [rax + 0x201000]    =>  mov ebx, [0x201000]
//! lea rax, [rip + global] ; mov ebx, [rax + 8]  =>  mov ebx, [rip + global + 8]
//! ```

use super::code::Code;
use super::effects;
use super::liveness::Blocks;
use super::words::{has_memory, is_immediate};
use crate::code::Relocation;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};

/// What a register is known to hold.
#[derive(Clone, Copy)]
enum Known {
    Constant(u64),
    /// The address of a place, with its addend from the symbol.
    Place(Relocation),
}

/// Makes known addresses parts of instructions. What made them stays for others.
pub(super) fn fold(code: &mut Code<'_>, blocks: &Blocks) {
    let mut known: [Option<Known>; 16] = [None; 16];
    for block in 0..blocks.starts.len() {
        for number in blocks.items(block, code) {
            let item = &code.items[number];
            if item.is_reached {
                known = [None; 16];
            }
            if !item.is_there() {
                continue;
            }
            if let Some((instruction, relocation)) = folded(&item.instruction, &known) {
                // Where it cannot be encoded so, it stays as it is.
                let _ = code.replace(number, instruction, relocation);
            }
            let item = &code.items[number];
            for (register, known) in known.iter_mut().enumerate() {
                if item.effects.writes >> register & 1 != 0 {
                    *known = None;
                }
            }
            if let Some((register, made)) = made(&item.instruction, item.place()) {
                known[register.full_register().number()] = Some(made);
            }
        }
    }
}

/// The register that an instruction gives a known value.
fn made(instruction: &Instruction, place: Option<Relocation>) -> Option<(Register, Known)> {
    let register = instruction.op0_register();
    if instruction.op0_kind() != OpKind::Register || !register.is_gpr() || register.size() < 4 {
        return None;
    }
    let is_zero = instruction.op1_kind() == OpKind::Register && instruction.op1_register() == register;
    match instruction.mnemonic() {
        Mnemonic::Xor if is_zero => Some((register, Known::Constant(0))),
        Mnemonic::Mov if is_immediate(instruction.op1_kind()) => {
            let constant = instruction.immediate(1);
            let constant = if register.size() == 4 { u64::from(constant as u32) } else { constant };
            Some((register, Known::Constant(constant)))
        }
        Mnemonic::Lea if instruction.is_ip_rel_memory_operand() => Some((register, Known::Place(place?))),
        _ => None,
    }
}

/// An instruction with the known address that its memory operand takes from a register.
fn folded(instruction: &Instruction, known: &[Option<Known>; 16]) -> Option<(Instruction, Option<Relocation>)> {
    let base = instruction.memory_base();
    if !has_memory(instruction)
        || instruction.memory_index() != Register::None
        || effects::bit(base) == 0
        || base.size() != 8
    {
        return None;
    }
    let displacement = instruction.memory_displacement64();
    let mut folded = *instruction;
    match known[base.number()]? {
        Known::Constant(constant) => {
            let address = constant.wrapping_add(displacement) as i64;
            i32::try_from(address).ok()?;
            folded.set_memory_base(Register::None);
            folded.set_memory_displ_size(8);
            folded.set_memory_displacement64(address as u64);
            // An address without a memory access is a constant, which is shorter.
            (instruction.mnemonic() != Mnemonic::Lea).then_some((folded, None))
        }
        Known::Place(place) => {
            folded.set_memory_base(Register::RIP);
            folded.set_memory_displ_size(8);
            folded.set_memory_displacement64(0);
            Some((folded, Some(Relocation { addend: place.addend.checked_add(displacement as i64)?, ..place })))
        }
    }
}
