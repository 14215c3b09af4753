//! The loop with vectors, and what its turns leave for the loop as it was.

use super::guard::{Guard, roots};
use super::packs::{Graph, Pack, PackId};
use super::shape::{Role, Shape};
use crate::lower::Lowering;
use crate::optimize::edges::Edge;
use crate::plan::Plan;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Endianness, Function, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, types,
};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, FunctionBuilderContext};

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
    let elements = VECTOR / graph.size * vectors;
    let low = Lowering::new(plan, FunctionBuilder::new(func, &mut context));
    let mut guard = Guard::new(low, shape, block, elements / graph.elements);
    guard.check(graph, elements);
    Turns { guard, shape, graph, vectors, elements }.make(plan)
}

/// Whether it does not matter which operand comes first.
fn is_commutative(opcode: Opcode) -> bool {
    use Opcode::{Band, Bor, Bxor, Fadd, Fmul, Iadd, Imul};
    matches!(opcode, Iadd | Imul | Band | Bor | Bxor | Fadd | Fmul)
}

/// Where the streams of a root are, in a turn with vectors.
struct Pointer {
    root: Value,
    /// The address that the offset is added to; without the counter, where the loop has one.
    address: Value,
    /// The offset of a stream that starts at 0.
    offset: i64,
}

/// What is made before the loop, and while it turns.
struct Turns<'t, 'p, 'f> {
    guard: Guard<'t, 'p, 'f>,
    shape: &'t Shape,
    graph: &'t Graph,
    /// Vectors of each pack in a turn.
    vectors: u32,
    /// Elements of a turn.
    elements: u32,
}

impl<'f> Turns<'_, '_, 'f> {
    fn make(mut self, plan: &Plan<'_>) -> Block {
        let invariants: Vec<Option<Value>> = (0..self.graph.packs.len()).map(|pack| self.invariant(pack)).collect();
        let counts = plan.target.adds_counter(0, VECTOR, true);
        let mut pointers = self.pointers(plan, counts);
        let length = self.guard.length(self.graph.size, self.elements);
        // What the loop carries: its counter or pointers, then what it reduces.
        let end = if counts { None } else { Some(self.ins().iadd(pointers[0].address, length)) };
        let mut passed: Vec<Value> = match end {
            None => vec![self.ins().ineg(length)],
            Some(_) => pointers.iter().map(|pointer| pointer.address).collect(),
        };
        let steps = passed.len();
        self.neutral(&mut passed);
        let block = self.next_block();
        self.jump(block, &passed);
        for &value in &passed {
            let ty = self.guard.low.builder.func.dfg.value_type(value);
            self.guard.low.builder.append_block_param(block, ty);
        }
        self.guard.low.builder.switch_to_block(block);
        let params = self.guard.low.builder.block_params(block).to_vec();
        self.point(&mut pointers, &params[..steps], counts);
        let made = self.body(&pointers, &invariants);
        let reduced = self.reduce(&params[steps..], &made);
        let by = i64::from(self.graph.size * self.elements);
        let mut next: Vec<Value> = params[..steps].iter().map(|&param| self.ins().iadd_imm_s(param, by)).collect();
        let goes_on = match end {
            Some(end) => self.ins().icmp(IntCC::NotEqual, next[0], end),
            None => next[0],
        };
        next.extend(&reduced);
        let behind = self.next_block();
        let args: Vec<BlockArg> = next.into_iter().map(BlockArg::from).collect();
        self.ins().brif(goes_on, block, &args, behind, &[]);
        self.guard.low.builder.switch_to_block(behind);
        self.leave(&reduced);
        self.guard.low.builder.finalize(plan.target.frontend_config());
        block
    }

    fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.guard.low.builder.ins()
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

    /// The type of a pack's vectors.
    fn vector(&self, pack: PackId) -> Type {
        let (_, lane) = self.graph.packs[pack];
        lane.by(VECTOR / self.graph.size).expect("vectors have these lanes")
    }

    /// The vector that a pack is in each turn, where it is the same; the number itself for how far is shifted.
    fn invariant(&mut self, pack: PackId) -> Option<Value> {
        let Pack::Same(value) = self.graph.packs[pack].0 else { return None };
        let value = self.guard.first(value);
        let ty = self.vector(pack);
        Some(if self.graph.is_amount(pack) { value } else { self.ins().splat(ty, value) })
    }

