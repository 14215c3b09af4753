//! Native addresses that loops carry: see `addresses.rs` for the reason why there is no carry out of 32 bits.
//!
//! Where a loop accesses the index `q` in each turn, and `q` grows by the constant `c` from turn to turn, the address
//! `a = base + zext(q)` becomes a parameter of the loop's header:
//!
//!     a0 = base + zext(q0) before the loop,    a' = a + c    at its end

use super::access::{self, Access, Base, MAX_STEP};
use super::values;
use crate::plan::Plan;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::HashMap;

/// Addresses that one loop carries at most, so that there are registers for its values.
const MAX_CARRIED: usize = 6;

/// How far an induction is followed.
const MAX_DEPTH: u32 = 8;

/// Has loops carry the addresses that they access.
pub(super) fn carry(plan: &Plan<'_>, context: &mut Context) {
    let mut carried: HashMap<Block, usize> = HashMap::new();
    let mut edges: HashMap<Block, Edges> = HashMap::new();
    for candidate in candidates(context) {
        let header = context.loop_analysis.loop_header(candidate.of);
        let edges = edges.entry(header).or_insert_with(|| Edges::of(context, header));
        let count = carried.entry(header).or_default();
        let induction = Induction { context, of: candidate.of, header, edges };
        let Some(step @ 1..=MAX_STEP) = induction.step(candidate.access.index, 0) else { continue };
        if *count == MAX_CARRIED || !induction.runs_each_turn(candidate.block) {
            continue;
        }
        if !plan.target.gains_by_carrying(candidate.uses, induction.operations(candidate.access.index, 0)) {
            continue;
        }
        *count += 1;
        replace(context, &candidate, header, edges, step);
    }
    context.func.dfg.resolve_all_aliases();
}

/// An address that is accessed in a loop.
struct Candidate {
    access: Access,
    block: Block,
    of: Loop,
    /// How many accesses take it, offsets other than 0 twice.
    uses: usize,
}

fn candidates(context: &Context) -> Vec<Candidate> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut found: Vec<Candidate> = Vec::new();
    let mut by_address: HashMap<(Loop, Value), usize> = HashMap::new();
    for block in func.layout.blocks() {
        let Some(of) = loops.innermost_loop(block) else { continue };
        for access in func.layout.block_insts(block).filter_map(|inst| access::of(&func.dfg, inst)) {
            let uses = if access.offset == 0 { 1 } else { 2 };
            match by_address.get(&(of, access.address)) {
                Some(&number) => found[number].uses += uses,
                None => {
                    by_address.insert((of, access.address), found.len());
                    found.push(Candidate { access, block, of, uses });
                }
            }
        }
    }
    found
}

/// The branches to a loop's header.
struct Edges {
    entering: Vec<Inst>,
    back: Vec<(Block, Inst)>,
}

impl Edges {
    fn of(context: &Context, header: Block) -> Self {
        let mut edges = Self { entering: Vec::new(), back: Vec::new() };
        for pred in context.cfg.pred_iter(header) {
            if context.domtree.block_dominates(header, pred.block) {
                edges.back.push((pred.block, pred.inst));
            } else {
                edges.entering.push(pred.inst);
            }
        }
        edges
    }
}

/// How values change from turn to turn of a loop.
struct Induction<'c> {
    context: &'c Context,
    of: Loop,
    header: Block,
    edges: &'c Edges,
}

impl Induction<'_> {
    /// Whether a block of the loop runs in each turn that another one follows.
    fn runs_each_turn(&self, block: Block) -> bool {
        self.edges.back.iter().all(|&(back, _)| self.context.domtree.block_dominates(block, back))
    }

    /// By how much an i32 grows with each turn, modulo 2^32, where it is by a constant.
    fn step(&self, value: Value, depth: u32) -> Option<u32> {
        let dfg = &self.context.func.dfg;
        if !is_inside(self.context, self.of, value) {
            return Some(0);
        }
        if let ValueDef::Param(block, number) = dfg.value_def(value) {
            return if block == self.header { self.step_of_param(value, number) } else { None };
        }
        if depth == MAX_DEPTH {
            return None;
        }
        let step = |value| self.step(value, depth + 1);
        match values::made_by(dfg, value)? {
            InstructionData::UnaryImm { .. } => Some(0),
            InstructionData::Binary { opcode, args: [left, right] } => match opcode {
                Opcode::Iadd => Some(step(left)?.wrapping_add(step(right)?)),
                Opcode::Isub => Some(step(left)?.wrapping_sub(step(right)?)),
                Opcode::Ishl => Some(step(left)?.wrapping_shl(values::constant(dfg, right)? as u32)),
                Opcode::Imul => Some(step(left)?.wrapping_mul(values::constant(dfg, right)? as u32)),
                _ => None,
            },
            _ => None,
        }
    }

    fn step_of_param(&self, param: Value, number: usize) -> Option<u32> {
        let dfg = &self.context.func.dfg;
        let mut steps = self.edges.back.iter().flat_map(|&(_, inst)| {
            let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables).iter();
            let calls = calls.filter(|call| call.block(&dfg.value_lists) == self.header);
            calls.map(|call| {
                let (root, sum) = values::root(dfg, call.args(&dfg.value_lists).nth(number)?.as_value()?);
                (root == param).then_some(sum)
            })
        });
        let first = steps.next()??;
        steps.all(|step| step == Some(first)).then_some(first)
    }

    /// How many instructions the loop makes an i32 with.
    fn operations(&self, value: Value, depth: u32) -> usize {
        let dfg = &self.context.func.dfg;
        if depth == MAX_DEPTH || !is_inside(self.context, self.of, value) {
            return 0;
        }
        match values::made_by(dfg, value) {
            Some(InstructionData::Binary { args, .. }) => {
                1 + args.iter().map(|&arg| self.operations(arg, depth + 1)).sum::<usize>()
            }
            _ => 0,
        }
    }
}

