//! Jumps through tables. Cranelift has an index beyond the table select its last entry, where the default is; a branch
//! there is one instruction less, and the jump does not wait for it. Where no index is beyond the table, neither is
//! needed. Where the image's address is known when it is linked, entries are addresses, not distances from the table.
//!
//! ```text
//! mov ecx, n ; cmp eax, ecx ; cmovb ecx, eax ; lea rdx, [table] ; movsxd rsi, [rdx+rcx*4] ; add rdx, rsi ; jmp rdx
//! =>  mov ecx, eax ; cmp ecx, n ; jae default ; lea rdx, [table] ; jmp [rdx+rcx*8]
//! ```
//!
//! `extension.rs` and `equal.rs` have the jump take the index itself, where that needs no copy.

use super::code::Code;
use super::effects;
use super::words::{copy, is_frame, stays_in_frame};
use iced_x86::{Code as Opcode, Instruction, MemoryOperand, Mnemonic, OpKind, Register};

/// What the program allows.
#[derive(Clone, Copy)]
pub(in crate::emit::x64) struct Tables {
    /// Whether an entry can be an address.
    pub are_addresses: bool,
    /// Whether what speculates must read inside the table, too.
    pub are_guarded: bool,
}

/// A table gets entries of the default for all indices that there can be, where it grows to this many times its size
/// at most.
const GROWTH: usize = 2;

/// How far back it is asked what makes an index, and how many moves the register allocator may have put between.
const WINDOW: usize = 8;

/// Makes jumps through tables shorter. Returns whether there is one.
pub(super) fn shorten(code: &mut Code<'_>, allowed: Tables) -> bool {
    let tables = (0..code.items.len()).filter(|&number| code.items[number].is_data);
    let jumps: Vec<Jump> = tables.filter_map(|table| Jump::of(code, table)).collect();
    for jump in &jumps {
        let _ = jump.shorten(code, allowed);
    }
    !jumps.is_empty()
}

/// A jump through a table as Cranelift makes it: nothing but the jump takes what is made for it.
struct Jump {
    table: usize,
    /// Its instructions, as above.
    numbers: [usize; 7],
    /// What the register allocator has put between them, in order.
    between: Vec<usize>,
    index: Register,
    /// The index, or the number of the last entry; 32 bits.
    limited: Register,
    /// The table's address.
    base: Register,
}

impl Jump {
    fn of(code: &Code<'_>, table: usize) -> Option<Self> {
        let mut numbers = [table; 7];
        let mut between = Vec::new();
        let mut before = table;
        for position in (0..numbers.len()).rev() {
            loop {
                before = (0..before).rev().find(|&number| code.items[number].is_there())?;
                if !is_move(&code.items[before].instruction) {
                    break;
                }
                between.insert(0, before);
            }
            numbers[position] = before;
        }
        if between.len() > WINDOW || code.items[before + 1..table].iter().any(|item| item.is_leader || item.is_data) {
            return None;
        }
        let [limit, compare, select, address, load, add, jump] = numbers.map(|number| &code.items[number].instruction);
        let (limited, index) = (limit.op0_register(), select.op1_register());
        let (base, loaded) = (address.op0_register(), load.op0_register());
        let last = code.table(table)?.targets.len().checked_sub(1)?;
        let is_limit = limit.code() == Opcode::Mov_r32_imm32 && limit.immediate(1) == last as u64;
        let is_compared = copy(compare, Opcode::Cmp_r32_rm32, Opcode::Cmp_rm32_r32) == Some((index, limited));
        let is_selected = copy(select, Opcode::Cmovb_r32_rm32, Opcode::Cmovb_r32_rm32) == Some((limited, index));
        let is_address = address.code() == Opcode::Lea_r64_m && address.is_ip_rel_memory_operand();
        let is_load = load.code() == Opcode::Movsxd_r64_rm32
            && load.memory_base() == base
            && load.memory_index() == limited.full_register()
            && load.memory_index_scale() == 4;
        let is_sum = copy(add, Opcode::Add_r64_rm64, Opcode::Add_rm64_r64) == Some((base, loaded));
        let is_jump = jump.code() == Opcode::Jmp_rm64 && jump.op0_register() == base;
        let is_whole = is_limit && is_compared && is_selected && is_address && is_load && is_sum && is_jump;
        let this = Self { table, numbers, between, index, limited, base };
        let are_apart = this.between.iter().all(|&number| {
            let item = &code.items[number];
            let is_compared = numbers[1] < number && number < numbers[2];
            let stays = effects::bit(limited) | if is_compared { effects::bit(index) } else { 0 };
            let is_apart = item.effects.writes & stays | item.effects.reads & effects::bit(limited) == 0;
            is_apart && number < numbers[3] && item.relocation.is_none() && !item.can_trap
        });
        (is_whole && are_apart && !is_frame(index.full_register())).then_some(this)
    }

