//! Which words of a function are instructions, and which are tables and constants.
//!
//! All instructions have four bytes. Those that something can reach are followed from the function's start, from where
//! exceptions are caught and from instructions that trap; all other words are data, and nothing reaches them. A
//! function is understood where every instruction is, where every branch stays in it or is the linker's, and where what
//! is read by its distance is data.

use super::forms::{self, Form, Kind};
use crate::code::{CompiledFunction, RelocationTarget};
use wasmc_abi::trap::CALL_SITE;

/// A jump table and the sequence before it, as Cranelift emits it:
///
/// ```text
/// mov tmp, #limit ; csel tmp, index, tmp, lo ; adr base, table ; ldrsw tmp, [base, tmp, uxtw #2] ;
/// add base, base, tmp ; br base ; table: ...
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// The number of its last entry, in a register.
    pub limit: usize,
    /// The choice between that and the index.
    pub select: usize,
    /// What takes its address.
    pub address: usize,
    /// Its first entry.
    pub first: usize,
    /// The word after its last.
    pub end: usize,
}

/// What is known of a function's words.
pub(super) struct Scan {
    /// The forms of instructions; `None` for data.
    pub forms: Vec<Option<Form>>,
    /// Where words lead to or refer to, by number.
    pub targets: Vec<Option<usize>>,
    pub tables: Vec<Table>,
}

pub(super) fn scan(function: &CompiledFunction, words: &[u32]) -> Option<Scan> {
    let scan = Scan { forms: vec![None; words.len()], targets: vec![None; words.len()], tables: Vec::new() };
    let mut scanner = Scanner { function, words, scan, pending: [entries(function)?, traps(function)?].concat() };
    while let Some(start) = scanner.pending.pop() {
        scanner.follow(start)?;
    }
    scanner.check()
}

/// The number of the word at an offset.
pub(super) fn number(offset: u32) -> Option<usize> {
    offset.is_multiple_of(4).then_some(offset as usize / 4)
}

/// Where control comes from outside: from callers, where exceptions are caught, or where addresses are taken.
pub(super) fn entries(function: &CompiledFunction) -> Option<Vec<usize>> {
    let handlers = function.handled.iter().flat_map(|call| &call.handlers).map(|&(_, handler)| handler);
    let own = function.relocations.iter().filter_map(|relocation| match relocation.target {
        RelocationTarget::Own(offset) => Some(offset),
        RelocationTarget::Symbol(_) => None,
    });
    handlers.chain(own).chain([0]).map(number).collect()
}

fn traps(function: &CompiledFunction) -> Option<Vec<usize>> {
    let traps = function.sites.iter().filter(|site| site.kind != CALL_SITE);
    traps.map(|site| number(site.code_offset)).collect()
}

struct Scanner<'a> {
    function: &'a CompiledFunction,
    words: &'a [u32],
    scan: Scan,
    pending: Vec<usize>,
}

impl Scanner<'_> {
    fn follow(&mut self, start: usize) -> Option<()> {
        let mut at = start;
        while self.scan.forms.get(at)?.is_none() {
            let word = self.words[at];
            let form = forms::form(word)?;
            self.scan.forms[at] = Some(form);
            let is_linked = self.is_linked(at);
            if let Some(distance) = forms::distance(word).filter(|_| !is_linked) {
                let target = usize::try_from(at as i64 + i64::from(distance)).ok()?;
                self.scan.targets[at] = Some(target);
                if matches!(form.kind, Kind::Branch | Kind::Jump) {
                    self.pending.push(target);
                }
            }
            match form.kind {
                Kind::Jump | Kind::Return | Kind::Trap => return Some(()),
                Kind::Indirect => return self.table(at),
                Kind::Branch if is_linked => return None,
                // A direct call is the linker's.
                Kind::Call if form.uses == 0 && !is_linked => return None,
                _ => at += 1,
            }
        }
        Some(())
    }

    fn is_linked(&self, at: usize) -> bool {
        let relocations = &self.function.relocations;
        relocations.binary_search_by_key(&(at as u32 * 4), |relocation| relocation.offset).is_ok()
    }

    /// What an indirect jump leads to: nothing here, or what a table says.
    fn table(&mut self, jump: usize) -> Option<()> {
        let word = |back: usize| jump.checked_sub(back).map(|at| self.words[at]);
        let base = self.words[jump] >> 5 & 31;
        let Some(load) = word(2).filter(|load| load & 0xffe0_fc00 == 0xb8a0_5800 && load >> 5 & 31 == base) else {
            return Some(());
        };
        let index = load & 31;
        let is_table = load >> 16 & 31 == index
            && word(1) == Some(0x8b00_0000 | index << 16 | base << 5 | base)
            && word(3) == Some(0x1000_0080 | base);
        let is_select = |word: u32| word & 0xffff_fc1f == 0x9a80_3000 | index << 16 | index;
        // A barrier against speculation may lie between.
        let select = if word(4)? == 0xd503_229f { jump.checked_sub(5)? } else { jump - 4 };
        let limit = select.checked_sub(1)?;
        let is_limit = self.words[limit] & 0xffe0_001f == 0xd280_0000 | index;
        if !is_table || !is_select(self.words[select]) || !is_limit {
            return None;
        }
        let (first, entries) = (jump + 1, (self.words[limit] >> 5 & 0xffff) as usize + 1);
        for (entry, &distance) in self.words.get(first..first + entries)?.iter().enumerate() {
            let target = number((first as u32 * 4).wrapping_add(distance))?;
            self.scan.targets[first + entry] = Some(target);
            self.pending.push(target);
        }
        self.scan.tables.push(Table { limit, select, address: jump - 3, first, end: first + entries });
        Some(())
    }

    /// Whether what is taken for data is nothing else.
    fn check(mut self) -> Option<Scan> {
        self.scan.tables.sort_by_key(|table| table.first);
        let Scan { forms, targets, tables } = &self.scan;
        for table in tables {
            let is_data = forms[table.first..table.end].iter().all(Option::is_none);
            let is_whole = (table.limit..table.first).all(|at| forms[at].is_some());
            if !is_data || !is_whole || targets[table.address] != Some(table.first) {
                return None;
            }
        }
        let is_of_table = |at: usize| tables.iter().any(|table| (table.first..table.end).contains(&at));
        for (at, form) in forms.iter().enumerate() {
            let (Some(form), Some(target)) = (form, targets[at]) else { continue };
            let is_branch = matches!(form.kind, Kind::Branch | Kind::Jump);
            if !is_branch && !tables.iter().any(|table| table.address == at) {
                let reads_data = form.kind == Kind::Access && forms.get(target)?.is_none() && !is_of_table(target);
                reads_data.then_some(())?;
            }
        }
        Some(self.scan)
    }
}
