//! What is compiled.

use crate::limits::InputSize;
use wasmc_link::Input;

/// A module and what is linked with it.
#[derive(Clone, Debug)]
pub struct Sources {
    /// What messages call the module.
    pub name: String,
    /// The module in binary or text format.
    pub module: Vec<u8>,
    /// By how many bytes its code lies further than in the module that the user has.
    pub code_moved: i64,
    /// Objects and archives that define functions it imports.
    pub natives: Vec<Input>,
}

impl Sources {
    /// How many bytes there are.
    pub fn size(&self) -> InputSize {
        let natives = self.natives.iter().map(|native| native.bytes.len() as u64);
        InputSize { module: self.module.len() as u64, others: natives.sum() }
    }
}
