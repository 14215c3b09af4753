//! Functions by what they are, wherever in their module they stand: for caches of compiled functions.
//!
//! What a function refers to outside itself is taken out of it, and numbers are left in its place: offsets in the
//! module become their positions in a list, and so do the indices of functions in symbols. Two functions that are the
//! same then have the same machine code, whose tables hold these numbers; [`Outside`] puts what they stand for back.
//!
//! Translation itself has looked at the whole program, and what it has found is in the Cranelift IR. What later steps
//! ask of the plan is in [`content`] and [`surroundings`]; whoever has them ask for more must add it there.

use crate::code::{CompiledFunction, Effort, HandledCall, Relocation, RelocationTarget};
use crate::effort;
use crate::key::FunctionKey;
use crate::places::Places;
use crate::plan::Plan;
use crate::symbol::Symbol;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::function::FunctionParameters;
use cranelift_codegen::ir::{Function, Inst, SourceLoc};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::exception::Save;
use wasmc_abi::leb128::{read_signed, read_unsigned, write_signed, write_unsigned};
use wasmc_abi::trap::Site;
use wasmc_frontend::index::{FuncIndex, MemoryIndex};

/// The kinds of relocation that are stored, each by its position.
const KINDS: &[Reloc] = &[
    Reloc::Abs8,
    Reloc::X86PCRel4,
    Reloc::X86CallPCRel4,
    Reloc::X86CallPLTRel4,
    Reloc::X86GOTPCRel4,
    Reloc::Arm64Call,
    Reloc::Aarch64AdrPrelPgHi21,
    Reloc::Aarch64AddAbsLo12Nc,
    Reloc::Aarch64AdrGotPage21,
    Reloc::Aarch64Ld64GotLo12Nc,
    Reloc::RiscvCallPlt,
    Reloc::RiscvGotHi20,
    Reloc::RiscvPCRelHi20,
    Reloc::RiscvPCRelLo12I,
];

/// What a function refers to outside itself.
#[derive(Debug)]
pub struct Outside {
    /// What its names stand for.
    symbols: Vec<Symbol>,
    /// Offsets in the module, of which its own is the first.
    offsets: Vec<u32>,
}

impl Outside {
    /// Takes what is outside out of a function.
    pub(crate) fn take(function: &mut Function, places: &mut Places) -> Self {
        let mut numbers = Numbers::from(places.body);
        let own: Vec<(Inst, u32)> = (0..function.dfg.num_insts())
            .map(|number| Inst::from_u32(number as u32))
            .filter_map(|inst| {
                let location = function.srcloc(inst);
                (!location.is_default()).then(|| {
                    let is_offset = !crate::places::is_place(location);
                    (inst, if is_offset { numbers.of(location.bits()) } else { location.bits() })
                })
            })
            .collect();
        // Cranelift stores locations as distances from the first one that it is told.
        let names: Vec<_> = function.params.user_named_funcs().values().cloned().collect();
        function.params = FunctionParameters::new();
        function.params.ensure_base_srcloc(SourceLoc::new(0));
        for name in &names {
            function.params.ensure_user_func_name(name.clone());
        }
        for (inst, location) in own {
            function.set_srcloc(inst, SourceLoc::new(location));
        }
        places.map_offsets(|offset| numbers.of(offset));
        Self { symbols: names.iter().map(Symbol::from_user_name).collect(), offsets: numbers.offsets }
    }

    /// Puts back what is outside into what was compiled. `None` where it holds a number that stands for nothing.
    pub fn put_back(&self, mut function: CompiledFunction) -> Option<CompiledFunction> {
        let offset = |number: u32| self.offsets.get(number as usize).copied();
        for site in &mut function.sites {
            site.module_offset = offset(site.module_offset)?;
        }
        for calls in function.inlined.values_mut() {
            for call in calls {
                *call = offset(*call)?;
            }
        }
        Some(function)
    }

