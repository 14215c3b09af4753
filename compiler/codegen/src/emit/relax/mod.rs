//! Shorter encodings for a function's finished machine code.
//!
//! Cranelift encodes an instruction before it knows how far its target will be, and does not go back. This pass does:
//! it reads a function's code, finds what has a shorter equivalent, and moves everything after it.
//!
//! It changes no function that it does not understand completely.
//!
//! A file per architecture; architectures whose instructions all have one length have nothing to gain.

mod x64;

use crate::OptLevel;
use crate::code::CompiledFunction;
use crate::plan::Plan;
use target_lexicon::Architecture;

/// Shortens `function`, whose basic blocks begin at the offsets `blocks`.
pub(crate) fn relax(plan: &Plan<'_>, function: &mut CompiledFunction, blocks: &[u32]) {
    if plan.options.opt_level != OptLevel::None && plan.target.triple.architecture == Architecture::X86_64 {
        x64::relax(function, blocks);
    }
}