    /// Where the streams of each root begin, or where they end if a counter is added that ends with 0.
    fn pointers(&mut self, plan: &Plan<'_>, counts: bool) -> Vec<Pointer> {
        let memory = &plan.memories[self.graph.memory];
        let base = i64::try_from(memory.base).ok().filter(|_| memory.strategy.is_fixed());
        let mut pointers = Vec::new();
        for (root, _, [start, last]) in roots(&self.graph.streams) {
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
                let length = self.guard.length(self.graph.size, self.elements);
                address = self.ins().iadd(address, length);
            }
            pointers.push(Pointer { root, address, offset });
        }
        pointers
    }

    /// Has pointers lead to where they do in the present turn.
    fn point(&mut self, pointers: &mut [Pointer], params: &[Value], counts: bool) {
        for (number, pointer) in pointers.iter_mut().enumerate() {
            pointer.address = if counts { self.ins().iadd(pointer.address, params[0]) } else { params[number] };
        }
    }

    /// The address of a stream, and the offset of one of its vectors.
    fn place(&self, pointers: &[Pointer], stream: usize, vector: u32) -> (Value, i32) {
        let stream = &self.graph.streams[stream];
        let pointer = pointers.iter().find(|pointer| pointer.root == stream.root).expect("each root has a pointer");
        let offset = pointer.offset + stream.start + i64::from(vector * VECTOR);
        (pointer.address, i32::try_from(offset).expect("streams of a root are near each other"))
    }

    /// What packs are in a turn: one vector after the other of each.
    fn body(&mut self, pointers: &[Pointer], invariants: &[Option<Value>]) -> Vec<Vec<Value>> {
        // What is inside the memory does not trap.
        let flags = self.guard.low.memory_flags(self.graph.memory).with_trap_code(None);
        let mut made: Vec<Vec<Value>> = Vec::new();
        for (pack, invariant) in invariants.iter().enumerate() {
            let ty = self.vector(pack);
            let vectors = match (&self.graph.packs[pack].0, invariant) {
                (_, &Some(invariant)) => vec![invariant; self.vectors as usize],
                (&Pack::Load { stream }, _) => (0..self.vectors)
                    .map(|vector| {
                        let (address, offset) = self.place(pointers, stream, vector);
                        self.ins().load(ty, flags, address, offset)
                    })
                    .collect(),
                (Pack::Made { by, of }, _) => (0..self.vectors as usize)
                    .map(|vector| {
                        let data = self.guard.low.builder.func.dfg.insts[*by];
                        let mut args: Vec<Value> = of.iter().map(|&pack| made[pack][vector]).collect();
                        // What is the same in each turn comes last: on x86-64 the first one is overwritten.
                        if is_commutative(data.opcode()) && invariants[of[0]].is_some() {
                            args.swap(0, 1);
                        }
                        self.instruction(data, ty, &args)
                    })
                    .collect(),
                (Pack::Same(_), None) => unreachable!("it is an invariant"),
            };
            made.push(vectors);
        }
        for &(pack, stream) in &self.graph.stores {
            for vector in 0..self.vectors {
                let (address, offset) = self.place(pointers, stream, vector);
                self.ins().store(flags, made[pack][vector as usize], address, offset);
            }
        }
        made
    }

    /// The same as an instruction does, with vectors.
    fn instruction(&mut self, data: InstructionData, ty: Type, args: &[Value]) -> Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        let (inst, dfg) = match (data, args) {
            (InstructionData::IntCompare { cond, .. }, &[left, right]) => return self.ins().icmp(cond, left, right),
            (InstructionData::FloatCompare { cond, .. }, &[left, right]) => return self.ins().fcmp(cond, left, right),
            (InstructionData::Ternary { .. }, &[mask, one, other]) => {
                let mask = match self.guard.low.builder.func.dfg.value_type(mask) {
                    same if same == ty => mask,
                    _ => self.ins().bitcast(ty, flags, mask),
                };
                return self.ins().bitselect(mask, one, other);
            }
            (InstructionData::Unary { opcode: Opcode::Uextend, .. }, &[mask]) => {
                let by = self.ins().iconst(types::I32, i64::from(ty.lane_bits() - 1));
                return self.ins().ushr(mask, by);
            }
            (InstructionData::Unary { opcode, .. }, &[arg]) => self.ins().Unary(opcode, ty, arg),
            (InstructionData::Binary { opcode, .. }, &[left, right]) => self.ins().Binary(opcode, ty, left, right),
            _ => unreachable!("packs are made of these alone"),
        };
        dfg.first_result(inst)
    }

    /// What reductions begin with: a vector for each of a turn.
    fn neutral(&mut self, passed: &mut Vec<Value>) {
        for reduction in &self.graph.reductions {
            let ty = self.vector(reduction.of[0]);
            let lane = if reduction.opcode == Opcode::Band { -1 } else { 0 };
            let lane = self.ins().iconst(ty.lane_type(), lane);
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
                    let (inst, dfg) = self.ins().Binary(reduction.opcode, ty, *sum, made[pack][vector]);
                    *sum = dfg.first_result(inst);
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
        for (reduction, sums) in self.graph.reductions.iter().zip(reduced.chunks(self.vectors as usize)) {
            let ty = self.vector(reduction.of[0]);
            let mut binary = |ty, left, right| {
                let (inst, dfg) = self.ins().Binary(reduction.opcode, ty, left, right);
                dfg.first_result(inst)
            };
            let sum = sums[1..].iter().fold(sums[0], |sum, &other| binary(ty, sum, other));
            let mut total = params[reduction.number];
            for lane in 0..ty.lane_count() {
                let lane = self.ins().extractlane(sum, lane as u8);
                let (inst, dfg) = self.ins().Binary(reduction.opcode, ty.lane_type(), total, lane);
                total = dfg.first_result(inst);
            }
            params[reduction.number] = total;
        }
        self.jump(self.shape.block, &params);
    }
}
