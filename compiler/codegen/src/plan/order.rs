//! How functions follow each other in an executable, by what a profile says: those that call each other most often lie
//! side by side, the busiest of them first, and what has never run lies behind all others, where it shares no page with
//! them.
//!
//! Each function begins as a chain of its own. In order of the calls between two functions, the chain of the callee is
//! put behind that of the caller, unless both together are too long to gain by it (as in "Optimizing function placement
//! for large-scale data-center applications", Ottoni and Maher, CGO 2017).

use super::counts::{Counts, FunctionCounts};
use crate::Error;
use crate::key::FunctionKey;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use wasmc_frontend::Module;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::wasmparser::Operator;

/// Bytes of the bodies of a chain, at most: about as much machine code as a few pages hold.
const LONGEST: u64 = 16 << 10;

/// The functions of a chain, in order.
struct Chain {
    functions: Vec<FuncIndex>,
    /// Bytes of their bodies.
    size: u64,
    /// How often they have been entered.
    entered: u64,
}

/// Puts functions in order.
///
/// # Errors
/// None for functions that are valid.
pub(super) fn by(counts: &Counts, module: &Module<'_>, keys: &mut [FunctionKey]) -> Result<(), Error> {
    let run = |key: &FunctionKey| match *key {
        FunctionKey::Wasm(index) => counts.of(index).filter(|function| !function.is_cold()).map(|_| index),
        _ => None,
    };
    let running: Vec<FuncIndex> = keys.iter().filter_map(run).collect();
    let positions = positions(counts, module, &running)?;
    let is_known = |key: &FunctionKey| matches!(*key, FunctionKey::Wasm(index) if counts.of(index).is_some());
    // What no profile knows lies between those that have run and those that have not.
    keys.sort_by_key(|key| match run(key) {
        Some(index) => (0, positions[&index]),
        None => (1 + usize::from(is_known(key)), 0),
    });
    Ok(())
}

/// The position of each of some functions.
fn positions(counts: &Counts, module: &Module<'_>, running: &[FuncIndex]) -> Result<HashMap<FuncIndex, usize>, Error> {
    let mut calls: BTreeMap<(FuncIndex, FuncIndex), u64> = BTreeMap::new();
    for &caller in running {
        if let Some(function) = counts.of(caller) {
            add_calls(module, caller, function, &mut calls)?;
        }
    }
    let chain = |&index: &FuncIndex| Chain {
        functions: vec![index],
        size: module.body(index).map_or(0, |body| body.range().end - body.range().start),
        entered: counts.of(index).map_or(0, FunctionCounts::entered),
    };
    let mut chains: Vec<Option<Chain>> = running.iter().map(chain).map(Some).collect();
    let mut chain_of: HashMap<FuncIndex, usize> = running.iter().enumerate().map(|(at, &index)| (index, at)).collect();
    let mut calls: Vec<_> = calls.into_iter().collect();
    calls.sort_by_key(|&(ends, count)| (Reverse(count), ends));
    for ((caller, callee), _) in calls {
        let (Some(&first), Some(&second)) = (chain_of.get(&caller), chain_of.get(&callee)) else { continue };
        let size = |at: usize| chains[at].as_ref().map_or(0, |chain| chain.size);
        if first == second || size(first) + size(second) > LONGEST {
            continue;
        }
        let Some(moved) = chains[second].take() else { continue };
        chain_of.extend(moved.functions.iter().map(|&index| (index, first)));
        if let Some(chain) = &mut chains[first] {
            chain.functions.extend(moved.functions);
            chain.size += moved.size;
            chain.entered = chain.entered.saturating_add(moved.entered);
        }
    }
    let mut chains: Vec<Chain> = chains.into_iter().flatten().collect();
    // By how often each byte is entered; chains of few bytes have at least one.
    chains.sort_by_key(|chain| (Reverse(chain.entered / chain.size.max(1)), chain.functions[0]));
    let functions = chains.into_iter().flat_map(|chain| chain.functions);
    Ok(functions.zip(0..).collect())
}

/// Adds how often a function calls others.
fn add_calls(
    module: &Module<'_>,
    caller: FuncIndex,
    function: &FunctionCounts,
    calls: &mut BTreeMap<(FuncIndex, FuncIndex), u64>,
) -> Result<(), Error> {
    let Some(body) = module.body(caller) else { return Ok(()) };
    let mut reader = body.get_operators_reader()?;
    let mut here = 0;
    let mut add = |callee: FuncIndex, count: u64| {
        if callee != caller && count > 0 {
            let sum = calls.entry((caller, callee)).or_default();
            *sum = sum.saturating_add(count);
        }
    };
    while !reader.eof() {
        let offset = (reader.original_position() - body.range().start) as u32;
        here = function.at(offset).unwrap_or(here);
        match reader.read()? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                add(FuncIndex::from_u32(function_index), here);
            }
            Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                function.targets(offset).iter().for_each(|&(callee, count)| add(callee, count));
            }
            _ => {}
        }
    }
    Ok(())
}
