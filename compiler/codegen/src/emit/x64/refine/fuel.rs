//! Fuel that is taken where it lies.
//!
//! ```text
//! mov eax, 7 ; add rax, [fuel] ; jb out ; mov [fuel], rax  =>  add [fuel], 7 ; jb out
//! ```
//!
//! Where that is more than there is, what is stored says that much is left. Nobody sees that: the program ends, and in
//! a context the runtime then says that nothing is left.

use super::code::Code;
use super::effects::{self, Set};
use super::liveness::{self, Blocks};
use super::words::{has_memory, is_immediate, low_byte, memory_operand};
use iced_x86::{Code as Opcode, ConditionCode, Instruction, Mnemonic, OpKind, Register};
use wasmc_abi::trap::TrapCode;

/// Has instructions add to the word in memory.
pub(super) fn take(code: &mut Code<'_>, blocks: &Blocks) {
    if !code.function.sites.iter().any(|site| site.kind == TrapCode::OutOfFuel as u8) {
        return;
    }
    let after = liveness::after(code, blocks);
    for branch in 0..code.items.len() {
        let _ = fuse(code, &after, branch);
    }
}

/// How many instructions are looked at after the branch, and after the store.
const WINDOW: usize = 8;

/// What is added.
#[derive(Clone, Copy)]
enum Units {
    Constant(i32),
    In(Register),
}

/// Makes one of the instructions around a branch to where fuel is out.
fn fuse(code: &mut Code<'_>, after: &[Set], branch: usize) -> Option<()> {
    let item = &code.items[branch];
    let is_branch = item.is_there() && item.instruction.condition_code() == ConditionCode::b && !item.is_leader;
    if !is_branch || !is_out_of_fuel(code, item.target?) {
        return None;
    }
    let add = code.before(branch)?;
    let added = code.items[add].instruction;
    let register = added.op0_register();
    let store = store_of(code, branch, register)?;
    if after[store] & effects::bit(register) != 0 && !is_overwritten(code, store, register) {
        return None;
    }
    let maker = code.before(add).filter(|&maker| !code.items[add].is_leader && code.items[maker].is_there());
    let made = maker.map(|maker| code.items[maker].instruction).filter(|made| made.op_count() == 2);
    let made = made.filter(|made| made.op0_register().full_register() == register);
    let loads = made.is_some_and(|made| made.code() == Opcode::Mov_r64_rm64 && made.op1_kind() == OpKind::Memory);
    let (place, units, dropped) = match added.code() {
        Opcode::Add_r64_rm64 if added.op1_kind() == OpKind::Memory => match made.filter(is_constant) {
            Some(made) => (add, Units::Constant(made.immediate(1) as i32), maker),
            None => (add, Units::In(register), None),
        },
        Opcode::Add_rm64_imm8 | Opcode::Add_rm64_imm32 if loads => {
            (maker?, Units::Constant(added.immediate(1) as i32), maker)
        }
        Opcode::Add_r64_rm64 | Opcode::Add_rm64_r64 if loads && added.op1_register() != register => {
            (maker?, Units::In(added.op1_register()), maker)
        }
        _ => return None,
    };
    if !is_same_place(code, place, store) {
        return None;
    }
    let memory = memory_operand(&code.items[place].instruction);
    let taken = match units {
        Units::Constant(units @ -128..=127) => Instruction::with2(Opcode::Add_rm64_imm8, memory, units),
        Units::Constant(units) => Instruction::with2(Opcode::Add_rm64_imm32, memory, units),
        Units::In(register) => Instruction::with2(Opcode::Add_rm64_r64, memory, register),
    };
    code.replace(add, taken.ok()?, code.items[place].place())?;
    dropped.into_iter().chain([store]).for_each(|number| code.drop(number));
    Some(())
}

/// The store of a register after a branch, with nothing between that accesses memory or the register.
fn store_of(code: &Code<'_>, branch: usize, register: Register) -> Option<usize> {
    let mut store = code.next(branch + 1)?;
    for _ in 0..WINDOW {
        let item = &code.items[store];
        let instruction = &item.instruction;
        if !item.is_there() || item.is_reached {
            return None;
        }
        if instruction.code() == Opcode::Mov_rm64_r64 && instruction.op0_kind() == OpKind::Memory {
            return (instruction.op1_register() == register).then_some(store);
        }
        let is_plain = instruction.mnemonic() == Mnemonic::Lea || !has_memory(instruction);
        let touches = (item.effects.reads | item.effects.writes) & effects::bit(register) != 0;
        if !is_plain || touches || item.target.is_some() || liveness::is_call(instruction) || item.can_trap {
            return None;
        }
        store = code.next(store + 1)?;
    }
    None
}

/// Whether a register is what a comparison says next, which leaves its upper bits as they are until the instruction
/// after it clears them.
fn is_overwritten(code: &Code<'_>, number: usize, register: Register) -> bool {
    let bit = effects::bit(register);
    let mut next = code.next(number + 1);
    for _ in 0..WINDOW {
        let Some(item) = next.map(|next| &code.items[next]).filter(|item| item.is_there() && !item.is_leader) else {
            return false;
        };
        if (item.effects.reads | item.effects.writes) & bit != 0 {
            let extension = next.and_then(|next| code.next(next + 1)).map(|next| &code.items[next]);
            let is_extended = extension.is_some_and(|extension| {
                let instruction = &extension.instruction;
                !extension.is_leader
                    && instruction.code() == Opcode::Movzx_r32_rm8
                    && instruction.op1_kind() == OpKind::Register
                    && [instruction.op0_register(), instruction.op1_register()]
                        == [register.full_register32(), low_byte(register)]
            });
            let sets = item.instruction.op0_kind() == OpKind::Register
                && item.instruction.op0_register() == low_byte(register)
                && item.instruction.op_count() == 1
                && item.instruction.condition_code() != ConditionCode::None;
            return sets && is_extended;
        }
        next = next.and_then(|next| code.next(next + 1));
    }
    false
}

/// Whether an item is where the trap is that says so.
fn is_out_of_fuel(code: &Code<'_>, number: usize) -> bool {
    let (sites, start) = (&code.function.sites, code.items[number].start);
    let first = sites.partition_point(|site| site.code_offset < start);
    let here = sites[first..].iter().take_while(|site| site.code_offset == start);
    here.into_iter().any(|site| site.kind == TrapCode::OutOfFuel as u8)
}

/// Whether an instruction moves a constant to a register, which is not negative.
fn is_constant(made: &Instruction) -> bool {
    let is_move = matches!(made.code(), Opcode::Mov_r32_imm32 | Opcode::Mov_rm32_imm32 | Opcode::Mov_rm64_imm32);
    is_move && is_immediate(made.op1_kind()) && made.immediate(1) >> 31 == 0
}

/// Whether two instructions access the same memory.
fn is_same_place(code: &Code<'_>, one: usize, other: usize) -> bool {
    let [one, other] = [one, other].map(|number| &code.items[number]);
    match (one.place(), other.place()) {
        (Some(one), Some(other)) => (one.target, one.addend) == (other.target, other.addend),
        (None, None) if one.relocation.is_none() && other.relocation.is_none() => {
            !one.instruction.is_ip_rel_memory_operand()
                && memory_operand(&one.instruction) == memory_operand(&other.instruction)
        }
        _ => false,
    }
}
