//! One module instance to one object, by the compiler's own phases.

use super::imports::Resolved;
use super::instances::Missing;
use super::matching::Types;
use super::suites::Language;
use super::toolchain::Toolchain;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmc_codegen::plan::role::Linked;
use wasmc_codegen::{Compiler, Machine, MemoryPlan, Plan, Target};
use wasmc_frontend::Module;
use wasmc_frontend::module::SegmentMode;
use wasmc_frontend::reach::{References, references};
use wasmc_frontend::wasmparser::FuncValidatorAllocations;

/// A compiled instance.
pub struct Object {
    /// Bytes of the object file.
    pub bytes: Vec<u8>,
    /// Where the initial contents of its first memory belong, where the object has them.
    pub memory_address: Option<u64>,
    /// How its memories are accessed.
    pub memories: Vec<MemoryPlan>,
}

/// Reads and validates a whole module, as the compiler does.
///
/// # Errors
/// Where the compiler refuses it.
pub fn read<'a>(binary: &'a [u8], language: &Language) -> Result<Module<'a>, String> {
    guarded(|| {
        let features = language.features();
        let explain = |error| wasmc_frontend::read::explain(error, binary, features).to_string();
        let (module, functions) = wasmc_frontend::read(binary, features).map_err(|error| error.to_string())?;
        let mut allocations = FuncValidatorAllocations::default();
        functions.into_iter().try_for_each(|function| function.validate(&mut allocations)).map_err(explain)?;
        Ok(module)
    })
}

/// As [`read`], for a module that the script holds to be valid.
///
/// # Errors
/// Where it cannot be compiled, and whether that is for lack of a feature.
pub fn read_valid<'a>(binary: &'a [u8], language: &Language) -> Result<Module<'a>, Missing> {
    read(binary, language).map_err(|message| match language.unsupported(binary) {
        Some(feature) => Missing::Skipped(format!("feature {feature} not supported")),
        None => Missing::Failed(format!("a valid module is refused: {message}")),
    })
}

/// Whether a module makes tail calls.
pub fn makes_tail_calls(module: &Module<'_>) -> bool {
    let mut mentioned = References::default();
    let bodies = (0..module.functions.len() as u32).filter_map(|function| module.body(function));
    bodies.for_each(|body| references(body, &mut mentioned).unwrap_or_default());
    mentioned.tail_calls
}

/// Whether a module fills a memory of its own, which can then lie at the fixed address.
pub fn fills_memory(module: &Module<'_>) -> bool {
    let is_own = module.memories.first().is_some_and(|memory| memory.import.is_none());
    is_own && module.data.iter().any(|data| matches!(data.mode, SegmentMode::Active(0, _)))
}

/// Compiles the instance `name` of `module`. `at_fixed_address` is for its first memory.
///
/// # Errors
/// Where the compiler fails.
pub fn compile(
    module: &Module<'_>,
    name: &str,
    imports: &Resolved,
    types: &mut Types,
    toolchain: &Toolchain,
    tail_calls: bool,
    at_fixed_address: bool,
) -> Result<Object, String> {
    guarded(|| {
        let linked = Linked { name: name.into(), imports: imports.imports(), tail_calls };
        let memory_base = toolchain.target.codegen.memory_base.filter(|_| at_fixed_address);
        let target = Target { memory_base, ..toolchain.target.codegen.clone() };
        let plan = Plan::linked(module, linked, &mut types.ids, target, toolchain.options.clone());
        let plan = plan.map_err(|error| error.to_string())?;
        let machine = Machine::new(&plan).map_err(|error| error.to_string())?;
        let mut compiler = Compiler::new(&plan, &machine);
        let functions = plan.functions.iter().map(|&key| compiler.compile(key));
        let functions = functions.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let extra = wasmc_object::Extra::default();
        let object = wasmc_object::write(&plan, &machine, &functions, extra).map_err(|error| error.to_string())?;
        Ok(Object { bytes: object.bytes, memory_address: object.memory_address, memories: plan.memories })
    })
}

/// Calls `work`; a panic in it is an error like others.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(format!("the compiler panicked: {}", text.unwrap_or("for no stated reason")))
    })
}
