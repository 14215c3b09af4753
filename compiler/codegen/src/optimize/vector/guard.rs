//! What must hold when control comes to a loop, so that several of its turns can be one: looked at before the loop.
//!
//! With `t` the number of times that the loop certainly goes on, `m = t / T` turns of `T` turns each are made with
//! vectors: at least one turn of the loop as it was is left, and whatever is used behind the loop is what that leaves.
//! A stream whose index is `r + sum + i * step` in turn `i` is accessed at `m * T * step` bytes from `zext(r) + start`
//! on, where
//!
//! ```text
//! zext(r) + sum >= 0    and    zext(r) + start + m * T * step <= size of the memory
//! ```
//!
//! as then no index wraps: the memory has less than 2^32 bytes. Where fuel is counted, there must be enough for all of
//! them, which is taken at once. So nothing traps in these turns. And what a stream
//! stores must not be what another one accesses, so that it does not matter in which order elements are taken.

use super::packs::{Graph, Stream};
use super::shape::{Role, Shape, Test};
use crate::lower::Lowering;
use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, ValueDef, types};
use std::collections::HashMap;

/// Comparisons of two ranges of memory at most.
const MAX_COMPARED: usize = 6;

/// Bytes that a loop accesses from where a root leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Range {
    root: Value,
    /// Where the first stream begins, and the last one.
    starts: [i64; 2],
    size: u32,
    is_stored: bool,
}

/// The ranges of memory that a loop accesses: of each stream where one from its root is stored, else of all together.
fn ranges(streams: &[Stream]) -> Vec<Range> {
    let mut found: Vec<Range> = Vec::new();
    for &Stream { root, start, size, is_stored, .. } in streams {
        let has_stored = streams.iter().any(|other| other.root == root && other.is_stored);
        match found.iter_mut().find(|range| range.root == root && !has_stored) {
            Some(range) => range.starts = [range.starts[0].min(start), range.starts[1].max(start)],
            None => found.push(Range { root, starts: [start; 2], size, is_stored }),
        }
    }
    found
}

/// The pairs of ranges that must not overlap.
fn pairs(streams: &[Stream]) -> Vec<[Range; 2]> {
    let ranges = ranges(streams);
    let all =
        ranges.iter().enumerate().flat_map(|(number, &one)| ranges[..number].iter().map(move |&other| [one, other]));
    all.filter(|pair| pair.iter().any(|range| range.is_stored)).collect()
}

/// Whether few comparisons decide.
pub(super) fn is_cheap(graph: &Graph) -> bool {
    pairs(&graph.streams).len() <= MAX_COMPARED
}

/// What all streams with one root have in common.
pub(super) struct Root {
    pub value: Value,
    /// The least sum.
    sum: i32,
    /// Where the first stream starts, and the last one.
    pub starts: [i64; 2],
    /// Bytes of an element.
    pub size: u32,
}

/// The roots of streams. As all streams of one step by the same bytes, they have elements of one size.
pub(super) fn roots(streams: &[Stream]) -> Vec<Root> {
    let mut found: Vec<Root> = Vec::new();
    for &Stream { root, sum, start, size, .. } in streams {
        match found.iter_mut().find(|known| known.value == root) {
            Some(known) => {
                known.sum = known.sum.min(sum);
                known.starts = [known.starts[0].min(start), known.starts[1].max(start)];
            }
            None => found.push(Root { value: root, sum, starts: [start; 2], size }),
        }
    }
    found
}

/// The code before a loop.
pub(super) struct Guard<'g, 'p, 'f> {
    pub low: Lowering<'p, 'f>,
    shape: &'g Shape,
    /// Goes on with the loop as it was.
    otherwise: Block,
    /// The parameters of the loop's header, as the first turn would get them.
    pub params: Vec<Value>,
    /// What values of the loop are in its first turn.
    firsts: HashMap<Value, Value>,
    /// How many turns with vectors there are, as an i32 and in 64 bits.
    pub turns: [Value; 2],
    /// What is left of fuel after them, and which parameter that is.
    pub left: Option<(usize, Value)>,
}

impl<'g, 'p, 'f> Guard<'g, 'p, 'f> {
    /// Begins in `block`, which has the same parameters as the loop, and decides how many turns are made of `at_once`
    /// each.
    pub(super) fn new(mut low: Lowering<'p, 'f>, shape: &'g Shape, block: Block, at_once: u32) -> Self {
        let params = low.builder.func.dfg.block_params(block).to_vec();
        let of_loop = low.builder.func.dfg.block_params(shape.block);
        let firsts = of_loop.iter().copied().zip(params.iter().copied()).collect();
        let turns = [params[0]; 2];
        let otherwise = low.builder.create_block();
        low.builder.func.layout.insert_block(otherwise, shape.block);
        let mut guard = Self { low, shape, otherwise, params, firsts, turns, left: None };
        guard.low.builder.switch_to_block(block);
        guard.low.builder.seal_block(block);
        guard.count(at_once);
        guard.pay(at_once);
        guard
    }

    /// Goes on where there is fuel for all turns, of `at_once` each, and takes it.
    fn pay(&mut self, at_once: u32) {
        for (number, role) in self.shape.roles.iter().enumerate() {
            let &Role::Fuel { units, .. } = role else { continue };
            let taken = self.low.builder.ins().imul_imm_u(self.turns[1], i64::from(units) * i64::from(at_once));
            let (sum, is_beyond) = self.low.builder.ins().uadd_overflow(self.params[number], taken);
            let is_enough = self.low.builder.ins().icmp_imm_u(IntCC::Equal, is_beyond, 0);
            self.require(is_enough);
            self.left = Some((number, sum));
        }
    }

