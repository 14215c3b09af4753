//! Finished machine code of aarch64 to better machine code, by what is seen only when registers are chosen.
//!
//! - [`scan`]: which words are instructions, tables and constants; [`forms`]: what an instruction is; [`effects`]: what
//!   it reads and writes; [`code`]: a function as a list of them, [`assemble`]: and back; [`liveness`]: which registers
//!   are still needed,
//! - [`words`], [`accesses`]: what several rules ask of an instruction,
//! - [`tables`]: jumps through tables without the number of the last entry,
//! - [`extension`]: what is zero-extended already,
//! - [`comparisons`]: comparisons whose flags are there already,
//! - [`conditions`]: what is added where a condition holds,
//! - [`shifts`]: shifts as part of the operand that takes them, [`operands`]: and extensions and zeroes,
//! - [`bits`]: branches that look at one bit,
//! - [`slots`]: what registers still hold of the frame, [`frames`]: its slots in pairs, and vectors,
//! - [`steps`]: pointers that an access steps,
//! - [`branches`]: two branches in place of one,
//! - [`again`]: what is computed again,
//! - [`copies`]: copies that need not be, [`unneeded`]: and what nothing needs.
//!
//! Each leaves every register that is still needed, memory and traps as they would be. A function that is not
//! understood completely stays as it is.

mod accesses;
mod again;
mod assemble;
mod bits;
mod branches;
mod code;
mod comparisons;
mod conditions;
mod copies;
mod effects;
mod extension;
mod forms;
mod frames;
mod liveness;
mod operands;
mod scan;
mod shifts;
mod slots;
mod steps;
mod tables;
#[cfg(test)]
mod tests;
mod unneeded;
mod words;

use crate::OptLevel;
use crate::code::{CompiledFunction, Effort};
use crate::passes::Pass;
use crate::plan::Plan;
use code::Code;
use cranelift_codegen::ir::Function;
use effects::Convention;
use liveness::Blocks;
use target_lexicon::Architecture;

/// Improves `function`, which is compiled from `func`.
pub(super) fn improve(plan: &Plan<'_>, function: &mut CompiledFunction, func: &Function) {
    let is_target = matches!(plan.target.triple.architecture, Architecture::Aarch64(_));
    let is_chosen = plan.options.opt_level != OptLevel::None && plan.options.passes.have(Pass::Refine);
    if is_target
        && is_chosen
        && function.effort == Effort::Full
        && let Some(refined) = refine(function, Convention::of(func))
    {
        *function = refined;
    }
}

/// The function, which has that convention, with fewer instructions; `None` where it is not understood.
fn refine(function: &CompiledFunction, convention: Convention) -> Option<CompiledFunction> {
    let mut code = Code::of(function, convention)?;
    tables::rotate(&mut code);
    let flow = Blocks::of(&code);
    let mut after = liveness::after(&code, &flow);
    extension::remove(&mut code, &flow);
    comparisons::reuse(&mut code, &flow, &mut after);
    conditions::fold(&mut code, &flow, &mut after);
    shifts::fold(&mut code, &flow, &mut after);
    operands::fold(&mut code, &flow, &mut after);
    bits::fold(&mut code, &flow, &mut after);
    frames::pair_vectors(&mut code, &flow);
    steps::join(&mut code, &flow);
    branches::invert(&mut code, &after);
    // Blocks that end in one branch instead of two are one.
    let flow = Blocks::of(&code);
    again::remove(&mut code);
    slots::reuse(&mut code, &flow);
    let mut after = liveness::after(&code, &flow);
    copies::join(&mut code, &flow, &mut after);
    frames::pair(&mut code, &flow);
    unneeded::remove(&mut code, &flow, &after);
    code.finish()
}
