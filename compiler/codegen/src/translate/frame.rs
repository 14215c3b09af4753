//! Open structured instructions (core specification 4.6.9).

use crate::lower::Depth;
use cranelift_codegen::ir::{Block, Value};
use std::collections::VecDeque;
use wasmc_frontend::wasmparser::Catch;

/// An open `try`.
#[derive(Clone, Debug)]
pub(super) struct OpenTry {
    /// Scopes of handlers around it.
    pub(super) outside: Depth,
    /// The blocks of its parts that are still to come, once its body has ended.
    pub(super) parts: VecDeque<Option<Block>>,
    /// The exception that the present part has caught.
    pub(super) caught: Option<Value>,
    /// Whether that is thrown once more.
    pub(super) rethrown: bool,
}

/// What a frame was opened by.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The function itself, or `block`.
    Block,
    /// `loop`
    Loop,
    /// `if` whose `else` has not come yet: the block to go to where the condition is zero, the parameters there, and
    /// whether control is expected not to go there.
    If { otherwise: Block, params: Vec<Value>, cold: bool },
    /// `if` whose `else` has come.
    Else,
    /// `try_table`: the scopes of handlers around it, and its clauses.
    TryTable(Depth, Vec<Catch>),
    /// `try`
    Try(OpenTry),
}

/// An open structured instruction.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Where a branch to the frame's label goes.
    pub(super) label: Block,
    /// Number of values such a branch takes along.
    pub(super) label_arity: usize,
    /// Where control goes after the frame's end; its parameters are the results.
    pub(super) next: Block,
    /// Number of results.
    pub(super) results: usize,
    /// Height of the operand stack below the parameters.
    pub(super) height: usize,
    /// Whether anything goes to `next`.
    pub(super) next_reached: bool,
    /// Whether it is expected to.
    pub(super) next_warm: bool,
    /// Whether the frame was opened where control can be.
    pub(super) entered: bool,
    /// Scopes of handlers in force in it.
    pub(super) handlers: Depth,
}
