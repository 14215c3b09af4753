//! Which branches are short, and where everything lies then.

use crate::emit::x64::edit::{CONSTANT_ALIGN, Edit, Kind, Place, Scan};

/// Bytes of a `jmp` or `jcc` with an 8-bit displacement.
pub(super) const SHORT_BRANCH: u32 = 2;

/// Rounds after which a function is given up, so that none takes quadratic time.
const ROUNDS: usize = 64;

/// The new place of everything.
pub(super) struct Layout {
    /// New length of each edit, in bytes.
    pub lengths: Vec<u32>,
    /// For each edit, by how many bytes what starts there moves towards the start of the function; last, by how many
    /// what follows all edits does.
    moves: Vec<u32>,
}

impl Layout {
    /// The new offset of a place.
    pub(super) fn moved(&self, place: Place) -> u32 {
        place.offset - self.moves[place.edits]
    }

    /// The new distance from one place to another.
    pub(super) fn displacement(&self, from: Place, to: Place) -> i32 {
        self.moved(to).wrapping_sub(self.moved(from)) as i32
    }
}

/// Makes all branches short, then those long that do not reach their targets, until all do. Lengthening one moves the
/// targets of others further away, never closer, so that no decision is taken back.
pub(super) fn settle(scan: &Scan) -> Option<Layout> {
    let mut branches = branches(scan)?;
    let mut layout = Layout { lengths: scan.edits.iter().map(shortest).collect(), moves: Vec::new() };
    for _ in 0..ROUNDS {
        place(&scan.edits, &mut layout);
        let reaches = |branch: &Branch| i8::try_from(layout.displacement(scan.end(branch.edit), branch.target)).is_ok();
        let (short, long): (Vec<_>, Vec<_>) = branches.into_iter().partition(reaches);
        if long.is_empty() {
            return Some(layout);
        }
        for branch in long {
            layout.lengths[branch.edit] = length(&scan.edits[branch.edit]);
        }
        branches = short;
    }
    None
}

struct Branch {
    edit: usize,
    target: Place,
}

fn branches(scan: &Scan) -> Option<Vec<Branch>> {
    let branches = scan.edits.iter().enumerate().filter_map(|(edit, Edit { kind, .. })| match *kind {
        Kind::Branch { target } => Some(scan.place(target).map(|target| Branch { edit, target })),
        _ => None,
    });
    branches.collect()
}

fn length(edit: &Edit) -> u32 {
    edit.end - edit.start
}

fn shortest(edit: &Edit) -> u32 {
    match &edit.kind {
        Kind::Branch { .. } => SHORT_BRANCH,
        Kind::Shorter(encoding) => encoding.bytes().len() as u32,
        Kind::Relative { .. } | Kind::Table | Kind::Padding => length(edit),
    }
}

/// Lays everything out one after the other. What moves constants is a multiple of their alignment.
fn place(edits: &[Edit], layout: &mut Layout) {
    layout.moves.clear();
    let mut moved = 0;
    for (edit, new_length) in edits.iter().zip(&mut layout.lengths) {
        layout.moves.push(moved);
        if let Kind::Padding = edit.kind {
            *new_length = (length(edit) + moved) % CONSTANT_ALIGN;
        }
        moved = moved + length(edit) - *new_length;
    }
    layout.moves.push(moved);
}
