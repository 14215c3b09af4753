//! Finished machine code of RISC-V to better machine code.
//!
//! - [`forms`]: what instructions do to the program counter; [`scan`]: which bytes are instructions and constants,
//! - [`code`]: a function as a list of them, [`assemble`]: and back, with branches as short as they can be,
//! - [`jumps`]: branches that lead to their targets, and nothing that leads nowhere,
//! - [`slots`]: what registers hold of the frame; [`extension`]: what is extended already,
//! - [`frames`]: frames in fewer instructions, or none; [`steps`]: those that set them up, [`registers`]: those that
//!   need them.
//!
//! A function that is not understood completely stays as it is.

mod assemble;
mod code;
mod extension;
mod forms;
mod frames;
mod jumps;
mod registers;
mod scan;
mod slots;
mod steps;
#[cfg(test)]
mod tests;

use crate::OptLevel;
use crate::code::{CompiledFunction, Effort};
use crate::options::InstanceModel;
use crate::passes::Pass;
use crate::plan::Plan;
use code::{Code, Extensions};

/// Improves `function`.
pub(super) fn improve(plan: &Plan<'_>, function: &mut CompiledFunction) {
    let passes = plan.options.passes;
    let is_chosen = plan.options.opt_level != OptLevel::None && passes.have(Pass::Relax);
    let extensions = Extensions {
        compressed: plan.target.has("has_zca"),
        adds_shifted: plan.target.has("has_zba"),
        has_mask: plan.options.model != InstanceModel::Context,
    };
    if plan.target.is_riscv64()
        && is_chosen
        && function.effort == Effort::Full
        && let Some(relaxed) = relax(function, extensions, passes.have(Pass::Refine))
    {
        *function = relaxed;
    }
}

/// The function with shorter jumps, and frames if it `refines` them; `None` where it is not understood.
fn relax(function: &CompiledFunction, extensions: Extensions, refines: bool) -> Option<CompiledFunction> {
    let mut code = Code::of(function, extensions)?;
    jumps::straighten(&mut code);
    if refines {
        frames::simplify(&mut code);
        slots::reuse(&mut code);
        extension::remove(&mut code);
    }
    code.finish()
}
