//! The loop with vectors, and what its turns leave for the loop as it was.

use super::guard::{Guard, Root, roots};
use super::packs::{Graph, Pack, PackId};
use super::shape::{Role, Shape};
use crate::lower::Lowering;
use crate::optimize::edges::Edge;
use crate::plan::Plan;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, Function, InstBuilder, Opcode, Type, Value, types};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, FunctionBuilderContext};
use std::collections::HashMap;

/// Bytes of a vector.
pub(super) const VECTOR: u32 = 16;

/// The furthest that an access with an offset reaches everywhere.
const REACH: i64 = 1 << 10;

/// Has a loop with vectors, several of each pack in a turn, make most turns of a loop. Returns its block.
pub(super) fn put_before(plan: &Plan<'_>, func: &mut Function, shape: &Shape, graph: &Graph, vectors: u32) -> Block {
    let block = func.dfg.make_block();
    func.layout.insert_block(block, shape.block);
    for param in func.dfg.block_params(shape.block).to_vec() {
        let ty = func.dfg.value_type(param);
        func.dfg.append_block_param(block, ty);
    }
    for &Edge { inst, number, .. } in &shape.entering {
        let dfg = &mut func.dfg;
        let calls = dfg.insts[inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        calls[number].set_block(block, &mut dfg.value_lists);
    }
    let mut context = FunctionBuilderContext::new();
    let elements = VECTOR / graph.widest() * vectors;
    let low = Lowering::new(plan, FunctionBuilder::new(func, &mut context));
    let mut guard = Guard::new(low, shape, block, elements / graph.elements);
    guard.check(graph, elements);
    Turns { guard, shape, graph, vectors, elements, counted: HashMap::new() }.make(plan)
}

/// Where the streams of a root are, in a turn with vectors.
pub(super) struct Pointer {
    pub root: Value,
    /// The address that the offset is added to; without the counter, where the loop has one.
    pub address: Value,
    /// The offset of a stream that starts at 0.
    pub offset: i64,
    /// Bytes of an element.
    size: u32,
}

/// What is made before the loop, and while it turns.
pub(super) struct Turns<'t, 'p, 'f> {
    pub guard: Guard<'t, 'p, 'f>,
    shape: &'t Shape,
    pub graph: &'t Graph,
    /// Vectors of each pack in a turn.
    pub vectors: u32,
    /// Elements of a turn.
    elements: u32,
    /// The first vector of a turn for each pack that is counted.
    pub counted: HashMap<PackId, Value>,
}

impl<'f> Turns<'_, '_, 'f> {
    fn make(mut self, plan: &Plan<'_>) -> Block {
        let invariants: Vec<Option<Value>> = (0..self.graph.packs.len()).map(|pack| self.invariant(pack)).collect();
        let counts = plan.target.adds_counter(0, VECTOR, true);
        let mut pointers = self.pointers(plan, counts);
        let size = if counts { pointers.iter().map(|pointer| pointer.size).min() } else { None };
        let size = size.unwrap_or(pointers[0].size);
        let length = self.guard.length(size, self.elements);
        // What the loop carries: its counter or pointers, then what it reduces.
        let end = if counts { None } else { Some(self.ins().iadd(pointers[0].address, length)) };
        let mut passed: Vec<Value> = match end {
            None => vec![self.ins().ineg(length)],
            Some(_) => pointers.iter().map(|pointer| pointer.address).collect(),
        };
        let steps = passed.len();
        self.neutral(&mut passed);
        let sums = passed.len();
        let counted = self.first_counted(&mut passed);
        let block = self.next_block();
        self.jump(block, &passed);
        for &value in &passed {
            let ty = self.guard.low.builder.func.dfg.value_type(value);
            self.guard.low.builder.append_block_param(block, ty);
        }
        self.guard.low.builder.switch_to_block(block);
        let params = self.guard.low.builder.block_params(block).to_vec();
        let sizes: Vec<u32> = if counts { vec![size] } else { pointers.iter().map(|pointer| pointer.size).collect() };
        self.point(&mut pointers, &params[..steps], counts.then_some(size));
        self.counted = counted.iter().map(|&(pack, _)| pack).zip(params[sums..].iter().copied()).collect();
        let made = self.body(&pointers, &invariants);
        let reduced = self.reduce(&params[steps..sums], &made);
        let mut next = Vec::new();
        for (&param, size) in params.iter().zip(sizes) {
            let by = i64::from(size * self.elements);
            next.push(self.ins().iadd_imm_s(param, by));
        }
        let goes_on = match end {
            Some(end) => self.ins().icmp(IntCC::NotEqual, next[0], end),
            None => next[0],
        };
        next.extend(&reduced);
        for (&(pack, by), &param) in counted.iter().zip(&params[sums..]) {
            let step = self.constant(pack, by.wrapping_mul(self.elements));
            next.push(self.ins().iadd(param, step));
        }
        let behind = self.next_block();
        let args: Vec<BlockArg> = next.into_iter().map(BlockArg::from).collect();
        self.ins().brif(goes_on, block, &args, behind, &[]);
        self.guard.low.builder.switch_to_block(behind);
        self.leave(&reduced);
        self.guard.low.builder.finalize(plan.target.frontend_config());
        block
    }

