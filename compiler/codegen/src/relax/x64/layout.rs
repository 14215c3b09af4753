//! Which branches are short, and where everything lies then.

use super::scan::{CONSTANT_ALIGN, Edit, Kind, Scan};

/// Bytes of a `jmp` or `jcc` with an 8-bit displacement.
pub(super) const SHORT_BRANCH: u32 = 2;

/// Rounds after which a function is given up, so that none takes quadratic time.
const ROUNDS: usize = 64;

/// The new place of everything.
pub(super) struct Layout {
    /// New length of each edit, in bytes.
    pub lengths: Vec<u32>,
    /// For each edit, by how many bytes what starts there moves towards the start of the function; last, by how many what
    /// lies behind all edits does.
    moves: Vec<u32>,
}

impl Layout {
    /// The new offset of what lies at `offset`, behind `edits` edits.
    pub(super) fn moved(&self, offset: u32, edits: usize) -> u32 {
        offset - self.moves[edits]
    }

    /// The distance from the end of an edit to what lies at `target`, behind `edits` edits.
    pub(super) fn displacement(&self, edit: (usize, &Edit), target: u32, edits: usize) -> i32 {
        let end = self.moved(edit.1.end, edit.0 + 1);
        self.moved(target, edits).wrapping_sub(end) as i32
    }
}

struct Branch<'a> {
    edit: (usize, &'a Edit),
    target: u32,
    edits_before_target: usize,
}

/// Makes all branches short, then those long that do not reach their targets, until all do. Lengthening one moves the
/// targets of others further away, never closer, so that no decision is taken back.
pub(super) fn settle(scan: &Scan) -> Option<Layout> {
    let mut branches = branches(scan)?;
    let mut layout = Layout { lengths: scan.edits.iter().map(shortest).collect(), moves: Vec::new() };
    for _ in 0..ROUNDS {
        place(&scan.edits, &mut layout);
        let reaches = |branch: &Branch<'_>| {
            let displacement = layout.displacement(branch.edit, branch.target, branch.edits_before_target);
            i8::try_from(displacement).is_ok()
        };
        let (short, long): (Vec<_>, Vec<_>) = branches.into_iter().partition(reaches);
        if long.is_empty() {
            return Some(layout);
        }
        for Branch { edit: (index, edit), .. } in long {
            layout.lengths[index] = edit.end - edit.start;
        }
        branches = short;
    }
    None
}

fn branches(scan: &Scan) -> Option<Vec<Branch<'_>>> {
    let targets = scan.edits.iter().enumerate().filter_map(|(index, edit)| match edit.kind {
        Kind::Branch { target } => Some((index, edit, target)),
        _ => None,
    });
    let branch = |(index, edit, target)| {
        Some(Branch { edit: (index, edit), target, edits_before_target: scan.edits_before(target)? })
    };
    targets.map(branch).collect()
}

fn shortest(edit: &Edit) -> u32 {
    match &edit.kind {
        Kind::Branch { .. } => SHORT_BRANCH,
        Kind::Shorter(encoding) => encoding.bytes().len() as u32,
        Kind::Relative { .. } | Kind::Table | Kind::Padding => edit.end - edit.start,
    }
}

/// Lays everything out one after the other. What moves constants is a multiple of their alignment.
fn place(edits: &[Edit], layout: &mut Layout) {
    layout.moves.clear();
    let mut moved = 0;
    for (edit, length) in edits.iter().zip(&mut layout.lengths) {
        layout.moves.push(moved);
        let old_length = edit.end - edit.start;
        if let Kind::Padding = edit.kind {
            *length = (old_length + moved) % CONSTANT_ALIGN;
        }
        moved = moved + old_length - *length;
    }
    layout.moves.push(moved);
}
