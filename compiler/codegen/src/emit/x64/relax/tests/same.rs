//! Whether two encodings of a function are the same program: walks both from the entry in step, along every edge.

use crate::code::{CompiledFunction, Relocation, RelocationTarget};
use crate::emit::x64::{edit, shorten};
use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use std::collections::BTreeMap;
use wasmc_abi::trap::CALL_SITE;

/// Panics where `new` is not `old` at other offsets. `blocks` are those of `old`.
pub(super) fn assert_same(old: &CompiledFunction, new: &CompiledFunction, blocks: &[u32]) {
    let mut walk = Walk { old, new, blocks, places: BTreeMap::new(), work: Vec::new(), addresses: Vec::new() };
    walk.go(0, 0);
    while let Some((old, new)) = walk.work.pop() {
        walk.step(old, new);
    }
    for &(old, new) in &walk.addresses {
        walk.address(old, new);
    }
    let targets: Vec<u32> = walk.places.values().copied().collect();
    assert!(targets.is_sorted_by(|a, b| a < b), "places keep their order");
    assert_eq!((old.relocations.len(), old.sites.len()), (new.relocations.len(), new.sites.len()));
}

struct Walk<'a> {
    old: &'a CompiledFunction,
    new: &'a CompiledFunction,
    blocks: &'a [u32],
    /// Old to new offsets of everything reached.
    places: BTreeMap<u32, u32>,
    /// Those whose edges are still to be followed.
    work: Vec<(u32, u32)>,
    /// Addresses that operands refer to.
    addresses: Vec<(u32, u32)>,
}

impl Walk<'_> {
    fn go(&mut self, old: u32, new: u32) {
        match self.places.insert(old, new) {
            Some(known) => assert_eq!(known, new, "two places for {old:#x}"),
            None => self.work.push((old, new)),
        }
    }

    fn step(&mut self, old: u32, new: u32) {
        if let Some(len) = shorten::epilogue(&self.old.code[old as usize..]) {
            assert_eq!(self.new.code[new as usize], 0xc9);
            return self.go(old + len, new + 1);
        }
        let (a, b) = (decode(self.old, old), decode(self.new, new));
        let (old_end, new_end) = (old + a.len() as u32, new + b.len() as u32);
        let context = format!("{old:#x} {:?} and {new:#x} {:?}", a.code(), b.code());
        assert!(same_operation(&a, &b), "{context}");
        assert_eq!(sites(self.old, old), sites(self.new, new), "{context}");
        assert_eq!(relocations(self.old, old, old_end), relocations(self.new, new, new_end), "{context}");
        let is_relocated = !relocations(self.old, old, old_end).is_empty();
        if a.is_ip_rel_memory_operand() && !is_relocated {
            let (old, new) = (a.ip_rel_memory_address() as u32, b.ip_rel_memory_address() as u32);
            // lea r, [table]; movsxd i, [r + 4 * i]; add r, i; jmp r
            let is_table = a.mnemonic() == Mnemonic::Lea
                && (old_end + 9..old_end + 14).contains(&old)
                && matches!(self.old.code[..old as usize], [.., 0xff, 0xe0..=0xe7]);
            if is_table { self.table(old, new) } else { self.addresses.push((old, new)) }
        }
        if a.op0_kind() == OpKind::NearBranch64 && !is_relocated {
            self.go(a.near_branch64() as u32, b.near_branch64() as u32);
        }
        if !matches!(a.mnemonic(), Mnemonic::Jmp | Mnemonic::Ret | Mnemonic::Ud2) {
            self.go(old_end, new_end);
        }
    }

    /// A jump table leads to the same places.
    fn table(&mut self, old: u32, new: u32) {
        let traps = self.old.sites.iter().filter(|site| site.kind != CALL_SITE).map(|site| site.code_offset);
        let limit = self.blocks.iter().copied().chain(traps).filter(|&at| at > old).min();
        let limit = limit.unwrap_or(self.old.code.len() as u32);
        let targets = edit::table_targets(old, &self.old.code[old as usize..limit as usize]);
        let pairs: Vec<_> = targets.zip(edit::table_targets(new, &self.new.code[new as usize..])).collect();
        pairs.into_iter().take_while(|pair| pair.0 != old).for_each(|(old, new)| self.go(old, new));
    }

    /// An instruction is the same one; a constant has the same bytes at the same alignment.
    fn address(&self, old: u32, new: u32) {
        match self.places.get(&old) {
            Some(&place) => assert_eq!(place, new),
            None => {
                assert_eq!(old % edit::CONSTANT_ALIGN, new % edit::CONSTANT_ALIGN);
                assert_eq!(self.old.code[old as usize..], self.new.code[new as usize..]);
            }
        }
    }
}

