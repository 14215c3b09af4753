//! Which functions are translated in place of calls of them.
//!
//! A call takes some instructions of its own, has the callee set up a frame, and the caller keep what it needs in
//! memory or in registers that it must save: as much as some eight operators do. So functions that do no more are worth
//! it, wherever they are called; for size, those that do less than the call itself takes.
//!
//! Compilers do so themselves, but not across what they compile one by one, nor do all of them. What a call is replaced
//! by is bounded by [`Inlining::cost`], and what all calls of a function are by [`budget`].

use crate::options::OptLevel;
use crate::places::LONGEST_MODULE;
use crate::{Options, passes::Pass};
use std::collections::{BTreeSet, HashMap};
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::wasmparser::{BinaryReaderError, FunctionBody, Operator};
use wasmc_frontend::{Module, Summary};

/// Operators of a function that is considered, those that do nothing included.
const MOST_OPERATORS: u64 = 60;

/// Local variables that it declares, at most.
const MOST_LOCALS: u32 = 16;

/// Calls inside each other that are replaced.
pub(crate) const MOST_NESTED: usize = 4;

/// The functions that are translated in place of calls.
#[derive(Clone, Debug, Default)]
pub struct Inlining {
    costs: HashMap<FuncIndex, u32>,
}

impl Inlining {
    /// Chooses among `functions`.
    pub(super) fn new(module: &Module<'_>, functions: &BTreeSet<FuncIndex>, options: &Options) -> Self {
        // Fuel is counted function by function.
        if !options.passes.have(Pass::Inline) || options.fuel.is_some() || module.size >= LONGEST_MODULE {
            return Self::default();
        }
        let limit = match options.opt_level {
            OptLevel::None => return Self::default(),
            OptLevel::Speed => 8,
            OptLevel::SpeedAndSize => 2,
        };
        let cost = |&function: &FuncIndex| {
            let summary = module.summary(function).filter(|summary| is_simple(summary))?;
            let cost = cost(module.body(function)?).ok()?.filter(|&cost| cost <= limit)?;
            (!summary.callees.contains(&function)).then_some((function, cost))
        };
        Self { costs: functions.iter().filter_map(cost).collect() }
    }

    /// What a function costs in place of a call; `None` where it is called.
    pub(crate) fn cost(&self, function: FuncIndex) -> Option<u32> {
        self.costs.get(&function).copied()
    }
}

/// What all functions together may cost that are translated in place of calls in one of so many operators.
pub(crate) fn budget(operators: u64) -> u64 {
    200 + operators / 2
}

fn is_simple(summary: &Summary) -> bool {
    summary.operators <= MOST_OPERATORS && summary.loops == 0 && !summary.tries && !summary.tail_calls
}

/// What a function does, in operators that take an instruction; `None` where it is not to be considered.
fn cost(body: &FunctionBody<'_>) -> Result<Option<u32>, BinaryReaderError> {
    let locals = body.get_locals_reader()?.into_iter().try_fold(0_u32, |sum, run| Ok(sum.saturating_add(run?.0)))?;
    if locals > MOST_LOCALS {
        return Ok(None);
    }
    let (mut cost, mut calls) = (0, 0);
    for operator in body.get_operators_reader()? {
        cost += match operator? {
            Operator::TryTable { .. } | Operator::BrTable { .. } => return Ok(None),
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                calls += 1;
                4
            }
            Operator::Nop
            | Operator::Block { .. }
            | Operator::End
            | Operator::Else
            | Operator::Return
            | Operator::Drop
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::I32Const { .. }
            | Operator::I64Const { .. } => 0,
            Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryGrow { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::RefTestNonNull { .. }
            | Operator::RefTestNullable { .. }
            | Operator::RefCastNonNull { .. }
            | Operator::RefCastNullable { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. } => 4,
            Operator::StructNew { .. }
            | Operator::StructNewDefault { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewFixed { .. }
            | Operator::ArrayNewData { .. }
            | Operator::ArrayNewElem { .. }
            | Operator::ArrayCopy { .. }
            | Operator::ArrayFill { .. }
            | Operator::ArrayInitData { .. }
            | Operator::ArrayInitElem { .. } => 8,
            _ => 1,
        };
    }
    Ok((calls <= 1).then_some(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(fields: &str, opt_level: OptLevel) -> Vec<u32> {
        let text = format!("(module (memory 1) {fields})");
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let options = Options { opt_level, ..Options::default() };
        let inlining = Inlining::new(&module, &module.functions.keys().collect(), &options);
        module.functions.keys().filter(|&function| inlining.cost(function).is_some()).map(|f| f.as_u32()).collect()
    }

    #[test]
    fn small_functions_are_chosen() {
        let fields = "(func (param i32) (result i32) (i32.load (local.get 0)))
            (func (param i32) (call 0 (local.get 0)) drop)
            (func (param i32) (loop (br_if 0 (local.get 0))))
            (func (call 3))
            (func (param i32) (call 0 (local.get 0)) (call 0 (local.get 0)) drop drop)
            (func (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))";
        assert_eq!(chosen(fields, OptLevel::Speed), [0, 1]);
        assert_eq!(chosen(fields, OptLevel::SpeedAndSize), [0]);
        assert_eq!(chosen(fields, OptLevel::None), [0; 0]);
    }

    #[test]
    fn large_functions_are_not() {
        let some = "(i32.store (i32.const 0) (i32.const 0))";
        let fields = format!("(func {}) (func {})", some.repeat(8), some.repeat(9));
        assert_eq!(chosen(&fields, OptLevel::Speed), [0]);
    }
}
