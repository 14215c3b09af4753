//! Exceptions (core specification 4.6.9): throwing, and calls whose exceptions have handlers here.
//!
//! What an exception is, [`wasmc_abi::exception`] says. A handler is a block that takes the exception. Which ones a
//! call has is known when it is emitted: those of the innermost `try_table` first, then those around it, up to one that
//! catches all.

use super::{Lowering, Region, trap_code};
use crate::plan::payload;
use crate::signature::clif_type;
use cranelift_codegen::ir::{
    AliasRegion, Block, BlockArg, ExceptionTableData, ExceptionTableItem, ExceptionTag, FuncRef, InstBuilder,
    MemFlagsData, SigRef, Value, types,
};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::exception::{self, ANY_TAG};
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TagIndex;
use wasmc_frontend::wasmparser::ValType;

/// Handlers that a call has at most. Those further out are reached through one that throws once more: the tables of
/// calls would grow with the square of a function's size.
const MAX_HANDLERS: usize = 16;

/// A handler: the number of the tag that it catches, or [`ANY_TAG`], and where it is in [`Handlers::blocks`].
#[derive(Clone, Copy, Debug)]
struct Handler {
    tag: u32,
    block: usize,
}

/// The handlers in force.
#[derive(Debug, Default)]
pub(crate) struct Handlers {
    /// For each open scope all handlers in force in it, those that are tried first first.
    scopes: Vec<Scope>,
    /// The blocks of handlers, where anything can go there.
    blocks: Vec<Option<Block>>,
}

#[derive(Clone, Debug, Default)]
struct Scope {
    handlers: Vec<Handler>,
    /// How many there are of [`Handlers::blocks`] outside it.
    outside: usize,
    /// The handler that throws once more.
    onward: Option<usize>,
}

/// How many scopes are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Depth(usize);

impl Handlers {
    /// How many scopes are open.
    pub fn depth(&self) -> Depth {
        Depth(self.scopes.len())
    }

    fn current(&self) -> &[Handler] {
        self.scopes.last().map_or(&[], |scope| &scope.handlers)
    }

    /// Opens a scope with as many handlers, in which `outer` are in force further out.
    fn open(&mut self, tags: &[u32]) {
        let outer: Vec<Handler> = self.current().to_vec();
        let mut scope = Scope { outside: self.blocks.len(), ..Scope::default() };
        for (&tag, block) in tags.iter().zip(self.blocks.len()..) {
            scope.add(Handler { tag, block });
        }
        self.blocks.resize(self.blocks.len() + tags.len(), None);
        let mut with_outer = scope.clone();
        outer.iter().for_each(|&handler| with_outer.add(handler));
        if with_outer.handlers.len() > MAX_HANDLERS {
            scope.onward = Some(self.blocks.len());
            scope.add(Handler { tag: ANY_TAG, block: self.blocks.len() });
            self.blocks.push(None);
            self.scopes.push(scope);
        } else {
            self.scopes.push(with_outer);
        }
    }
}

impl Scope {
    /// Adds a handler, unless another catches the same before.
    fn add(&mut self, handler: Handler) {
        let catches = |before: &Handler| before.tag == handler.tag || before.tag == ANY_TAG;
        if !self.handlers.iter().any(catches) {
            self.handlers.push(handler);
        }
    }
}

/// What is called.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// A function.
    Function(FuncRef),
    /// Code of a signature.
    Code(SigRef, Value),
}

impl Lowering<'_, '_> {
    /// Has handlers of these tags in force from here on, before those that are; `None` catches all.
    pub fn open_handlers(&mut self, tags: &[Option<TagIndex>]) {
        let tags: Vec<u32> = tags.iter().map(|tag| tag.map_or(ANY_TAG, |tag| self.plan.tag_number(tag))).collect();
        // The last of many lie outside: a scope has half of what a call can have.
        if tags.is_empty() {
            return self.handlers.open(&[]);
        }
        for tags in tags.rchunks(MAX_HANDLERS / 2) {
            self.handlers.open(tags);
        }
    }

