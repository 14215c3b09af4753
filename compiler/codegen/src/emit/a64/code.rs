//! A function as a list of words that can be changed.

use super::effects::{self, Convention, Effects};
use super::forms::{self, Form, Kind};
use super::scan::{self, Scan, Table};
use crate::code::{CompiledFunction, Relocation};
use std::collections::HashMap;
use wasmc_abi::trap::CALL_SITE;

/// An instruction, or a word that is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    pub word: u32,
    /// What it is; of data, nothing.
    pub form: Form,
    pub effects: Effects,
    /// Where it leads, or what it refers to, by number.
    pub target: Option<usize>,
    /// For an entry of a jump table, the item from which its distance counts.
    pub base: Option<usize>,
    /// What the linker writes into it.
    pub relocation: Option<Relocation>,
    /// Whether it can trap.
    pub can_trap: bool,
    /// Whether exceptions leave it for handlers.
    pub has_handlers: bool,
    /// Whether it can be reached other than from the item before.
    pub is_reached: bool,
    pub is_data: bool,
    /// Whether it was taken out.
    pub is_gone: bool,
}

impl Item {
    /// Whether it is an instruction that is still there.
    pub fn is_there(&self) -> bool {
        !self.is_gone && !self.is_data
    }

    /// Whether it is there, and no rule is to have it in other words: the linker writes into it, or it refers to
    /// something.
    pub fn is_plain(&self) -> bool {
        self.is_there() && self.relocation.is_none() && self.target.is_none()
    }
}

/// A function taken apart.
pub(super) struct Code<'a> {
    pub(super) function: &'a CompiledFunction,
    pub items: Vec<Item>,
    pub tables: Vec<Table>,
    convention: Convention,
    /// Traps that have moved to other instructions, by their numbers before.
    pub(super) moved_sites: HashMap<usize, usize>,
}

impl<'a> Code<'a> {
    /// Takes `function` apart, which has that convention; `None` where it is not understood.
    pub fn of(function: &'a CompiledFunction, convention: Convention) -> Option<Self> {
        let is_ordered = function.sites.is_sorted_by_key(|site| site.code_offset)
            && function.relocations.is_sorted_by(|one, next| one.offset < next.offset);
        let is_short = function.code.len().is_multiple_of(4) && function.code.len() < 1 << 26;
        if !is_ordered || !is_short {
            return None;
        }
        let words = function.code.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let words: Vec<u32> = words.collect();
        let Scan { forms, targets, tables } = scan::scan(function, &words)?;
        let items = words.iter().zip(forms).zip(targets);
        let items = items.map(|((&word, form), target)| Item {
            word,
            form: form.unwrap_or_default(),
            target,
            is_data: form.is_none(),
            ..Item::default()
        });
        let mut code = Self { function, items: items.collect(), tables, convention, moved_sites: HashMap::new() };
        code.add_tables()?;
        code.add_effects();
        Some(code)
    }

    /// Adds what the function's tables say.
    fn add_tables(&mut self) -> Option<()> {
        for &relocation in &self.function.relocations {
            self.items.get_mut(scan::number(relocation.offset)?)?.relocation = Some(relocation);
        }
        for site in self.function.sites.iter().filter(|site| site.kind != CALL_SITE) {
            self.items.get_mut(scan::number(site.code_offset)?)?.can_trap = true;
        }
        for call in &self.function.handled {
            self.items.get_mut(scan::number(call.returns)?.checked_sub(1)?)?.has_handlers = true;
        }
        for table in &self.tables {
            self.items[table.first..table.end].iter_mut().for_each(|item| item.base = Some(table.first));
        }
        let targets: Vec<usize> = self.items.iter().filter_map(|item| item.target).collect();
        for target in targets.into_iter().chain(scan::entries(self.function)?) {
            self.items.get_mut(target)?.is_reached = true;
        }
        Some(())
    }

    fn add_effects(&mut self) {
        for item in self.items.iter_mut().filter(|item| !item.is_data) {
            item.effects = effects_of(item, &self.convention);
        }
    }

    /// The next item that is there, or data, from `number` on.
    pub fn next(&self, number: usize) -> Option<usize> {
        (number..self.items.len()).find(|&next| !self.items[next].is_gone)
    }

    /// Takes an instruction out. What led to it leads to the one after it.
    pub fn drop(&mut self, number: usize) {
        let item = &mut self.items[number];
        item.is_gone = true;
        item.effects = Effects::default();
    }

    /// Puts another instruction in the place of one; `None`, and no change, where it is not understood.
    pub fn replace(&mut self, number: usize, word: u32) -> Option<()> {
        let form = forms::form(word)?;
        let item = &mut self.items[number];
        (item.word, item.form) = (word, form);
        item.effects = effects_of(item, &self.convention);
        Some(())
    }
}

fn effects_of(item: &Item, convention: &Convention) -> Effects {
    let is_tail_call = item.form.kind == Kind::Jump && item.target.is_none();
    effects::effects(item.word, &item.form, item.has_handlers || is_tail_call, convention)
}
