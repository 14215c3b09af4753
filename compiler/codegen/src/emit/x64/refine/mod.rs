//! x86-64: fewer instructions for the same work, by what is seen only when registers are chosen.
//!
//! - [`code`]: a function as a list of instructions, [`assemble`]: and back; [`effects`]: what an instruction reads and
//!   writes; [`calls`]: in which registers arguments are; [`liveness`]: which registers are still needed,
//! - [`words`]: what several rules ask of an instruction,
//! - [`tables`]: jumps through tables,
//! - [`addresses`]: addresses that are known are part of the instruction,
//! - [`extension`]: what is zero-extended already,
//! - [`equal`]: what registers and slots of the frame hold the same,
//! - [`copies`]: what makes a value where it is only copied from,
//! - [`operands`]: loads as part of the instruction that takes them,
//! - [`fuel`]: what is counted where it lies,
//! - [`masks`]: of bytes that only bytes are taken of,
//! - [`flags`]: comparisons whose flags are there already,
//! - [`stores`]: stores to slots that nothing loads,
//! - [`branches`]: loops that end in two branches,
//! - [`frame`]: frames that nothing needs.
//!
//! Each leaves every register that is still needed, memory and traps as they would be.

mod addresses;
mod assemble;
mod branches;
mod calls;
mod code;
mod copies;
mod effects;
mod equal;
mod extension;
mod flags;
mod frame;
mod fuel;
mod liveness;
mod masks;
mod operands;
mod stores;
mod tables;
#[cfg(test)]
mod tests;
mod unneeded;
mod words;

use crate::code::CompiledFunction;
pub(super) use calls::Calls;
use code::Code;
use effects::Reader;
use liveness::Blocks;
pub(super) use stores::first_slot;
pub(super) use tables::Tables;

/// The function with fewer instructions, and its basic blocks; `None` where it is not understood.
pub(super) fn refine(
    function: &CompiledFunction,
    blocks: &[u32],
    calls: &Calls,
    allowed: Tables,
    first_slot: u64,
) -> Option<(CompiledFunction, Vec<u32>)> {
    let mut code = Code::of(function, blocks, Reader::new(calls))?;
    // No rule but those of tables, branches and frames changes where control goes.
    let mut flow = Blocks::of(&code);
    addresses::fold(&mut code, &flow);
    extension::remove(&mut code, &flow);
    // What nothing needs must not be found to be equal, and then needed.
    unneeded::remove(&mut code, &flow);
    if tables::shorten(&mut code, allowed) {
        flow = Blocks::of(&code);
        extension::remove(&mut code, &flow);
    }
    equal::take(&mut code, &flow);
    unneeded::remove(&mut code, &flow);
    copies::avoid(&mut code, &flow);
    operands::fuse(&mut code, &flow);
    fuel::take(&mut code, &flow);
    flags::reuse(&mut code, &flow);
    stores::remove(&mut code, &flow, first_slot);
    unneeded::remove(&mut code, &flow);
    if branches::invert(&mut code, &flow) {
        let flow = Blocks::of(&code);
        copies::avoid(&mut code, &flow);
    }
    frame::remove(&mut code);
    code.finish(blocks)
}
