//! Machine code to the list of places that do not stay as they are.
//!
//! Code, as Cranelift lays it out, is instructions of blocks in order, with a jump table after each instruction that
//! jumps through one; then instructions that trap; then constants. Tables are of distances from their start, or, as
//! `refine` leaves them, of addresses, which relocations show. Instructions are decoded one after the other. After one
//! that does not fall through, code goes on only where something says so: a block, a trap or a branch.
//!
//! A function is understood where that leaves no gap, every branch leads to a decoded instruction and every operand
//! relative to the instruction pointer to a constant or a jump table. So nothing that runs is taken for data, and
//! nothing that is read is taken for code.

use super::edit::{ADDRESS, CONSTANT_ALIGN, ENTRY, EXPECTED, Edit, Kind, NOTHING, Scan, table_targets};
use super::shorten;
use crate::code::{CompiledFunction, Relocation, RelocationTarget};
use cranelift_codegen::binemit::Reloc;
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, OpKind};
use wasmc_abi::trap::{CALL_SITE, Site};

/// Scans a function whose basic blocks begin at the offsets `blocks`.
pub(super) fn scan(function: &CompiledFunction, blocks: &[u32]) -> Option<Scan> {
    Some(scanner(function, blocks, None)?.run()?.0)
}

/// The same, with all instructions in order; nothing is an edit because it could be shorter.
pub(super) fn decode(function: &CompiledFunction, blocks: &[u32]) -> Option<(Scan, Vec<Instruction>)> {
    scanner(function, blocks, Some(Vec::with_capacity(function.code.len() / 4)))?.run()
}

fn scanner<'a>(
    function: &'a CompiledFunction,
    blocks: &'a [u32],
    decoded: Option<Vec<Instruction>>,
) -> Option<Scanner<'a>> {
    let is_ordered = blocks.is_sorted()
        && function.sites.is_sorted_by_key(|site| site.code_offset)
        && function.relocations.is_sorted_by_key(|relocation| relocation.offset);
    let len = u32::try_from(function.code.len()).ok().filter(|&len| len < EXPECTED)?;
    if !is_ordered {
        return None;
    }
    let code = &function.code[..];
    Some(Scanner {
        code,
        blocks,
        sites: &function.sites,
        relocations: &function.relocations,
        decoder: Decoder::with_ip(64, code, 0, DecoderOptions::NONE),
        edits: Vec::with_capacity(code.len() / 16),
        before: vec![NOTHING; len as usize + 1],
        decoded,
        last: Instruction::default(),
        addresses: Vec::new(),
    })
}

struct Scanner<'a> {
    code: &'a [u8],
    blocks: &'a [u32],
    sites: &'a [Site],
    /// Those not passed yet.
    relocations: &'a [Relocation],
    decoder: Decoder<'a>,
    edits: Vec<Edit>,
    before: Vec<u32>,
    /// All instructions so far, where they are asked for.
    decoded: Option<Vec<Instruction>>,
    /// The last one.
    last: Instruction,
    /// Where tables of addresses start.
    addresses: Vec<u32>,
}

