//! What a profile says of the functions of a module.
//!
//! Functions are found by what their bodies are; of those that are the same, the one with the same index is meant. So a
//! profile serves a module that has changed since, as far as it has not.

use super::points::Points;
use crate::Error;
use crate::profile::Profile;
use std::collections::{BTreeMap, HashMap};
use wasmc_abi::profile::{Record, SITE_WORDS, hash};
use wasmc_frontend::Module;
use wasmc_frontend::index::FuncIndex;

/// What is known of a module's functions.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    functions: HashMap<FuncIndex, FunctionCounts>,
    /// From how often on what runs is hot.
    hot: u64,
    /// How many functions of the profile have run that the module does not have, and how many have run.
    missing: (usize, usize),
}

/// What is known of a function.
#[derive(Clone, Debug, Default)]
pub struct FunctionCounts {
    /// How often what begins at an offset from the start of the body has run; in ascending order.
    blocks: Vec<(u32, u64)>,
    /// What calls through references have gone to, most often what comes first.
    calls: BTreeMap<u32, Vec<(FuncIndex, u64)>>,
}

/// Of a million times that all blocks have run, how many times the hot ones have.
const HOT_SHARE: u128 = 990_000;

impl Counts {
    /// What a profile says of the functions of a module.
    ///
    /// # Errors
    /// None for functions that are valid.
    pub(super) fn new(module: &Module<'_>, profile: &Profile) -> Result<Self, Error> {
        let mut with_body: HashMap<u64, Vec<FuncIndex>> = HashMap::new();
        for index in module.functions.keys() {
            if let Some(body) = module.body(index) {
                with_body.entry(hash(body.as_bytes())).or_default().push(index);
            }
        }
        let found = |record: &Record| {
            let same = with_body.get(&record.body)?;
            same.iter().find(|index| index.as_u32() == record.index).or(same.first()).copied()
        };
        // In an order that does not depend on hashes of a table.
        let mut recorded: Vec<_> = profile.functions().collect();
        recorded.sort_by_key(|(record, _)| (record.index, record.body, record.words));
        let by_number: HashMap<u32, FuncIndex> =
            recorded.iter().filter_map(|(record, _)| Some((record.index, found(record)?))).collect();
        let mut counts = Self::default();
        for (record, words) in recorded {
            let has_run = words.iter().any(|&count| count > 0);
            counts.missing.1 += usize::from(has_run);
            let Some(index) = found(record) else {
                counts.missing.0 += usize::from(has_run);
                continue;
            };
            let points = Points::of(module.body(index).expect("only bodies are found"))?;
            if let Some(of_function) = FunctionCounts::new(points, words, &by_number) {
                counts.functions.insert(index, of_function);
            }
        }
        if counts.missing.1 == 0 {
            // Nothing has run, of which nothing follows.
            counts.functions.clear();
        }
        counts.hot = threshold(counts.functions.values().flat_map(|function| &function.blocks).map(|block| block.1));
        Ok(counts)
    }

    /// How many functions of the profile have run that the module does not have, and how many have run.
    pub fn missing(&self) -> (usize, usize) {
        self.missing
    }

    /// What is known of a function; `None` where it is in no profile.
    pub fn of(&self, function: FuncIndex) -> Option<&FunctionCounts> {
        self.functions.get(&function)
    }

    /// From how often on what runs is hot.
    pub(crate) fn hot(&self) -> u64 {
        self.hot
    }
}

impl FunctionCounts {
    /// `None` where there are not as many counters as points.
    fn new(points: Points, words: &[u64], by_number: &HashMap<u32, FuncIndex>) -> Option<Self> {
        let (blocks, calls) = words.split_at_checked(points.blocks.len())?;
        if calls.len() != points.calls.len() * SITE_WORDS as usize {
            return None;
        }
        let targets = |slots: &[u64]| {
            let (slots, _) = slots.as_chunks::<2>();
            let target = |&[number, count]: &[u64; 2]| {
                let index = u32::try_from(number.checked_sub(1)?).ok()?;
                (count > 0).then_some((*by_number.get(&index)?, count))
            };
            let mut targets: Vec<_> = slots.iter().filter_map(target).collect();
            targets.sort_by_key(|&(index, count)| (std::cmp::Reverse(count), index));
            targets
        };
        let calls = points.calls.iter().zip(calls.chunks(SITE_WORDS as usize));
        let calls = calls.map(|(&offset, slots)| (offset, targets(slots))).collect();
        Some(Self { blocks: points.blocks.into_iter().zip(blocks.iter().copied()).collect(), calls })
    }

    /// How often the function has been entered.
    pub fn entered(&self) -> u64 {
        self.blocks.first().map_or(0, |block| block.1)
    }

    /// Whether it has never run.
    pub fn is_cold(&self) -> bool {
        self.blocks.iter().all(|block| block.1 == 0)
    }

    /// How often what begins at an offset from the start of the body has run; `None` where nothing begins.
    pub(crate) fn at(&self, offset: u32) -> Option<u64> {
        let position = self.blocks.binary_search_by_key(&offset, |block| block.0).ok()?;
        Some(self.blocks[position].1)
    }

    /// How often each of its blocks has run, with their offsets from the start of the body.
    pub fn blocks(&self) -> &[(u32, u64)] {
        &self.blocks
    }

    /// What a call through a reference has gone to, most often what comes first.
    pub(crate) fn targets(&self, offset: u32) -> &[(FuncIndex, u64)] {
        self.calls.get(&offset).map_or(&[], Vec::as_slice)
    }
}

/// The count of the least of the blocks that together make up [`HOT_SHARE`].
fn threshold(counts: impl Iterator<Item = u64>) -> u64 {
    let mut counts: Vec<u64> = counts.filter(|&count| count > 0).collect();
    counts.sort_unstable_by_key(|&count| std::cmp::Reverse(count));
    let mut left = counts.iter().map(|&count| u128::from(count)).sum::<u128>() * HOT_SHARE / 1_000_000;
    for count in counts {
        left = left.saturating_sub(count.into());
        if left == 0 {
            return count;
        }
    }
    u64::MAX
}
