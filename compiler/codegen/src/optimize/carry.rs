//! Native addresses that loops carry: see `addresses.rs` for the reason why there is no carry out of 32 bits.
//!
//! Where a loop accesses the index `q` in each turn, and `q` grows by the constant `c` from turn to turn, the address
//! `a = base + zext(q)` becomes a parameter of the loop's header:
//!
//! ```text
//! a0 = base + zext(q0) before the loop,    a' = a + c    at its end
//! ```

use super::access::{self, Access, Base, MAX_STEP};
use super::edges::{self, Edge, Edges};
use super::loops;
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::Loop;
use std::collections::HashMap;

/// Addresses that one loop carries at most, so that there are registers for its values.
const MAX_CARRIED: usize = 6;

/// How far an induction is followed.
const MAX_DEPTH: u32 = 8;

/// Has loops carry the addresses that they access.
pub(super) fn carry(plan: &Plan<'_>, context: &mut Context, edges: &Edges) {
    let mut inductions: HashMap<Loop, Induction> = HashMap::new();
    for candidate in candidates(context) {
        let induction = inductions.entry(candidate.of).or_insert_with(|| Induction::of(context, edges, candidate.of));
        let index = candidate.access.index;
        // Growing moves a memory that has no address space set aside.
        if matches!(candidate.access.base, Base::Value(base) if loops::contain(context, candidate.of, base)) {
            continue;
        }
        let Some(step @ 1..=MAX_STEP) = induction.step(context, index, 0) else { continue };
        let gains = plan.target.gains_by_carrying(candidate.uses, induction.operations(context, index, 0));
        if gains && induction.carried < MAX_CARRIED && induction.runs_each_turn(context, candidate.block) {
            induction.carried += 1;
            replace(context, &candidate, induction, step);
        }
    }
}

/// An address that is accessed in a loop.
pub(super) struct Candidate {
    pub access: Access,
    pub block: Block,
    pub of: Loop,
    /// Whether an access adds a constant to it.
    pub has_offset: bool,
    /// Bytes of the largest access.
    pub size: u32,
    /// How many accesses take it, offsets other than 0 twice.
    uses: usize,
}

/// The addresses that are accessed in loops.
pub(super) fn candidates(context: &Context) -> Vec<Candidate> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut found: Vec<Candidate> = Vec::new();
    let mut by_address: HashMap<(Loop, Value), usize> = HashMap::new();
    for block in func.layout.blocks() {
        let Some(of) = loops.innermost_loop(block) else { continue };
        for (inst, access) in
            func.layout.block_insts(block).filter_map(|inst| Some((inst, access::of(&func.dfg, inst)?)))
        {
            let has_offset = access.offset != 0;
            let uses = if has_offset { 2 } else { 1 };
            let size = access::size(&func.dfg, inst);
            match by_address.get(&(of, access.address)) {
                Some(&number) => {
                    let known = &mut found[number];
                    known.uses += uses;
                    known.has_offset |= has_offset;
                    known.size = known.size.max(size);
                }
                None => {
                    by_address.insert((of, access.address), found.len());
                    found.push(Candidate { access, block, of, has_offset, size, uses });
                }
            }
        }
    }
    found
}

/// How values change from turn to turn of a loop.
pub(super) struct Induction {
    of: Loop,
    header: Block,
    entering: Vec<Edge>,
    back: Vec<Edge>,
    /// By how much parameters of the header grow, as far as it is known.
    steps: HashMap<Value, Option<u32>>,
    /// How many addresses the loop carries.
    carried: usize,
}

impl Induction {
    pub(super) fn of(context: &Context, edges: &Edges, of: Loop) -> Self {
        let header = context.loop_analysis.loop_header(of);
        let is_back = |edge: &Edge| context.domtree.block_dominates(header, edge.from);
        let (back, entering) = edges.to(header).iter().copied().partition(is_back);
        Self { of, header, entering, back, steps: HashMap::new(), carried: 0 }
    }

    /// The header of the loop.
    pub(super) fn header(&self) -> Block {
        self.header
    }

    /// The branches that enter the loop.
    pub(super) fn entering(&self) -> &[Edge] {
        &self.entering
    }

    /// The branches from turn to turn.
    pub(super) fn back(&self) -> &[Edge] {
        &self.back
    }

