//! A function as a list of items that can be changed, and put together again.

use super::forms::{self, Form};
use super::registers;
use super::scan::{self, Found, Kind, Scan, Table};
use crate::code::{CompiledFunction, RelocationTarget};

/// Instructions that stay together, or two bytes of data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Where it was, in bytes from the start of the function.
    pub offset: u32,
    pub kind: Kind,
    /// Bytes it has, or had.
    pub size: u32,
    /// The item that it leads or refers to, by number.
    pub target: Option<usize>,
    /// Whether control does not go on after it.
    pub ends: bool,
    /// In place of what was there.
    pub word: Option<u32>,
    /// Whether it was taken out.
    pub is_gone: bool,
}

impl Item {
    pub fn is_code(&self) -> bool {
        !self.is_gone && self.kind != Kind::Data
    }

    /// Where it may lead besides the one after it.
    pub fn leads_to(&self) -> Option<usize> {
        self.target.filter(|_| !matches!(self.kind, Kind::Near { .. }))
    }
}

/// What a CPU has of the extensions that matter here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extensions {
    /// Instructions of two bytes (Zca).
    pub compressed: bool,
    /// `sh2add` (Zba).
    pub adds_shifted: bool,
    /// Not the CPU, but the program: `gp` holds [`wasmc_abi::memory::RISCV_GP`].
    pub has_mask: bool,
}

/// A function taken apart.
pub(super) struct Code<'a> {
    pub function: &'a CompiledFunction,
    pub items: Vec<Item>,
    pub extensions: Extensions,
    /// Items that control comes to from outside, by number.
    pub entries: Vec<usize>,
    /// Items that trap.
    pub traps: Vec<usize>,
    /// For each even offset the number of the item that starts there; [`NOTHING`] where none does.
    numbers: Vec<u32>,
}

const NOTHING: u32 = u32::MAX;

impl<'a> Code<'a> {
    /// Takes `function` apart; `None` where it is not understood, or so long that a jump might not reach its target.
    pub fn of(function: &'a CompiledFunction, extensions: Extensions) -> Option<Self> {
        let is_ordered = function.sites.is_sorted_by_key(|site| site.code_offset)
            && function.relocations.is_sorted_by(|one, next| one.offset < next.offset);
        let length = function.code.len();
        if !is_ordered || !length.is_multiple_of(2) || length >= LONGEST {
            return None;
        }
        let Scan { found, tables } = scan::scan(function)?;
        let mut items = Vec::with_capacity(length / 3);
        let mut numbers = vec![NOTHING; length / 2];
        let mut half = 0;
        while half < numbers.len() {
            let data = Found { kind: Kind::Data, size: 2, target: None, ends: true };
            let Found { kind, size, ends, .. } = found[half].unwrap_or(data);
            numbers[half] = items.len() as u32;
            let offset = half as u32 * 2;
            items.push(Item { offset, kind, size, target: None, ends, word: None, is_gone: false });
            half += size as usize / 2;
        }
        let mut code = Self { function, items, extensions, entries: Vec::new(), traps: Vec::new(), numbers };
        for number in 0..code.items.len() {
            let at = code.items[number].offset as usize / 2;
            if let Some(target) = found[at].and_then(|found| found.target) {
                code.items[number].target = Some(code.number(target)?);
            }
        }
        code.entries = scan::entries(function).into_iter().map(|offset| code.number(offset)).collect::<Option<_>>()?;
        code.traps = scan::traps(function).map(|offset| code.number(offset)).collect::<Option<_>>()?;
        code.drop_padding();
        for table in tables {
            code.halve(table)?;
        }
        Some(code)
    }

    /// The number of the item that starts at an offset.
    pub fn number(&self, offset: u32) -> Option<usize> {
        let is_even = offset.is_multiple_of(2);
        let number = *self.numbers.get(offset as usize / 2).filter(|_| is_even)?;
        (number != NOTHING).then_some(number as usize)
    }

    /// Takes out data before the first constant of each run that something refers to: it aligned what came after it.
    fn drop_padding(&mut self) {
        let linked = self.function.relocations.iter().filter_map(|relocation| self.number(relocation.offset));
        let mut is_referred = vec![false; self.items.len()];
        let targets = self.items.iter().filter_map(|item| item.target);
        targets
            .chain(self.entries.iter().chain(&self.traps).copied())
            .chain(linked)
            .for_each(|number| is_referred[number] = true);
        let mut is_needed = false;
        for (item, is_referred) in self.items.iter_mut().zip(is_referred) {
            is_needed = item.kind == Kind::Data && (is_needed || is_referred);
            item.is_gone = item.kind == Kind::Data && !is_needed;
        }
    }

