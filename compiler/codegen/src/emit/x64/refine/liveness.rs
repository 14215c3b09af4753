//! Which registers hold values that are still needed.

use super::code::Code;
use super::effects::{ALL, Set};
use iced_x86::{FlowControl, Instruction};
use std::ops::{BitAnd, BitOr};

/// The basic blocks of a function.
pub(super) struct Blocks {
    /// First item of each, in order.
    pub starts: Vec<usize>,
    /// The blocks that follow each; `None` where it ends in what may go anywhere.
    pub next: Vec<Option<Vec<usize>>>,
    /// The blocks that lead to each.
    before: Vec<Vec<usize>>,
}

impl Blocks {
    pub fn of(code: &Code<'_>) -> Self {
        let mut starts = Vec::new();
        let mut begins = true;
        for (number, item) in code.items.iter().enumerate() {
            if begins || item.is_leader {
                starts.push(number);
            }
            let goes_on = item.instruction.flow_control() == FlowControl::Next || is_call(&item.instruction);
            begins = item.is_data || item.is_there() && !goes_on;
        }
        let count = starts.len();
        let mut blocks = Self { starts, next: Vec::with_capacity(count), before: vec![Vec::new(); count] };
        for block in 0..count {
            let next = blocks.successors(code, block);
            next.iter().flatten().for_each(|&next| blocks.before[next].push(block));
            blocks.next.push(next);
        }
        blocks
    }

    /// The items of a block.
    pub fn items(&self, block: usize, code: &Code<'_>) -> std::ops::Range<usize> {
        self.starts[block]..self.starts.get(block + 1).copied().unwrap_or(code.items.len())
    }

    /// What is needed at the end of a block, by what is at the start of each; `all` where control may go anywhere.
    pub fn needed_at_end<S: Needs>(&self, at_start: &[S], block: usize, all: S) -> S {
        match &self.next[block] {
            Some(next) => next.iter().fold(S::default(), |needed, &next| needed | at_start[next]),
            None => all,
        }
    }

    fn successors(&self, code: &Code<'_>, block: usize) -> Option<Vec<usize>> {
        let items = self.items(block, code);
        let last = items.clone().rev().find(|&number| code.items[number].is_there());
        let follows = || Some(vec![block + 1]).filter(|_| items.end < code.items.len());
        let Some(last) = last else { return follows() };
        let of = |number: usize| self.starts.partition_point(|&start| start <= number) - 1;
        let item = &code.items[last];
        match item.instruction.flow_control() {
            // A call in tail position leads nowhere in the function.
            FlowControl::UnconditionalBranch => Some(item.target.into_iter().map(of).collect()),
            FlowControl::ConditionalBranch => {
                let mut next = follows()?;
                next.push(of(item.target?));
                Some(next)
            }
            FlowControl::IndirectBranch => {
                let targets = code.table(items.end).map_or(&[][..], |table| &table.targets);
                Some(targets.iter().copied().map(of).collect())
            }
            FlowControl::Return | FlowControl::Exception => Some(Vec::new()),
            _ => follows(),
        }
    }
}

/// Whether it comes back to the instruction after it.
pub(super) fn is_call(instruction: &Instruction) -> bool {
    matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall)
}

/// For each item, what is needed after it.
pub(super) fn after(code: &Code<'_>, blocks: &Blocks) -> Vec<Set> {
    // A block passes on what it does not kill, and adds what it reads.
    let passes = |block: usize| {
        blocks.items(block, code).rev().fold((ALL, 0), |(passed, read), number| {
            let effects = &code.items[number].effects;
            (passed & !effects.kills, read & !effects.kills | effects.reads)
        })
    };
    let passes: Vec<(Set, Set)> = (0..blocks.starts.len()).map(passes).collect();
    let at_start = settle(blocks, &passes, ALL);
    let mut after = vec![ALL; code.items.len()];
    for block in 0..blocks.starts.len() {
        let mut needed = blocks.needed_at_end(&at_start, block, ALL);
        for number in blocks.items(block, code).rev() {
            after[number] = needed;
            let effects = &code.items[number].effects;
            needed = needed & !effects.kills | effects.reads;
        }
    }
    after
}

/// A set of what can be needed.
pub(super) trait Needs: Copy + Default + PartialEq + BitAnd<Output = Self> + BitOr<Output = Self> {}

impl<S: Copy + Default + PartialEq + BitAnd<Output = S> + BitOr<Output = S>> Needs for S {}

/// What is needed at the start of each block, which passes on what it is asked for of the first of a pair, and needs
/// the second itself; `all` is what there is. A block is looked at again where what follows it needs more than before,
/// which happens once for each that can be needed at most.
pub(super) fn settle<S: Needs>(blocks: &Blocks, passes: &[(S, S)], all: S) -> Vec<S> {
    let count = blocks.starts.len();
    let mut at_start = vec![S::default(); count];
    let mut waiting: Vec<usize> = (0..count).collect();
    let mut is_waiting = vec![true; count];
    while let Some(block) = waiting.pop() {
        is_waiting[block] = false;
        let (passed, read) = passes[block];
        let needed = blocks.needed_at_end(&at_start, block, all) & passed | read;
        if needed != at_start[block] {
            at_start[block] = needed;
            for &before in &blocks.before[block] {
                if !std::mem::replace(&mut is_waiting[before], true) {
                    waiting.push(before);
                }
            }
        }
    }
    at_start
}
