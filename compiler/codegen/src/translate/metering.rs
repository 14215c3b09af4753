//! Counting what a function does (fuel), and looking whether it is to be interrupted.
//!
//! Each instruction takes a unit of fuel, but those that only give code its structure. Units are added where control
//! may go different ways. What was used is a variable like the locals; it is in memory wherever other code runs. That
//! there is some left is checked where a function begins that calls others, and where a loop begins a turn: between
//! two checks, what a program does is bounded by its size. So whether it runs out, and where, is the same on every
//! target.

use super::Translator;
use cranelift_codegen::ir::{InstBuilder, types};
use cranelift_frontend::Variable;
use wasmc_frontend::Summary;
use wasmc_frontend::wasmparser::Operator;

/// What is counted of a function.
#[derive(Default)]
pub(super) struct Metering {
    /// What was used, less what may be, where that is counted.
    fuel: Option<Variable>,
    /// Units that are still to be added.
    pending: i64,
    /// Places so far that look for an interruption.
    looks: u32,
}

impl Translator<'_, '_> {
    /// Begins a function.
    pub(super) fn begin_metering(&mut self, summary: Option<&Summary>) {
        let calls = summary.is_some_and(|body| body.calls_references || !body.callees.is_empty());
        if self.low.plan.options.fuel.is_some() {
            self.metering.fuel = Some(self.low.builder.declare_var(types::I64));
            self.load_fuel();
        }
        if calls {
            self.check_metering();
        }
    }

    /// Counts an operator that can be reached, before it is translated.
    pub(super) fn count(&mut self, operator: &Operator<'_>) {
        if self.metering.fuel.is_none() || !self.reachable {
            return;
        }
        self.metering.pending += cost(operator);
        let leaves = leaves(operator);
        if leaves || ends_block(operator) {
            self.settle_fuel();
        }
        if leaves {
            self.store_fuel();
        }
    }

    /// Goes on behind an operator that has been translated.
    pub(super) fn counted(&mut self, operator: &Operator<'_>) {
        if !self.reachable {
            self.metering.pending = 0;
        } else if leaves(operator) {
            self.load_fuel();
        }
    }

    /// Checks that the function may go on: where it begins, or a loop does.
    pub(super) fn check_metering(&mut self) {
        if let Some(fuel) = self.metering.fuel {
            let fuel = self.low.builder.use_var(fuel);
            self.low.check_fuel(fuel);
        }
        if self.low.plan.options.interruptible {
            self.low.look_for_interruption(self.metering.looks);
            self.metering.looks += 1;
        }
    }

    /// Adds what is still to be added.
    fn settle_fuel(&mut self) {
        let Some(fuel) = self.metering.fuel else { return };
        let units = std::mem::take(&mut self.metering.pending);
        if units > 0 {
            let value = self.low.builder.use_var(fuel);
            let value = self.ins().iadd_imm_s(value, units);
            self.low.builder.def_var(fuel, value);
        }
    }

    /// Goes on with what other code has left.
    pub(super) fn load_fuel(&mut self) {
        if let Some(fuel) = self.metering.fuel {
            let value = self.low.fuel();
            self.low.builder.def_var(fuel, value);
        }
    }

    /// Has other code see what was used.
    pub(super) fn store_fuel(&mut self) {
        if let Some(fuel) = self.metering.fuel {
            let value = self.low.builder.use_var(fuel);
            self.low.set_fuel(value);
        }
    }
}

/// Units of fuel that an operator takes.
fn cost(operator: &Operator<'_>) -> i64 {
    match operator {
        Operator::Nop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End
        | Operator::TryTable { .. }
        | Operator::Try { .. }
        | Operator::Catch { .. }
        | Operator::CatchAll
        | Operator::Delegate { .. } => 0,
        _ => 1,
    }
}

/// Whether control may go different ways behind an operator, or comes from different places.
fn ends_block(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Unreachable
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::Return
            | Operator::Catch { .. }
            | Operator::CatchAll
            | Operator::Delegate { .. }
    )
}

/// Whether other code goes on at an operator.
fn leaves(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
    )
}