    /// What a value of the loop is in its first turn.
    pub(super) fn first(&mut self, value: Value) -> Value {
        if let Some(&first) = self.firsts.get(&value) {
            return first;
        }
        if !self.shape.contains(self.low.builder.func, value) {
            return value;
        }
        let ValueDef::Result(inst, _) = self.low.builder.func.dfg.value_def(value) else {
            unreachable!("the loop's own parameters are known")
        };
        let args = self.low.builder.func.dfg.inst_args(inst).to_vec();
        let args: Vec<Value> = args.into_iter().map(|arg| self.first(arg)).collect();
        let copy = self.low.builder.func.dfg.clone_inst(inst);
        self.low.builder.func.dfg.inst_args_mut(copy).copy_from_slice(&args);
        self.low.builder.cursor().insert_inst(copy);
        let first = self.low.builder.func.dfg.first_result(copy);
        self.firsts.insert(value, first);
        first
    }

    /// Goes on only where a condition holds, else with the loop as it was.
    fn require(&mut self, condition: Value) {
        let next = self.low.builder.create_block();
        let here = self.low.builder.current_block().expect("it is in a block");
        self.low.builder.func.layout.insert_block_after(next, here);
        self.branch(condition, next);
        self.low.builder.switch_to_block(next);
    }

    fn branch(&mut self, condition: Value, next: Block) {
        self.low.builder.ins().brif(condition, next, &[], self.otherwise, &[]);
    }

    /// Goes on with the loop as it was, from where it would have come.
    pub(super) fn leave(&mut self, params: &[Value]) {
        self.jump(params);
        self.low.builder.switch_to_block(self.otherwise);
        let params = self.params.clone();
        self.jump(&params);
    }

    fn jump(&mut self, params: &[Value]) {
        let params: Vec<BlockArg> = params.iter().map(|&param| param.into()).collect();
        self.low.builder.ins().jump(self.shape.block, &params);
    }

    /// Finds out how often the loop certainly goes on: as often as the counter steps before it is beyond the bound. It
    /// is not the bound before, even where it never is.
    fn count(&mut self, at_once: u32) {
        let Test { counted, step, cond, bound } = self.shape.test;
        let counted = self.first(counted);
        let bound = match bound {
            Some(bound) => self.first(bound),
            None => self.low.builder.ins().iconst(types::I32, 0),
        };
        let grows = (step as i32) > 0;
        let by = (step as i32).unsigned_abs();
        let by_all = i64::from(by * at_once);
        if cond != IntCC::NotEqual {
            let goes_on = self.low.builder.ins().icmp(cond, counted, bound);
            self.require(goes_on);
        }
        let [from, to] = if grows { [counted, bound] } else { [bound, counted] };
        let distance = self.low.builder.ins().isub(to, from);
        let is_enough = self.low.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, distance, by_all);
        self.require(is_enough);
        let turns = self.low.builder.ins().ushr_imm_u(distance, i64::from((by * at_once).trailing_zeros()));
        self.turns = [turns, self.low.builder.ins().uextend(types::I64, turns)];
    }

    /// The bytes of each element's streams that are accessed, where a turn with vectors has `elements`.
    pub(super) fn length(&mut self, size: u32, elements: u32) -> Value {
        let shift = i64::from((size * elements).trailing_zeros());
        self.low.builder.ins().ishl_imm_u(self.turns[1], shift)
    }

    /// Goes on where streams neither overlap nor leave the memory.
    pub(super) fn check(&mut self, graph: &Graph, elements: u32) {
        for [one, other] in pairs(&graph.streams) {
            let length = self.length(one.size, elements);
            if one.root == other.root {
                let distance = one.starts[0].abs_diff(other.starts[0]);
                let distance = self.low.builder.ins().iconst(types::I64, distance as i64);
                let apart = self.low.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, distance, length);
                self.require(apart);
                continue;
            }
            let bounds = [one, other].map(|range| {
                let first = self.first(range.root);
                let first = self.low.builder.ins().uextend(types::I64, first);
                let length = self.length(range.size, elements);
                let end = self.low.builder.ins().iadd(first, length);
                let [start, last] = range.starts;
                [self.low.builder.ins().iadd_imm_s(first, start), self.low.builder.ins().iadd_imm_s(end, last)]
            });
            self.require_apart(bounds);
        }
        let len = self.low.memory_len(graph.memory);
        for Root { value: root, sum, starts: [_, last], size } in roots(&graph.streams) {
            let first = self.first(root);
            let first = self.low.builder.ins().uextend(types::I64, first);
            if sum < 0 {
                let least = i64::from(sum).unsigned_abs() as i64;
                let is_positive = self.low.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, first, least);
                self.require(is_positive);
            }
            let length = self.length(size, elements);
            let end = self.low.builder.ins().iadd(first, length);
            let end = self.low.builder.ins().iadd_imm_s(end, last);
            let is_inside = self.low.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, len);
            self.require(is_inside);
        }
    }

    /// Goes on where one of two ranges ends before the other begins.
    fn require_apart(&mut self, [[start, end], [other_start, other_end]]: [[Value; 2]; 2]) {
        let is_before = self.low.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, other_start);
        let (behind, next) = (self.low.builder.create_block(), self.low.builder.create_block());
        let here = self.low.builder.current_block().expect("it is in a block");
        self.low.builder.func.layout.insert_block_after(behind, here);
        self.low.builder.func.layout.insert_block_after(next, behind);
        self.low.builder.ins().brif(is_before, next, &[], behind, &[]);
        self.low.builder.switch_to_block(behind);
        let is_behind = self.low.builder.ins().icmp(IntCC::UnsignedLessThanOrEqual, other_end, start);
        self.branch(is_behind, next);
        self.low.builder.switch_to_block(next);
    }
}
