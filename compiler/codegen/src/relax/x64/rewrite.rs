//! Edits applied: the new code, and everything that refers to places in it.

use super::layout::{Layout, SHORT_BRANCH};
use super::scan::{self, Edit, Kind, Scan};
use crate::CompiledFunction;
use crate::compile::{Relocation, RelocationTarget};
use wasmc_abi::trap::Site;

/// The function in its new layout.
pub(super) fn rewrite(function: &CompiledFunction, scan: &Scan, layout: &Layout) -> Option<CompiledFunction> {
    let rewriter = Rewriter { old: &function.code, scan, layout };
    Some(CompiledFunction {
        key: function.key,
        code: rewriter.code()?,
        align: function.align,
        relocations: function
            .relocations
            .iter()
            .map(|relocation| rewriter.relocation(relocation))
            .collect::<Option<_>>()?,
        sites: function.sites.iter().map(|site| rewriter.site(site)).collect::<Option<_>>()?,
    })
}

struct Rewriter<'a> {
    old: &'a [u8],
    scan: &'a Scan,
    layout: &'a Layout,
}

impl Rewriter<'_> {
    fn code(&self) -> Option<Vec<u8>> {
        let mut code = Vec::with_capacity(self.old.len());
        let mut copied = 0;
        for edit in self.scan.edits.iter().enumerate() {
            let Edit { start, end, .. } = *edit.1;
            code.extend_from_slice(&self.old[copied..start as usize]);
            self.edit(edit, &mut code)?;
            copied = end as usize;
        }
        code.extend_from_slice(&self.old[copied..]);
        Some(code)
    }

    fn edit(&self, edit: (usize, &Edit), code: &mut Vec<u8>) -> Option<()> {
        let Edit { start, end, ref kind } = *edit.1;
        let length = self.layout.lengths[edit.0];
        let old = &self.old[start as usize..end as usize];
        match *kind {
            Kind::Branch { target } => code.extend(branch(old, length, self.displacement(edit, target)?)),
            Kind::Shorter(ref encoding) => code.extend_from_slice(encoding.bytes()),
            Kind::Relative { field, target } => {
                let (before, rest) = old.split_at((field - start) as usize);
                code.extend_from_slice(before);
                code.extend(self.displacement(edit, target)?.to_le_bytes());
                code.extend_from_slice(rest.get(4..)?);
            }
            Kind::Table => {
                let table = self.instruction(start)?;
                for target in scan::table_targets(start, old) {
                    code.extend(self.instruction(target)?.wrapping_sub(table).to_le_bytes());
                }
            }
            Kind::Padding => code.resize(code.len() + length as usize, 0),
        }
        Some(())
    }

    fn displacement(&self, edit: (usize, &Edit), target: u32) -> Option<i32> {
        Some(self.layout.displacement(edit, target, self.scan.edits_before(target)?))
    }

    /// Where an instruction, a table or a constant lies now.
    fn instruction(&self, offset: u32) -> Option<u32> {
        Some(self.layout.moved(offset, self.scan.edits_before(offset)?))
    }

    /// Where any other byte lies now, if it still exists.
    fn position(&self, offset: u32) -> Option<u32> {
        let edits = &self.scan.edits;
        let before = edits.partition_point(|edit| edit.end <= offset);
        let is_edited = edits.get(before).is_some_and(|edit| edit.start < offset);
        (!is_edited).then(|| self.layout.moved(offset, before))
    }

    fn relocation(&self, relocation: &Relocation) -> Option<Relocation> {
        let target = match relocation.target {
            RelocationTarget::Own(offset) => RelocationTarget::Own(self.instruction(offset)?),
            symbol => symbol,
        };
        Some(Relocation { offset: self.position(relocation.offset)?, target, ..*relocation })
    }

    fn site(&self, site: &Site) -> Option<Site> {
        Some(Site { code_offset: self.position(site.code_offset)?, ..*site })
    }
}

/// A branch in `length` bytes. The opcode of the short form is that of the long one, less its first byte and 16 for `jcc`,
/// plus 2 for `jmp`.
fn branch(long: &[u8], length: u32, displacement: i32) -> impl Iterator<Item = u8> {
    let (opcode, _) = long.split_at(long.len() - 4);
    let short = match opcode {
        [0x0f, condition] => condition - 0x10,
        _ => 0xeb,
    };
    let is_short = length == SHORT_BRANCH;
    let displacement = displacement.to_le_bytes();
    let opcode = if is_short { [Some(short), None] } else { [opcode.first().copied(), opcode.get(1).copied()] };
    opcode.into_iter().flatten().chain(displacement.into_iter().take(if is_short { 1 } else { 4 }))
}
