//! Which registers hold values that are still needed.

use super::code::Code;
use super::effects::{ALL, Set};
use super::forms::Kind;
use std::ops::Range;

/// Rounds after which everything counts as needed, so that no function takes quadratic time.
const ROUNDS: usize = 32;

/// The basic blocks of a function.
pub(super) struct Blocks {
    /// First item of each, in order.
    starts: Vec<usize>,
    /// The blocks that follow each; `None` where it ends in what may go anywhere.
    next: Vec<Option<Vec<usize>>>,
    /// How many items there are.
    end: usize,
}

impl Blocks {
    pub fn of(code: &Code<'_>) -> Self {
        let mut starts = Vec::new();
        let mut begins = true;
        for (number, item) in code.items.iter().enumerate() {
            if begins || item.is_reached {
                starts.push(number);
            }
            let ends = matches!(item.form.kind, Kind::Branch | Kind::Jump | Kind::Indirect | Kind::Return | Kind::Trap);
            begins = item.is_data || !item.is_gone && ends;
        }
        let mut blocks = Self { next: Vec::with_capacity(starts.len()), starts, end: code.items.len() };
        for block in 0..blocks.starts.len() {
            let next = blocks.successors(code, block);
            blocks.next.push(next);
        }
        blocks
    }

    /// The items of all blocks.
    pub fn all(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.starts.len()).map(|block| self.items(block))
    }

    /// The items of a block.
    pub fn items(&self, block: usize) -> Range<usize> {
        self.starts[block]..self.starts.get(block + 1).copied().unwrap_or(self.end)
    }

    /// The block that an item is in.
    pub fn with(&self, number: usize) -> usize {
        self.starts.partition_point(|&start| start <= number) - 1
    }

    /// The blocks that follow one; `None` where it ends in what may go anywhere.
    pub fn after(&self, block: usize) -> Option<&[usize]> {
        self.next[block].as_deref()
    }

    fn successors(&self, code: &Code<'_>, block: usize) -> Option<Vec<usize>> {
        let items = self.items(block);
        let last = items.clone().rev().find(|&number| code.items[number].is_there());
        let follows = || Some(vec![block + 1]).filter(|_| items.end < self.end);
        let Some(last) = last else { return follows() };
        let item = &code.items[last];
        match item.form.kind {
            Kind::Jump => item.target.map(|target| vec![self.with(target)]),
            Kind::Branch => {
                let mut next = follows()?;
                next.push(self.with(item.target?));
                Some(next)
            }
            Kind::Indirect => {
                let table = code.tables.iter().find(|table| table.first == last + 1)?;
                let entries = code.items[table.first..table.end].iter();
                entries.map(|entry| entry.target.map(|target| self.with(target))).collect()
            }
            Kind::Return | Kind::Trap => Some(Vec::new()),
            _ => follows(),
        }
    }

    fn at_end(&self, needed_at: &[Set], block: usize) -> Set {
        match &self.next[block] {
            Some(next) => next.iter().fold(0, |needed, &next| needed | needed_at[next]),
            None => ALL,
        }
    }
}

/// For each item, what is needed after it.
pub(super) fn after(code: &Code<'_>, blocks: &Blocks) -> Vec<Set> {
    let mut needed_at: Vec<Set> = vec![0; blocks.starts.len()];
    let mut is_settled = false;
    for _ in 0..ROUNDS {
        is_settled = true;
        for block in (0..blocks.starts.len()).rev() {
            let needed = blocks.at_end(&needed_at, block);
            let needed = blocks.items(block).rev().fold(needed, |needed, number| before(code, number, needed));
            is_settled &= needed_at[block] == needed;
            needed_at[block] = needed;
        }
        if is_settled {
            break;
        }
    }
    let mut after = vec![ALL; code.items.len()];
    if is_settled {
        for block in 0..blocks.starts.len() {
            let mut needed = blocks.at_end(&needed_at, block);
            for number in blocks.items(block).rev() {
                after[number] = needed;
                needed = before(code, number, needed);
            }
        }
    }
    after
}

/// What is needed before an item after which that is.
pub(super) fn before(code: &Code<'_>, number: usize, needed: Set) -> Set {
    let effects = &code.items[number].effects;
    needed & !effects.kills | effects.reads
}
