//! Optimised Cranelift IR to machine code.
//!
//! - [`isa`]: Cranelift's description of the target,
//! - `tables`: relocations, trap sites and return addresses,
//! - `relax`: shorter encodings, `bti`: landing pads that Cranelift leaves out; both change finished machine code.

mod bti;
mod isa;
mod relax;
mod tables;

pub use isa::Machine;

use crate::Error;
use crate::code::CompiledFunction;
use crate::glue;
use crate::key::FunctionKey;
use crate::plan::Plan;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{SourceLoc, Value, ValueDef};
use cranelift_codegen::{CompiledCode, Context};
use wasmc_frontend::Error as ModuleError;

/// Alignment of functions, in bytes: a quarter of a cache line. More would cost size without a measurable gain.
const ALIGN: u32 = 16;

/// Emits functions of one plan; keeps its allocations from one to the next.
pub(crate) struct Emitter<'p> {
    plan: &'p Plan<'p>,
    machine: &'p Machine,
    registers: regalloc2::Ctx,
}

impl<'p> Emitter<'p> {
    pub fn new(plan: &'p Plan<'p>, machine: &'p Machine) -> Self {
        Self { plan, machine, registers: regalloc2::Ctx::default() }
    }

    /// The machine code of the function in `context`, which has been optimised.
    ///
    /// # Errors
    /// Where the function is beyond Cranelift's limits.
    pub fn emit(&mut self, key: FunctionKey, context: &Context) -> Result<CompiledFunction, Error> {
        let (mut function, blocks) = self.unrelaxed(key, context)?;
        relax::relax(self.plan, &mut function, &blocks);
        Ok(if self.needs_landing_pad(key) { bti::add(&function) } else { function })
    }

    /// The same as assembly text, as Cranelift encodes it.
    ///
    /// # Errors
    /// Where the function is beyond Cranelift's limits.
    pub fn assembly(&mut self, key: FunctionKey, context: &Context) -> Result<String, Error> {
        let text = self.machine_code(key, context, true)?.vcode.unwrap_or_default();
        Ok(if self.needs_landing_pad(key) { bti::PAD_TEXT.to_owned() + &text } else { text })
    }

    /// A function as Cranelift encodes it, and the offsets of its basic blocks.
    pub fn unrelaxed(&mut self, key: FunctionKey, context: &Context) -> Result<(CompiledFunction, Vec<u32>), Error> {
        let code = self.machine_code(key, context, false)?;
        let function = CompiledFunction {
            key,
            code: code.code_buffer().to_vec(),
            align: self.machine.isa().function_alignment().minimum.max(ALIGN),
            relocations: tables::relocations(&code, &context.func),
            sites: tables::sites(&code, self.plan.body_offset(key)),
        };
        Ok((function, code.bb_starts))
    }

    fn needs_landing_pad(&self, key: FunctionKey) -> bool {
        self.plan.options.cfi && bti::is_missing(&glue::signature_of(self.plan, key))
    }

    fn machine_code(&mut self, key: FunctionKey, context: &Context, text: bool) -> Result<CompiledCode, Error> {
        let (func, registers) = (&context.func, &mut self.registers);
        let mut control = ControlPlane::default();
        let stencil = self.machine.isa().compile_function(func, &context.domtree, registers, text, &mut control);
        let stencil = stencil.map_err(|error| {
            self.plan.function_error(key, cranelift_codegen::print_errors::pretty_error(func, error))
        })?;
        Ok(stencil.apply_params(&func.params))
    }
}

/// Refuses vectors where the CPU has none, because Cranelift would panic.
///
/// # Errors
/// One that says where the first vector is.
pub(crate) fn check_vectors(
    plan: &Plan<'_>,
    machine: &Machine,
    key: FunctionKey,
    context: &Context,
) -> Result<(), Error> {
    if machine.has_vectors {
        return Ok(());
    }
    let func = &context.func;
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
    let offset = if location.is_default() { plan.body_offset(key) } else { location.bits() };
    let error = ModuleError::at(offset.into(), "a vector, but the target's CPU has no vectors");
    Err(Error::Refused(error.with_help("choose a CPU with the V extension by `--cpu`: `wasmc targets` lists them")))
}
