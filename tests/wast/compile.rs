//! One module instance to one object, by the compiler's own phases.

use super::names::Missing;
use super::suites::Language;
use super::toolchain::Toolchain;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmc::target::Target;
use wasmc_codegen::options::InstanceModel;
use wasmc_codegen::{Compiler, Machine, Plan};
use wasmc_frontend::index::{InstanceId, MemoryIndex};
use wasmc_frontend::module::SegmentMode;
use wasmc_frontend::{Module, Program};

/// A compiled instance.
pub struct Object {
    /// Bytes of the object file.
    pub bytes: Vec<u8>,
    /// Where the initial contents of its first memory belong, where the object has them.
    pub memory_address: Option<u64>,
}

/// Reads and validates a whole module, as the compiler does.
///
/// # Errors
/// Where the compiler refuses it.
pub fn read<'a>(binary: &'a [u8], language: &Language) -> Result<Module<'a>, String> {
    guarded(|| {
        let features = language.features();
        let explain = |error| wasmc_frontend::read::explain(error, binary, features).to_string();
        let unvalidated = wasmc_frontend::read(binary, features).map_err(|error| error.to_string())?;
        unvalidated.validate().map_err(explain)
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

/// A program that is to have instances of `modules`.
pub fn open<'p, 'm, 'a: 'm>(modules: impl Iterator<Item = &'m Module<'a>>) -> Program<'p> {
    let mut program = Program::open(false, false);
    for module in modules {
        program.tail_calls |= module.summaries.iter().any(|summary| summary.tail_calls);
        program.exceptions |= !module.tags.is_empty();
        program.declare(module);
    }
    program
}

/// Whether a module fills a memory of its own, which can then lie at the fixed address.
pub fn fills_memory(module: &Module<'_>) -> bool {
    let is_own = module.memories.get(MemoryIndex::FIRST).is_some_and(|memory| memory.import.is_none());
    is_own && module.data.values().any(|data| matches!(data.mode, SegmentMode::Active(MemoryIndex::FIRST, _)))
}

/// Compiles an instance of `program` for `target`, as the program has it. `fixed` is the instance whose first memory
/// lies at the fixed address.
///
/// # Errors
/// Where the compiler fails.
pub fn compile(
    program: &Program<'_>,
    instance: InstanceId,
    fixed: Option<InstanceId>,
    target: &Target,
    toolchain: &Toolchain,
) -> Result<Object, String> {
    guarded(|| {
        let (target, options) = (target.codegen.clone(), toolchain.options.clone());
        // Memories of a context lie anywhere.
        let fixed = fixed.filter(|_| options.model != InstanceModel::Context);
        let fixed = fixed.map(|instance| (instance, MemoryIndex::FIRST));
        let plan = Plan::of_instance(program, instance, fixed, target, options).map_err(|error| error.to_string())?;
        let machine = Machine::new(&plan).map_err(|error| error.to_string())?;
        let mut compiler = Compiler::new(&plan, &machine);
        let functions = plan.functions.iter().map(|&key| compiler.compile(key));
        let functions = functions.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        let data = wasmc_object::ProgramData::default();
        let object = wasmc_object::write(&plan, &machine, &functions, data).map_err(|error| error.to_string())?;
        Ok(Object { bytes: object.bytes, memory_address: object.memory_address })
    })
}

/// What an error of [`compile`] says of the instance.
pub fn missing(error: String) -> Missing {
    if error.contains("CPU has no vectors") {
        Missing::Skipped("the target's CPU has no vectors".into())
    } else {
        Missing::Failed(error)
    }
}

/// Calls `work`; a panic in it is an error like others.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(format!("the compiler panicked: {}", text.unwrap_or("for no stated reason")))
    })
}
