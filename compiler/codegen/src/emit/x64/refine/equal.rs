//! Registers and slots of the frame that hold the same: whoever needs a copy takes the original, which may leave the
//! copy without use, and a slot that a register holds is neither loaded again nor stored.
//!
//! ```text
//! mov rdi, r15 ; mov [rax], edi        =>  mov rdi, r15 ; mov [rax], r15d
//! mov [rsp+8], rcx ; mov rdx, [rsp+8]  =>  mov [rsp+8], rcx ; mov rdx, rcx
//! mov rcx, [rsp+8] ; mov [rsp+8], rcx  =>  mov rcx, [rsp+8]
//! ```

use super::code::{Code, Item};
use super::effects::{self, GENERAL, Set};
use super::liveness::{self, Blocks};
use super::words::{copy, is_frame, is_of_frame, of_size};
use iced_x86::{
    Code as Opcode, FlowControl, Instruction, InstructionInfoFactory, InstructionInfoOptions, Mnemonic, OpAccess,
    OpKind, Register,
};

/// How often a block is looked at on average before nothing is known, so that no function takes quadratic time.
const ROUNDS: usize = 24;

/// Slots of 8 bytes that are followed, from the stack pointer on.
const SLOTS: usize = 48;

/// No register.
const NONE: u8 = 16;

/// For each register and each slot, the register that holds the same and came first.
#[derive(Clone, PartialEq, Eq)]
struct Equal {
    registers: [u8; 16],
    slots: [u8; SLOTS],
    /// A bit for each register that came first for any, and for some that did once.
    first: u16,
}

/// Has instructions take originals.
pub(super) fn take(code: &mut Code<'_>, blocks: &Blocks) {
    let at_start = settle(code, blocks);
    let mut factory = InstructionInfoFactory::new();
    for (block, equal) in at_start.into_iter().enumerate() {
        let mut equal = equal.unwrap_or(Equal::NOTHING);
        for number in blocks.items(block, code) {
            if code.items[number].is_there() {
                equal.rewrite(code, &mut factory, number);
                equal.follow(&code.items[number]);
            }
        }
    }
}

/// What is equal at the start of each block; `None` where that is not known, or nothing leads there.
fn settle(code: &Code<'_>, blocks: &Blocks) -> Vec<Option<Equal>> {
    let count = blocks.starts.len();
    let is_entry = |block: usize| code.items[blocks.starts[block]].is_entry;
    let first = |block: usize| is_entry(block).then_some(Equal::NOTHING);
    let mut at_start: Vec<Option<Equal>> = (0..count).map(first).collect();
    let mut is_waiting: Vec<bool> = at_start.iter().map(Option::is_some).collect();
    let mut left = ROUNDS * count;
    while is_waiting.contains(&true) {
        for block in 0..count {
            let Some(mut equal) = at_start[block].clone().filter(|_| std::mem::take(&mut is_waiting[block])) else {
                continue;
            };
            let Some(less) = left.checked_sub(1) else { return vec![None; count] };
            left = less;
            for number in blocks.items(block, code) {
                equal.follow(&code.items[number]);
            }
            for &next in blocks.next[block].iter().flatten() {
                let met = match &at_start[next] {
                    Some(known) => equal.meet(known),
                    None => equal.clone(),
                };
                is_waiting[next] |= at_start[next].as_ref() != Some(&met);
                at_start[next] = Some(met);
            }
        }
    }
    at_start
}

impl Equal {
    const NOTHING: Self = Self { registers: [NONE; 16], slots: [NONE; SLOTS], first: 0 };

    fn meet(&self, other: &Self) -> Self {
        let both = |left: u8, right: u8| if left == right { left } else { NONE };
        Self {
            registers: std::array::from_fn(|number| both(self.registers[number], other.registers[number])),
            slots: std::array::from_fn(|number| both(self.slots[number], other.slots[number])),
            first: self.first & other.first,
        }
    }

