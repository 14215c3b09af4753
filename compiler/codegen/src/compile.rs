//! The three steps from a function of a plan to its machine code: translate, optimise, emit.
//!
//! Functions take each step in any order and on any thread.

use crate::code::CompiledFunction;
use crate::emit::{Emitter, Machine, vectors};
use crate::key::FunctionKey;
use crate::lower::Lowering;
use crate::plan::Plan;
use crate::{Error, glue, optimize, translate};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// A function in Cranelift IR, not yet optimised.
#[derive(Debug)]
pub struct Translated {
    /// Which function.
    pub key: FunctionKey,
    function: Function,
}

impl Translated {
    /// The Cranelift IR as text.
    pub fn clif(&self) -> String {
        self.function.display().to_string()
    }
}

/// Takes functions of one plan through the steps; keeps its allocations from one to the next.
pub struct Compiler<'p> {
    plan: &'p Plan<'p>,
    machine: &'p Machine,
    builder: FunctionBuilderContext,
    context: Context,
    emitter: Emitter<'p>,
}

impl<'p> Compiler<'p> {
    /// A compiler for `plan` on its `machine`; every thread has its own.
    pub fn new(plan: &'p Plan<'p>, machine: &'p Machine) -> Self {
        let (builder, context) = (FunctionBuilderContext::new(), Context::new());
        Self { plan, machine, builder, context, emitter: Emitter::new(plan, machine) }
    }

    /// The first step: WebAssembly to Cranelift IR.
    ///
    /// # Errors
    /// Where the function uses what the compiler does not support.
    pub fn translate(&mut self, key: FunctionKey) -> Result<Translated, Error> {
        let plan = self.plan;
        let name = UserFuncName::user(0, plan.functions.binary_search(&key).unwrap_or_default() as u32);
        let mut function = Function::with_name_signature(name, glue::signature_of(plan, key));
        let lowering = Lowering::new(plan, FunctionBuilder::new(&mut function, &mut self.builder));
        let FunctionKey::Wasm(index) = key else {
            glue::build(lowering, key);
            return Ok(Translated { key, function });
        };
        if let Err(error) = translate::function(lowering, index) {
            // What the builder left behind there is of no use to the next function.
            self.builder = FunctionBuilderContext::new();
            return Err(error);
        }
        Ok(Translated { key, function })
    }

    /// All three steps.
    ///
    /// # Errors
    /// As those of the steps.
    pub fn compile(&mut self, key: FunctionKey) -> Result<CompiledFunction, Error> {
        let translated = self.translate(key)?;
        self.finish(translated)
    }

    /// The second and third step: Cranelift IR to better Cranelift IR to machine code.
    ///
    /// # Errors
    /// Where the function needs what the target's CPU does not have, or is beyond Cranelift's limits.
    pub fn finish(&mut self, translated: Translated) -> Result<CompiledFunction, Error> {
        let key = self.optimize(translated)?;
        self.emitter.emit(key, &self.context)
    }

    /// As [`Self::finish`], but to assembly text, as Cranelift encodes it.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn assembly(&mut self, translated: Translated) -> Result<String, Error> {
        let key = self.optimize(translated)?;
        self.emitter.assembly(key, &self.context)
    }

    /// Optimises a function; leaves it in the context for the emitter.
    fn optimize(&mut self, translated: Translated) -> Result<FunctionKey, Error> {
        let Translated { key, function } = translated;
        vectors::check(self.plan, key, &function)?;
        self.context.clear();
        self.context.func = function;
        optimize::optimize(self.plan, self.machine.isa(), key, &mut self.context)?;
        Ok(key)
    }

    /// A function as Cranelift encodes it, and the offsets of its basic blocks.
    #[cfg(test)]
    pub(crate) fn unrelaxed(&mut self, key: FunctionKey) -> Result<(CompiledFunction, Vec<u32>), Error> {
        let translated = self.translate(key)?;
        let key = self.optimize(translated)?;
        self.emitter.unrelaxed(key, &self.context)
    }
}
