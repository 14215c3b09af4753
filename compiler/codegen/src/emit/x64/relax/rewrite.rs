//! Edits applied: the new code, and everything that refers to places in it.

use super::layout::{Layout, SHORT_BRANCH};
use crate::code::CompiledFunction;
use crate::emit::x64::edit::{Edit, Kind, Place, Scan, table_targets};

/// The function in its new layout.
pub(super) fn rewrite(function: &CompiledFunction, scan: &Scan, layout: &Layout) -> Option<CompiledFunction> {
    let rewriter = Rewriter { old: &function.code, scan, layout };
    function.map_offsets(rewriter.code()?, |offset| rewriter.moved(offset))
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
        for (index, edit) in self.scan.edits.iter().enumerate() {
            code.extend_from_slice(&self.old[copied..edit.start as usize]);
            self.edit(index, edit, &mut code)?;
            copied = edit.end as usize;
        }
        code.extend_from_slice(&self.old[copied..]);
        Some(code)
    }

    fn edit(&self, index: usize, edit: &Edit, code: &mut Vec<u8>) -> Option<()> {
        let length = self.layout.lengths[index];
        let old = &self.old[edit.start as usize..edit.end as usize];
        match edit.kind {
            Kind::Branch { target } => {
                let displacement = self.displacement(index, target)?.to_le_bytes();
                if length == SHORT_BRANCH {
                    code.extend([short_opcode(old), displacement[0]]);
                } else {
                    code.extend_from_slice(&old[..old.len() - 4]);
                    code.extend(displacement);
                }
            }
            Kind::Shorter(ref encoding) => code.extend_from_slice(encoding.bytes()),
            Kind::Relative { field, target } => {
                let (before, rest) = old.split_at((field - edit.start) as usize);
                code.extend_from_slice(before);
                code.extend(self.displacement(index, target)?.to_le_bytes());
                code.extend_from_slice(rest.get(4..)?);
            }
            Kind::Table => {
                let start = self.scan.place(edit.start)?;
                for target in table_targets(edit.start, old) {
                    code.extend(self.layout.displacement(start, self.scan.place(target)?).to_le_bytes());
                }
            }
            Kind::Padding => code.resize(code.len() + length as usize, 0),
        }
        Some(())
    }

    /// The distance from the end of an edit to `target`.
    fn displacement(&self, edit: usize, target: u32) -> Option<i32> {
        Some(self.layout.displacement(self.scan.end(edit), self.scan.place(target)?))
    }

    /// The new offset of any byte that is not inside an edit.
    fn moved(&self, offset: u32) -> Option<u32> {
        let edits = self.scan.edits.partition_point(|edit| edit.end <= offset);
        let is_edited = self.scan.edits.get(edits).is_some_and(|edit| edit.start < offset);
        (!is_edited).then(|| self.layout.moved(Place { offset, edits }))
    }
}

/// The opcode of the short form of a `jmp` or `jcc`.
fn short_opcode(long: &[u8]) -> u8 {
    match long {
        [0x0f, condition, ..] => condition - 0x10,
        _ => 0xeb,
    }
}
