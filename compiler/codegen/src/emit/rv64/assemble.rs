//! Items put together: branches and jumps as short as they can be, and everything that refers to places in the code.

use super::code::{Code, Item, encoded};
use super::forms;
use super::scan::Kind;
use crate::code::CompiledFunction;

/// Greatest alignment of a constant, in bytes; functions are aligned as much.
const CONSTANT_ALIGN: u32 = 16;

/// How often what does not reach is made longer. Then all that is short is.
const MOST_TURNS: usize = 8;

impl Code<'_> {
    /// Puts it together again; `None` where a branch does not reach its target.
    pub(super) fn finish(self) -> Option<CompiledFunction> {
        let (sizes, layout) = self.relaxed()?;
        let mut code: Vec<u8> = Vec::with_capacity(self.function.code.len());
        for (number, item) in self.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
            let start = layout[number];
            code.resize(start as usize, 0);
            match item.target {
                Some(target) => {
                    let bits = encoded(item.kind, sizes[number], distance(&layout, number, target))?;
                    code.extend(&bits.to_le_bytes()[..sizes[number] as usize]);
                }
                None => self.append(item, &mut code),
            }
        }
        self.function.map_offsets(code, |offset| self.moved(offset, &layout, &sizes))
    }

    /// The size of each item, the start of each, and the end of all.
    fn relaxed(&self) -> Option<(Vec<u32>, Vec<u32>)> {
        let mut sizes: Vec<u32> = self.items.iter().map(|item| self.smallest(item)).collect();
        for turn in 0..=2 * MOST_TURNS {
            let layout = self.layout(&sizes);
            let mut is_done = true;
            for (number, item) in self.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
                let Some(target) = item.target else { continue };
                let is_short = turn >= MOST_TURNS && sizes[number] < longest(item.kind);
                if is_short || encoded(item.kind, sizes[number], distance(&layout, number, target)).is_none() {
                    sizes[number] = longer(item.kind, sizes[number])?;
                    is_done = false;
                }
            }
            if is_done {
                return Some((sizes, layout));
            }
        }
        None
    }

    fn smallest(&self, item: &Item) -> u32 {
        let is_compressed = self.extensions.compressed;
        match item.kind {
            _ if item.is_gone => 0,
            Kind::Branch { condition } if is_compressed && forms::short_condition(condition).is_some() => 2,
            Kind::Jump if is_compressed => 2,
            Kind::Branch { .. } | Kind::Jump | Kind::Entry => 4,
            Kind::Plain | Kind::Near { .. } | Kind::Data => item.size,
        }
    }

    /// Constants move by multiples of their alignment.
    fn layout(&self, sizes: &[u32]) -> Vec<u32> {
        let mut starts = Vec::with_capacity(self.items.len() + 1);
        let (mut at, mut follows_constant) = (0u32, false);
        for (item, size) in self.items.iter().zip(sizes) {
            let is_constant = item.kind == Kind::Data && !item.is_gone;
            if is_constant && !follows_constant {
                at += item.offset.wrapping_sub(at) % CONSTANT_ALIGN;
            }
            follows_constant = is_constant;
            starts.push(at);
            at += size;
        }
        starts.push(at);
        starts
    }
}

fn distance(layout: &[u32], from: usize, to: usize) -> i32 {
    layout[to].wrapping_sub(layout[from]) as i32
}

/// Bytes of the longest form.
fn longest(kind: Kind) -> u32 {
    if matches!(kind, Kind::Branch { .. } | Kind::Near { .. }) { 8 } else { 4 }
}

/// The next longer form; `None` where there is none.
fn longer(kind: Kind, size: u32) -> Option<u32> {
    (size < longest(kind)).then_some(size * 2)
}
