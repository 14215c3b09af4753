//! Native addresses that are an invariant and a counter that the loop has anyway: see `addresses.rs` for the reason why
//! there is no carry out of 32 bits.
//!
//! Where a loop counts `p` by the constant `c` and accesses in each turn the index `q`, which grows by `c << s` from
//! turn to turn, `p` becomes the lower half of a parameter `P` of 64 bits, and the address one addition, which the
//! instruction that accesses has room for:
//!
//! ```text
//! base + zext(q) = d + (P << s)    where d = base + zext(q0) - (zext(p0) << s), made before the loop
//! ```

use super::access::{Base, MAX_STEP};
use super::carry::{Candidate, Induction, before, candidates};
use super::edges::{self, Edge, Edges};
use super::loops;
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::Loop;

/// Invariants that one loop needs at most, so that there are registers for its values.
const MAX_INVARIANTS: usize = 4;

/// Has accesses in loops take their addresses from counters.
pub(super) fn share(plan: &Plan<'_>, context: &mut Context, edges: &Edges) {
    let mut by_loop: Vec<(Loop, Vec<Candidate>)> = Vec::new();
    for candidate in candidates(context) {
        match by_loop.iter_mut().find(|(of, _)| *of == candidate.of) {
            Some((_, of_loop)) => of_loop.push(candidate),
            None => by_loop.push((candidate.of, vec![candidate])),
        }
    }
    let with_calls = loops::with(context, Opcode::is_call);
    for (of, of_loop) in by_loop {
        // What lives across a call takes a register that must be saved, or memory.
        if with_calls.contains(of) {
            continue;
        }
        let mut induction = Induction::of(context, edges, of);
        let header = context.loop_analysis.loop_header(of);
        let counters: Vec<Counter> = context
            .func
            .dfg
            .block_params(header)
            .iter()
            .filter_map(|&param| Counter::of(context, &mut induction, param))
            .collect();
        let best = counters
            .into_iter()
            .map(|counter| {
                let served = counter.served(plan, context, &mut induction, &of_loop);
                let gain = counter.gain(context, &induction, of, &served);
                (counter, served, gain)
            })
            .max_by_key(|(_, _, gain)| *gain);
        if let Some((counter, served, gain)) = best
            && gain > 0
        {
            counter.serve(context, &induction, &served);
        }
    }
}

/// A parameter of a loop's header that grows by a constant.
struct Counter {
    param: Value,
    number: usize,
    /// By how much, from turn to turn.
    step: u32,
    /// The addition that all turns end with.
    next: Inst,
}

/// An address that a counter can serve, and by how many bits the counter is shifted for it.
struct Served<'c> {
    candidate: &'c Candidate,
    shift: u32,
    operations: usize,
}

impl Counter {
    fn of(context: &Context, induction: &mut Induction, param: Value) -> Option<Self> {
        let func = &context.func;
        let ValueDef::Param(_, number) = func.dfg.value_def(param) else { return None };
        if func.dfg.value_type(param) != types::I32 {
            return None;
        }
        let step = induction.step(context, param, 0).filter(|step| (1..=MAX_STEP).contains(step))?;
        // All turns end with the same addition to the parameter itself.
        let mut passed = induction.back().iter().map(|&edge| edges::argument(func, edge, number));
        let first = passed.next()??;
        let next = func.dfg.value_def(first).inst()?;
        let is_sum = values::with_constant(&func.dfg, first, Opcode::Iadd).is_some_and(|(of, _)| of == param);
        let is_only = passed.all(|other| other == Some(first));
        (is_sum && is_only).then_some(Self { param, number, step, next })
    }

