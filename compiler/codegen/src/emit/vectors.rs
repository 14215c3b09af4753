//! Vectors where the CPU has none.

use crate::Error;
use crate::key::FunctionKey;
use crate::places::Places;
use crate::plan::Plan;
use cranelift_codegen::ir::{Function, SourceLoc, Value, ValueDef};
use wasmc_frontend::Error as ModuleError;

/// Refuses vectors where the CPU has none, because Cranelift would panic.
///
/// # Errors
/// One that says where the first vector is.
pub(crate) fn check(plan: &Plan<'_>, key: FunctionKey, func: &Function, places: &Places) -> Result<(), Error> {
    if plan.target.has_vectors() {
        return Ok(());
    }
    let is_vector = |value: &Value| func.dfg.value_type(*value).is_vector();
    let location = match func.dfg.values().find(is_vector).map(|value| func.dfg.value_def(value)) {
        Some(ValueDef::Result(inst, _)) => func.srcloc(inst),
        Some(_) => SourceLoc::default(),
        None => {
            let signatures = func.dfg.signatures.values().chain([&func.signature]);
            let mut types = signatures.flat_map(|signature| signature.params.iter().chain(&signature.returns));
            match types.any(|param| param.value_type.is_vector()) {
                true => SourceLoc::default(),
                false => return Ok(()),
            }
        }
    };
    let offset = places.offsets(location).map_or(plan.body_offset(key), |(offset, _)| offset);
    let error = ModuleError::at(offset.into(), "a vector, but the target's CPU has no vectors");
    Err(Error::Refused(error.with_help("choose a CPU with the V extension by `--cpu`: `wasmc targets` lists them")))
}
