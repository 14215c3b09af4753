//! Functions in place of calls of them: `plan/inline.rs` says which.
//!
//! The body is translated as if it were a block: its local variables are further ones, its results those of a block
//! that `return` goes to. Handlers of exceptions that are in force at the call stay so, and are those of its calls.
//!
//! It begins in a block of its own, and what follows the call does: a load that traps may be made part of the
//! instruction that uses it, in the same block, and must then still belong to the right function.

use super::Translator;
use crate::Error;
use crate::places::InlinedCall;
use crate::plan::inline::{Heat, MOST_NESTED, budget};
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmc_frontend::index::FuncIndex;

/// What is translated in place of calls.
#[derive(Default)]
pub(super) struct Inlined {
    /// The function that is translated, and inside of it those whose bodies are open.
    open: Vec<(FuncIndex, Option<InlinedCall>)>,
    /// What all of them cost so far.
    cost: u64,
}

impl Inlined {
    /// The function of an index is translated.
    pub(super) fn of(function: FuncIndex) -> Self {
        Self { open: vec![(function, None)], cost: 0 }
    }

    /// The call in whose place the present operator is.
    pub(super) fn call(&self) -> Option<InlinedCall> {
        self.open.last().and_then(|&(_, call)| call)
    }

    /// The function that the present operator belongs to.
    pub(super) fn function(&self) -> FuncIndex {
        self.open.last().expect("a function is translated").0
    }

    /// Whether that is one at all.
    pub(super) fn is_open(&self) -> bool {
        self.open.len() > 1
    }
}

impl Translator<'_, '_> {
    /// Whether a function is translated in place of a call here, which then counts.
    fn inlines(&mut self, function: FuncIndex) -> bool {
        let plan = self.low.plan;
        let heat = self.heat();
        let open = &self.inlined.open;
        let is_cold = self.cold && heat == Heat::Unknown;
        let Some(cost) = plan.inlining.cost(function, heat).filter(|_| !is_cold) else { return false };
        if open.len() > MOST_NESTED || open.iter().any(|&(other, _)| other == function) {
            return false;
        }
        let operators = plan.module.summary(open[0].0).map_or(0, |summary| summary.operators);
        let total = self.inlined.cost + u64::from(cost);
        let fits = total <= budget(operators, heat);
        if fits {
            self.inlined.cost = total;
        }
        fits
    }

    /// Calls a function, or translates it in place of the call; returns its results. Where it does not return, what
    /// follows cannot be reached.
    pub(super) fn call_or_inline(&mut self, function: FuncIndex, args: Vec<Value>) -> Result<Vec<Value>, Error> {
        if !self.inlines(function) {
            return Ok(self.low.call(function, &args));
        }
        let module = self.low.plan.module;
        let (ty, body) = (module.type_of_function(function), module.body(function).expect("only bodies are chosen"));
        let call = self.places.add_call(self.offset, self.inlined.call());
        self.inlined.open.push((function, Some(call)));
        let frequency = self.begin_frequency();
        let locals = std::mem::take(&mut self.locals);
        let stack = std::mem::take(&mut self.stack);
        let frames = std::mem::take(&mut self.frames);
        let start = self.low.builder.create_block();
        self.ins().jump(start, &[]);
        self.low.builder.seal_block(start);
        self.enter_block(start, false);
        for (&ty, value) in ty.params().iter().zip(args) {
            self.declare_param(ty, value);
        }
        self.declare_locals(body)?;
        self.push_function_frame(ty);
        self.operators(function, body)?;
        self.inlined.open.pop();
        self.end_frequency(frequency);
        self.locals = locals;
        self.frames = frames;
        let results = std::mem::replace(&mut self.stack, stack);
        if !self.reachable {
            self.cut();
        }
        Ok(results)
    }
}
