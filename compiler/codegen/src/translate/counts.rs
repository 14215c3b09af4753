//! Profiles: counting what a program does, and what is made of such counts where operators are translated.
//!
//! Nothing that a function does depends on counts: they say what is likely, and that decides which blocks lie in line,
//! and which function a call through a reference is first compared with.

use super::Translator;
use crate::Error;
use crate::passes::Pass;
use crate::plan::inline::Heat;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value};
use wasmc_frontend::index::{FuncIndex, TypeIndex};
use wasmc_frontend::wasmparser::Operator;

/// Of how many calls through a reference four must go to the same function for that to be called by name.
const PROMOTED: u64 = 5;

/// How often what is translated has run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frequency {
    /// How often the present block has, where a profile says it.
    here: Option<u64>,
    /// How often the call has in whose place it is.
    most: Option<u64>,
    /// The offset of the present operator from the start of its body.
    offset: u32,
    /// The block for which it is decided whether it is out of the way.
    decided: Option<Block>,
}

impl Translator<'_, '_> {
    /// Begins an operator of a function, at an offset from the start of its body.
    pub(super) fn begin_operator(&mut self, function: FuncIndex, operator: &Operator<'_>, offset: u64) {
        let plan = self.low.plan;
        self.frequency.offset = offset as u32;
        if let Some(counting) = plan.profile.counting.as_ref().filter(|_| self.reachable)
            && let Some(at) = counting.block(function, offset as u32)
        {
            self.low.count(at);
        }
        let Some(counts) = plan.counts_of(function) else { return };
        if let Some(count) = counts.at(offset as u32) {
            self.frequency.here = Some(count);
        }
        if self.reachable && self.knows_frequencies(function) {
            self.hint = None;
            // Between a branch and an end there is nothing.
            if !matches!(operator, Operator::End) {
                self.decide();
            }
        }
    }

    /// Whether a profile says of a function, which has been called, which of its blocks have run. Its entry has then:
    /// Cranelift would not have it come first otherwise.
    fn knows_frequencies(&self, function: FuncIndex) -> bool {
        let counts = self.low.plan.counts_of(function);
        counts.is_some_and(|counts| counts.entered() > 0) && self.low.plan.runs(Pass::Likely)
    }

    /// Decides whether the present block is out of the way: whether it has never run.
    fn decide(&mut self) {
        let block = self.low.builder.current_block();
        let Some(here) = self.times().filter(|_| block != self.frequency.decided) else { return };
        self.frequency.decided = block;
        self.cold = here == 0;
        if let Some(block) = block.filter(|_| self.cold) {
            self.low.builder.set_cold_block(block);
        }
    }

    /// Whether a block is out of the way of which something else says so: a profile counts more.
    pub(super) fn is_cold(&self, is_said: bool) -> bool {
        is_said && !self.knows_frequencies(self.inlined.function())
    }

    /// How often the present operator has run, as part of the function that is translated.
    pub(super) fn times(&self) -> Option<u64> {
        let Frequency { here, most, .. } = self.frequency;
        here.map(|here| most.map_or(here, |most| here.min(most)))
    }

    /// How hot the present operator is.
    pub(super) fn heat(&self) -> Heat {
        match (self.times(), &self.low.plan.profile.counts) {
            (Some(0), _) => Heat::Cold,
            (Some(times), Some(counts)) if times >= counts.hot() => Heat::Hot,
            _ => Heat::Unknown,
        }
    }

    /// Begins a function that is translated in place of a call; returns what [`Self::end_frequency`] takes.
    pub(super) fn begin_frequency(&mut self) -> Frequency {
        let most = self.times();
        std::mem::replace(&mut self.frequency, Frequency { most, ..Frequency::default() })
    }

    /// Goes on behind that call.
    pub(super) fn end_frequency(&mut self, outside: Frequency) {
        self.frequency = outside;
    }

    /// Calls what is at `reference`, which is not null, and whose type is still to be checked if `is_unchecked`.
    pub(super) fn call_through(
        &mut self,
        type_index: TypeIndex,
        reference: Value,
        args: Vec<Value>,
        is_unchecked: bool,
    ) -> Result<Vec<Value>, Error> {
        let likely = self.likely_target(type_index);
        let Some(function) = likely else { return Ok(self.call_unlikely(type_index, reference, &args, is_unchecked)) };
        let [named, other, next] = [(); 3].map(|()| self.low.builder.create_block());
        let known = self.low.func_ref(function);
        let is_known = self.ins().icmp(IntCC::Equal, reference, known);
        self.ins().brif(is_known, named, &[], other, &[]);
        self.low.builder.seal_block(named);
        self.low.builder.seal_block(other);
        let cold = self.cold;
        self.low.builder.switch_to_block(other);
        self.low.builder.set_cold_block(other);
        let results = self.call_unlikely(type_index, reference, &args, is_unchecked);
        let params: Vec<Value> = results
            .iter()
            .map(|&result| {
                let ty = self.low.builder.func.dfg.value_type(result);
                self.low.builder.append_block_param(next, ty)
            })
            .collect();
        let results: Vec<BlockArg> = results.into_iter().map(BlockArg::from).collect();
        self.ins().jump(next, &results);
        self.enter_block_of(named, cold);
        let stack = self.stack.clone();
        let results = self.call_or_inline(function, args)?;
        self.stack = stack;
        if self.reachable {
            let results: Vec<BlockArg> = results.into_iter().map(BlockArg::from).collect();
            self.ins().jump(next, &results);
        }
        self.reachable = true;
        self.low.builder.seal_block(next);
        self.enter_block_of(next, cold);
        Ok(params)
    }

    /// Goes on in a block that is as likely as the one before the present operator.
    fn enter_block_of(&mut self, block: Block, cold: bool) {
        self.low.builder.switch_to_block(block);
        self.cold = cold;
        self.frequency.decided = Some(block);
        if cold {
            self.low.builder.set_cold_block(block);
        }
    }

    fn call_unlikely(
        &mut self,
        type_index: TypeIndex,
        reference: Value,
        args: &[Value],
        is_unchecked: bool,
    ) -> Vec<Value> {
        if is_unchecked {
            self.low.check_type(reference, type_index);
        }
        let (offset, function) = (self.frequency.offset, self.inlined.function());
        if let Some(at) = self.low.plan.profile.counting.as_ref().and_then(|counting| counting.call(function, offset)) {
            self.low.count_target(at, reference);
        }
        self.low.call_code(type_index, reference, args)
    }

    /// The function that most calls of the present operator go to, if it can be called by name.
    fn likely_target(&self, type_index: TypeIndex) -> Option<FuncIndex> {
        let plan = self.low.plan;
        if !plan.runs(Pass::Promote) || plan.options.opt_level == crate::OptLevel::SpeedAndSize || self.cold {
            return None;
        }
        let counts = plan.counts_of(self.inlined.function())?;
        let &(function, count) = counts.targets(self.frequency.offset).first()?;
        let is_likely = count.saturating_mul(PROMOTED) >= self.frequency.here?.saturating_mul(PROMOTED - 1);
        (is_likely && plan.can_be(function, type_index)).then_some(function)
    }
}
