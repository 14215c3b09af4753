//! Finished machine code of x86-64 to better machine code.
//!
//! - [`scan`]: which bytes are instructions, tables and constants; [`edit`] has the words for it,
//! - [`refine`]: fewer instructions,
//! - [`relax`]: shorter encodings; [`shorten`] has those of single instructions.
//!
//! A function that is not understood completely stays as it is.

mod edit;
mod refine;
mod relax;
mod scan;
mod shorten;

use crate::code::{CompiledFunction, Effort};
use crate::options::InstanceModel;
use crate::passes::Pass;
use crate::plan::Plan;
use crate::{OptLevel, Options, Target};
use cranelift_codegen::ir::Function;
use target_lexicon::Architecture;

/// Whether anything is done for a target under options.
pub(super) fn applies(target: &Target, options: &Options) -> bool {
    let is_chosen = options.passes.have(Pass::Relax) || options.passes.have(Pass::Refine);
    options.opt_level != OptLevel::None && is_chosen && target.triple.architecture == Architecture::X86_64
}

/// Improves `function`, whose basic blocks begin at the offsets `blocks`, and which was made of `func`.
pub(super) fn improve(plan: &Plan<'_>, function: &mut CompiledFunction, mut blocks: Vec<u32>, func: &Function) {
    let options = &plan.options;
    if !applies(&plan.target, options) || function.effort != Effort::Full {
        return;
    }
    if options.passes.have(Pass::Refine) && plan.target.is_refined() {
        let called = function.relocations.iter().filter_map(|relocation| relocation.target.symbol());
        let calls = refine::Calls::of(func, called, plan.has_many_instances());
        // A library may be loaded anywhere, and what is to be small has small entries.
        let are_addresses = plan.layout.model != InstanceModel::Context && options.opt_level == OptLevel::Speed;
        let tables = refine::Tables { are_addresses, are_guarded: options.spectre };
        if let Some(refined) = refine::refine(function, &blocks, &calls, tables, refine::first_slot(func)) {
            (*function, blocks) = refined;
        }
    }
    if options.passes.have(Pass::Relax) {
        relax::relax(function, &blocks);
    }
}
