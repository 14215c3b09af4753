//! Exceptions (core specification 4.6.9 "Control Instructions"), and those of the first version of their proposal
//! ("legacy exception handling"), which toolchains still make.
//!
//! A handler goes to its label where the `try_table` ends; those of `try` are its further parts.

use super::Translator;
use super::frame::{Kind, OpenTry};
use crate::lower::Depth;
use cranelift_codegen::ir::InstBuilder;
use std::collections::VecDeque;
use wasmc_frontend::index::TagIndex;
use wasmc_frontend::summary::caught;
use wasmc_frontend::wasmparser::{self, BlockType, Catch, FunctionBody, Operator, TryTable};

/// What a `try` has, in the order of a function's operators.
#[derive(Clone, Debug, Default)]
pub(super) struct Try {
    /// The tags of its `catch` parts; `None` for `catch_all`.
    catches: Vec<Option<TagIndex>>,
    /// The label that it delegates to.
    delegate: Option<u32>,
    /// Whether what one of its parts has caught is thrown once more.
    rethrown: bool,
}

/// The `try`s of a function, in order of their beginning.
pub(super) fn tries(body: &FunctionBody<'_>) -> Result<VecDeque<Try>, wasmparser::Error> {
    let (mut tries, mut open) = (VecDeque::<Try>::new(), Vec::new());
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let operator = reader.read()?;
        let innermost = open.last().copied().flatten();
        match operator {
            Operator::Try { .. } => {
                open.push(Some(tries.len()));
                tries.push_back(Try::default());
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                open.push(None);
            }
            Operator::Catch { tag_index } => {
                let tag = Some(TagIndex::from_u32(tag_index));
                tries[innermost.expect("validation has checked nesting")].catches.push(tag);
            }
            Operator::CatchAll => tries[innermost.expect("validation has checked nesting")].catches.push(None),
            Operator::Delegate { relative_depth } => {
                tries[innermost.expect("validation has checked nesting")].delegate = Some(relative_depth);
                open.pop();
            }
            Operator::Rethrow { relative_depth } => {
                let target = open.iter().nth_back(relative_depth as usize).copied().flatten();
                tries[target.expect("validation has checked nesting")].rethrown = true;
            }
            Operator::End => drop(open.pop()),
            _ => {}
        }
    }
    Ok(tries)
}

impl Translator<'_, '_> {
    pub(super) fn throw(&mut self, tag: TagIndex) {
        let values = self.pop_many(self.low.plan.module.tag_params(tag).len());
        self.low.throw(tag, &values);
        self.cut();
    }

    pub(super) fn throw_ref(&mut self) {
        let reference = self.pop();
        self.low.throw_ref(reference);
        self.cut();
    }

    pub(super) fn try_table(&mut self, table: &TryTable) {
        let outside = self.low.handlers.depth();
        let tags: Vec<Option<TagIndex>> = table.catches.iter().map(caught).collect();
        self.low.open_handlers(&tags);
        self.block(table.ty);
        self.innermost().kind = Kind::TryTable(outside, table.catches.clone());
    }

    /// Ends the scope of a `try_table`'s handlers, and has them go to their labels. The present block has ended, and
    /// the frame is closed.
    pub(super) fn end_try_table(&mut self, outside: Depth, clauses: &[Catch]) {
        let blocks = self.low.close_handlers(outside);
        for (clause, block) in clauses.iter().zip(blocks) {
            let Some(block) = block else { continue };
            let exception = self.low.enter_handler(block);
            let (tag, with_reference, depth) = match *clause {
                Catch::One { tag, label } => (Some(tag), false, label),
                Catch::OneRef { tag, label } => (Some(tag), true, label),
                Catch::All { label } => (None, false, label),
                Catch::AllRef { label } => (None, true, label),
            };
            let height = self.stack.len();
            if let Some(tag) = tag {
                let carried = self.low.carried(TagIndex::from_u32(tag), exception);
                self.stack.extend(carried);
            }
            if with_reference {
                let reference = self.low.keep_exception(exception);
                self.stack.push(reference);
            }
            let (label, args) = self.label(depth, true);
            self.ins().jump(label, &args);
            self.stack.truncate(height);
        }
    }

    /// How many scopes are in force inside the frame of a label.
    fn handlers_inside(&self, label: u32) -> Depth {
        let frame = &self.frames[self.frames.len() - 1 - label as usize];
        match &frame.kind {
            Kind::Try(open) if open.caught.is_some() => open.outside,
            _ => frame.handlers,
        }
    }

    pub(super) fn try_(&mut self, ty: BlockType) {
        let parts = self.tries.pop_front().expect("all of the function have been read");
        let outside = self.low.handlers.depth();
        match parts.delegate {
            Some(label) => {
                let depth = self.handlers_inside(label);
                self.low.delegate_handlers(depth);
            }
            None => self.low.open_handlers(&parts.catches),
        }
        self.block(ty);
        let open = OpenTry { outside, parts: VecDeque::new(), caught: None, rethrown: parts.rethrown };
        self.innermost().kind = Kind::Try(open);
    }

    /// Skips a `try` where control cannot be.
    pub(super) fn unreachable_try(&mut self) {
        self.tries.pop_front();
        self.push_unreachable_frame();
    }

    /// Begins the next part of a `try`: `tag` is what it catches, `None` where it catches all.
    pub(super) fn catch(&mut self, tag: Option<TagIndex>) {
        let frame = self.innermost();
        let (height, Kind::Try(open)) = (frame.height, frame.kind.clone()) else {
            return; // The `try` was not reachable.
        };
        self.leave();
        self.stack.truncate(height);
        let mut parts = open.parts;
        if self.low.handlers.depth() != open.outside {
            parts = self.low.close_handlers(open.outside).into();
        }
        let block = parts.pop_front().flatten();
        self.reachable = block.is_some();
        let mut caught = None;
        if let Some(block) = block {
            let exception = self.low.enter_handler(block);
            self.cold = true;
            caught = Some(exception);
            if let Some(tag) = tag {
                let carried = self.low.carried(tag, exception);
                self.stack.extend(carried);
            }
            if open.rethrown {
                // What it carries would be gone when another of its tag is thrown before this one is once more.
                caught = Some(self.low.keep_exception(exception));
            }
        }
        self.innermost().kind = Kind::Try(OpenTry { parts, caught, ..open });
    }

    /// Ends the scope of a `try`'s handlers, if none of its parts has begun. The present block has ended.
    pub(super) fn end_try(&mut self, open: &OpenTry) {
        self.low.close_handlers(open.outside);
    }

    pub(super) fn rethrow(&mut self, depth: u32) {
        let position = self.frames.len() - 1 - depth as usize;
        let Kind::Try(open) = &self.frames[position].kind else {
            unreachable!("validation has checked what is thrown once more")
        };
        let exception = open.caught.expect("control is in a part that has caught one");
        self.low.throw_again(exception);
        self.cut();
    }
}