fn decode(function: &CompiledFunction, at: u32) -> Instruction {
    Decoder::with_ip(64, &function.code[at as usize..], at.into(), DecoderOptions::NONE).decode()
}

fn sites(function: &CompiledFunction, at: u32) -> Vec<(u8, u32)> {
    let here = function.sites.iter().filter(|site| site.code_offset == at);
    here.map(|site| (site.kind, site.module_offset)).collect()
}

/// The relocations of an instruction, at distances from its end.
fn relocations(function: &CompiledFunction, start: u32, end: u32) -> Vec<Relocation> {
    let here = function.relocations.iter().filter(|relocation| (start..end).contains(&relocation.offset));
    let no_target = |target| match target {
        RelocationTarget::Own(_) => RelocationTarget::Own(0),
        symbol => symbol,
    };
    here.map(|relocation| Relocation {
        offset: end - relocation.offset,
        target: no_target(relocation.target),
        ..*relocation
    })
    .collect()
}

fn same_operation(a: &Instruction, b: &Instruction) -> bool {
    let operands = (0..a.op_count()).all(|index| same_operand(a, b, index));
    let is_branch = a.op0_kind() == OpKind::NearBranch64;
    operation(a) == operation(b)
        && (operands || is_branch)
        && a.op_count() == b.op_count()
        && a.has_lock_prefix() == b.has_lock_prefix()
}

/// What an instruction does, however its immediate is encoded and whatever the type of the lanes that it copies.
fn operation(instruction: &Instruction) -> String {
    let code = format!("{:?}", instruction.code()).replace("rel8_64", "rel32_64");
    let (mnemonic, operands) = code.split_once('_').unwrap_or((&code, ""));
    let mnemonic = match mnemonic {
        "Movdqa" | "Movapd" => "Movaps",
        "Movdqu" | "Movupd" => "Movups",
        "Andpd" => "Andps",
        "Andnpd" => "Andnps",
        "Orpd" => "Orps",
        "Xorpd" => "Xorps",
        other => other,
    };
    let operands = operands.split_once("_imm").map_or(operands, |(others, _)| others);
    if mnemonic == "Test" && instruction.op1_kind() != OpKind::Register {
        "Test".into()
    } else {
        format!("{mnemonic} {operands}")
    }
}

fn same_operand(a: &Instruction, b: &Instruction, index: u32) -> bool {
    let is_test = a.mnemonic() == Mnemonic::Test;
    match (a.op_kind(index), b.op_kind(index)) {
        (OpKind::Register, OpKind::Register) => {
            let (a, b) = (a.op_register(index), b.op_register(index));
            a == b || is_test && number(a) == number(b)
        }
        (OpKind::Memory, OpKind::Memory) if a.is_ip_rel_memory_operand() => b.is_ip_rel_memory_operand(),
        (OpKind::Memory, OpKind::Memory) => memory(a) == memory(b),
        _ => {
            a.try_immediate(index).ok().map(|value| value as i32)
                == b.try_immediate(index).ok().map(|value| value as i32)
        }
    }
}

/// The number of a general-purpose register, of whatever width.
fn number(register: Register) -> usize {
    let (number, low) = (register as usize, Register::AL as usize);
    match number.checked_sub(Register::AX as usize) {
        Some(wide) => wide % 16,
        // Of the first eight, the upper four are the second bytes of the lower ones: no rule makes those.
        None if number >= Register::SPL as usize => number - Register::SPL as usize + 4,
        None => number - low,
    }
}

fn memory(instruction: &Instruction) -> impl PartialEq {
    let (base, index) = (instruction.memory_base(), instruction.memory_index());
    (base, index, instruction.memory_index_scale(), instruction.memory_displacement64(), instruction.segment_prefix())
}
