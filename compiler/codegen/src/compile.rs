//! The three steps from a function of a plan to its machine code: translate, optimise, emit.
//!
//! What a step must know of other functions is in the plan: their summaries, made while they were validated, and who
//! calls whom. So no function waits for another between the steps, and few are in Cranelift IR at the same time, which
//! takes some thirty times the bytes of the module.

use crate::code::{CompiledFunction, Effort};
use crate::emit::{Emitter, Machine, vectors};
use crate::key::FunctionKey;
use crate::lower::Lowering;
use crate::places::{self, Places};
use crate::plan::Plan;
use crate::portable::{self, Outside};
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
    places: Places,
}

impl Translated {
    /// The Cranelift IR as text.
    pub fn clif(&self) -> String {
        self.function.display().to_string()
    }
}

/// A function in Cranelift IR, not yet optimised, without what is outside it: see [`crate::portable`].
#[derive(Debug)]
pub struct Portable {
    /// What is left of it.
    pub inside: Translated,
    /// What was outside.
    pub outside: Outside,
    /// All that its machine code depends on besides [`Compiler::surroundings`].
    pub content: Vec<u8>,
}

/// A function in Cranelift IR, optimised.
pub struct Optimized {
    key: FunctionKey,
    effort: Effort,
    context: Context,
    places: Places,
}

/// Takes functions of one plan through the steps; keeps its allocations from one to the next.
pub struct Compiler<'p> {
    plan: &'p Plan<'p>,
    machine: &'p Machine,
    builder: FunctionBuilderContext,
    /// What the last function has left.
    context: Option<Context>,
    emitter: Emitter<'p>,
}

impl<'p> Compiler<'p> {
    /// A compiler for `plan` on its `machine`; every thread has its own.
    pub fn new(plan: &'p Plan<'p>, machine: &'p Machine) -> Self {
        let builder = FunctionBuilderContext::new();
        Self { plan, machine, builder, context: None, emitter: Emitter::new(plan, machine) }
    }

    /// All three steps.
    ///
    /// # Errors
    /// As those of the steps.
    pub fn compile(&mut self, key: FunctionKey) -> Result<CompiledFunction, Error> {
        let translated = self.translate(key)?;
        let optimized = self.optimize(translated)?;
        self.emit(optimized)
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
            return Ok(Translated { key, function, places: Places::new(0) });
        };
        match translate::function(lowering, index) {
            Ok(places) => Ok(Translated { key, function, places }),
            Err(error) => {
                // A builder that was given up cannot begin another function.
                self.builder = FunctionBuilderContext::new();
                Err(error)
            }
        }
    }

    /// After the first step: the function by itself, so that it can be found again wherever it stands.
    pub fn portable(&self, translated: Translated) -> Portable {
        let Translated { key, mut function, mut places } = translated;
        let outside = Outside::take(&mut function, &mut places);
        let content = portable::content(self.plan, key, &function, &places, &outside);
        Portable { inside: Translated { key, function, places }, outside, content }
    }

    /// What the machine code of each function of the plan depends on, besides what it is itself.
    pub fn surroundings(plan: &Plan<'_>) -> String {
        portable::surroundings(plan)
    }

    /// The second step: better Cranelift IR.
    ///
    /// # Errors
    /// Where the function needs what the target's CPU does not have.
    pub fn optimize(&mut self, translated: Translated) -> Result<Optimized, Error> {
        let Translated { key, function, places } = translated;
        vectors::check(self.plan, key, &function, &places)?;
        let mut context = self.context.take().unwrap_or_else(Context::new);
        context.clear();
        context.func = function;
        let effort = optimize::optimize(self.plan, |effort| self.machine.isa(effort), key, &mut context)?;
        places::complete(&mut context.func);
        Ok(Optimized { key, effort, context, places })
    }

    /// The third step: machine code.
    ///
    /// # Errors
    /// Where the function is beyond Cranelift's limits.
    pub fn emit(&mut self, optimized: Optimized) -> Result<CompiledFunction, Error> {
        let Optimized { key, effort, context, places } = optimized;
        let function = self.emitter.emit(key, &context, &places, effort);
        self.context = Some(context);
        function
    }

    /// The third step, to assembly text, as Cranelift encodes it.
    ///
    /// # Errors
    /// As [`Self::emit`].
    pub fn assembly(&mut self, optimized: &Optimized) -> Result<String, Error> {
        self.emitter.assembly(optimized.key, &optimized.context, optimized.effort)
    }

    /// A function as Cranelift encodes it, and the offsets of its basic blocks.
    #[cfg(test)]
    pub(crate) fn unrelaxed(&mut self, key: FunctionKey) -> Result<(CompiledFunction, Vec<u32>), Error> {
        let translated = self.translate(key)?;
        let Optimized { key, effort, context, places } = self.optimize(translated)?;
        self.emitter.unrelaxed(key, &context, &places, effort)
    }
}
