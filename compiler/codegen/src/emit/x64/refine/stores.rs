//! Stores to slots of the frame that nothing loads before they are written again, or before the function returns: the
//! register allocator spills a value wherever it is made, also where all that need it are gone by now.
//!
//! Only slots that hold spilled values are followed: no address of them is taken, so that nobody but instructions of
//! the function reaches them. Below them lie arguments of calls and what a [`Function`] has on the stack itself; above
//! them registers that are kept for the caller, which whoever unwinds the stack reads.
//!
//! ```text
//! mov [rsp+8], rsi ; and rsi, 15 ; mov [rsp+8], rsi  =>  and rsi, 15 ; mov [rsp+8], rsi
//! ```

use super::calls;
use super::code::Code;
use super::effects::{self, FRAME, KEPT};
use super::liveness::{self, Blocks, is_call};
use super::words::is_of_frame;
use cranelift_codegen::ir::Function;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};
use std::ops::Range;

/// Slots of 8 bytes from the stack pointer on, a bit for each of the first.
type Slots = u128;

/// How many slots are followed.
const COUNT: u64 = Slots::BITS as u64;

/// Bytes of a slot.
const SLOT: u64 = 8;

/// The offset from the stack pointer at which slots begin that hold nothing but spilled values, or one beyond it.
pub(in crate::emit::x64) fn first_slot(func: &Function) -> u64 {
    // More than any argument and any slot is aligned to, and as large as any argument is.
    const MOST: u64 = 16;
    let arguments = func.dfg.signatures.values().map(|signature| {
        if calls::are_in_registers(signature) {
            return 0;
        }
        MOST * (signature.params.len() + signature.returns.len()) as u64
    });
    let own = func.sized_stack_slots.values().map(|slot| u64::from(slot.size).next_multiple_of(MOST) + MOST);
    arguments.max().unwrap_or(0) + own.sum::<u64>()
}

/// Removes stores whose slots, from the offset `first` on, nothing needs.
pub(super) fn remove(code: &mut Code<'_>, blocks: &Blocks, first: u64) {
    let Some(accesses) = accesses(code, blocks, first) else { return };
    let passes = |block: usize| {
        blocks.items(block, code).rev().fold((Slots::MAX, 0), |(passed, read), number| {
            let Access { reads, writes, .. } = accesses[number];
            (passed & !writes, read & !writes | reads)
        })
    };
    let passes: Vec<(Slots, Slots)> = (0..blocks.starts.len()).map(passes).collect();
    let at_start = liveness::settle(blocks, &passes, Slots::MAX);
    for block in 0..blocks.starts.len() {
        let mut needed = blocks.needed_at_end(&at_start, block, Slots::MAX);
        for number in blocks.items(block, code).rev() {
            let access = accesses[number];
            if access.is_spill && access.writes & needed == 0 {
                code.drop(number);
                continue;
            }
            needed = needed & !access.writes | access.reads;
        }
    }
}

/// What an instruction does to slots.
#[derive(Clone, Copy, Default)]
struct Access {
    reads: Slots,
    /// Those that it writes as a whole.
    writes: Slots,
    /// Whether it does nothing else.
    is_spill: bool,
}

/// What each item does; `None` where the function is not one that this is for.
fn accesses(code: &Code<'_>, blocks: &Blocks, first: u64) -> Option<Vec<Access>> {
    // What is needed where an exception is caught is needed at the call.
    if !code.function.handled.is_empty() || blocks.next.iter().any(Option::is_none) {
        return None;
    }
    let last = blocks.items(0, code).find_map(|number| frame_size(&code.items[number].instruction))?.min(SLOT * COUNT);
    let mut accesses = vec![Access::default(); code.items.len()];
    for block in 0..blocks.starts.len() {
        let is_first = block == 0;
        let mut has_moved = false;
        for number in blocks.items(block, code).filter(|&number| code.items[number].is_there()) {
            let item = &code.items[number];
            let is_near = item.instruction.memory_base() == Register::RSP;
            // Offsets count from the stack pointer that the function has between its start and its end.
            if is_near && has_moved && !is_first {
                return None;
            }
            has_moved |= item.effects.writes & FRAME != 0 && !is_call(&item.instruction);
            if is_near {
                let mut access = access(&item.instruction, first..last)?;
                // Among the first are those of registers that are kept for the caller.
                let saved = stored(&item.instruction).filter(|_| is_first).map_or(0, effects::bit);
                access.is_spill &= saved & KEPT == 0 && item.relocation.is_none() && !item.can_trap;
                accesses[number] = access;
            }
        }
    }
    Some(accesses)
}

/// The bytes that an instruction takes from the stack for the frame.
fn frame_size(instruction: &Instruction) -> Option<u64> {
    let is_of_stack = instruction.mnemonic() == Mnemonic::Sub && instruction.op0_register() == Register::RSP;
    (is_of_stack && instruction.op1_kind() != OpKind::Register).then(|| instruction.immediate(1))
}

/// What an instruction whose memory operand lies in the frame does to the slots at the offsets `followed`. `None` where
/// it takes the address of one.
fn access(instruction: &Instruction, followed: Range<u64>) -> Option<Access> {
    let (offset, size) = (instruction.memory_displacement64(), instruction.memory_size().size() as u64);
    if instruction.mnemonic() == Mnemonic::Lea || !is_of_frame(instruction) {
        return (offset < followed.start).then_some(Access::default());
    }
    if offset < followed.start || offset.saturating_add(size) > followed.end {
        return Some(Access::default());
    }
    let slots = offset / SLOT..(offset + size).div_ceil(SLOT);
    let touched = slots.fold(0, |touched, slot| touched | 1 << slot);
    let is_spill = stored(instruction).is_some() && offset.is_multiple_of(SLOT) && size.is_multiple_of(SLOT);
    // What is written in part stays needed.
    let (reads, writes) = if is_spill { (0, touched) } else { (touched, 0) };
    Some(Access { reads, writes, is_spill })
}

/// The register that an instruction stores as it is, where it does nothing else.
fn stored(instruction: &Instruction) -> Option<Register> {
    let is_store = matches!(
        instruction.mnemonic(),
        Mnemonic::Mov | Mnemonic::Movups | Mnemonic::Movaps | Mnemonic::Movdqu | Mnemonic::Movss | Mnemonic::Movsd
    );
    let is_plain = instruction.op0_kind() == OpKind::Memory && instruction.op1_kind() == OpKind::Register;
    (is_store && is_plain).then(|| instruction.op1_register())
}
