//! Landing pads that Cranelift leaves out.
//!
//! With branch target identification (Arm ARM, FEAT_BTI) an indirect branch ends the program unless it lands on an instruction made
//! for that. Cranelift begins functions by signing the return address, `paciasp`, which is such an instruction for calls (`blr`).
//! Functions of the convention of tail calls sign by `paciaz`, which is none, and are jumped to as well (`br`): they get a pad
//! of their own, which is one instruction in front of all others.

use crate::{CompiledFunction, FunctionKey, Plan, start};
use cranelift_codegen::isa::CallConv;

/// `bti jc`: lands calls and jumps, and does nothing where the processor does not know it.
const PAD: u32 = 0xd503_24df;

/// Its text.
pub(crate) const PAD_TEXT: &str = "  bti jc\n";

/// Whether a function lacks a landing pad.
pub(crate) fn is_missing(plan: &Plan<'_>, key: FunctionKey) -> bool {
    plan.options.cfi && start::signature_of(plan, key).call_conv == CallConv::Tail
}

/// Puts a landing pad in front of a function: everything in it moves by an instruction.
pub(crate) fn add(function: &mut CompiledFunction) {
    let pad = PAD.to_le_bytes();
    let size = pad.len() as u32;
    function.code.splice(0..0, pad);
    for relocation in &mut function.relocations {
        relocation.offset += size;
        relocation.target = relocation.target.moved(size);
    }
    function.sites.iter_mut().for_each(|site| site.code_offset += size);
}