    /// What was compiled, before [`Self::put_back`], as bytes. `None` where it holds what bytes cannot tell.
    pub fn encode(&self, function: &CompiledFunction) -> Option<Vec<u8>> {
        let mut writer = Writer(Vec::with_capacity(function.code.len() + 64));
        writer.number(match function.effort {
            Effort::Full => 0,
            Effort::Least => 1,
        });
        writer.number(function.align.into());
        writer.number(function.code.len() as u64);
        writer.0.extend_from_slice(&function.code);
        writer.number(function.relocations.len() as u64);
        for relocation in &function.relocations {
            writer.number(relocation.offset.into());
            writer.number(KINDS.iter().position(|&kind| kind == relocation.kind)? as u64);
            // Names, then functions of the runtime that only machine code refers to, then places in the function, then
            // what only better code refers to: where the size of a memory is.
            let (which, number) = match relocation.target {
                RelocationTarget::Symbol(symbol) => {
                    match (self.symbols.iter().position(|&named| named == symbol), symbol) {
                        (Some(position), _) => (0, position as u64),
                        (None, Symbol::Builtin(builtin)) => (1, builtin.number().into()),
                        (None, Symbol::Instance) => (3, 0),
                        (None, Symbol::ImportedMemory(memory)) => (4, memory.as_u32().into()),
                        (None, _) => return None,
                    }
                }
                RelocationTarget::Own(offset) => (2, offset.into()),
            };
            writer.number(which);
            writer.number(number);
            write_signed(relocation.addend, &mut |byte| writer.0.push(byte));
        }
        writer.number(function.sites.len() as u64);
        for (position, site) in function.sites.iter().enumerate() {
            writer.number(site.code_offset.into());
            writer.number(site.module_offset.into());
            writer.number(site.kind.into());
            let calls = function.inlined.get(&position).map_or(&[][..], Vec::as_slice);
            writer.number(calls.len() as u64);
            calls.iter().for_each(|&call| writer.number(call.into()));
        }
        writer.number(function.handled.len() as u64);
        for call in &function.handled {
            writer.number(call.returns.into());
            writer.number(call.frame.into());
            writer.number(call.handlers.len() as u64);
            for &(tag, offset) in &call.handlers {
                writer.number(tag.map_or(0, |tag| u64::from(tag) + 1));
                writer.number(offset.into());
            }
        }
        writer.number(function.saves.len() as u64);
        for save in &function.saves {
            writer.number(save.register.into());
            writer.number(save.below.into());
        }
        Some(writer.0)
    }

    /// What [`Self::encode`] made bytes of, as the function `key`. `None` where these are no such bytes.
    pub fn decode(&self, key: FunctionKey, bytes: &[u8]) -> Option<CompiledFunction> {
        let mut reader = Reader(bytes);
        let effort = match reader.number()? {
            0 => Effort::Full,
            1 => Effort::Least,
            _ => return None,
        };
        let align = reader.small()?;
        let size = reader.count()?;
        let (code, rest) = reader.0.split_at_checked(size)?;
        reader.0 = rest;
        let relocations = reader.list(|reader| {
            let offset = reader.small()?;
            let kind = *KINDS.get(reader.number()? as usize)?;
            let (which, number) = (reader.number()?, reader.small()?);
            let target = match which {
                0 => RelocationTarget::Symbol(*self.symbols.get(number as usize)?),
                1 => RelocationTarget::Symbol(Symbol::Builtin(Builtin::from_number(number)?)),
                2 => RelocationTarget::Own(number),
                3 => RelocationTarget::Symbol(Symbol::Instance),
                4 => RelocationTarget::Symbol(Symbol::ImportedMemory(MemoryIndex::from_u32(number))),
                _ => return None,
            };
            Some(Relocation { offset, kind, target, addend: read_signed(&mut reader.0)? })
        })?;
        let sites = reader.list(|reader| {
            let (code_offset, module_offset) = (reader.small()?, reader.small()?);
            let kind = u8::try_from(reader.number()?).ok()?;
            Some((Site { code_offset, module_offset, kind }, reader.list(Reader::small)?))
        })?;
        let handled = reader.list(|reader| {
            let (returns, frame) = (reader.small()?, reader.small()?);
            let handlers = reader.list(|reader| {
                let tag = reader.number()?.checked_sub(1).map(u32::try_from).transpose().ok()?;
                Some((tag, reader.small()?))
            })?;
            Some(HandledCall { returns, frame, handlers })
        })?;
        let saves = reader.list(|reader| Some(Save { register: reader.byte()?, below: reader.small()? }))?;
        let inlined = sites.iter().enumerate().filter(|(_, (_, calls))| !calls.is_empty());
        let inlined: BTreeMap<usize, Vec<u32>> =
            inlined.map(|(position, (_, calls))| (position, calls.clone())).collect();
        let sites = sites.into_iter().map(|(site, _)| site).collect();
        let code = code.to_vec();
        let function = CompiledFunction { key, effort, code, align, relocations, sites, inlined, handled, saves };
        reader.0.is_empty().then_some(function)
    }
}

/// Offsets, each with its number.
struct Numbers {
    offsets: Vec<u32>,
    of: HashMap<u32, u32>,
    /// The last one: neighbouring instructions often have the same.
    last: (u32, u32),
}

impl Numbers {
    fn from(first: u32) -> Self {
        Self { offsets: vec![first], of: HashMap::from([(first, 0)]), last: (first, 0) }
    }

    fn of(&mut self, offset: u32) -> u32 {
        if self.last.0 != offset {
            let number = *self.of.entry(offset).or_insert_with(|| {
                self.offsets.push(offset);
                self.offsets.len() as u32 - 1
            });
            self.last = (offset, number);
        }
        self.last.1
    }
}