    pub(super) fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.guard.low.builder.ins()
    }

    /// What an instruction makes of two values.
    pub(super) fn binary(&mut self, opcode: Opcode, ty: Type, [left, right]: [Value; 2]) -> Value {
        let (inst, dfg) = self.ins().Binary(opcode, ty, left, right);
        dfg.first_result(inst)
    }

    /// A block behind the present one.
    fn next_block(&mut self) -> Block {
        let builder = &mut self.guard.low.builder;
        let block = builder.create_block();
        let here = builder.current_block().expect("it is in a block");
        builder.func.layout.insert_block_after(block, here);
        block
    }

    fn jump(&mut self, block: Block, args: &[Value]) {
        let args: Vec<BlockArg> = args.iter().map(|&value| value.into()).collect();
        self.ins().jump(block, &args);
    }

    /// What counted packs begin with, and by how much they grow from element to element.
    fn first_counted(&mut self, passed: &mut Vec<Value>) -> Vec<(PackId, u32)> {
        let mut found = Vec::new();
        for pack in 0..self.graph.packs.len() {
            let Pack::Counted { first, by } = self.graph.packs[pack].0 else { continue };
            let start = self.same(pack, first);
            let ty = self.vector(pack);
            let size = ty.lane_type().bytes() as usize;
            let mut bytes = [0; VECTOR as usize];
            for (number, lane) in bytes.chunks_mut(size).enumerate() {
                lane.copy_from_slice(&u64::from(by.wrapping_mul(number as u32)).to_le_bytes()[..size]);
            }
            let steps = self.guard.low.vector_constant(bytes);
            let steps = self.bitcast(ty, steps);
            passed.push(self.ins().iadd(start, steps));
            found.push((pack, by));
        }
        found
    }

    /// A constant in all lanes of a pack's vectors.
    pub(super) fn constant(&mut self, pack: PackId, lane: u32) -> Value {
        let ty = self.vector(pack);
        let bits = ty.lane_bits();
        let lane = u64::from(lane) & (u64::MAX >> (64 - bits));
        let lane = self.ins().iconst(ty.lane_type(), lane as i64);
        self.ins().splat(ty, lane)
    }

    /// The type of a pack's vectors.
    pub(super) fn vector(&self, pack: PackId) -> Type {
        let (_, lane) = self.graph.packs[pack];
        lane.by(VECTOR / lane.bytes()).expect("vectors have these lanes")
    }

    /// The vector that a pack is in each turn, where it is the same; the number itself for how far is shifted.
    fn invariant(&mut self, pack: PackId) -> Option<Value> {
        let Pack::Same(value) = self.graph.packs[pack].0 else { return None };
        Some(if self.graph.is_amount(pack) { self.guard.first(value) } else { self.same(pack, value) })
    }

    /// What a value is in the first turn, in all lanes of a pack's vectors.
    fn same(&mut self, pack: PackId, value: Value) -> Value {
        let value = self.guard.first(value);
        let ty = self.vector(pack);
        let is_narrow = self.guard.low.builder.func.dfg.value_type(value).bytes() > ty.lane_type().bytes();
        let value = if is_narrow { self.ins().ireduce(ty.lane_type(), value) } else { value };
        self.ins().splat(ty, value)
    }

    /// Where the streams of each root begin, or where they end if a counter is added that ends with 0.
    fn pointers(&mut self, plan: &Plan<'_>, counts: bool) -> Vec<Pointer> {
        let memory = &plan.memories[self.graph.memory];
        let base = i64::try_from(memory.base).ok().filter(|_| memory.strategy.is_fixed());
        let mut pointers = Vec::new();
        for Root { value: root, starts: [start, last], size, .. } in roots(&self.graph.streams) {
            let first = self.guard.first(root);
            let mut address = self.ins().uextend(types::I64, first);
            let reaches = |base: i64| i32::try_from(base + start).is_ok() && i32::try_from(base + last + REACH).is_ok();
            let mut offset = match base.filter(|&base| reaches(base) && counts) {
                Some(base) => base,
                None => {
                    let base = self.guard.low.memory_base(self.graph.memory);
                    address = self.ins().iadd(address, base);
                    0
                }
            };
            if offset == 0 && !(start >= 0 && last < REACH) {
                address = self.ins().iadd_imm_s(address, start);
                offset = -start;
            }
            if counts {
                let length = self.guard.length(size, self.elements);
                address = self.ins().iadd(address, length);
            }
            pointers.push(Pointer { root, address, offset, size });
        }
        pointers
    }

    /// Has pointers lead to where they do in the present turn, where one counter counts elements of a size, or each has
    /// a parameter.
    fn point(&mut self, pointers: &mut [Pointer], params: &[Value], counted: Option<u32>) {
        for (number, pointer) in pointers.iter_mut().enumerate() {
            pointer.address = match counted {
                None => params[number],
                Some(size) => {
                    let shift = (pointer.size / size).trailing_zeros();
                    let counter =
                        if shift == 0 { params[0] } else { self.ins().ishl_imm_u(params[0], i64::from(shift)) };
                    self.ins().iadd(pointer.address, counter)
                }
            };
        }
    }

    /// How many lanes of each vector are used.
    pub(super) fn lanes(&self) -> u32 {
        self.elements / self.vectors
    }

    /// What reductions begin with: a vector for each of a turn.
    fn neutral(&mut self, passed: &mut Vec<Value>) {
        for reduction in &self.graph.reductions {
            let ty = self.vector(reduction.of[0]);
            let lane = match reduction.opcode {
                Opcode::Iadd | Opcode::Bor | Opcode::Bxor => self.ins().iconst(ty.lane_type(), 0),
                Opcode::Band => self.ins().iconst(ty.lane_type(), -1),
                // The greatest or the least of what is there, whatever is there twice.
                _ => self.guard.params[reduction.number],
            };
            let vector = self.ins().splat(ty, lane);
            passed.extend((0..self.vectors).map(|_| vector));
        }
    }

    /// What becomes of reductions in a turn.
    fn reduce(&mut self, before: &[Value], made: &[Vec<Value>]) -> Vec<Value> {
        let mut after = before.to_vec();
        for (reduction, sums) in self.graph.reductions.iter().zip(after.chunks_mut(self.vectors as usize)) {
            let ty = self.vector(reduction.of[0]);
            for (vector, sum) in sums.iter_mut().enumerate() {
                for &pack in &reduction.of {
                    *sum = self.binary(reduction.opcode, ty, [*sum, made[pack][vector]]);
                }
            }
        }
        after
    }

    /// Goes on with the loop as it was, from where it would have come.
    fn leave(&mut self, reduced: &[Value]) {
        let mut params = self.guard.params.clone();
        for (param, role) in params.iter_mut().zip(&self.shape.roles) {
            if let &Role::Counter(step @ 1..) = role {
                let by = i64::from(step.wrapping_mul(self.elements / self.graph.elements) as i32);
                let turns = self.guard.turns[0];
                let grown = self.ins().imul_imm_s(turns, by);
                *param = self.ins().iadd(*param, grown);
            }
        }
        if let Some((number, left)) = self.guard.left {
            params[number] = left;
        }
        for (reduction, sums) in self.graph.reductions.iter().zip(reduced.chunks(self.vectors as usize)) {
            let ty = self.vector(reduction.of[0]);
            let opcode = reduction.opcode;
            let sum = sums[1..].iter().fold(sums[0], |sum, &other| self.binary(opcode, ty, [sum, other]));
            let mut total = params[reduction.number];
            for lane in 0..self.lanes() {
                let lane = self.ins().extractlane(sum, lane as u8);
                total = self.binary(opcode, ty.lane_type(), [total, lane]);
            }
            params[reduction.number] = total;
        }
        self.guard.leave(&params);
    }
}