    /// Has only those handlers in force that were when `depth` was.
    pub fn delegate_handlers(&mut self, depth: Depth) {
        let outside = self.handlers.blocks.len();
        let handlers = match depth.0.checked_sub(1) {
            Some(scope) => self.handlers.scopes[scope].handlers.clone(),
            None => Vec::new(),
        };
        self.handlers.scopes.push(Scope { handlers, outside, onward: None });
    }

    /// Ends what was opened since `depth`: returns, for each handler, the block where it begins, if anything can go
    /// there. The present block must have ended.
    pub fn close_handlers(&mut self, depth: Depth) -> Vec<Option<Block>> {
        let mut blocks = Vec::new();
        while self.handlers.scopes.len() > depth.0 {
            let scope = self.handlers.scopes.pop().expect("it is open");
            let mut own = self.handlers.blocks.split_off(scope.outside);
            if let Some(onward) = scope.onward
                && let Some(block) = own.remove(onward - scope.outside)
            {
                let exception = self.enter_handler(block);
                self.throw_again(exception);
            }
            blocks.extend(own);
        }
        blocks
    }

    /// Goes on in a handler; returns the exception.
    pub fn enter_handler(&mut self, block: Block) -> Value {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
        self.builder.set_cold_block(block);
        self.builder.block_params(block)[0]
    }

    /// The block of a handler.
    fn handler_block(&mut self, handler: Handler) -> Block {
        let builder = &mut self.builder;
        *self.handlers.blocks[handler.block].get_or_insert_with(|| {
            let block = builder.create_block();
            builder.append_block_param(block, types::I64);
            block
        })
    }

    /// Calls `callee`; returns its results. `throws` says whether exceptions can leave it.
    pub(super) fn emit_call(&mut self, callee: Callee, args: &[Value], throws: bool) -> Vec<Value> {
        if !throws || self.handlers.current().is_empty() {
            let call = match callee {
                Callee::Function(function) => self.builder.ins().call(function, args),
                Callee::Code(signature, code) => self.builder.ins().call_indirect(signature, code, args),
            };
            return self.builder.inst_results(call).to_vec();
        }
        let signature = match callee {
            Callee::Function(function) => self.builder.func.dfg.ext_funcs[function].signature,
            Callee::Code(signature, _) => signature,
        };
        let next = self.builder.create_block();
        let is_cold = |block: Block| self.builder.func.layout.is_cold(block);
        if self.builder.current_block().is_some_and(is_cold) {
            self.builder.set_cold_block(next);
        }
        let returns = self.builder.func.dfg.signatures[signature].returns.clone();
        let params = returns.iter().map(|value| value.value_type);
        let results: Vec<Value> = params.map(|ty| self.builder.append_block_param(next, ty)).collect();
        let items: Vec<_> = self.handlers.current().to_vec();
        let items: Vec<_> = items.into_iter().map(|handler| self.table_item(handler)).collect();
        let dfg = &mut self.builder.func.dfg;
        let passed: Vec<BlockArg> = (0..results.len() as u32).map(BlockArg::TryCallRet).collect();
        let normal = dfg.block_call(next, &passed);
        let table = dfg.exception_tables.push(ExceptionTableData::new(signature, normal, items));
        match callee {
            Callee::Function(function) => self.builder.ins().try_call(function, args, table),
            Callee::Code(_, code) => self.builder.ins().try_call_indirect(code, args, table),
        };
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        results
    }

    fn table_item(&mut self, handler: Handler) -> ExceptionTableItem {
        let block = self.handler_block(handler);
        let call = self.builder.func.dfg.block_call(block, &[BlockArg::TryCallExn(0)]);
        match handler.tag {
            ANY_TAG => ExceptionTableItem::Default(call),
            tag => ExceptionTableItem::Tag(ExceptionTag::with_number(tag).expect("it is no marker"), call),
        }
    }

