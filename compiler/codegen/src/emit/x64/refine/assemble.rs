//! Items put together: the new code, and everything that refers to places in it.

use super::code::{Change, Code, Item, Table, encodable};
use crate::code::{CompiledFunction, Relocation, RelocationTarget};
use crate::emit::x64::edit::{ADDRESS, CONSTANT_ALIGN, ENTRY, Kind};
use cranelift_codegen::binemit::Reloc;

impl Table {
    fn entry_size(&self) -> usize {
        if self.has_addresses { ADDRESS } else { ENTRY }
    }

    /// Writes the table that begins at `start`.
    fn write(&self, start: u32, layout: &[u32], code: &mut Vec<u8>, relocations: &mut Vec<Relocation>) {
        for &target in &self.targets {
            if self.has_addresses {
                let (offset, target) = (code.len() as u32, RelocationTarget::Own(layout[target]));
                relocations.push(Relocation { offset, kind: Reloc::Abs8, target, addend: 0 });
                code.extend([0; ADDRESS]);
            } else {
                code.extend(layout[target].wrapping_sub(start).to_le_bytes());
            }
        }
    }
}

impl Code<'_> {
    /// Puts it together again, with the offsets of its basic blocks.
    pub(super) fn finish(mut self, blocks: &[u32]) -> Option<(CompiledFunction, Vec<u32>)> {
        let layout = self.layout()?;
        let mut code = Vec::with_capacity(self.function.code.len());
        let mut relocations = Vec::new();
        for index in 0..self.items.len() {
            self.write(index, &layout, &mut code, &mut relocations)?;
        }
        let padding = self.start_of_constants(&layout)?;
        let constants = self.constants;
        if (constants as usize) < self.function.code.len() {
            code.resize(padding as usize, 0);
            code.extend_from_slice(&self.function.code[constants as usize..]);
        }
        let moved = |offset| self.moved(offset, &layout);
        let without = CompiledFunction { relocations: Vec::new(), ..self.function.clone() };
        let mut function = without.map_offsets(code, moved)?;
        if !function.sites.is_sorted_by_key(|site| site.code_offset) {
            return None;
        }
        function.relocations = relocations;
        let blocks = blocks.iter().map(|&block| moved(block)).collect::<Option<Vec<_>>>()?;
        Some((function, blocks))
    }

    /// The offset of each item, and of what follows them.
    fn layout(&mut self) -> Option<Vec<u32>> {
        let mut starts = Vec::with_capacity(self.items.len() + 1);
        let mut at = 0;
        for (number, item) in self.items.iter().enumerate() {
            starts.push(at);
            at += match item.change {
                _ if let Some(table) = self.table(number) => (table.targets.len() * table.entry_size()) as u32,
                Change::Kept => item.end - item.start,
                Change::Dropped => 0,
                Change::Changed => {
                    let length = self
                        .encoder
                        .encode(&encodable(&item.instruction, item.target.is_some(), at), at.into())
                        .ok()?;
                    let _ = self.encoder.take_buffer();
                    length as u32
                }
            };
        }
        starts.push(at);
        Some(starts)
    }

    fn write(
        &mut self,
        index: usize,
        layout: &[u32],
        code: &mut Vec<u8>,
        relocations: &mut Vec<Relocation>,
    ) -> Option<()> {
        let (item, start) = (&self.items[index], layout[index]);
        let (old, end) = (&self.function.code[item.start as usize..item.end as usize], layout[index + 1]);
        if let Some(table) = self.table(index) {
            table.write(start, layout, code, relocations);
            return Some(());
        }
        match item.change {
            Change::Dropped => return Some(()),
            Change::Kept => {
                code.extend_from_slice(old);
                if let Some(relocation) = item.relocation {
                    let target = self.relocation_target(relocation, layout)?;
                    relocations.push(Relocation {
                        offset: start + (relocation.offset - item.start),
                        target,
                        ..relocation
                    });
                    return Some(());
                }
            }
            Change::Changed => {
                self.encoder.encode(&encodable(&item.instruction, item.target.is_some(), start), start.into()).ok()?;
                let field = start + self.encoder.get_constant_offsets().displacement_offset() as u32;
                code.extend(self.encoder.take_buffer());
                if let Some(place) = item.relocation {
                    let addend = place.addend - i64::from(end - field);
                    relocations.push(Relocation { offset: field, addend, ..place });
                    return Some(());
                }
            }
        }
        let (field, goal) = match item.target {
            Some(target) => (end - 4, layout[target]),
            None => match self.relative(item) {
                Some((field, target)) => (start + (field - item.start), self.referred(target, layout)?),
                None => return Some(()),
            },
        };
        let distance = goal.wrapping_sub(end).to_le_bytes();
        code.get_mut(field as usize..field as usize + 4)?.copy_from_slice(&distance);
        Some(())
    }

    /// Where an instruction as it was has the distance to something in the function, and what that is.
    fn relative(&self, item: &Item) -> Option<(u32, u32)> {
        let edits = &self.scan.edits;
        let edit = edits.get(edits.partition_point(|edit| edit.start < item.start))?;
        match edit.kind {
            Kind::Relative { field, target } if edit.start == item.start => Some((field, target)),
            _ => None,
        }
    }

    fn relocation_target(&self, relocation: Relocation, layout: &[u32]) -> Option<RelocationTarget> {
        Some(match relocation.target {
            RelocationTarget::Own(offset) => RelocationTarget::Own(self.moved(offset, layout)?),
            symbol @ RelocationTarget::Symbol(_) => symbol,
        })
    }

    /// Where the table or the constant at an offset lies now.
    fn referred(&self, offset: u32, layout: &[u32]) -> Option<u32> {
        match offset.checked_sub(self.constants) {
            Some(into) => Some(self.start_of_constants(layout)? + into),
            None => self.moved(offset, layout),
        }
    }

    /// Where constants begin now: by multiples of their alignment elsewhere.
    fn start_of_constants(&self, layout: &[u32]) -> Option<u32> {
        let end = *layout.last()?;
        Some(end + self.constants.wrapping_sub(end) % CONSTANT_ALIGN)
    }

    /// Where a byte of an instruction or a table, or the end of them all, lies now.
    fn moved(&self, offset: u32, layout: &[u32]) -> Option<u32> {
        if let Some(&number) = self.moved_sites.get(&offset) {
            return Some(layout[number]);
        }
        if offset >= self.tail {
            return if offset == self.tail { layout.last().copied() } else { None };
        }
        let number = self.items.partition_point(|item| item.end <= offset);
        let item = self.items.get(number)?;
        let into = offset.checked_sub(item.start)?;
        match item.change {
            _ if into == 0 => Some(layout[number]),
            Change::Kept => Some(layout[number] + into),
            _ => None,
        }
    }
}
