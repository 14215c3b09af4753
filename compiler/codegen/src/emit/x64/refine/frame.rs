//! Frames that nothing needs: those of functions that call none, or only in tail position, and have no slots. The
//! return address is where the stack pointer is then, and the frame pointer is the caller's; the runtime knows such
//! functions by their first bytes (`runtime-lib/src/sys/arch/x86_64/recovery.rs`).
//!
//! ```text
//! push rbp ; mov rbp, rsp ; mov eax, [rdi] ; mov rsp, rbp ; pop rbp ; ret  =>  mov eax, [rdi] ; ret
//! ```

use super::code::{Code, Item};
use super::effects::FRAME;
use super::liveness;
use super::words::is_frame;
use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind, Register};

/// Takes the frame away.
pub(super) fn remove(code: &mut Code<'_>) {
    let _ = without_frame(code);
}

fn without_frame(code: &mut Code<'_>) -> Option<()> {
    let mut there = (0..code.items.len()).filter(|&number| code.items[number].is_there());
    // Where control flow is hardened, a landing pad comes first.
    let first = there.next()?;
    let is_pad = code.items[first].instruction.mnemonic() == Mnemonic::Endbr64;
    let push = if is_pad { there.next()? } else { first };
    let set = there.next()?;
    let is_set_up = is_of_register(&code.items[push].instruction, Mnemonic::Push, Register::RBP)
        && is_move(&code.items[set].instruction, Register::RBP, Register::RSP);
    if !is_set_up || code.items[set].is_reached {
        return None;
    }
    let mut dropped = vec![push, set];
    while let Some(number) = there.next() {
        let item = &code.items[number];
        if liveness::is_call(&item.instruction) {
            return None;
        }
        if !concerns_frame(item) || leaves(item) {
            continue;
        }
        // The end of the function: nothing comes between.
        let pop = there.next()?;
        let is_end = is_move(&item.instruction, Register::RSP, Register::RBP)
            && is_of_register(&code.items[pop].instruction, Mnemonic::Pop, Register::RBP)
            && leaves(&code.items[there.next()?]);
        if !is_end {
            return None;
        }
        dropped.extend([number, pop]);
    }
    dropped.into_iter().for_each(|number| code.drop(number));
    Some(())
}

fn concerns_frame(item: &Item) -> bool {
    (item.effects.reads | item.effects.writes) & FRAME != 0
}

/// Whether control leaves the function by an instruction.
fn leaves(item: &Item) -> bool {
    match item.instruction.flow_control() {
        FlowControl::Return => true,
        FlowControl::UnconditionalBranch => item.target.is_none(),
        FlowControl::IndirectBranch => concerns_frame(item) && !names_frame(&item.instruction),
        _ => false,
    }
}

/// Whether an operand is in the frame.
fn names_frame(instruction: &Instruction) -> bool {
    [instruction.memory_base(), instruction.memory_index()].iter().any(|&register| is_frame(register))
        || (instruction.op_count() > 0
            && instruction.op0_kind() == OpKind::Register
            && is_frame(instruction.op0_register()))
}

fn is_of_register(instruction: &Instruction, mnemonic: Mnemonic, register: Register) -> bool {
    instruction.mnemonic() == mnemonic
        && instruction.op0_kind() == OpKind::Register
        && instruction.op0_register() == register
}

fn is_move(instruction: &Instruction, to: Register, from: Register) -> bool {
    is_of_register(instruction, Mnemonic::Mov, to)
        && instruction.op1_kind() == OpKind::Register
        && instruction.op1_register() == from
}