    /// Throws an exception with `tag` that carries `values`.
    pub fn throw(&mut self, tag: TagIndex, values: &[Value]) {
        let exception = self.exception(tag, values);
        let number = self.plan.tag_number(tag);
        let catches = |handler: &&Handler| handler.tag == number || handler.tag == ANY_TAG;
        match self.handlers.current().iter().find(catches).copied() {
            Some(handler) => {
                let block = self.handler_block(handler);
                self.builder.ins().jump(block, &[exception.into()]);
            }
            None => self.throw_again(exception),
        }
    }

    /// Throws what a reference refers to.
    pub fn throw_ref(&mut self, reference: Value) {
        self.trap_if_null(reference, TrapCode::NullExceptionReference);
        self.throw_again(reference);
    }

    /// Throws an exception that there is.
    pub fn throw_again(&mut self, exception: Value) {
        self.tell_embedder(exception);
        let throw = self.builtin(Builtin::Throw);
        self.emit_call(Callee::Function(throw), &[exception], true);
        // It returns where there is no handler.
        self.builder.ins().trap(trap_code(TrapCode::UncaughtException));
    }

    /// An exception as a reference that may be kept.
    pub fn keep_exception(&mut self, exception: Value) -> Value {
        if !self.plan.exceptions.large {
            return exception;
        }
        let call = self.call_keep(exception);
        let kept = self.builder.inst_results(call)[0];
        self.trap_if_null(kept, TrapCode::ExceptionsExhausted);
        kept
    }

    /// What an exception with `tag` carries.
    pub fn carried(&mut self, tag: TagIndex, exception: Value) -> Vec<Value> {
        let params = self.plan.module.tag_params(tag);
        if let Some(ty) = fitting(params) {
            return ty.map(|ty| self.unpacked(ty, exception)).into_iter().collect();
        }
        let flags = MemFlagsData::trusted().with_alias_region(Some(self.exception_region()));
        let places = params.iter().zip(payload::offsets(params));
        places.map(|(&ty, at)| self.builder.ins().load(clif_type(ty), flags, exception, at as i32)).collect()
    }

    /// The exception with `tag` that carries `values`.
    fn exception(&mut self, tag: TagIndex, values: &[Value]) -> Value {
        let params = self.plan.module.tag_params(tag);
        if fitting(params).is_some() {
            let word = exception::immediate(self.plan.tag_number(tag), 0);
            let word = self.builder.ins().iconst(types::I64, word as i64);
            let carried = values.first().map(|&value| self.packed(value));
            return carried.map_or(word, |carried| self.builder.ins().bor(word, carried));
        }
        let location = self.plan.layout.tags[&tag];
        let address = self.state_address(location);
        let flags = MemFlagsData::trusted().with_alias_region(Some(self.exception_region()));
        for (&value, at) in values.iter().zip(payload::offsets(params)) {
            self.builder.ins().store(flags, value, address, at as i32);
        }
        address
    }

    /// 32 bits as the lower half of a word.
    fn packed(&mut self, value: Value) -> Value {
        let bits = match self.builder.func.dfg.value_type(value) {
            types::F32 => self.builder.ins().bitcast(types::I32, MemFlagsData::new(), value),
            _ => value,
        };
        self.builder.ins().uextend(types::I64, bits)
    }

    /// The lower half of a word as a value.
    fn unpacked(&mut self, ty: ValType, word: Value) -> Value {
        let bits = self.builder.ins().ireduce(types::I32, word);
        match clif_type(ty) {
            types::F32 => self.builder.ins().bitcast(types::F32, MemFlagsData::new(), bits),
            _ => bits,
        }
    }

    fn exception_region(&mut self) -> AliasRegion {
        self.region(Region::Exception)
    }
}

/// What fits into an exception's word of these: nothing, or one value; `None` where they do not.
fn fitting(params: &[ValType]) -> Option<Option<ValType>> {
    payload::is_immediate(params).then(|| params.first().copied())
}
