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

/// Operators of a function that is considered, those that do nothing included; where a call is hot, too.
const MOST_OPERATORS: u64 = 60;
const MOST_OPERATORS_HOT: u64 = 400;

/// What a function may cost at most that takes the place of calls, of those that have never run, and of hot ones.
const LIMIT: u32 = 8;
const LIMIT_COLD: u32 = 2;
const LIMIT_HOT: u32 = 100;

/// Local variables that it declares, at most.
const MOST_LOCALS: u32 = 16;

/// Calls inside each other that are replaced.
pub(crate) const MOST_NESTED: usize = 4;

/// The functions that are translated in place of calls.
#[derive(Clone, Debug, Default)]
pub struct Inlining {
    costs: HashMap<FuncIndex, Cost>,
    /// What a function may cost where no profile says how often it is called.
    limit: u32,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// In operators that take an instruction.
    operators: u32,
    /// Whether it takes the place of calls of which no profile says how often they run.
    is_small: bool,
}

/// How often a call runs, as a profile says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heat {
    /// Never.
    Cold,
    /// As often as what takes most of the time.
    Hot,
    /// Neither, or it is not known.
    Unknown,
}

impl Inlining {
    /// Chooses among `functions`. Where fuel is counted, only those are chosen that callers pay for (`prepaid`), as
    /// these count nothing themselves.
    pub(super) fn new(
        module: &Module<'_>,
        functions: &BTreeSet<FuncIndex>,
        prepaid: &HashMap<FuncIndex, u64>,
        options: &Options,
    ) -> Self {
        let is_profiled = options.profile.is_some() && options.opt_level == OptLevel::Speed;
        if !options.passes.have(Pass::Inline) || module.size >= LONGEST_MODULE {
            return Self::default();
        }
        let limit = match options.opt_level {
            OptLevel::None => return Self::default(),
            OptLevel::Speed => LIMIT,
            OptLevel::SpeedAndSize => LIMIT_COLD,
        };
        let (most, most_operators) =
            if is_profiled { (LIMIT_HOT, MOST_OPERATORS_HOT) } else { (limit, MOST_OPERATORS) };
        let cost = |&function: &FuncIndex| {
            let simple = |summary: &&Summary| is_simple(summary) && summary.operators <= most_operators;
            let summary = module.summary(function).filter(simple)?;
            let (operators, calls) = cost(module.body(function)?).ok()?.filter(|&(cost, _)| cost <= most)?;
            let is_small = operators <= limit && calls <= 1 && summary.operators <= MOST_OPERATORS;
            let considered = (is_small || is_profiled) && !summary.callees.contains(&function);
            considered.then_some((function, Cost { operators, is_small }))
        };
        let counts_nothing = |function: &&FuncIndex| options.fuel.is_none() || prepaid.contains_key(*function);
        Self { costs: functions.iter().filter(counts_nothing).filter_map(cost).collect(), limit }
    }

    /// What a function costs in place of a call; `None` where it is called.
    pub(crate) fn cost(&self, function: FuncIndex, heat: Heat) -> Option<u32> {
        let Cost { operators, is_small } = *self.costs.get(&function)?;
        let limit = match heat {
            Heat::Cold => self.limit.min(LIMIT_COLD),
            Heat::Hot => LIMIT_HOT,
            Heat::Unknown => self.limit,
        };
        (operators <= limit && (is_small || heat == Heat::Hot)).then_some(operators)
    }
}

/// What all functions together may cost that are translated in place of calls in one of so many operators.
pub(crate) fn budget(operators: u64, heat: Heat) -> u64 {
    match heat {
        Heat::Hot => 1000 + 2 * operators,
        Heat::Cold | Heat::Unknown => 200 + operators / 2,
    }
}

fn is_simple(summary: &Summary) -> bool {
    summary.loops == 0 && !summary.tries && !summary.tail_calls
}

/// What a function does, in operators that take an instruction, and its calls; `None` where it is not to be considered.
fn cost(body: &FunctionBody<'_>) -> Result<Option<(u32, u32)>, BinaryReaderError> {
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
    Ok(Some((cost, calls)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(fields: &str, opt_level: OptLevel) -> Vec<u32> {
        let text = format!("(module (memory 1) {fields})");
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let options = Options { opt_level, ..Options::default() };
        let inlining = Inlining::new(&module, &module.functions.keys().collect(), &HashMap::new(), &options);
        module
            .functions
            .keys()
            .filter(|&function| inlining.cost(function, Heat::Unknown).is_some())
            .map(|f| f.as_u32())
            .collect()
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
