//! Comparisons whose flags are there already.
//!
//! ```text
//! sub eax, ecx ; test eax, eax ; je ...                =>  sub eax, ecx ; je ...    and jne, js, jns
//! cmp edi, esi ; seta al ; cmp edi, esi ; setb cl      =>  cmp edi, esi ; seta al ; setb cl
//! ```

use super::code::Code;
use super::effects::{FLAGS, Set};
use super::liveness::{self, Blocks};
use super::words::has_memory;
use iced_x86::{ConditionCode, Mnemonic, OpKind};

/// Removes comparisons that change no flag that is looked at.
pub(super) fn reuse(code: &mut Code<'_>, blocks: &Blocks) {
    let after = liveness::after(code, blocks);
    for block in 0..blocks.starts.len() {
        // What has set the flags last, as long as its operands are the same.
        let mut last: Option<usize> = None;
        for number in blocks.items(block, code) {
            let item = &code.items[number];
            if !item.is_there() {
                continue;
            }
            let effects = item.effects;
            if let Some(maker) = last
                && is_redundant(code, &after, maker, number)
            {
                code.drop(number);
                continue;
            }
            if effects.writes & FLAGS != 0 {
                last = (effects.kills & FLAGS != 0).then_some(number);
            } else if let Some(maker) = last {
                let maker = &code.items[maker];
                let operands = maker.effects.reads | maker.effects.writes;
                if effects.writes & operands & !FLAGS != 0 || liveness::is_call(&code.items[number].instruction) {
                    last = None;
                }
            }
        }
    }
}

/// Whether `number` would set the flags as `maker` has.
fn is_redundant(code: &Code<'_>, after: &[Set], maker: usize, number: usize) -> bool {
    let (made, instruction) = (&code.items[maker].instruction, &code.items[number].instruction);
    if has_memory(instruction) {
        return false;
    }
    if matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test) && made == instruction {
        return true;
    }
    let register = instruction.op0_register();
    let is_zero_test = instruction.mnemonic() == Mnemonic::Test && instruction.op1_register() == register;
    if !is_zero_test || made.op0_kind() != OpKind::Register || made.op0_register() != register {
        return false;
    }
    match made.mnemonic() {
        // They clear overflow and carry as a test does.
        Mnemonic::And | Mnemonic::Or | Mnemonic::Xor => true,
        Mnemonic::Add | Mnemonic::Sub | Mnemonic::Neg => {
            let of_result = [ConditionCode::e, ConditionCode::ne, ConditionCode::s, ConditionCode::ns];
            are_only_read_by(code, after, number, &of_result)
        }
        _ => false,
    }
}

/// Whether all who look at the flags that `number` sets do so under these conditions.
pub(super) fn are_only_read_by(code: &Code<'_>, after: &[Set], number: usize, conditions: &[ConditionCode]) -> bool {
    let mut at = number;
    while after[at] & FLAGS != 0 {
        let Some(next) = code.next(at + 1) else { return false };
        let item = &code.items[next];
        if item.is_data || item.is_leader {
            return false;
        }
        let reads = item.effects.reads & FLAGS != 0;
        if reads && !conditions.contains(&item.instruction.condition_code()) {
            return false;
        }
        if item.effects.kills & FLAGS != 0 {
            return true;
        }
        at = next;
    }
    true
}