/// All that the machine code of a function depends on besides [`surroundings`], after [`Outside::take`].
pub(crate) fn content(
    plan: &Plan<'_>,
    key: FunctionKey,
    function: &Function,
    places: &Places,
    outside: &Outside,
) -> Vec<u8> {
    let mut bytes = Bytes(Vec::new());
    function.stencil.hash(&mut bytes);
    places.hash(&mut bytes);
    for &symbol in &outside.symbols {
        let nowhere = FuncIndex::from_u32(0);
        let symbol = match symbol {
            Symbol::Function(_) => Symbol::Function(nowhere),
            Symbol::FuncRef(_) => Symbol::FuncRef(nowhere),
            Symbol::Import(_) => Symbol::Import(nowhere),
            other => other,
        };
        symbol.hash(&mut bytes);
    }
    (plan.is_left_by_exceptions(key), plan.body_size(key), effort::loops(plan, key)).hash(&mut bytes);
    plan.is_cold(key).hash(&mut bytes);
    effort::module_size(plan, function).hash(&mut bytes);
    bytes.0
}

/// What the machine code of all functions of a plan depends on.
pub(crate) fn surroundings(plan: &Plan<'_>) -> String {
    // Not what later steps read of them, but all: options that do not matter are changed seldom.
    let options = crate::Options { code_moved: 0, ..plan.options.clone() };
    let memories: Vec<_> = plan.memories.values().zip(plan.layout.memories.values()).collect();
    let program = (plan.has_many_instances(), plan.exceptions.any(), plan.looks_for_stack());
    format!("{:?}\n{options:?}\n{memories:?}\n{program:?}\n", plan.target)
}

/// What a value hashes, as it is.
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("only the bytes are asked for")
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        write_unsigned(number, &mut |byte| self.0.push(byte));
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        read_unsigned(&mut self.0)
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.number()?.try_into().ok()
    }

    /// How many bytes or elements follow: no more than there are bytes.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn list<T>(&mut self, element: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.count()?).map(|_| element(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function with one of everything.
    fn function() -> (Outside, CompiledFunction) {
        let called = Symbol::Function(FuncIndex::from_u32(7));
        let outside = Outside { symbols: vec![Symbol::Instance, called], offsets: vec![1000, 2000, 3000] };
        let relocation = |offset, target| Relocation { offset, kind: Reloc::X86CallPCRel4, target, addend: -4 };
        let site = |code_offset, module_offset| Site { code_offset, module_offset, kind: 3 };
        let function = CompiledFunction {
            key: FunctionKey::Wasm(FuncIndex::from_u32(3)),
            effort: Effort::Least,
            code: vec![0x90; 40],
            align: 16,
            relocations: vec![
                relocation(1, RelocationTarget::Symbol(called)),
                relocation(9, RelocationTarget::Symbol(Symbol::Builtin(Builtin::from_number(2).unwrap()))),
                relocation(20, RelocationTarget::Own(300)),
                relocation(24, RelocationTarget::Symbol(Symbol::ImportedMemory(MemoryIndex::from_u32(2)))),
            ],
            sites: vec![site(5, 1), site(10, 2)],
            inlined: BTreeMap::from([(1, vec![0, 1])]),
            handled: vec![HandledCall { returns: 10, frame: 32, handlers: vec![(Some(0), 30), (None, 35)] }],
            saves: vec![Save { register: 3, below: 16 }],
        };
        (outside, function)
    }

    #[test]
    fn functions_are_read_as_they_were_written() {
        let (outside, function) = function();
        let bytes = outside.encode(&function).unwrap();
        let read = outside.decode(function.key, &bytes).unwrap();
        assert_eq!(format!("{read:?}"), format!("{function:?}"));
        let back = outside.put_back(read).unwrap();
        assert_eq!(back.sites.iter().map(|site| site.module_offset).collect::<Vec<_>>(), [2000, 3000]);
        assert_eq!(back.inlined, BTreeMap::from([(1, vec![1000, 2000])]));
    }

    #[test]
    fn other_bytes_are_no_function() {
        let (outside, function) = function();
        let bytes = outside.encode(&function).unwrap();
        for length in 0..bytes.len() {
            assert!(outside.decode(function.key, &bytes[..length]).is_none(), "{length} bytes");
        }
        assert!(outside.decode(function.key, &[&bytes[..], &[0]].concat()).is_none());
        // Numbers of what is not there, of whatever kind: no panic.
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = outside.decode(function.key, &changed).and_then(|function| outside.put_back(function));
            }
        }
        let nothing = Outside { symbols: Vec::new(), offsets: Vec::new() };
        assert!(nothing.decode(function.key, &bytes).is_none());
        assert!(nothing.put_back(function).is_none());
    }
}