    fn shorten(&self, code: &mut Code<'_>, allowed: Tables) -> Option<()> {
        let [_, compare, _, _, load, add, jump] = self.numbers;
        let mut targets = code.table(self.table)?.targets.clone();
        let default = targets.pop()?;
        let bound = bound(code, compare, self.index).filter(|&bound| bound < GROWTH * targets.len());
        if bound.is_some() || !allowed.are_guarded {
            self.branch_if_beyond(code, bound, targets.len(), default)?;
        } else {
            targets.push(default);
        }
        if let Some(bound) = bound {
            targets.resize(targets.len().max(bound + 1), default);
        }
        if allowed.are_addresses {
            let entry = MemoryOperand::with_base_index_scale(self.base, self.limited.full_register(), 8);
            code.drop(load);
            code.drop(add);
            code.replace(jump, Instruction::with1(Opcode::Jmp_rm64, entry).ok()?, None)?;
        }
        code.set_table(self.table, targets, allowed.are_addresses);
        Some(())
    }

    /// Puts a branch to `default`, for what is not less than `count`, in the place of the selection; none where the
    /// index has a bound.
    fn branch_if_beyond(&self, code: &mut Code<'_>, bound: Option<usize>, count: usize, default: usize) -> Option<()> {
        let [limit, compare, select, ..] = self.numbers;
        let taken = Instruction::with2(Opcode::Mov_r32_rm32, self.limited, self.index).ok()?;
        let taken_at = self.move_down(code, limit, compare)?;
        code.replace(taken_at, taken, None)?;
        if bound.is_some() {
            code.drop(compare);
            code.drop(select);
            return Some(());
        }
        let count = i32::try_from(count).ok()?;
        let opcode = if i8::try_from(count).is_ok() { Opcode::Cmp_rm32_imm8 } else { Opcode::Cmp_rm32_imm32 };
        code.replace(compare, Instruction::with2(opcode, self.limited, count).ok()?, None)?;
        // What the goals need of what lies between, the default needs, too.
        let branch_at = self.move_down(code, select, self.table)?;
        code.items[branch_at].target = Some(default);
        code.replace(branch_at, Instruction::with_branch(Opcode::Jae_rel32_64, 0).ok()?, None)
    }

    /// Moves what lies between two items up to the first, which is replaced. Returns the place that is free then.
    fn move_down(&self, code: &mut Code<'_>, first: usize, last: usize) -> Option<usize> {
        let mut free = first;
        for &number in self.between.iter().filter(|&&number| first < number && number < last) {
            code.replace(free, code.items[number].instruction, None)?;
            free = number;
        }
        Some(free)
    }
}

/// Whether it copies a register, or moves between one and the frame.
fn is_move(instruction: &Instruction) -> bool {
    let is_whole = matches!(instruction.code(), Opcode::Mov_r64_rm64 | Opcode::Mov_rm64_r64 | Opcode::Mov_r32_rm32);
    let is_vector = matches!(instruction.mnemonic(), Mnemonic::Movaps | Mnemonic::Movups | Mnemonic::Movdqu);
    (is_whole || is_vector) && stays_in_frame(instruction)
}

/// What the lower half of a register is at most before an item, as far as its block says so.
fn bound(code: &Code<'_>, before: usize, register: Register) -> Option<usize> {
    let mut register = register.full_register();
    let mut number = before;
    for _ in 0..WINDOW {
        if code.items[number].is_leader {
            return None;
        }
        number = number.checked_sub(1)?;
        let item = &code.items[number];
        let instruction = &item.instruction;
        if item.effects.writes & effects::bit(register) == 0 {
            continue;
        }
        let moved = copy(instruction, Opcode::Mov_r32_rm32, Opcode::Mov_rm32_r32)
            .or_else(|| copy(instruction, Opcode::Mov_r64_rm64, Opcode::Mov_rm64_r64));
        if let Some((_, from)) = moved {
            register = from.full_register();
            continue;
        }
        // An exchange, for one, writes more than its first operand.
        if instruction.op0_kind() != OpKind::Register || instruction.op0_register().full_register() != register {
            return None;
        }
        return match instruction.code() {
            Opcode::Movzx_r32_rm8 | Opcode::Movzx_r64_rm8 => Some(u8::MAX.into()),
            Opcode::And_rm32_imm8 | Opcode::And_rm32_imm32 | Opcode::And_EAX_imm32 => {
                usize::try_from(instruction.immediate(1) as u32).ok()
            }
            Opcode::Shr_rm32_imm8 => usize::try_from(u32::MAX.checked_shr(instruction.immediate(1) as u32)?).ok(),
            _ => None,
        };
    }
    None
}
