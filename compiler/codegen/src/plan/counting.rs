//! What a program counts for a profile, and where ([`wasmc_abi::profile`]).

use super::points::Points;
use crate::Error;
use crate::profile::head;
use std::collections::HashMap;
use wasmc_abi::profile::{Record, SITE_WORDS, WORD, hash};
use wasmc_frontend::Module;
use wasmc_frontend::index::FuncIndex;

/// The counters of a program.
#[derive(Clone, Debug)]
pub struct Counting {
    /// What the file begins with: the counters follow it.
    pub head: Vec<u8>,
    /// Bytes of the file.
    pub len: u64,
    /// Where the counters of each function begin in it, and what they count.
    functions: HashMap<FuncIndex, (u64, Points)>,
}

impl Counting {
    /// What `functions` count: those of them that are not imported.
    ///
    /// # Errors
    /// None for functions that are valid.
    pub(super) fn new(module: &Module<'_>, functions: impl IntoIterator<Item = FuncIndex>) -> Result<Self, Error> {
        let mut records = Vec::new();
        let mut points_of = Vec::new();
        for index in functions {
            let Some(body) = module.body(index) else { continue };
            let points = Points::of(body)?;
            let words = points.blocks.len() as u32 + SITE_WORDS * points.calls.len() as u32;
            records.push(Record { body: hash(body.as_bytes()), index: index.as_u32(), words });
            points_of.push((index, points));
        }
        let head = head(&records);
        let mut len = head.len() as u64;
        let mut functions = HashMap::new();
        for (record, (index, points)) in records.iter().zip(points_of) {
            functions.insert(index, (len, points));
            len += u64::from(record.words) * WORD as u64;
        }
        Ok(Self { head, len, functions })
    }

    /// Where the counter of a function's point lies, in bytes from the start of the file.
    pub(crate) fn block(&self, function: FuncIndex, offset: u32) -> Option<u64> {
        let (first, points) = self.functions.get(&function)?;
        let position = points.blocks.binary_search(&offset).ok()?;
        Some(first + (position * WORD) as u64)
    }

    /// Where the slots of a call through a reference lie.
    pub(crate) fn call(&self, function: FuncIndex, offset: u32) -> Option<u64> {
        let (first, points) = self.functions.get(&function)?;
        let position = points.blocks.len() + SITE_WORDS as usize * points.calls.binary_search(&offset).ok()?;
        Some(first + (position * WORD) as u64)
    }
}