    /// The addresses that it can serve.
    fn served<'c>(
        &self,
        plan: &Plan<'_>,
        context: &Context,
        induction: &mut Induction,
        candidates: &'c [Candidate],
    ) -> Vec<Served<'c>> {
        let mut served = Vec::new();
        for candidate in candidates {
            let Some(step) = induction.step(context, candidate.access.index, 0) else { continue };
            let is_same_base = match candidate.access.base {
                Base::Value(base) => !loops::contain(context, candidate.of, base),
                Base::Displacement | Base::Constant(_) => true,
            };
            if !is_same_base || step > MAX_STEP || !induction.runs_each_turn(context, candidate.block) {
                continue;
            }
            let shift = (0..=3).find(|&shift| self.step << shift == step);
            let size = candidate.size;
            let Some(shift) = shift.filter(|&shift| plan.target.adds_counter(shift, size, candidate.has_offset)) else {
                continue;
            };
            // The counter is there, and what it will be next.
            let dfg = &context.func.dfg;
            let is_counted = [self.param, dfg.first_result(self.next)].contains(&candidate.access.index);
            let operations = if is_counted { 0 } else { induction.operations(context, candidate.access.index, 0) };
            if served.len() < MAX_INVARIANTS || operations == 0 {
                served.push(Served { candidate, shift, operations });
            }
        }
        served
    }

    /// How many instructions of a turn go, less those that come.
    fn gain(&self, context: &Context, induction: &Induction, of: Loop, served: &[Served<'_>]) -> i64 {
        let gained: usize = served.iter().map(|served| served.operations).sum();
        // One that does not begin with 0 must be subtracted before the loop, which may end soon.
        let costs = if self.begins_with_zero(context, induction) { 0 } else { 1 };
        // Extensions of the counter itself cost nothing before, as it was made in 32 bits.
        let func = &context.func;
        let is_served = |address: Value| served.iter().any(|served| served.candidate.access.address == address);
        let next = func.dfg.first_result(self.next);
        let blocks = func.layout.blocks().filter(|&block| context.loop_analysis.is_in_loop(block, of));
        let extensions = blocks.flat_map(|block| func.layout.block_insts(block)).filter(|&inst| {
            matches!(func.dfg.insts[inst], InstructionData::Unary { opcode: Opcode::Uextend, arg }
                if (arg == self.param || arg == next) && !is_served(func.dfg.first_result(inst)))
        });
        gained as i64 - extensions.count() as i64 - costs
    }

    fn begins_with_zero(&self, context: &Context, induction: &Induction) -> bool {
        let func = &context.func;
        let mut first = induction.entering().iter().map(|&edge| edges::argument(func, edge, self.number));
        first.all(|first| first.and_then(|first| values::constant(&func.dfg, first)) == Some(0))
    }

    /// Has the loop count in 64 bits, and the addresses be made of that.
    fn serve(&self, context: &mut Context, induction: &Induction, served: &[Served<'_>]) {
        let entering: Vec<(Edge, Value)> = induction
            .entering()
            .iter()
            .map(|&edge| {
                let first = edges::argument(&context.func, edge, self.number).expect("inductions begin with values");
                (edge, extended(&mut context.func, edge, first))
            })
            .collect();
        // What the invariants are in the first turn is asked for while the counter has 32 bits.
        let firsts: Vec<Vec<Value>> = served
            .iter()
            .map(|of| entering.iter().map(|&(edge, first)| invariant(context, of, edge, first)).collect::<Vec<Value>>())
            .collect();
        let func = &mut context.func;
        let header = induction.header();
        let wide = values::widen_param(func, self.param);
        for &(edge, first) in &entering {
            edges::set_argument(func, edge, self.number, first);
        }
        for (of, firsts) in served.iter().zip(firsts) {
            let offset = match firsts[..] {
                [only] => only,
                // Several branches enter the loop: the invariant is carried, as it differs.
                _ => {
                    let param = func.dfg.append_block_param(header, types::I64);
                    for (&(edge, _), first) in entering.iter().zip(firsts) {
                        edges::append_argument(func, edge, first);
                    }
                    for &edge in induction.back() {
                        edges::append_argument(func, edge, param);
                    }
                    param
                }
            };
            let inst = func.dfg.value_def(of.candidate.access.address).unwrap_inst();
            let mut cursor = FuncCursor::new(func).at_inst(inst);
            let counted = match of.shift {
                0 => wide,
                shift => cursor.ins().ishl_imm_s(wide, i64::from(shift)),
            };
            let address = cursor.ins().iadd(offset, counted);
            values::replace(func, inst, address);
        }
        let sum = self.count(func, wide);
        for &edge in induction.back() {
            edges::set_argument(func, edge, self.number, sum);
        }
    }

    /// Makes the addition one of 64 bits, as late as those allow who look at its lower half, so that the old value and
    /// the new one may have the same register.
    fn count(&self, func: &mut Function, wide: Value) -> Value {
        let next = func.dfg.first_result(self.next);
        let mut at = func.layout.next_inst(self.next);
        while let Some(inst) = at
            && !func.dfg.insts[inst].opcode().is_terminator()
            && !func.dfg.inst_args(inst).iter().any(|&arg| func.dfg.resolve_aliases(arg) == next)
        {
            at = func.layout.next_inst(inst);
        }
        let mut cursor = FuncCursor::new(func).at_inst(at.expect("a block ends with a branch"));
        let sum = cursor.ins().iadd_imm_s(wide, i64::from(self.step));
        let narrow = cursor.ins().ireduce(types::I32, sum);
        values::replace(func, self.next, narrow);
        sum
    }
}

/// An i32 in 64 bits, made before a branch.
fn extended(func: &mut Function, edge: Edge, value: Value) -> Value {
    let constant = values::constant(&func.dfg, value);
    let mut cursor = FuncCursor::new(func).at_inst(edge.inst);
    match constant {
        Some(constant) => cursor.ins().iconst(types::I64, constant as i64),
        None => cursor.ins().uextend(types::I64, value),
    }
}

/// The difference between an address and the counter in the first turn, made before a branch that enters the loop.
fn invariant(context: &mut Context, of: &Served<'_>, edge: Edge, counter: Value) -> Value {
    let address = before(context, of.candidate, edge);
    let func = &mut context.func;
    if values::constant(&func.dfg, counter) == Some(0) {
        return address;
    }
    let mut cursor = FuncCursor::new(func).at_inst(edge.inst);
    let counted = match of.shift {
        0 => counter,
        shift => cursor.ins().ishl_imm_s(counter, i64::from(shift)),
    };
    cursor.ins().isub(address, counted)
}
