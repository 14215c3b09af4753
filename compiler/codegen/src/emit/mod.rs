//! Optimised Cranelift IR to machine code.
//!
//! - [`isa`]: Cranelift's description of the target,
//! - `vectors`: refuses them where the CPU has none,
//! - `tables`: relocations, trap sites and return addresses,
//! - `a64`, `rv64`, `x64`: fewer and shorter instructions, `bti`: landing pads that Cranelift leaves out; these change
//!   finished machine code,
//! - `slots`: what registers hold of the frame, for them.

mod a64;
mod bti;
mod isa;
mod rv64;
mod slots;
mod tables;
pub(crate) mod vectors;
mod x64;

pub use isa::Machine;

use crate::Error;
use crate::code::{CompiledFunction, Effort};
use crate::glue;
use crate::key::FunctionKey;
use crate::places::Places;
use crate::plan::Plan;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::{CompiledCode, Context};
use wasmc_abi::context::CHECKED_STACK;
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
    pub fn emit(
        &mut self,
        key: FunctionKey,
        context: &Context,
        places: &Places,
        effort: Effort,
    ) -> Result<CompiledFunction, Error> {
        let (mut function, blocks) = self.unrelaxed(key, context, places, effort)?;
        a64::improve(self.plan, &mut function, &context.func);
        rv64::improve(self.plan, &mut function);
        x64::improve(self.plan, &mut function, blocks, &context.func);
        Ok(if self.needs_landing_pad(key) { bti::add(&function) } else { function })
    }

    /// The same as assembly text, as Cranelift encodes it.
    ///
    /// # Errors
    /// Where the function is beyond Cranelift's limits.
    pub fn assembly(&mut self, key: FunctionKey, context: &Context, effort: Effort) -> Result<String, Error> {
        let text = self.machine_code(key, context, effort, true)?.vcode.unwrap_or_default();
        // Where registers are saved is no instruction.
        let is_instruction = |line: &&str| !line.trim_start().starts_with("unwind ");
        let text: String = text.lines().filter(is_instruction).flat_map(|line| [line, "\n"]).collect();
        Ok(if self.needs_landing_pad(key) { bti::PAD_TEXT.to_owned() + &text } else { text })
    }

    /// A function as Cranelift encodes it, and the offsets of its basic blocks.
    pub fn unrelaxed(
        &mut self,
        key: FunctionKey,
        context: &Context,
        places: &Places,
        effort: Effort,
    ) -> Result<(CompiledFunction, Vec<u32>), Error> {
        let code = self.machine_code(key, context, effort, false)?;
        self.check_frame(key, &code)?;
        let (sites, inlined) = tables::sites(&code, places);
        let function = CompiledFunction {
            key,
            effort,
            code: code.code_buffer().to_vec(),
            align: self.machine.isa(effort).function_alignment().minimum.max(ALIGN),
            relocations: tables::relocations(&code, &context.func),
            sites,
            inlined,
            handled: tables::handled(&code),
            saves: if self.plan.is_left_by_exceptions(key) { tables::saves(&code) } else { Vec::new() },
        };
        Ok((function, code.bb_starts))
    }

    /// Refuses a function that would push more than lies below the lowest stack pointer, where functions look for that.
    fn check_frame(&self, key: FunctionKey, code: &CompiledCode) -> Result<(), Error> {
        let bytes = code.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        if !self.plan.looks_for_stack() || u64::from(bytes) <= CHECKED_STACK / 2 {
            return Ok(());
        }
        let function = self.plan.shown(key);
        let error = ModuleError::new(format!(
            "{function} needs {bytes} bytes of stack at once, more than a library without a system can give"
        ));
        Err(Error::Unsupported(error.with_help("divide it, or compile an executable")))
    }

    fn needs_landing_pad(&self, key: FunctionKey) -> bool {
        self.plan.options.cfi && bti::is_missing(&glue::signature_of(self.plan, key))
    }

    fn machine_code(
        &mut self,
        key: FunctionKey,
        context: &Context,
        effort: Effort,
        text: bool,
    ) -> Result<CompiledCode, Error> {
        let (func, registers) = (&context.func, &mut self.registers);
        let mut control = ControlPlane::default();
        let stencil = self.machine.isa(effort).compile_function(func, &context.domtree, registers, text, &mut control);
        let stencil = stencil.map_err(|error| {
            self.plan.function_error(key, cranelift_codegen::print_errors::pretty_error(func, error))
        })?;
        Ok(stencil.apply_params(&func.params))
    }
}