    /// Whether a block of the loop runs in each turn that another one follows.
    pub(super) fn runs_each_turn(&self, context: &Context, block: Block) -> bool {
        self.back.iter().all(|edge| context.domtree.block_dominates(block, edge.from))
    }

    /// By how much an i32 grows with each turn, modulo 2^32, where it is by a constant.
    pub(super) fn step(&mut self, context: &Context, value: Value, depth: u32) -> Option<u32> {
        let dfg = &context.func.dfg;
        if !loops::contain(context, self.of, value) {
            return Some(0);
        }
        if let ValueDef::Param(block, number) = dfg.value_def(value) {
            return if block == self.header { self.step_of_param(context, value, number) } else { None };
        }
        if depth == MAX_DEPTH {
            return None;
        }
        let mut step = |value| self.step(context, value, depth + 1);
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

    fn step_of_param(&mut self, context: &Context, param: Value, number: usize) -> Option<u32> {
        if let Some(&step) = self.steps.get(&param) {
            return step;
        }
        let func = &context.func;
        let mut steps = self.back.iter().map(|&edge| {
            let (root, sum) = values::root(&func.dfg, edges::argument(func, edge, number)?);
            (root == param).then_some(sum)
        });
        let first = steps.next().flatten();
        let step = first.filter(|_| steps.all(|step| step == first));
        self.steps.insert(param, step);
        step
    }

    /// How many instructions the loop makes an i32 with.
    pub(super) fn operations(&self, context: &Context, value: Value, depth: u32) -> usize {
        let dfg = &context.func.dfg;
        if depth == MAX_DEPTH || !loops::contain(context, self.of, value) {
            return 0;
        }
        match values::made_by(dfg, value) {
            Some(InstructionData::Binary { args, .. }) => {
                1 + args.iter().map(|&arg| self.operations(context, arg, depth + 1)).sum::<usize>()
            }
            _ => 0,
        }
    }
}

/// Has the loop carry the candidate's address.
fn replace(context: &mut Context, candidate: &Candidate, induction: &Induction, step: u32) {
    let address = candidate.access.address;
    let carried = context.func.dfg.append_block_param(induction.header, types::I64);
    for &edge in &induction.entering {
        let first = before(context, candidate, edge);
        edges::append_argument(&mut context.func, edge, first);
    }
    for &edge in &induction.back {
        let next = FuncCursor::new(&mut context.func).at_inst(edge.inst).ins().iadd_imm_s(carried, i64::from(step));
        edges::append_argument(&mut context.func, edge, next);
    }
    let func = &mut context.func;
    let inst = func.dfg.value_def(address).unwrap_inst();
    values::replace(func, inst, carried);
}

/// The candidate's address in the first turn, made before a branch that enters the loop.
pub(super) fn before(context: &mut Context, candidate: &Candidate, edge: Edge) -> Value {
    let index = first(context, candidate, edge, candidate.access.index);
    let mut cursor = FuncCursor::new(&mut context.func).at_inst(edge.inst);
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
fn first(context: &mut Context, candidate: &Candidate, edge: Edge, value: Value) -> Value {
    if !loops::contain(context, candidate.of, value) {
        return value;
    }
    let dfg = &context.func.dfg;
    if let ValueDef::Param(_, number) = dfg.value_def(value) {
        return edges::argument(&context.func, edge, number).expect("inductions begin with values");
    }
    match values::made_by(dfg, value).expect("the induction was followed") {
        InstructionData::Binary { opcode, args } => {
            let [left, right] = args.map(|arg| first(context, candidate, edge, arg));
            let dfg = &context.func.dfg;
            match (opcode, values::constant(dfg, left), values::constant(dfg, right)) {
                (Opcode::Iadd, Some(0), _) => right,
                (Opcode::Iadd | Opcode::Isub | Opcode::Ishl, _, Some(0)) => left,
                (Opcode::Ishl | Opcode::Imul, Some(0), _) => left,
                _ => {
                    let mut cursor = FuncCursor::new(&mut context.func).at_inst(edge.inst);
                    let (made, dfg) = cursor.ins().Binary(opcode, types::I32, left, right);
                    dfg.first_result(made)
                }
            }
        }
        InstructionData::UnaryImm { imm, .. } => {
            let mut cursor = FuncCursor::new(&mut context.func).at_inst(edge.inst);
            cursor.ins().iconst(types::I32, imm.bits())
        }
        _ => unreachable!("the induction was followed"),
    }
}
