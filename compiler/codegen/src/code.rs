//! The machine code of a function, and the tables that follow it.

use crate::key::FunctionKey;
use crate::symbol::Symbol;
use cranelift_codegen::binemit::Reloc;
use std::collections::BTreeMap;
use wasmc_abi::exception::Save;
use wasmc_abi::trap::Site;

/// How much was done for a function, or is to be: `effort.rs` decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// What the options ask for.
    Full,
    /// No optimisation, and registers in a single pass.
    Least,
}

/// A place in code where the linker puts an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// How the address is encoded.
    pub kind: Reloc,
    /// What it is the address of.
    pub target: RelocationTarget,
    /// Bytes added to it.
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationTarget {
    /// Something outside the function.
    Symbol(Symbol),
    /// A place in the function itself, in bytes from its start.
    Own(u32),
}

impl RelocationTarget {
    /// What it is outside the function; `None` for a place in it.
    pub(crate) fn symbol(self) -> Option<Symbol> {
        match self {
            Self::Symbol(symbol) => Some(symbol),
            Self::Own(_) => None,
        }
    }
}

/// A call with handlers of exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandledCall {
    /// Where it returns to, in bytes from the start of the function.
    pub returns: u32,
    /// Bytes from the stack pointer at the call to the frame pointer.
    pub frame: u32,
    /// Its handlers, those that are tried first first: the number of the tag, `None` where it catches all, and where
    /// the handler begins.
    pub handlers: Vec<(Option<u32>, u32)>,
}

/// The machine code of a function.
#[derive(Clone, Debug)]
pub struct CompiledFunction {
    /// Which function.
    pub key: FunctionKey,
    /// How much was done for it.
    pub effort: Effort,
    /// Its code.
    pub code: Vec<u8>,
    /// Alignment of its start, in bytes.
    pub align: u32,
    /// Where addresses are missing, in order of offset.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap and return addresses, in order of offset.
    pub sites: Vec<Site>,
    /// Of those among them that are in place of calls, by their positions: the offsets in the module of these calls,
    /// innermost first.
    pub inlined: BTreeMap<usize, Vec<u32>>,
    /// Calls with handlers, in order of offset.
    pub handled: Vec<HandledCall>,
    /// Where it saves registers, if exceptions can leave it.
    pub saves: Vec<Save>,
}

impl CompiledFunction {
    /// The function with other code: what moves code says where each byte lies now, and everything that follows the
    /// code follows it there. `None` where `moved` has no place for an offset that a table holds.
    ///
    /// Every pass over finished machine code ends here, so that a table added later moves in one place.
    pub(crate) fn map_offsets(&self, code: Vec<u8>, moved: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        let relocation = |relocation: &Relocation| {
            let target = match relocation.target {
                RelocationTarget::Own(offset) => RelocationTarget::Own(moved(offset)?),
                symbol @ RelocationTarget::Symbol(_) => symbol,
            };
            Some(Relocation { offset: moved(relocation.offset)?, target, ..*relocation })
        };
        let site = |site: &Site| Some(Site { code_offset: moved(site.code_offset)?, ..*site });
        let handled = |call: &HandledCall| {
            let handlers = call.handlers.iter().map(|&(tag, offset)| Some((tag, moved(offset)?)));
            let handlers = handlers.collect::<Option<_>>()?;
            Some(HandledCall { returns: moved(call.returns)?, frame: call.frame, handlers })
        };
        Some(Self {
            key: self.key,
            effort: self.effort,
            code,
            align: self.align,
            relocations: self.relocations.iter().map(relocation).collect::<Option<_>>()?,
            sites: self.sites.iter().map(site).collect::<Option<_>>()?,
            inlined: self.inlined.clone(),
            handled: self.handled.iter().map(handled).collect::<Option<_>>()?,
            saves: self.saves.clone(),
        })
    }
}

#[cfg(test)]
impl CompiledFunction {
    /// A function for tests, which has this code and no tables.
    pub(crate) fn of(code: Vec<u8>) -> Self {
        Self {
            key: FunctionKey::Wasm(wasmc_frontend::index::FuncIndex::from_u32(0)),
            effort: Effort::Full,
            code,
            align: 16,
            relocations: Vec::new(),
            sites: Vec::new(),
            inlined: BTreeMap::new(),
            handled: Vec::new(),
            saves: Vec::new(),
        }
    }
}
