//! Shorter encodings for a function's finished machine code.
//!
//! Cranelift encodes an instruction before it knows how far its target will be, and does not go back. This pass does:
//! it reads a function's code, finds what has a shorter equivalent, and moves everything after it.
//!
//! It changes no function that it does not understand completely.
//!
//! A file per architecture; architectures whose instructions all have one length have nothing to gain.

mod x64;

use crate::code::{CompiledFunction, Effort};
use crate::passes::Pass;
use crate::plan::Plan;
use crate::{OptLevel, Options, Target};
use target_lexicon::Architecture;

/// Whether there is anything to gain for a target under options.
pub(crate) fn applies(target: &Target, options: &Options) -> bool {
    let runs = options.opt_level != OptLevel::None && options.passes.have(Pass::Relax);
    runs && target.triple.architecture == Architecture::X86_64
}

/// Shortens `function`, whose basic blocks begin at the offsets `blocks`.
pub(crate) fn relax(plan: &Plan<'_>, function: &mut CompiledFunction, blocks: &[u32]) {
    if applies(&plan.target, &plan.options) && function.effort == Effort::Full {
        x64::relax(function, blocks);
    }
}
