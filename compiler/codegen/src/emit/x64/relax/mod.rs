//! x86-64: `jmp` and `jcc` with 8-bit displacements, operations with 8-bit immediates, and a few more: see [`shorten`].
//!
//! It takes the edits that a scan makes, the places that do not stay as they are.
//!
//! - [`shorten`]: the instructions with a shorter equivalent,
//! - [`layout`]: which branches are short, and where everything lies then,
//! - [`rewrite`]: edits applied.
//!
//! What moves: code, jump tables and constants, which follow it; the displacements between them; relocations, traps and
//! return addresses. A displacement that a relocation provides stays right because the linker computes it.

mod layout;
mod rewrite;
#[cfg(test)]
mod tests;

use super::scan;
use crate::code::CompiledFunction;

/// Shortens `function` where all of it is understood; see [`scan`] for what that takes.
pub(super) fn relax(function: &mut CompiledFunction, blocks: &[u32]) {
    if let Some(relaxed) = relaxed(function, blocks) {
        *function = relaxed;
    }
}

fn relaxed(function: &CompiledFunction, blocks: &[u32]) -> Option<CompiledFunction> {
    let scan = scan::scan(function, blocks)?;
    let layout = layout::settle(&scan)?;
    rewrite::rewrite(function, &scan, &layout)
}