    /// The register that came first of those that hold what `register` does.
    fn first(&self, register: u8) -> u8 {
        match self.registers[register as usize] {
            NONE => register,
            first => first,
        }
    }

    /// A register gets another value: of those that hold the former one, another comes first.
    fn write(&mut self, register: u8) {
        self.registers[register as usize] = NONE;
        if self.first & 1 << register == 0 {
            return;
        }
        self.first &= !(1 << register);
        let mut heir = NONE;
        for number in 0..16 {
            if self.registers[number as usize] == register {
                self.registers[number as usize] = heir;
                heir = if heir == NONE { number } else { heir };
            }
        }
        self.slots.iter_mut().filter(|holder| **holder == register).for_each(|holder| *holder = heir);
        self.comes_first(heir);
    }

    /// Notes that a register came first for another, or a slot; [`NONE`] did not.
    fn comes_first(&mut self, register: u8) {
        if register != NONE {
            self.first |= 1 << register;
        }
    }

    /// Goes on to what is equal after an item.
    fn follow(&mut self, item: &Item) {
        if !item.is_there() {
            return;
        }
        let instruction = &item.instruction;
        if let Some((to, from)) = whole_copy(instruction) {
            let first = self.first(from);
            if first != to {
                self.write(to);
                self.registers[to as usize] = first;
                self.comes_first(first);
            }
            return;
        }
        if let Some((register, slot)) = load(instruction) {
            let holder = self.slots[slot];
            if holder != register {
                self.write(register);
                match holder {
                    NONE => {
                        self.slots[slot] = register;
                        self.comes_first(register);
                    }
                    holder => self.registers[register as usize] = holder,
                }
            }
            return;
        }
        if let Some((register, slot)) = store(instruction) {
            let first = self.first(register);
            self.slots[slot] = first;
            self.comes_first(first);
            return;
        }
        self.forget(instruction, item.effects.writes);
    }

    /// Forgets what an instruction changes.
    fn forget(&mut self, instruction: &Instruction, writes: Set) {
        let mut left = writes & GENERAL;
        while left != 0 {
            self.write(left.trailing_zeros() as u8);
            left &= left - 1;
        }
        // A function that is called may have addresses of slots.
        if writes & effects::FRAME != 0 || liveness::is_call(instruction) {
            self.slots = [NONE; SLOTS];
            return;
        }
        let may_store = instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Memory;
        if !may_store || is_of_program(instruction) || matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test)
        {
            return;
        }
        let (start, size) = (instruction.memory_displacement64(), instruction.memory_size().size() as u64);
        let is_near = instruction.memory_base() == Register::RSP && is_of_frame(instruction);
        for (slot, holder) in self.slots.iter_mut().enumerate() {
            let at = 8 * slot as u64;
            if !is_near || at < start.saturating_add(size) && start < at + 8 {
                *holder = NONE;
            }
        }
    }

    /// Has an instruction take originals, where it can be encoded so.
    fn rewrite(&self, code: &mut Code<'_>, factory: &mut InstructionInfoFactory, number: usize) {
        let item = &code.items[number];
        let instruction = item.instruction;
        if let Some((register, slot)) = load(&instruction)
            && self.slots[slot] != NONE
        {
            if self.first(register) == self.slots[slot] {
                code.drop(number);
            } else if let Ok(copy) = Instruction::with2(Opcode::Mov_r64_rm64, whole(register), whole(self.slots[slot]))
            {
                let _ = code.replace(number, copy, None);
            }
            return;
        }
        if let Some((register, slot)) = store(&instruction)
            && self.slots[slot] == self.first(register)
        {
            code.drop(number);
            return;
        }
        let flow = instruction.flow_control();
        let jumps_through_table = flow == FlowControl::IndirectBranch
            && instruction.op0_kind() == OpKind::Memory
            && code.table(number + 1).is_some();
        let is_plain = flow == FlowControl::Next || jumps_through_table;
        if !is_plain || item.effects.reads & self.copies() == 0 || item.relocation.is_some() && item.place().is_none() {
            return;
        }
        if let Some((to, from)) = whole_copy(&instruction)
            && self.first(from) == self.first(to)
        {
            code.drop(number);
            return;
        }
        let place = item.place();
        if let Some(taking) = self.taking(&instruction, factory) {
            let _ = code.replace(number, taking, place);
        }
    }

    /// Registers that hold what another did first.
    fn copies(&self) -> Set {
        let copies = self.registers.iter().enumerate().filter(|(_, first)| **first != NONE);
        copies.fold(0, |all, (register, _)| all | 1 << register)
    }

    /// An instruction that takes originals; `None` where it names no copy that it only reads.
    fn taking(&self, instruction: &Instruction, factory: &mut InstructionInfoFactory) -> Option<Instruction> {
        let mut taking = *instruction;
        let mut is_another = false;
        let info = factory.info_options(instruction, InstructionInfoOptions::NO_MEMORY_USAGE);
        for operand in 0..instruction.op_count() {
            if instruction.op_kind(operand) != OpKind::Register || info.op_access(operand) != OpAccess::Read {
                continue;
            }
            let register = instruction.op_register(operand);
            let Some(first) = self.first_of(register) else { continue };
            taking.set_op_register(operand, of_size(first, register)?);
            is_another = true;
        }
        if let Some(first) = self.first_of(instruction.memory_base()) {
            taking.set_memory_base(of_size(first, instruction.memory_base())?);
            is_another = true;
        }
        if let Some(first) = self.first_of(instruction.memory_index()) {
            taking.set_memory_index(of_size(first, instruction.memory_index())?);
            is_another = true;
        }
        is_another.then_some(taking)
    }

    /// The whole of the register that came first, for a copy of it.
    fn first_of(&self, register: Register) -> Option<Register> {
        let number = register.is_gpr().then(|| register.full_register().number())?;
        (self.registers[number] != NONE).then(|| whole(self.registers[number]))
    }
}

