//! x86-64: fewer instructions for the same work, by what is seen only when registers are chosen.
//!
//! - [`code`]: a function as a list of instructions, [`assemble`]: and back; [`effects`]: what an instruction reads and
//!   writes; [`liveness`]: which registers are still needed,
//! - [`words`]: what several rules ask of an instruction,
//! - [`addresses`]: addresses that are known are part of the instruction,
//! - [`extension`]: what is zero-extended already,
//! - [`reloads`]: what a register still holds of the frame,
//! - [`copies`]: what copies a register for one instruction that could take the original,
//! - [`operands`]: loads as part of the instruction that takes them,
//! - [`flags`]: comparisons whose flags are there already,
//! - [`branches`]: loops that end in two branches.
//!
//! Each leaves every register that is still needed, memory and traps as they would be.

mod addresses;
mod assemble;
mod branches;
mod code;
mod copies;
mod effects;
mod extension;
mod flags;
mod liveness;
mod operands;
mod reloads;
#[cfg(test)]
mod tests;
mod unneeded;
mod words;

use crate::code::CompiledFunction;
use code::Code;
use cranelift_codegen::isa::CallConv;
use effects::Reader;
use liveness::Blocks;

/// The function with fewer instructions, and its basic blocks; `None` where it is not understood. It is called by
/// `convention`, and the program has a pinned register if `is_pinned`.
pub(super) fn refine(
    function: &CompiledFunction,
    blocks: &[u32],
    convention: CallConv,
    is_pinned: bool,
) -> Option<(CompiledFunction, Vec<u32>)> {
    let mut code = Code::of(function, blocks, Reader::new(convention, is_pinned))?;
    // No rule but the last changes where control goes.
    let flow = Blocks::of(&code);
    addresses::fold(&mut code, &flow);
    extension::remove(&mut code, &flow);
    reloads::reuse(&mut code, &flow);
    copies::propagate(&mut code, &flow);
    operands::fuse(&mut code, &flow);
    flags::reuse(&mut code, &flow);
    unneeded::remove(&mut code, &flow);
    branches::invert(&mut code, &flow);
    code.finish(blocks)
}
