//! A function as a list of instructions that can be changed, and back.

use super::calls::Calls;
use super::effects::{Effects, Goal, Reader, Set};
use crate::code::{CompiledFunction, Relocation, RelocationTarget};
use crate::emit::x64::edit::{Kind, Scan, table_targets};
use crate::emit::x64::scan;
use cranelift_codegen::binemit::Reloc;
use iced_x86::{Encoder, Instruction, OpKind};
use std::collections::HashMap;
use wasmc_abi::trap::CALL_SITE;

/// What becomes of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It stays as it is.
    Kept,
    /// It is another one.
    Changed,
    /// It is gone.
    Dropped,
}

/// An instruction, or bytes that are none.
pub(super) struct Item {
    pub instruction: Instruction,
    /// Offset of its first byte before.
    pub start: u32,
    /// Offset after its last byte before.
    pub end: u32,
    pub change: Change,
    /// Where a branch in the function leads, by number.
    pub target: Option<usize>,
    /// What the linker writes into it.
    pub relocation: Option<Relocation>,
    pub effects: Effects,
    /// Whether it can trap.
    pub can_trap: bool,
    /// Whether a basic block begins with it.
    pub is_leader: bool,
    /// Whether it can be reached other than from the item before.
    pub is_reached: bool,
    /// Whether that is from outside the function: from its callers, or where an exception is caught.
    pub is_entry: bool,
    /// Bytes of a jump table or of constants.
    pub is_data: bool,
}

impl Item {
    /// What its relocation refers to, apart from where in the instruction that is written: the addend counts from the
    /// symbol. `None` where it has none or is a call.
    pub fn place(&self) -> Option<Relocation> {
        let is_place = self.instruction.is_ip_rel_memory_operand();
        let relocation = self
            .relocation
            .filter(|relocation| is_place && matches!(relocation.kind, Reloc::X86PCRel4 | Reloc::X86CallPCRel4))?;
        match self.change {
            Change::Kept => {
                Some(Relocation { addend: relocation.addend + i64::from(self.end - relocation.offset), ..relocation })
            }
            _ => Some(relocation),
        }
    }

    /// Whether it is an instruction that is still there.
    pub fn is_there(&self) -> bool {
        self.change != Change::Dropped && !self.is_data
    }
}

/// A jump table.
pub(super) struct Table {
    /// The items that it leads to.
    pub targets: Vec<usize>,
    /// Whether its entries are their addresses, not their distances from the table.
    pub has_addresses: bool,
}

/// A function taken apart.
pub(super) struct Code<'a> {
    pub(super) function: &'a CompiledFunction,
    pub(super) scan: Scan,
    pub items: Vec<Item>,
    reader: Reader<'a>,
    /// Sites that have moved to other instructions, by their offset before.
    pub(super) moved_sites: HashMap<u32, usize>,
    /// Jump tables, by their items.
    tables: HashMap<usize, Table>,
    pub(super) encoder: Encoder,
    /// Offset at which instructions and tables end.
    pub(super) tail: u32,
    /// Offset at which constants begin, after what aligns them.
    pub(super) constants: u32,
}

impl<'a> Code<'a> {
    /// Takes `function` apart, whose basic blocks begin at `blocks`; `None` where it is not understood.
    pub fn of(function: &'a CompiledFunction, blocks: &[u32], reader: Reader<'a>) -> Option<Self> {
        let (scan, instructions) = scan::decode(function, blocks)?;
        let padding = scan.edits.last().filter(|edit| matches!(edit.kind, Kind::Padding));
        let len = function.code.len() as u32;
        let (tail, constants) = padding.map_or((len, len), |padding| (padding.start, padding.end));
        let mut code = Self {
            function,
            scan,
            items: Vec::with_capacity(instructions.len() + 1),
            reader,
            moved_sites: HashMap::new(),
            tables: HashMap::new(),
            encoder: Encoder::new(64),
            tail,
            constants,
        };
        code.add_items(&instructions)?;
        code.find_targets(blocks)?;
        Some(code)
    }