/// A general register of 64 bits.
fn whole(number: u8) -> Register {
    Register::RAX + u32::from(number)
}

/// The registers of a copy of 64 bits: to, and from.
fn whole_copy(instruction: &Instruction) -> Option<(u8, u8)> {
    let (to, from) = copy(instruction, Opcode::Mov_r64_rm64, Opcode::Mov_rm64_r64)?;
    (!is_frame(to) && !is_frame(from)).then(|| (to.number() as u8, from.number() as u8))
}

/// The slot that an address of the frame is; `None` for those that are not followed.
fn slot(instruction: &Instruction) -> Option<usize> {
    let offset = instruction.memory_displacement64();
    let is_near = instruction.memory_base() == Register::RSP && is_of_frame(instruction);
    (is_near && offset.is_multiple_of(8)).then_some(offset / 8).and_then(|slot| {
        let slot = usize::try_from(slot).ok()?;
        (slot < SLOTS).then_some(slot)
    })
}

/// A load of 64 bits from a slot.
fn load(instruction: &Instruction) -> Option<(u8, usize)> {
    let is_load = instruction.code() == Opcode::Mov_r64_rm64 && instruction.op1_kind() == OpKind::Memory;
    let register = is_load.then(|| instruction.op0_register()).filter(|&register| !is_frame(register))?;
    Some((register.number() as u8, slot(instruction)?))
}

/// A store of 64 bits to a slot.
fn store(instruction: &Instruction) -> Option<(u8, usize)> {
    let is_store = instruction.code() == Opcode::Mov_rm64_r64 && instruction.op0_kind() == OpKind::Memory;
    let register = is_store.then(|| instruction.op1_register()).filter(|&register| !is_frame(register))?;
    Some((register.number() as u8, slot(instruction)?))
}

/// Whether an address is that of a linear memory at a displacement of its own.
fn is_of_program(instruction: &Instruction) -> bool {
    !is_of_frame(instruction)
        && (instruction.memory_base() == Register::None || instruction.memory_displacement64() as i64 >= 0x1_0000)
}