    /// Makes the jumps of a table half as long.
    fn halve(&mut self, table: Table) -> Option<()> {
        let Table { start, base, temporary, index } = table;
        let head: Vec<usize> = (0..4).map(|word| self.number(start + 4 * word)).collect::<Option<_>>()?;
        let jump = |head: u32| 0x67 | base << 15 | head << 20;
        if self.extensions.adds_shifted {
            self.items[head[1]].is_gone = true;
            self.items[head[2]].word = Some(0x2000_4033 | base << 7 | index << 15 | base << 20);
            self.items[head[3]].word = Some(jump(scan::TABLE_HEAD - 4));
        } else {
            self.items[head[1]].word = Some(0x13 | 1 << 12 | temporary << 7 | index << 15 | 2 << 20);
        }
        Some(())
    }

    /// Appends the instructions of a plain item as they are now.
    pub fn append(&self, item: &Item, code: &mut Vec<u8>) {
        match item.word {
            Some(word) => code.extend(&word.to_le_bytes()[..item.size as usize]),
            None => code.extend(&self.function.code[item.offset as usize..][..item.size as usize]),
        }
    }

    /// The instruction of a plain item as it is now, and its bytes; `None` where there are two.
    pub fn word(&self, item: &Item) -> Option<(u32, u32)> {
        match item.word {
            Some(word) => Some((word, item.size)),
            None => forms::word(&self.function.code, item.offset as usize).filter(|&(_, size)| size == item.size),
        }
    }

    /// Whether an item is a table's entry, which belongs to the jump before the table.
    pub fn is_entry(&self, number: usize) -> bool {
        self.items.get(number).is_some_and(|item| item.kind == Kind::Entry)
    }

    /// Whether control may come to each item from elsewhere than the one before it.
    pub fn starts(&self) -> Vec<bool> {
        let mut is_start = vec![false; self.items.len() + 1];
        is_start[0] = true;
        self.entries.iter().for_each(|&entry| is_start[entry] = true);
        for (number, item) in self.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
            is_start[number + 1] |= item.ends && !self.is_entry(number + 1);
            if let Some(target) = item.leads_to() {
                is_start[target] = true;
            }
        }
        is_start
    }

    /// Has an item be one instruction of four bytes.
    pub fn replace(&mut self, number: usize, word: u32) {
        (self.items[number].word, self.items[number].size) = (Some(word), 4);
    }

    /// Has an item copy one register to another.
    pub fn copy(&mut self, number: usize, from: u32, to: u32) {
        if self.extensions.compressed {
            (self.items[number].word, self.items[number].size) = (Some(0x8002 | to << 7 | from << 2), 2);
        } else {
            self.replace(number, 0x13 | to << 7 | from << 15);
        }
    }

    /// A bit for each register that an item may change.
    pub fn written(&self, item: &Item) -> u32 {
        match item.kind {
            Kind::Branch { .. } | Kind::Jump | Kind::Entry | Kind::Data => 0,
            Kind::Near { address, user } => registers::written(address, 4) | registers::written(user, 4),
            Kind::Plain => match self.word(item) {
                Some((word, size)) if forms::form(word, size) != Some(Form::Call) => registers::written(word, size),
                // A call, which the linker writes into where it has no word.
                _ => registers::CLOBBERED,
            },
        }
    }

    /// Where a place lies in a new layout, which has the start of each item and the end of all.
    pub fn moved(&self, offset: u32, layout: &[u32], sizes: &[u32]) -> Option<u32> {
        if offset as usize == self.function.code.len() {
            return layout.last().copied();
        }
        let number = self.number(offset)?;
        match self.items[number].kind {
            // A call that does not come back ends before constants and what aligns them.
            Kind::Data if !self.is_data_referred(offset) => {
                let before = (0..number).rev().find(|&before| self.items[before].is_code())?;
                Some(layout[before] + sizes[before])
            }
            _ => Some(layout[number]),
        }
    }

    fn is_data_referred(&self, offset: u32) -> bool {
        self.function
            .relocations
            .iter()
            .any(|relocation| relocation.offset == offset || relocation.target == RelocationTarget::Own(offset))
    }
}

/// Bytes of the longest function: a jump reaches any place in it, and twice its size.
const LONGEST: usize = 1 << 19;

/// A branch, a jump or a reference in so many bytes, over a distance: as a number whose lowest byte is the first.
/// `None` where it does not reach so far.
pub(super) fn encoded(kind: Kind, size: u32, distance: i32) -> Option<u64> {
    let both = |first: u32, second: u32| u64::from(second) << 32 | u64::from(first);
    Some(match (kind, size) {
        (Kind::Branch { condition }, 2) => forms::short_branch(condition, distance)?.into(),
        (Kind::Branch { condition }, 4) => forms::branch(condition, distance)?.into(),
        (Kind::Branch { condition }, _) => {
            both(forms::branch(forms::inverse(condition), 8)?, forms::jump(distance - 4)?)
        }
        (Kind::Jump, 2) => forms::short_jump(distance)?.into(),
        (Kind::Jump | Kind::Entry, _) => forms::jump(distance)?.into(),
        (Kind::Near { address, user }, _) => {
            let (address, user) = forms::with_low(address, user, distance)?;
            both(address, user)
        }
        (Kind::Plain | Kind::Data, _) => return None,
    })
}
