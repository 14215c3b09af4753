//! Which registers hold values that are still needed.

use super::code::Code;
use super::effects::{ALL, Set};
use iced_x86::{FlowControl, Instruction};

/// Rounds after which everything counts as needed, so that no function takes quadratic time.
const ROUNDS: usize = 32;

/// The basic blocks of a function.
pub(super) struct Blocks {
    /// First item of each, in order.
    pub starts: Vec<usize>,
    /// The blocks that follow each; `None` where it ends in what may go anywhere.
    pub next: Vec<Option<Vec<usize>>>,
}

impl Blocks {
    pub fn of(code: &Code<'_>) -> Self {
        let mut starts = Vec::new();
        let mut begins = true;
        for (number, item) in code.items.iter().enumerate() {
            if begins || item.is_leader {
                starts.push(number);
            }
            begins =
                item.is_data || item.instruction.flow_control() != FlowControl::Next && !is_call(&item.instruction);
        }
        let mut blocks = Self { next: Vec::with_capacity(starts.len()), starts };
        for block in 0..blocks.starts.len() {
            let next = blocks.successors(code, block);
            blocks.next.push(next);
        }
        blocks
    }

    /// The items of a block.
    pub fn items(&self, block: usize, code: &Code<'_>) -> std::ops::Range<usize> {
        self.starts[block]..self.starts.get(block + 1).copied().unwrap_or(code.items.len())
    }

    fn successors(&self, code: &Code<'_>, block: usize) -> Option<Vec<usize>> {
        let items = self.items(block, code);
        let last = items.clone().rev().find(|&number| code.items[number].is_there());
        let follows = || Some(vec![block + 1]).filter(|_| items.end < code.items.len());
        let Some(last) = last else { return follows() };
        let of = |number: usize| self.starts.partition_point(|&start| start <= number) - 1;
        let item = &code.items[last];
        match item.instruction.flow_control() {
            FlowControl::UnconditionalBranch => item.target.map(|target| vec![of(target)]),
            FlowControl::ConditionalBranch => {
                let mut next = follows()?;
                next.push(of(item.target?));
                Some(next)
            }
            FlowControl::IndirectBranch => {
                let table = items.end;
                let is_table = code.items.get(table).is_some_and(|item| item.is_data);
                is_table.then(|| code.table_targets(table).into_iter().map(of).collect())
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
    let mut needed_at: Vec<Set> = vec![0; blocks.starts.len()];
    let mut is_settled = false;
    for _ in 0..ROUNDS {
        is_settled = true;
        for block in (0..blocks.starts.len()).rev() {
            let mut needed = at_end(&needed_at, blocks, block);
            for number in blocks.items(block, code).rev() {
                needed = before(code, number, needed);
            }
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
            let mut needed = at_end(&needed_at, blocks, block);
            for number in blocks.items(block, code).rev() {
                after[number] = needed;
                needed = before(code, number, needed);
            }
        }
    }
    after
}

fn at_end(needed_at: &[Set], blocks: &Blocks, block: usize) -> Set {
    match &blocks.next[block] {
        Some(next) => next.iter().fold(0, |needed, &next| needed | needed_at[next]),
        None => ALL,
    }
}

fn before(code: &Code<'_>, number: usize, needed: Set) -> Set {
    let effects = &code.items[number].effects;
    needed & !effects.kills | effects.reads
}