    /// What calls take and return.
    pub fn calls(&self) -> &'a Calls {
        self.reader.calls()
    }

    fn add_items(&mut self, instructions: &[Instruction]) -> Option<()> {
        let function = self.function;
        let mut relocations = function.relocations.iter().peekable();
        let mut sites = function.sites.iter().peekable();
        let mut handled = function.handled.iter().peekable();
        let mut tables: Vec<(u32, u32)> = self.places_of_tables().collect();
        tables.reverse();
        for instruction in instructions {
            let (start, end) = (instruction.ip() as u32, instruction.next_ip() as u32);
            while let Some((start, end)) = tables.pop_if(|&mut (table, _)| table < start) {
                self.items.push(data(start, end));
            }
            let mut of_this = Vec::new();
            while let Some(&relocation) = relocations.next_if(|relocation| relocation.offset < end) {
                of_this.push(relocation);
            }
            let mut can_trap = false;
            while let Some(site) = sites.next_if(|site| site.code_offset < end) {
                can_trap |= site.kind != CALL_SITE;
            }
            let has_handlers = handled.next_if(|call| call.returns == end).is_some();
            let relocation = match of_this[..] {
                [] => None,
                [relocation] if relocation.offset >= start => Some(relocation),
                _ => return None,
            };
            let callee = relocation.and_then(|relocation| relocation.target.symbol());
            let is_table = tables.last().is_some_and(|&(table, _)| table == end);
            let goal = Goal { callee, has_handlers, is_table };
            self.items.push(Item {
                instruction: *instruction,
                start,
                end,
                change: Change::Kept,
                target: None,
                relocation,
                effects: self.reader.effects(instruction, goal)?,
                can_trap,
                is_leader: false,
                is_reached: false,
                is_entry: false,
                is_data: false,
            });
        }
        while let Some((start, end)) = tables.pop() {
            self.items.push(data(start, end));
        }
        (relocations.next().is_none() && handled.next().is_none()).then_some(())
    }

    fn places_of_tables(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let edits = self.scan.edits.iter();
        edits.filter(|edit| matches!(edit.kind, Kind::Table)).map(|edit| (edit.start, edit.end))
    }

    fn find_targets(&mut self, blocks: &[u32]) -> Option<()> {
        let handlers = self.function.handled.iter().flat_map(|call| &call.handlers).map(|&(_, handler)| handler);
        let own = self.function.relocations.iter().filter_map(|relocation| match relocation.target {
            RelocationTarget::Own(offset) => Some(offset),
            RelocationTarget::Symbol(_) => None,
        });
        for offset in handlers.chain(own).chain([0]) {
            let entry = self.number(offset)?;
            self.items[entry].is_entry = true;
            self.items[entry].is_reached = true;
        }
        let mut reached = Vec::new();
        for index in 0..self.items.len() {
            let Item { start, end, is_data: true, .. } = self.items[index] else { continue };
            let targets = table_targets(start, &self.function.code[start as usize..end as usize]);
            let targets: Vec<usize> = targets.map(|target| self.number(target)).collect::<Option<_>>()?;
            reached.extend_from_slice(&targets);
            self.set_table(index, targets, false);
        }
        for index in 0..self.items.len() {
            let item = &self.items[index];
            let is_branch = item.instruction.op_count() == 1 && item.instruction.op0_kind() == OpKind::NearBranch64;
            if item.is_data || !is_branch || item.relocation.is_some() {
                continue;
            }
            let target = self.number(u32::try_from(item.instruction.near_branch64()).ok()?)?;
            self.items[index].target = Some(target);
            reached.push(target);
        }
        reached.into_iter().for_each(|target| self.items[target].is_reached = true);
        for &block in blocks {
            let leader = self.number(block)?;
            self.items[leader].is_leader = true;
        }
        self.items.iter_mut().for_each(|item| item.is_leader |= item.is_reached);
        Some(())
    }

    /// The number of the item that began at an offset.
    pub fn number(&self, offset: u32) -> Option<usize> {
        let number = self.items.partition_point(|item| item.start < offset);
        self.items.get(number).filter(|item| item.start == offset).map(|_| number)
    }

    /// Says what the jump table is that an item is.
    pub fn set_table(&mut self, item: usize, targets: Vec<usize>, has_addresses: bool) {
        self.tables.insert(item, Table { targets, has_addresses });
    }

    /// The jump table that an item is.
    pub fn table(&self, item: usize) -> Option<&Table> {
        self.tables.get(&item)
    }

    /// The next instruction that is there, from `number` on.
    pub fn next(&self, number: usize) -> Option<usize> {
        (number..self.items.len()).find(|&next| self.items[next].change != Change::Dropped)
    }

    /// The last instruction that is there before `number`.
    pub fn before(&self, number: usize) -> Option<usize> {
        (0..number).rev().find(|&before| self.items[before].change != Change::Dropped)
    }

    /// Whether `instruction` can be encoded, and neither reads nor writes any of `without`.
    pub fn can_be(&mut self, instruction: &Instruction, without: Set) -> bool {
        let is_encoded = self.encoder.encode(instruction, 0).is_ok();
        let _ = self.encoder.take_buffer();
        let effects = self.reader.effects(instruction, Goal::default());
        is_encoded && effects.is_some_and(|effects| (effects.reads | effects.writes) & without == 0)
    }

    /// Has the trap of an instruction that was taken out be one of another that comes later, with none between.
    pub fn move_site(&mut self, start: u32, number: usize) {
        self.moved_sites.insert(start, number);
    }

    /// Takes an instruction out. What led to it leads to the one after it.
    pub fn drop(&mut self, number: usize) {
        self.items[number].change = Change::Dropped;
        self.items[number].effects = Effects::default();
    }

    /// Puts another instruction in the place of one that has no handler; `None`, and no change, where it cannot be
    /// encoded. `relocation` is one by [`Item::place`].
    pub fn replace(&mut self, number: usize, instruction: Instruction, relocation: Option<Relocation>) -> Option<()> {
        let is_branch = self.items[number].target.is_some();
        let is_constant = instruction.is_ip_rel_memory_operand() && relocation.is_none();
        let at = self.items[number].start;
        self.encoder.encode(&encodable(&instruction, is_branch, at), u64::from(at)).ok().filter(|_| !is_constant)?;
        let _ = self.encoder.take_buffer();
        let is_table = self.items.get(number + 1).is_some_and(|next| next.is_data);
        let effects = self.reader.effects(&instruction, Goal { is_table, ..Goal::default() })?;
        let item = &mut self.items[number];
        (item.instruction, item.effects, item.change) = (instruction, effects, Change::Changed);
        item.relocation = relocation;
        Some(())
    }
}

fn data(start: u32, end: u32) -> Item {
    Item {
        instruction: Instruction::default(),
        start,
        end,
        change: Change::Kept,
        target: None,
        relocation: None,
        effects: Effects::default(),
        can_trap: false,
        is_leader: true,
        is_reached: false,
        is_entry: false,
        is_data: true,
    }
}

/// A changed instruction with distances that fit: branches to places in the function, and operands relative to the
/// instruction pointer, have four bytes for them, whatever they are, which are written later.
pub(super) fn encodable(instruction: &Instruction, is_branch: bool, at: u32) -> Instruction {
    let mut instruction = *instruction;
    if is_branch {
        instruction.set_near_branch64(u64::from(at));
    } else if instruction.is_ip_rel_memory_operand() {
        instruction.set_memory_displacement64(u64::from(at));
    }
    instruction
}
