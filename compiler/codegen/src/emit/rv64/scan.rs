//! Which bytes of a function are instructions, and which are constants.
//!
//! Instructions that something can reach are followed from the function's start, from where exceptions are caught and
//! from instructions that trap; all other bytes are data, and nothing reaches them. A function is understood where
//! every branch stays in it or is the linker's, and where what is read by its distance is data.

use super::forms::{self, Form};
use crate::code::{CompiledFunction, RelocationTarget};
use cranelift_codegen::binemit::Reloc;
use wasmc_abi::trap::CALL_SITE;

/// What lies at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An instruction that is the same wherever it stands, or two that the linker writes into.
    Plain,
    /// A conditional branch; its word, without the distance.
    Branch { condition: u32 },
    /// A jump, in one instruction or two.
    Jump,
    /// `auipc` and the instruction after it, which takes the sum.
    Near { address: u32, user: u32 },
    /// An entry of a jump table, which is a jump: all have the same size.
    Entry,
    /// A part of a constant.
    Data,
}

/// An instruction, or more of them that stay together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub kind: Kind,
    /// Bytes that it has.
    pub size: u32,
    /// The offset that it leads or refers to.
    pub target: Option<u32>,
    /// Whether control does not go on after it.
    pub ends: bool,
}

/// A jump through a table, as Cranelift emits it:
///
/// ```text
/// auipc base, 0 ; slli tmp, index, 3 ; add base, base, tmp ; jalr zero, 16(base) ;
/// table: auipc tmp ; jalr zero, tmp ; ...
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// Offset of its `auipc`.
    pub start: u32,
    pub base: u32,
    pub temporary: u32,
    pub index: u32,
}

/// Bytes of the instructions before a table.
pub(super) const TABLE_HEAD: u32 = 16;

/// What is known of a function's code.
pub(super) struct Scan {
    /// What starts at each even offset, by half of it.
    pub found: Vec<Option<Found>>,
    pub tables: Vec<Table>,
}

pub(super) fn scan(function: &CompiledFunction) -> Option<Scan> {
    let scan = Scan { found: vec![None; function.code.len() / 2], tables: Vec::new() };
    let pending = entries(function).into_iter().chain(traps(function)).collect();
    let mut scanner = Scanner { function, scan, pending };
    while let Some(start) = scanner.pending.pop() {
        scanner.follow(start)?;
    }
    scanner.scan.is_consistent().then_some(scanner.scan)
}

/// Where control comes from outside: from callers, where exceptions are caught, and where addresses are taken.
pub(super) fn entries(function: &CompiledFunction) -> Vec<u32> {
    let handlers = function.handled.iter().flat_map(|call| &call.handlers).map(|&(_, handler)| handler);
    let own = function.relocations.iter().filter_map(|relocation| match relocation.target {
        // The second half of an address has the first one's place.
        RelocationTarget::Own(_) if relocation.kind == Reloc::RiscvPCRelLo12I => None,
        RelocationTarget::Own(offset) => Some(offset),
        RelocationTarget::Symbol(_) => None,
    });
    handlers.chain(own).chain([0]).collect()
}

/// What traps.
pub(super) fn traps(function: &CompiledFunction) -> impl Iterator<Item = u32> {
    function.sites.iter().filter(|site| site.kind != CALL_SITE).map(|site| site.code_offset)
}

struct Scanner<'a> {
    function: &'a CompiledFunction,
    scan: Scan,
    pending: Vec<u32>,
}

