//! WebAssembly operators to Cranelift IR.
//!
//! `dispatch` is the table of operators; each row calls one short method of the family's file. Values of the operand
//! stack are Cranelift values; vectors have type `i8x16` on it, whatever the lanes an operator sees.

mod atomic;
mod bulk;
mod call;
mod cast;
mod control;
mod counts;
mod dispatch;
mod exception;
mod frame;
mod inline;
mod locals;
mod memory;
mod metering;
mod numeric;
mod object;
mod simd;
mod table;

use crate::Error;
use crate::key::FunctionKey;
use crate::lower::Lowering;
use crate::places::Places;
use counts::Frequency;
use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_frontend::FuncInstBuilder;
use exception::Try;
use frame::Frame;
use inline::Inlined;
use locals::Locals;
use metering::Metering;
use std::collections::VecDeque;
use wasmc_frontend::Error as ModuleError;
use wasmc_frontend::index::{FuncIndex, GlobalIndex};
use wasmc_frontend::wasmparser::{FunctionBody, RefType};

/// A function body in translation.
pub(crate) struct Translator<'p, 'f> {
    low: Lowering<'p, 'f>,
    locals: Locals,
    stack: Vec<Value>,
    frames: Vec<Frame>,
    /// How many of them are loops.
    open_loops: usize,
    /// What each `try` that is still to come has.
    tries: VecDeque<Try>,
    /// Whether the next operator can be reached. Where it cannot, nothing is on the stack and nothing is emitted.
    reachable: bool,
    /// Whether control is expected not to come here, by branch hints.
    cold: bool,
    /// Whether the present branch's condition is expected to hold, where a hint says so.
    hint: Option<bool>,
    /// The type of the reference that the operator before has pushed, where it told.
    operand: Option<RefType>,
    /// The same of the present operator, for the next.
    produced: Option<RefType>,
    /// What is counted of what the function does.
    metering: Metering,
    /// How often it has run, where a profile says it.
    frequency: Frequency,
    /// The offset of the present operator in the module.
    offset: u32,
    /// Where instructions come from.
    places: Places,
    /// What is translated in place of calls.
    inlined: Inlined,
}

/// Builds a function of the module; returns where its instructions come from.
///
/// # Errors
/// Where it uses what the compiler does not support.
pub(crate) fn function(low: Lowering<'_, '_>, index: FuncIndex) -> Result<Places, Error> {
    let plan = low.plan;
    let body = plan.module.body(index).expect("only defined functions are translated");
    let mut translator = Translator {
        low,
        locals: Locals::default(),
        stack: Vec::new(),
        frames: Vec::new(),
        tries: if plan.module.summary(index).is_some_and(|body| body.tries) {
            exception::tries(body)?
        } else {
            VecDeque::new()
        },
        open_loops: 0,
        reachable: true,
        cold: false,
        hint: None,
        operand: None,
        produced: None,
        metering: Metering::default(),
        frequency: Frequency::default(),
        offset: 0,
        places: Places::new(plan.body_offset(FunctionKey::Wasm(index))),
        inlined: Inlined::of(index),
    };
    translator.enter(index, body)?;
    translator.operators(index, body)?;
    let config = plan.target.frontend_config();
    translator.low.builder.finalize(config);
    Ok(translator.places)
}

impl<'f> Translator<'_, 'f> {
    fn enter(&mut self, index: FuncIndex, body: &FunctionBody<'_>) -> Result<(), Error> {
        let ty = self.low.plan.module.type_of_function(index);
        let entry = self.low.builder.create_block();
        self.low.builder.append_block_params_for_function_params(entry);
        self.low.builder.switch_to_block(entry);
        self.low.builder.seal_block(entry);
        let params = self.low.builder.block_params(entry).to_vec();
        let params = self.low.received(params, ty.params());
        for (&ty, value) in ty.params().iter().zip(params) {
            self.declare_param(ty, value);
        }
        self.declare_locals(body)?;
        self.push_function_frame(ty);
        self.begin_metering(index, body)
    }

    /// Translates the operators of a function.
    fn operators(&mut self, index: FuncIndex, body: &FunctionBody<'_>) -> Result<(), Error> {
        let (hints, start) = (self.low.plan.module.branch_hints.of(index), body.range().start);
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let offset = reader.original_position();
            let operator = reader.read()?;
            self.hint = hints.at(offset - start);
            self.offset = offset as u32;
            let location = self.places.location(self.offset, self.inlined.call());
            self.low.builder.set_srcloc(location);
            self.begin_operator(index, &operator, offset - start);
            self.meter(&operator, offset);
            self.operator(&operator, offset)?;
            self.metered();
        }
        Ok(())
    }

    fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.low.builder.ins()
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().expect("validation has checked the operand stack")
    }

    fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Removes the upper `count` values, lowest first.
    fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len() - count)
    }

    fn global_get(&mut self, index: GlobalIndex) {
        let value = self.low.global_get(index);
        let ty = self.low.plan.module.globals[index].ty.content_type;
        self.push_typed(value, ty);
    }

    fn global_set(&mut self, index: GlobalIndex) {
        let value = self.pop();
        self.low.global_set(index, value);
    }

    fn select(&mut self) {
        let (first, second, condition) = self.pop3();
        let value = self.ins().select(condition, first, second);
        self.push(value);
    }

    /// An operator the compiler does not have, at `offset` bytes into the module.
    fn unsupported(offset: u64, what: &str) -> Error {
        Error::Unsupported(ModuleError::at(offset, format!("{what} is not yet supported")))
    }
}
