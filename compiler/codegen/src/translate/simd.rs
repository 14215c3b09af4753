//! Vector instructions (core specification 4.4).

use super::Translator;
use crate::Error;
use wasmc_frontend::wasmparser::Operator;

impl Translator<'_, '_> {
    pub(super) fn simd_operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        Err(Self::unsupported(offset, &format!("{operator:?}")))
    }
}
