//! Branch hints: which way a branch is expected to go (the custom section `metadata.code.branch_hint`; core
//! specification, appendix "Custom Sections and Annotations").

use crate::index::FuncIndex;
use std::collections::HashMap;
use wasmparser::{BranchHintFunction, BranchHintSectionReader};

/// Where the branches of each function are expected to go. A module without hints has none for any function.
#[derive(Clone, Debug, Default)]
pub struct BranchHints(HashMap<FuncIndex, Vec<Hint>>);

/// A hint for one `if` or `br_if`.
#[derive(Clone, Copy, Debug)]
struct Hint {
    /// Offset in bytes of the instruction from the start of the function's body.
    offset: u64,
    /// Whether the condition is expected to hold.
    likely: bool,
}

/// The hints of one function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionHints<'m>(&'m [Hint]);

impl BranchHints {
    /// Reads the section. One that is not well-formed gives no hints: a custom section's faults do not make a module
    /// invalid.
    pub(crate) fn read(section: BranchHintSectionReader<'_>) -> Self {
        let function = |function: wasmparser::Result<BranchHintFunction<'_>>| {
            let function = function?;
            let hint = |hint: wasmparser::Result<wasmparser::BranchHint>| {
                hint.map(|hint| Hint { offset: hint.func_offset.into(), likely: hint.taken })
            };
            let hints = function.hints.into_iter().map(hint).collect::<wasmparser::Result<Vec<Hint>>>()?;
            // Bits, because nothing has validated that there is such a function.
            Ok((FuncIndex::from_bits(function.func), hints))
        };
        let functions = section.into_iter().map(function).collect::<wasmparser::Result<HashMap<_, _>>>();
        let mut functions = functions.unwrap_or_default();
        functions.values_mut().for_each(|hints| hints.sort_by_key(|hint| hint.offset));
        Self(functions)
    }

    /// The hints for a function.
    pub fn of(&self, function: FuncIndex) -> FunctionHints<'_> {
        FunctionHints(self.0.get(&function).map_or(&[], Vec::as_slice))
    }
}

impl FunctionHints<'_> {
    /// Whether the condition of the branch at `offset` bytes from the start of the function's body is expected to hold;
    /// `None` where nothing is known.
    pub fn at(self, offset: u64) -> Option<bool> {
        let found = self.0.binary_search_by_key(&offset, |hint| hint.offset).ok()?;
        Some(self.0[found].likely)
    }
}
