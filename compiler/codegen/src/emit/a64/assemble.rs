//! Items put together: the new code, and everything that refers to places in it.

use super::code::Code;
use super::forms;
use super::scan;
use crate::code::{CompiledFunction, Relocation, RelocationTarget};

/// Greatest alignment of a constant, in bytes; functions are aligned as much.
const CONSTANT_ALIGN: u32 = 16;

impl Code<'_> {
    /// Puts it together again; `None` where a branch does not reach its target.
    pub(super) fn finish(self) -> Option<CompiledFunction> {
        let layout = self.layout();
        let mut code: Vec<u8> = Vec::with_capacity(self.function.code.len());
        let mut relocations = Vec::with_capacity(self.function.relocations.len());
        for (number, item) in self.items.iter().enumerate().filter(|(_, item)| !item.is_gone) {
            let start = layout[number];
            code.resize(start as usize, 0);
            let word = match (item.target, item.base) {
                (Some(target), Some(base)) => layout[target].wrapping_sub(layout[base]),
                (Some(target), None) => {
                    forms::with_distance(item.word, (i64::from(layout[target]) - i64::from(start)) / 4)?
                }
                _ => item.word,
            };
            code.extend(word.to_le_bytes());
            if let Some(relocation) = item.relocation {
                let target = match relocation.target {
                    RelocationTarget::Own(offset) => RelocationTarget::Own(self.moved(offset, &layout)?),
                    symbol @ RelocationTarget::Symbol(_) => symbol,
                };
                relocations.push(Relocation { offset: start, target, ..relocation });
            }
        }
        let without = CompiledFunction { relocations: Vec::new(), ..self.function.clone() };
        let mut function = without.map_offsets(code, |offset| self.moved(offset, &layout))?;
        function.relocations = relocations;
        function.sites.is_sorted_by_key(|site| site.code_offset).then_some(function)
    }

    /// The offset of each item, and of what follows them. Constants move by multiples of their alignment.
    fn layout(&self) -> Vec<u32> {
        let mut starts = Vec::with_capacity(self.items.len() + 1);
        let (mut at, mut follows_constant) = (0u32, false);
        for (number, item) in self.items.iter().enumerate() {
            let is_constant = item.is_data && item.base.is_none();
            if is_constant && !follows_constant {
                at += (number as u32 * 4).wrapping_sub(at) % CONSTANT_ALIGN;
            }
            follows_constant = is_constant;
            starts.push(at);
            at += if item.is_gone { 0 } else { 4 };
        }
        starts.push(at);
        starts
    }

    /// Where an instruction, or the end of one, lies now.
    fn moved(&self, offset: u32, layout: &[u32]) -> Option<u32> {
        let number = scan::number(offset)?;
        let number = self.moved_sites.get(&number).copied().unwrap_or(number);
        match self.items.get(number) {
            // A call that does not come back ends before constants and what aligns them.
            Some(item) if item.is_data => Some(layout[number.checked_sub(1)?] + 4),
            _ => layout.get(number).copied(),
        }
    }
}