impl Scanner<'_> {
    fn follow(&mut self, start: u32) -> Option<()> {
        let mut at = start;
        while self.scan.at(at)?.is_none() {
            let (word, size) = self.word(at)?;
            let form = forms::form(word, size)?;
            let plain = Found { kind: Kind::Plain, size, target: None, ends: false };
            let found = match form {
                Form::Plain | Form::Call => plain,
                Form::Trap | Form::Indirect { .. } => Found { ends: true, ..plain },
                Form::Branch { condition, distance } => {
                    let target = Some(at.checked_add_signed(distance)?);
                    Found { kind: Kind::Branch { condition }, target, ..plain }
                }
                Form::Jump { distance } => {
                    let target = Some(at.checked_add_signed(distance)?);
                    Found { kind: Kind::Jump, target, ends: true, ..plain }
                }
                Form::Address { register, high } => match self.linked(at) {
                    Some(Reloc::RiscvCallPlt) => {
                        let is_tail_call = matches!(self.form(at + 4)?, Form::Indirect { .. });
                        Found { size: 8, ends: is_tail_call, ..plain }
                    }
                    Some(_) => plain,
                    None => match self.table(at, word) {
                        Some(table) => return self.add_table(table),
                        None => self.near(at, word, register, high)?,
                    },
                },
            };
            // The linker writes into nothing else that refers to places.
            if found.kind != Kind::Plain && self.linked(at).is_some() {
                return None;
            }
            *self.scan.found.get_mut(at as usize / 2)? = Some(found);
            if let (Kind::Branch { .. } | Kind::Jump, Some(target)) = (found.kind, found.target) {
                self.pending.push(target);
            }
            if found.ends {
                return Some(());
            }
            at += found.size;
        }
        Some(())
    }

    fn word(&self, at: u32) -> Option<(u32, u32)> {
        forms::word(&self.function.code, at as usize)
    }

    fn form(&self, at: u32) -> Option<Form> {
        let (word, size) = self.word(at)?;
        forms::form(word, size)
    }

    /// What the linker writes at an offset.
    fn linked(&self, at: u32) -> Option<Reloc> {
        let relocations = &self.function.relocations;
        let number = relocations.binary_search_by_key(&at, |relocation| relocation.offset).ok()?;
        Some(relocations[number].kind)
    }

    /// An `auipc` with the instruction that takes its sum.
    fn near(&self, at: u32, address: u32, register: u32, high: i32) -> Option<Found> {
        let (user, size) = self.word(at + 4)?;
        if size != 4 || forms::base(user) != register || self.linked(at + 4).is_some() {
            return None;
        }
        let distance = high.checked_add(forms::low(user))?;
        let target = Some(at.checked_add_signed(distance)?);
        if let Form::Indirect { .. } = forms::form(user, size)? {
            return Some(Found { kind: Kind::Jump, size: 8, target, ends: true });
        }
        // The sum itself is not needed again only if its user takes its place.
        let is_known = forms::adds_low(user) && (user & 0x7f == 0x07 || forms::register(user) == register);
        is_known.then_some(Found { kind: Kind::Near { address, user }, size: 8, target, ends: false })
    }

    /// The table that begins with an `auipc`.
    fn table(&self, start: u32, address: u32) -> Option<Table> {
        let word = |number: u32| self.word(start + 4 * number).filter(|&(_, size)| size == 4).map(|(word, _)| word);
        let (shift, add, jump) = (word(1)?, word(2)?, word(3)?);
        let (base, temporary, index) = (forms::register(address), forms::register(shift), forms::base(shift));
        let is_table = address == 0x17 | base << 7
            && shift == 0x13 | 1 << 12 | temporary << 7 | index << 15 | 3 << 20
            && add == 0x33 | base << 7 | base << 15 | temporary << 20
            && jump == 0x67 | base << 15 | TABLE_HEAD << 20
            && base != temporary
            && base != index;
        is_table.then_some(Table { start, base, temporary, index })
    }

    /// Follows a table: jumps of eight bytes through the same register, as long as there are some.
    fn add_table(&mut self, table: Table) -> Option<()> {
        let plain = Found { kind: Kind::Plain, size: 4, target: None, ends: false };
        for word in 0..4 {
            let ends = word == 3;
            *self.scan.found.get_mut((table.start / 2 + 2 * word) as usize)? = Some(Found { ends, ..plain });
        }
        let mut at = table.start + TABLE_HEAD;
        while let Some(Form::Address { register, high }) = self.form(at) {
            if register != table.temporary || self.linked(at).is_some() {
                break;
            }
            let Some(Found { kind: Kind::Jump, target: Some(target), .. }) =
                self.near(at, self.word(at)?.0, register, high)
            else {
                break;
            };
            let entry = Found { kind: Kind::Entry, size: 8, target: Some(target), ends: true };
            *self.scan.found.get_mut(at as usize / 2)? = Some(entry);
            self.pending.push(target);
            at += 8;
        }
        self.scan.tables.push(table);
        Some(())
    }
}

impl Scan {
    fn at(&self, offset: u32) -> Option<Option<Found>> {
        if !offset.is_multiple_of(2) {
            return None;
        }
        self.found.get(offset as usize / 2).copied()
    }

    /// Whether instructions do not overlap, tables are followed as a whole, and what is taken for data is nothing else.
    fn is_consistent(&self) -> bool {
        let mut end = 0;
        for (half, found) in self.found.iter().enumerate() {
            let Some(found) = found else { continue };
            let start = half as u32 * 2;
            if start < end {
                return false;
            }
            end = start + found.size;
            let Some(target) = found.target else { continue };
            let target = self.at(target).flatten().map(|target| target.kind);
            let is_right = match found.kind {
                Kind::Near { .. } => target.is_none(),
                // Nothing but the head of a table leads into it.
                _ => !matches!(target, None | Some(Kind::Entry)),
            };
            if !is_right {
                return false;
            }
        }
        end as usize <= self.found.len() * 2
    }
}