impl Scanner<'_> {
    fn run(mut self) -> Option<(Scan, Vec<Instruction>)> {
        let mut end = 0;
        let mut next = Some(0);
        while let Some(start) = next {
            end = self.instructions(start)?;
            next = self.next_known(end);
            if self.jumps_through(end) {
                end = match self.last.op0_kind() {
                    OpKind::Memory => self.table_of_addresses(end)?,
                    _ => self.table(end, next)?,
                };
            }
            if next.is_some_and(|next| next != end) {
                return None;
            }
        }
        self.constants(end)?;
        let scan = Scan { edits: self.edits, before: self.before };
        let is_whole = self.blocks.iter().all(|&block| scan.place(block).is_some());
        is_whole.then(|| (scan, self.decoded.unwrap_or_default()))
    }

    /// Decodes instructions up to one that does not fall through; returns its end.
    fn instructions(&mut self, start: u32) -> Option<u32> {
        let mut at = start;
        let mut instruction = Instruction::default();
        loop {
            *self.before.get_mut(at as usize)? = self.edits.len() as u32;
            self.pass_relocations(at);
            if let Some(end) = self.epilogue(at) {
                at = end;
                continue;
            }
            self.decoder.set_position(at as usize).ok()?;
            self.decoder.set_ip(at.into());
            self.decoder.decode_out(&mut instruction);
            let end = at + instruction.len() as u32;
            self.decoded.iter_mut().for_each(|decoded| decoded.push(instruction));
            match instruction.code() {
                Code::INVALID => return None,
                _ if is_near_branch(&instruction) => self.branch(at, end, instruction.near_branch64())?,
                _ if instruction.is_ip_rel_memory_operand() => self.relative(at, &instruction)?,
                _ => self.other(at, end),
            }
            if !falls_through(instruction.code()) {
                self.last = instruction;
                return Some(end);
            }
            at = end;
        }
    }

    fn epilogue(&mut self, at: u32) -> Option<u32> {
        if self.decoded.is_some() {
            return None;
        }
        let end = at + shorten::epilogue(&self.code[at as usize..])?;
        self.edit(at, end, Kind::Shorter(shorten::leave()));
        Some(end)
    }

    fn branch(&mut self, at: u32, end: u32, target: u64) -> Option<()> {
        let bytes = &self.code[at as usize..end as usize];
        if let Some(relocation) = self.relocation_before(end) {
            return (relocation.offset + 4 == end).then_some(());
        }
        if !matches!(bytes, [0xe9, _, _, _, _] | [0x0f, 0x80..=0x8f, _, _, _, _]) {
            return None;
        }
        let target = u32::try_from(target).ok()?;
        self.expect(target)?;
        self.edit(at, end, Kind::Branch { target });
        Some(())
    }

    fn relative(&mut self, at: u32, instruction: &Instruction) -> Option<()> {
        let end = at + instruction.len() as u32;
        let offsets = self.decoder.get_constant_offsets(instruction);
        let field = at + offsets.displacement_offset() as u32;
        match self.relocation_before(end) {
            Some(relocation) => (relocation.offset == field).then_some(()),
            None => {
                let target = u32::try_from(instruction.ip_rel_memory_address()).ok()?;
                self.code.get(target as usize)?;
                self.edit(at, end, Kind::Relative { field, target });
                Some(())
            }
        }
    }

    fn other(&mut self, at: u32, end: u32) {
        if self.decoded.is_some() {
            return;
        }
        let shorter = shorten::shorter(&self.code[at as usize..end as usize]);
        if let Some(encoding) = shorter.filter(|_| self.relocation_before(end).is_none()) {
            self.edit(at, end, Kind::Shorter(encoding));
        }
    }

    /// The table that starts at `start` and ends at `next_code`, or else where a constant may follow.
    fn table(&mut self, start: u32, next_code: Option<u32>) -> Option<u32> {
        let limit = next_code.or_else(|| self.first_constant(start + 1)).unwrap_or(self.code.len() as u32);
        let bytes = self.code.get(start as usize..limit as usize)?;
        // No entry leads to the table itself; padding does.
        let targets: Vec<u32> = table_targets(start, bytes).take_while(|&target| target != start).collect();
        let end = start + (targets.len() * ENTRY) as u32;
        self.before[start as usize] = self.edits.len() as u32;
        self.edit(start, end, Kind::Table);
        targets.into_iter().try_for_each(|target| self.expect(target))?;
        Some(end)
    }

    /// The table of addresses that starts at `start`: whatever relocations follow each other there.
    fn table_of_addresses(&mut self, start: u32) -> Option<u32> {
        self.pass_relocations(start);
        self.before[start as usize] = self.edits.len() as u32;
        self.addresses.push(start);
        let mut end = start;
        while let Some((&Relocation { offset, kind: Reloc::Abs8, target, .. }, left)) = self.relocations.split_first()
            && offset == end
        {
            let RelocationTarget::Own(target) = target else { return None };
            self.expect(target)?;
            self.relocations = left;
            end += ADDRESS as u32;
        }
        Some(end)
    }

    /// What follows the last instruction. By now everything that operands and branches refer to has been seen.
    fn constants(&mut self, end: u32) -> Option<()> {
        let len = self.code.len() as u32;
        let start = self.first_constant(end).unwrap_or(len);
        let padding = self.code.get(end as usize..start as usize)?;
        let is_padding = padding.len() < CONSTANT_ALIGN as usize && padding.iter().all(|&byte| byte == 0);
        if !is_padding || self.before.contains(&EXPECTED) || self.reads_code(end) {
            return None;
        }
        if start < len {
            self.edit(end, start, Kind::Padding);
        }
        self.before[start as usize..].fill(self.edits.len() as u32);
        Some(())
    }

    /// Whether an operand refers to what lies before `end` and is not the table that the instruction belongs to, which
    /// is the next edit where it is one of distances.
    fn reads_code(&self, end: u32) -> bool {
        self.edits.iter().enumerate().any(|(index, edit)| match edit.kind {
            Kind::Relative { target, .. } if self.addresses.binary_search(&target).is_ok() => false,
            Kind::Relative { target, .. } if target < end => !matches!(
                self.edits.get(index + 1),
                Some(Edit { start, kind: Kind::Table, .. }) if *start == target
            ),
            _ => false,
        })
    }

    fn edit(&mut self, start: u32, end: u32, kind: Kind) {
        self.edits.push(Edit { start, end, kind });
    }

    /// Notes that an instruction starts at `target`.
    fn expect(&mut self, target: u32) -> Option<()> {
        let before = self.before.get_mut(target as usize)?;
        if *before == NOTHING {
            *before = EXPECTED;
        }
        Some(())
    }

    /// The first offset from `at` on that is known to be that of an instruction.
    fn next_known(&self, at: u32) -> Option<u32> {
        if self.before.get(at as usize) == Some(&EXPECTED) {
            return Some(at);
        }
        let block = self.blocks.get(self.blocks.partition_point(|&block| block < at)).copied();
        let sites = &self.sites[self.sites.partition_point(|site| site.code_offset < at)..];
        let mut sites = sites.iter().take_while(|site| block.is_none_or(|block| site.code_offset < block));
        sites.find(|site| site.kind != CALL_SITE).map(|site| site.code_offset).or(block)
    }

    /// The first offset from `at` on to which an operand refers.
    fn first_constant(&self, at: u32) -> Option<u32> {
        let targets = self.edits.iter().filter_map(|edit| match edit.kind {
            Kind::Relative { target, .. } => Some(target),
            _ => None,
        });
        targets.filter(|&target| target >= at).min()
    }

    /// Whether the instruction that ends at `end` jumps through a table there: it is a `jmp`, before which the table's
    /// address was taken.
    fn jumps_through(&self, end: u32) -> bool {
        let Some(Edit { start, kind: Kind::Relative { target, .. }, .. }) = self.edits.last() else { return false };
        let is_address = matches!(self.code[*start as usize..], [0x48..=0x4f, 0x8d, ..]);
        let is_indexed = self.last.op0_kind() != OpKind::Memory || self.last.memory_index_scale() == ADDRESS as u32;
        self.last.code() == Code::Jmp_rm64 && is_indexed && *target == end && is_address
    }

    fn pass_relocations(&mut self, at: u32) {
        let passed = self.relocations.iter().take_while(|relocation| relocation.offset < at).count();
        self.relocations = &self.relocations[passed..];
    }

    fn relocation_before(&self, end: u32) -> Option<&Relocation> {
        self.relocations.first().filter(|relocation| relocation.offset < end)
    }
}

fn is_near_branch(instruction: &Instruction) -> bool {
    matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn falls_through(code: Code) -> bool {
    !matches!(code, Code::Jmp_rel32_64 | Code::Jmp_rm64 | Code::Retnq | Code::Retnq_imm16 | Code::Ud2)
}
