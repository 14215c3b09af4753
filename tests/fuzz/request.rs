//! What is requested of a module: to be instantiated, to run each exported function with several lists of arguments,
//! and then to show its state.

use super::generate::FUEL;
use super::random::Random;
use crate::wast::expect::Slot;
use wasmc_abi::script::SLOT;
use wasmc_frontend::Module;
use wasmc_frontend::index::{ExternIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use wasmc_frontend::wasmparser::ValType;

/// Calls of each function.
const CALLS: usize = 3;

/// One request to a module. Names are those of exports.
#[derive(Clone, Debug)]
pub enum Request {
    /// To be instantiated.
    Instantiate,
    /// To run a function, with full fuel.
    Call {
        /// The function.
        name: String,
        /// Its index.
        function: FuncIndex,
        /// What it is called with.
        arguments: Vec<(ValType, Slot)>,
        /// Types of its results.
        results: Vec<ValType>,
    },
    /// What a global holds.
    Global(String, GlobalIndex, ValType),
    /// A memory's size and contents.
    Memory(String, MemoryIndex),
    /// A table's size.
    Table(String, TableIndex),
}

/// The requests to a module. Arguments depend on names and types alone, so that they stay when a module is made
/// smaller.
pub fn requests(module: &Module<'_>) -> Vec<Request> {
    let mut requests = vec![Request::Instantiate];
    // There are null references alone to call functions with.
    let is_possible = |ty: &ValType| !matches!(ty, ValType::Ref(ty) if !ty.is_nullable());
    let functions = module.exports.iter().filter_map(|export| match export.index {
        ExternIndex::Func(function) if module.type_of_function(function).params().iter().all(is_possible) => {
            Some((export.name, function))
        }
        _ => None,
    });
    for round in 0..CALLS {
        for (name, function) in functions.clone() {
            let ty = module.type_of_function(function);
            let mut random = Random::nested(round as u64, wasmc_abi::script::digest(name.as_bytes()));
            requests.push(Request::Call {
                name: name.to_string(),
                function,
                arguments: ty.params().iter().map(|&ty| (ty, argument(ty, &mut random))).collect(),
                results: ty.results().to_vec(),
            });
        }
    }
    let state = module.exports.iter().filter(|export| export.name != FUEL).filter_map(|export| {
        let name = export.name.to_string();
        Some(match export.index {
            ExternIndex::Global(global) => Request::Global(name, global, module.globals[global].ty.content_type),
            ExternIndex::Memory(memory) => Request::Memory(name, memory),
            ExternIndex::Tag(_) => return None,
            ExternIndex::Table(table) => Request::Table(name, table),
            ExternIndex::Func(_) => return None,
        })
    });
    requests.extend(state);
    requests
}

/// Numbers at the edges of ranges, and others. References are null.
fn argument(ty: ValType, random: &mut Random) -> Slot {
    const INTEGERS: [u64; 12] =
        [0, 1, 2, 7, 31, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, i64::MAX as u64, i64::MIN as u64, u64::MAX];
    const FLOATS: [f64; 9] =
        [0.0, -0.0, 1.0, -1.5, 1e-310, f64::INFINITY, f64::NEG_INFINITY, 2_147_483_648.0, -9_223_372_036_854_775_808.0];
    let integer = if random.once_in(2) { random.pick(&INTEGERS) } else { random.number() >> random.below(64) };
    let float = if random.once_in(2) { random.pick(&FLOATS) } else { integer as i64 as f64 / 3.0 };
    let mut slot = [0; SLOT];
    match ty {
        ValType::I32 => slot[..4].copy_from_slice(&(integer as u32).to_le_bytes()),
        ValType::I64 => slot[..8].copy_from_slice(&integer.to_le_bytes()),
        ValType::F32 => slot[..4].copy_from_slice(&(float as f32).to_le_bytes()),
        ValType::F64 => slot[..8].copy_from_slice(&float.to_le_bytes()),
        ValType::V128 => slot.copy_from_slice(&random.bytes(SLOT)),
        ValType::Ref(_) => {}
    }
    slot
}
