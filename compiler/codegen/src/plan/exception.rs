//! Which functions exceptions can pass through.
//!
//! An exception costs the functions that it cannot pass nothing, and those that it can a row in a table. So it is worth
//! to know which calls can throw: a call that cannot is a plain one, even where it has handlers.

use super::graph::CallGraph;
use super::payload::is_immediate;
use super::reach::Reach;
use cranelift_entity::EntitySet;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::{Module, Program, Summary};

/// The exceptions of an instance.
#[derive(Clone, Debug, Default)]
pub struct Exceptions {
    /// Functions that exceptions can leave.
    throwing: EntitySet<FuncIndex>,
    /// Whether exceptions can leave a function called through a reference.
    references_throw: bool,
    /// Whether exceptions of code that is not known can leave any function.
    all_throw: bool,
    /// Whether some exception does not fit into a word.
    pub large: bool,
}

impl Exceptions {
    /// The exceptions of an instance of `module`, of which `reach` is compiled.
    pub(super) fn new(program: &Program<'_>, module: &Module<'_>, reach: &Reach, calls: &CallGraph) -> Self {
        if !program.exceptions {
            return Self::default();
        }
        if program.is_linked() {
            // Other instances have tags that are not known yet.
            return Self { references_throw: true, all_throw: true, large: true, ..Self::default() };
        }
        let large = reach.summary.tags.iter().any(|&tag| !is_immediate(module.tag_params(tag)));
        let mut exceptions = Self { large, ..Self::default() };
        let has = |function: FuncIndex, what: fn(&Summary) -> bool| module.summary(function).is_some_and(what);
        let functions = || reach.functions.iter().copied();
        let mut work: Vec<FuncIndex> = functions().filter(|&function| has(function, |body| body.throws)).collect();
        while let Some(function) = work.pop() {
            if !exceptions.throwing.insert(function) {
                continue;
            }
            work.extend(calls.callers(function));
            if !exceptions.references_throw && reach.escaping.contains(&function) {
                exceptions.references_throw = true;
                work.extend(functions().filter(|&function| has(function, |body| body.calls_references)));
            }
        }
        exceptions
    }

    /// Whether exceptions can leave a function.
    pub fn leave(&self, function: FuncIndex) -> bool {
        self.all_throw || self.throwing.contains(function)
    }

    /// Whether exceptions can leave what a reference refers to.
    pub fn leave_references(&self) -> bool {
        self.references_throw
    }

    /// Whether there are any.
    pub fn any(&self) -> bool {
        self.all_throw || !self.throwing.is_empty()
    }
}
