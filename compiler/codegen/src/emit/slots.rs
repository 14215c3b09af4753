//! Words of the frame that registers hold as well, for rules that need not load them again.
//!
//! What holds at the end of all blocks that lead to one holds at its start: so a function that has more values than
//! registers does not load the same word wherever a block begins.

use std::collections::VecDeque;

/// How many words of the frame are known at a time.
const KNOWN: usize = 32;

/// How often a block is looked at on average before nothing is known, so that no function takes quadratic time.
const ROUNDS: usize = 16;

/// Words of eight bytes, by their offsets from the stack pointer, and registers that hold the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(Vec<(i32, u32)>);

impl Known {
    /// A register holds a word.
    pub fn add(&mut self, offset: i32, register: u32) {
        if !self.0.contains(&(offset, register)) {
            if self.0.len() == KNOWN {
                self.0.remove(0);
            }
            self.0.push((offset, register));
        }
    }

    /// A register that was written holds what another one does.
    pub fn copy(&mut self, from: u32, to: u32) {
        let same: Vec<i32> = self.0.iter().filter(|known| known.1 == from).map(|known| known.0).collect();
        same.into_iter().for_each(|offset| self.add(offset, to));
    }

    /// Some registers are written.
    pub fn write(&mut self, is_written: impl Fn(u32) -> bool) {
        self.0.retain(|&(_, register)| !is_written(register));
    }

    /// So many bytes of the frame are written, from an offset on.
    pub fn overwrite(&mut self, start: i32, size: i32) {
        self.0.retain(|&(offset, _)| offset + 8 <= start || offset >= start + size);
    }

    /// Anything may be written.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// A register that holds a word: `wanted`, if that does.
    pub fn holding(&self, offset: i32, wanted: u32) -> Option<u32> {
        let mut holding = self.0.iter().filter(|known| known.0 == offset).map(|known| known.1);
        let first = holding.clone().next();
        holding.find(|&register| register == wanted).or(first)
    }
}

/// What is known at the start of each of `count` blocks; `None` where finding out takes too long. Control comes to
/// `entries` from outside. `follow` makes of what is known at the start of a block what is at its end, and `next` says
/// which blocks come after that.
pub(super) fn settle<'n>(
    count: usize,
    entries: impl IntoIterator<Item = usize>,
    follow: impl Fn(usize, &mut Known),
    next: impl Fn(usize) -> &'n [usize],
) -> Option<Vec<Known>> {
    let mut at_start: Vec<Option<Known>> = vec![None; count];
    let mut is_waiting = vec![false; count];
    let mut waiting = VecDeque::new();
    for entry in entries {
        at_start[entry] = Some(Known::default());
        if !std::mem::replace(&mut is_waiting[entry], true) {
            waiting.push_back(entry);
        }
    }
    let mut left = ROUNDS * count;
    while let Some(block) = waiting.pop_front() {
        left = left.checked_sub(1)?;
        is_waiting[block] = false;
        let mut known = at_start[block].clone()?;
        follow(block, &mut known);
        for &next in next(block) {
            let met = match &at_start[next] {
                None => known.clone(),
                Some(before) => Known(before.0.iter().copied().filter(|pair| known.0.contains(pair)).collect()),
            };
            if at_start[next].as_ref() != Some(&met) {
                at_start[next] = Some(met);
                if !std::mem::replace(&mut is_waiting[next], true) {
                    waiting.push_back(next);
                }
            }
        }
    }
    // Nothing leads to the others.
    Some(at_start.into_iter().map(Option::unwrap_or_default).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(pairs: &[(i32, u32)]) -> Known {
        Known(pairs.to_vec())
    }

    #[test]
    fn words_are_forgotten_with_their_registers_and_their_bytes() {
        let mut words = known(&[(0, 1), (8, 2), (16, 3)]);
        words.write(|register| register == 2);
        assert_eq!(words, known(&[(0, 1), (16, 3)]));
        words.overwrite(4, 4);
        assert_eq!(words, known(&[(16, 3)]));
        words.copy(3, 4);
        assert_eq!([words.holding(16, 4), words.holding(16, 9), words.holding(0, 1)], [Some(4), Some(3), None]);
    }

    #[test]
    fn what_all_ways_to_a_block_have_in_common_is_known_there() {
        // 0 leads to 1 and 2, both to 3, and that to 1 again; nothing leads to 4.
        let next: [&[usize]; 5] = [&[1, 2], &[3], &[3], &[1], &[]];
        let follow = |block: usize, known: &mut Known| match block {
            0 => [(0, 1), (8, 2)].into_iter().for_each(|(offset, register)| known.add(offset, register)),
            2 => known.overwrite(8, 8),
            3 => known.add(16, 3),
            _ => {}
        };
        let settled = settle(5, [0], follow, |block| next[block]).expect("it settles");
        assert_eq!(settled[3], known(&[(0, 1)]));
        assert_eq!(settled[1], known(&[(0, 1)]));
        assert_eq!(settled[4], Known::default());
    }
}
