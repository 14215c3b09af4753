//! Cranelift IR to better Cranelift IR, before instructions are selected.
//!
//! Passes of our own belong here: before Cranelift's egraph where they help it, after it where it would undo them.

use crate::Error;
use crate::key::FunctionKey;
use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;

/// Optimises the function in `context`. Control flow graph and dominator tree are right afterwards.
///
/// # Errors
/// Where Cranelift's verifier finds a fault, which would be ours.
pub(crate) fn optimize(
    plan: &Plan<'_>,
    isa: &dyn TargetIsa,
    key: FunctionKey,
    context: &mut Context,
) -> Result<(), Error> {
    context
        .optimize(isa, &mut ControlPlane::default())
        .map_err(|error| plan.function_error(key, cranelift_codegen::print_errors::pretty_error(&context.func, error)))
}
