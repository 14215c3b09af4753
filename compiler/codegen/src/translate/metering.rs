//! Counting what a function does (fuel, [`crate::plan::fuel`]), and looking whether it is to be interrupted.
//!
//! What is left is in memory wherever other code can run. In a loop that calls little it is a variable, which is
//! written back before calls and read again after them, and written back on every way out of the outermost such loop.
//! A trap there leaves what was written last.

use super::Translator;
use crate::Error;
use crate::plan::fuel::{self, Charge, Charges};
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use cranelift_frontend::Variable;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::wasmparser::{FunctionBody, Operator};

/// What is counted of a function.
#[derive(Default)]
pub(super) struct Metering {
    charges: Charges,
    /// What is left, in loops that keep it.
    left: Option<Variable>,
    /// The position among the open frames of the outermost loop around that keeps it.
    kept: Option<usize>,
    /// Whether the operator that is translated is executed by other code, in such a loop.
    leaves: bool,
    /// What the operator that is translated begins.
    charge: Option<Charge>,
    /// Ways out of such loops whose code is still to be made: where they go, and what they take along.
    exits: Vec<Exit>,
    /// Places so far that look for an interruption.
    looks: u32,
}

struct Exit {
    block: Block,
    label: Block,
    args: Vec<BlockArg>,
}

impl Translator<'_, '_> {
    /// Begins a function.
    pub(super) fn begin_metering(&mut self, index: FuncIndex, body: &FunctionBody<'_>) -> Result<(), Error> {
        let plan = self.low.plan;
        if plan.options.fuel.is_some() && !plan.prepaid.contains_key(&index) {
            self.metering.charges = fuel::charges(body, |callee| plan.prepaid_units(callee))?;
            self.metering.left = Some(self.low.builder.declare_var(types::I64));
            self.take(self.metering.charges.entry);
        }
        let calls = plan.module.summary(index).is_some_and(|body| body.calls_references || !body.callees.is_empty());
        if calls {
            self.look();
            if plan.looks_for_stack() {
                self.low.look_for_stack();
            }
        }
        Ok(())
    }

    /// Begins an operator.
    pub(super) fn meter(&mut self, operator: &Operator<'_>, offset: u64) {
        if self.metering.left.is_some() {
            self.metering.charge = self.metering.charges.parts.get(&offset).copied();
            let plan = self.low.plan;
            let leaves = || fuel::leaves(operator, |callee| plan.prepaid_units(callee));
            self.metering.leaves = self.metering.kept.is_some() && self.reachable && leaves();
            if self.metering.leaves {
                self.write_back();
            }
        }
        if let Some(log2) = fuel::bulk(operator).filter(|_| self.reachable) {
            self.begin_bulk(log2);
        }
    }

    /// Begins an operator whose work depends on the length on top of the stack: a unit for 2^`log2` of it.
    fn begin_bulk(&mut self, log2: u32) {
        self.look();
        if self.metering.left.is_some() {
            let len = *self.stack.last().expect("validation has checked the operand stack");
            let is_wide = self.low.builder.func.dfg.value_type(len) == types::I64;
            let len = if is_wide { len } else { self.ins().uextend(types::I64, len) };
            let units = self.ins().ushr_imm_u(len, i64::from(log2));
            self.take_value(units);
        }
    }

    /// Goes on behind an operator that has been translated.
    pub(super) fn metered(&mut self) {
        if std::mem::take(&mut self.metering.leaves) && self.reachable {
            self.read_back();
        }
        if !self.metering.exits.is_empty() {
            self.make_exits();
        }
        if let Some(charge) = self.metering.charge.take()
            && self.reachable
        {
            self.take(charge.units);
        }
    }

    /// Prepares a loop, before control is in it.
    pub(super) fn prepare_loop(&mut self) {
        let is_kept = self.metering.charge.is_some_and(|charge| charge.is_kept);
        if self.metering.left.is_some() && is_kept && self.metering.kept.is_none() {
            self.metering.kept = Some(self.frames.len());
            self.read_back();
        }
    }

    /// Begins a turn of a loop.
    pub(super) fn begin_turn(&mut self) {
        if let Some(charge) = self.metering.charge.take() {
            self.take(charge.units);
        }
        self.look();
    }

    /// Ends the innermost frame, behind which control may go on.
    pub(super) fn end_of_kept_loop(&mut self) {
        if self.metering.kept == Some(self.frames.len() - 1) {
            if self.reachable {
                self.write_back();
            }
            self.metering.kept = None;
        }
    }

    /// Where a branch goes whose label is that of the frame at `position`: a block of its own, where it leaves a loop
    /// in which what is left is not in memory.
    pub(super) fn exit(&mut self, position: usize, label: Block, args: Vec<BlockArg>) -> (Block, Vec<BlockArg>) {
        if self.metering.kept.is_none_or(|kept| kept <= position) {
            return (label, args);
        }
        let known = self.metering.exits.iter().find(|exit| exit.label == label && exit.args == args);
        let block = match known {
            Some(exit) => exit.block,
            None => {
                let block = self.low.builder.create_block();
                self.metering.exits.push(Exit { block, label, args });
                block
            }
        };
        (block, Vec::new())
    }

    fn make_exits(&mut self) {
        let here = self.low.builder.current_block();
        for Exit { block, label, args } in std::mem::take(&mut self.metering.exits) {
            self.low.builder.seal_block(block);
            self.low.builder.switch_to_block(block);
            self.write_back();
            self.ins().jump(label, &args);
        }
        if let Some(here) = here.filter(|_| self.reachable) {
            self.low.builder.switch_to_block(here);
        }
    }

    /// Takes units of fuel.
    fn take(&mut self, units: u64) {
        if self.metering.left.is_some() && units > 0 {
            let units = self.ins().iconst(types::I64, units as i64);
            self.take_value(units);
        }
    }

    fn take_value(&mut self, units: Value) {
        let Some(left) = self.metering.left else { return };
        if self.metering.kept.is_some() {
            let value = self.low.builder.use_var(left);
            let value = self.low.take_fuel(value, units);
            self.low.builder.def_var(left, value);
        } else {
            let value = self.low.fuel();
            let value = self.low.take_fuel(value, units);
            self.low.set_fuel(value);
        }
    }

    fn write_back(&mut self) {
        if let Some(left) = self.metering.left {
            let value = self.low.builder.use_var(left);
            self.low.set_fuel(value);
        }
    }

    fn read_back(&mut self) {
        if let Some(left) = self.metering.left {
            let value = self.low.fuel();
            self.low.builder.def_var(left, value);
        }
    }

    fn look(&mut self) {
        if self.low.plan.options.interruptible {
            self.low.look_for_interruption(self.metering.looks);
            self.metering.looks += 1;
        }
    }
}