fn is_inside(context: &Context, of: Loop, value: Value) -> bool {
    let func = &context.func;
    let block = match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) => func.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => unreachable!("the egraph has been taken apart"),
    };
    block.is_some_and(|block| context.loop_analysis.is_in_loop(block, of))
}

/// Has the loop carry the candidate's address.
fn replace(context: &mut Context, candidate: &Candidate, header: Block, edges: &Edges, step: u32) {
    let address = candidate.access.address;
    let carried = context.func.dfg.append_block_param(header, types::I64);
    for &inst in &edges.entering {
        let arguments = edge_arguments(context, inst, header);
        let first = arguments.iter().map(|arguments| before(context, candidate, header, inst, arguments)).collect();
        append(context, inst, header, first);
    }
    for &(_, inst) in &edges.back {
        let mut cursor = FuncCursor::new(&mut context.func).at_inst(inst);
        let next = cursor.ins().iadd_imm_s(carried, i64::from(step));
        let count = edge_arguments(context, inst, header).len();
        append(context, inst, header, vec![next; count]);
    }
    let func = &mut context.func;
    let inst = func.dfg.value_def(address).unwrap_inst();
    func.layout.remove_inst(inst);
    func.dfg.clear_results(inst);
    func.dfg.change_to_alias(address, carried);
    func.dfg.resolve_all_aliases();
}

/// What each edge of a branch to `header` passes.
fn edge_arguments(context: &Context, inst: Inst, header: Block) -> Vec<Vec<BlockArg>> {
    let dfg = &context.func.dfg;
    let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables).iter();
    let calls = calls.filter(|call| call.block(&dfg.value_lists) == header);
    calls.map(|call| call.args(&dfg.value_lists).collect()).collect()
}

/// Has each edge of a branch to `header` pass one value more.
fn append(context: &mut Context, inst: Inst, header: Block, values: Vec<Value>) {
    let dfg = &mut context.func.dfg;
    let calls = dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    let mut values = values.into_iter();
    for call in calls {
        if call.block(&dfg.value_lists) == header {
            let value = values.next().expect("one for each edge");
            call.append_argument(value, &mut dfg.value_lists);
        }
    }
}

/// The candidate's address in the first turn, made before a branch that enters the loop with `arguments`.
fn before(context: &mut Context, candidate: &Candidate, header: Block, inst: Inst, arguments: &[BlockArg]) -> Value {
    let index = first(context, candidate, header, inst, arguments, candidate.access.index);
    let mut cursor = FuncCursor::new(&mut context.func).at_inst(inst);
    let index = cursor.ins().uextend(types::I64, index);
    match candidate.access.base {
        Base::Displacement => index,
        Base::Value(base) => cursor.ins().iadd(base, index),
        Base::Constant(base) => {
            let base = cursor.ins().iconst(types::I64, base as i64);
            cursor.ins().iadd(base, index)
        }
    }
}

/// What an i32 is in the first turn of the loop.
fn first(
    context: &mut Context,
    candidate: &Candidate,
    header: Block,
    inst: Inst,
    arguments: &[BlockArg],
    value: Value,
) -> Value {
    if !is_inside(context, candidate.of, value) {
        return value;
    }
    let dfg = &context.func.dfg;
    if let ValueDef::Param(_, number) = dfg.value_def(value) {
        return arguments[number].as_value().expect("inductions begin with values");
    }
    match values::made_by(dfg, value).expect("the induction was followed") {
        InstructionData::Binary { opcode, args } => {
            let [left, right] = args.map(|arg| first(context, candidate, header, inst, arguments, arg));
            let dfg = &context.func.dfg;
            match (opcode, values::constant(dfg, left), values::constant(dfg, right)) {
                (Opcode::Iadd, Some(0), _) => right,
                (Opcode::Iadd | Opcode::Isub | Opcode::Ishl, _, Some(0)) => left,
                (Opcode::Ishl | Opcode::Imul, Some(0), _) => left,
                _ => {
                    let mut cursor = FuncCursor::new(&mut context.func).at_inst(inst);
                    let (made, dfg) = cursor.ins().Binary(opcode, types::I32, left, right);
                    dfg.first_result(made)
                }
            }
        }
        InstructionData::UnaryImm { imm, .. } => {
            let mut cursor = FuncCursor::new(&mut context.func).at_inst(inst);
            cursor.ins().iconst(types::I32, imm.bits())
        }
        _ => unreachable!("the induction was followed"),
    }
}
