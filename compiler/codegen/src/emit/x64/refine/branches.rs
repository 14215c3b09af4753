//! Two branches in place of one, as a block is left over between them. In loops, what the next turn needs in other
//! registers is copied there: where the copies do no harm after the loop, they go before the first branch.
//! The second is then the only one.
//!
//! ```text
//! je near ; jmp far ; near:                    =>  jne far ; near:
//! je exit ; mov rax, rcx ; jmp header ; exit:  =>  mov rax, rcx ; jne header ; exit:
//! ```

use super::code::Code;
use super::effects::Set;
use super::liveness::{self, Blocks};
use super::words::is_of_frame;
use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind};

/// Copies that one turn more or less makes no difference for.
const MAX_COPIES: usize = 6;

/// Inverts the first of two branches. Returns whether that has joined blocks.
pub(super) fn invert(code: &mut Code<'_>, blocks: &Blocks) -> bool {
    let after = liveness::after(code, blocks);
    let mut has_joined = false;
    for number in 0..code.items.len() {
        let item = &code.items[number];
        if item.is_there() && item.instruction.flow_control() == FlowControl::ConditionalBranch {
            has_joined |= at(code, &after, number).is_some();
        }
    }
    has_joined
}

fn at(code: &mut Code<'_>, after: &[Set], first: usize) -> Option<()> {
    let exit = code.items[first].target?;
    let mut written: Set = 0;
    let mut copies = 0;
    let mut second = code.next(first + 1)?;
    // The first branch is the only way to what follows it.
    if is_reached(code, first + 1, second) {
        return None;
    }
    while code.items[second].is_there() && is_copy(&code.items[second].instruction) {
        written |= code.items[second].effects.writes;
        copies += 1;
        let next = code.next(second + 1)?;
        if is_reached(code, second + 1, next) {
            return None;
        }
        second = next;
    }
    let item = &code.items[second];
    let is_jump = item.is_there() && item.instruction.mnemonic() == Mnemonic::Jmp;
    let header = item.target.filter(|&header| is_jump && (header <= first || copies == 0))?;
    let leads_after = code.next(second + 1)? == code.next(exit)?;
    // What is needed at the exit is needed after the branch, too, unless it is needed on the way to the header alone.
    let needed = needed_at(code, after, exit);
    if !leads_after || copies > MAX_COPIES || written & needed != 0 {
        return None;
    }
    let mut inverted = code.items[first].instruction;
    inverted.negate_condition_code();
    code.replace(second, inverted, None)?;
    code.items[second].target = Some(header);
    code.drop(first);
    code.items[first + 1..=second].iter_mut().for_each(|item| item.is_leader = false);
    Some(())
}

/// Whether anything but the item before leads to one of these.
fn is_reached(code: &Code<'_>, from: usize, to: usize) -> bool {
    (from..=to).any(|number| code.items[number].is_reached)
}

/// What is needed before an item.
fn needed_at(code: &Code<'_>, after: &[Set], number: usize) -> Set {
    match code.next(number) {
        Some(number) if !code.items[number].is_data => {
            let effects = &code.items[number].effects;
            after[number] & !effects.kills | effects.reads
        }
        _ => Set::MAX,
    }
}

/// Whether an instruction only copies a register, or loads one from the frame.
fn is_copy(instruction: &Instruction) -> bool {
    let is_move =
        matches!(instruction.mnemonic(), Mnemonic::Mov | Mnemonic::Movaps | Mnemonic::Movapd | Mnemonic::Movdqa);
    is_move
        && instruction.op0_kind() == OpKind::Register
        && match instruction.op1_kind() {
            OpKind::Register => true,
            OpKind::Memory => is_of_frame(instruction),
            _ => false,
        }
}
