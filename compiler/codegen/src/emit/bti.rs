//! Landing pads that Cranelift leaves out.
//!
//! With branch target identification (Arm ARM, FEAT_BTI) an indirect branch ends the program unless it lands on an
//! instruction made for that. Cranelift begins functions by signing the return address, `paciasp`, which is such an
//! instruction for calls (`blr`). Functions of the convention of tail calls sign by `paciaz`, which is none, and are
//! jumped to as well (`br`): they get a pad of their own, which is one instruction in front of all others.

use crate::code::CompiledFunction;
use cranelift_codegen::ir::Signature;
use cranelift_codegen::isa::CallConv;

/// `bti jc`: lands calls and jumps, and does nothing where the processor does not know it.
const PAD: u32 = 0xd503_24df;

/// Its text.
pub(super) const PAD_TEXT: &str = "  bti jc\n";

/// Whether functions with this signature lack a landing pad.
pub(super) fn is_missing(signature: &Signature) -> bool {
    signature.call_conv == CallConv::Tail
}

/// Puts a landing pad in front of a function: everything in it moves by an instruction.
pub(super) fn add(function: &CompiledFunction) -> CompiledFunction {
    let pad = PAD.to_le_bytes();
    let code = [&pad, function.code.as_slice()].concat();
    let moved = function.map_offsets(code, |offset| offset.checked_add(pad.len() as u32));
    moved.expect("a function is smaller than 4 GiB")
}
