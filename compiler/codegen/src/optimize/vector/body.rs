//! What a turn with vectors does.

use super::packs::{Pack, PackId};
use super::turns::{Pointer, Turns, VECTOR};
use cranelift_codegen::ir::{Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value, types};

impl Turns<'_, '_, '_> {
    /// The address of a stream, and the offset of one of its vectors.
    fn place(&self, pointers: &[Pointer], stream: usize, vector: u32) -> (Value, i32) {
        let stream = &self.graph.streams[stream];
        let pointer = pointers.iter().find(|pointer| pointer.root == stream.root).expect("each root has a pointer");
        let bytes = vector * stream.size * self.lanes();
        let offset = pointer.offset + stream.start + i64::from(bytes);
        (pointer.address, i32::try_from(offset).expect("streams of a root are near each other"))
    }

    /// What packs are in a turn: one vector after the other of each.
    pub(super) fn body(&mut self, pointers: &[Pointer], invariants: &[Option<Value>]) -> Vec<Vec<Value>> {
        let mut made: Vec<Vec<Value>> = Vec::new();
        for (pack, invariant) in invariants.iter().enumerate() {
            let vectors = match invariant {
                Some(invariant) => vec![*invariant; self.vectors as usize],
                None => (0..self.vectors).map(|vector| self.value(pack, pointers, invariants, &made, vector)).collect(),
            };
            made.push(vectors);
        }
        for &(pack, stream) in &self.graph.stores {
            for vector in 0..self.vectors {
                let place = self.place(pointers, stream, vector);
                self.store(made[pack][vector as usize], place, self.graph.streams[stream].size);
            }
        }
        made
    }

    /// One vector of a pack.
    fn value(
        &mut self,
        pack: PackId,
        pointers: &[Pointer],
        invariants: &[Option<Value>],
        made: &[Vec<Value>],
        vector: u32,
    ) -> Value {
        let ty = self.vector(pack);
        let made = |pack: PackId| made[pack][vector as usize];
        match &self.graph.packs[pack].0 {
            Pack::Same(_) => invariants[pack].expect("it is an invariant"),
            &Pack::Counted { by, .. } => {
                let first = self.counted[&pack];
                let step = self.constant(pack, by.wrapping_mul(self.lanes() * vector));
                if vector == 0 { first } else { self.ins().iadd(first, step) }
            }
            &Pack::Load { stream } => {
                self.load(ty, self.place(pointers, stream, vector), self.graph.streams[stream].size)
            }
            &Pack::Widened { of, signed: true } => self.ins().swiden_low(made(of)),
            &Pack::Widened { of, signed: false } => self.ins().uwiden_low(made(of)),
            &Pack::Narrowed { of } => self.narrowed(made(of), ty),
            &Pack::Compared { cond, of: [left, right] } => self.ins().icmp(cond, made(left), made(right)),
            Pack::Made { by, of } => {
                let data = self.guard.low.builder.func.dfg.insts[*by];
                let mut args: Vec<Value> = of.iter().map(|&pack| made(pack)).collect();
                // What is the same in each turn comes last: on x86-64 the first one is overwritten.
                if is_commutative(data.opcode()) && invariants[of[0]].is_some() {
                    args.swap(0, 1);
                }
                self.instruction(data, ty, &args)
            }
        }
    }

    /// What is accessed is inside the memory, and does not trap.
    fn flags(&mut self) -> MemFlagsData {
        self.guard.low.memory_flags(self.graph.memory).with_trap_code(None)
    }

    /// Loads as many elements as there are lanes.
    fn load(&mut self, ty: Type, (address, offset): (Value, i32), size: u32) -> Value {
        let flags = self.flags();
        let part = match size * self.lanes() {
            VECTOR => return self.ins().load(ty, flags, address, offset),
            8 => self.ins().load(types::F64, flags, address, offset),
            4 => self.ins().load(types::F32, flags, address, offset),
            _ => self.ins().uload16(types::I32, flags, address, offset),
        };
        let of = self.guard.low.builder.func.dfg.value_type(part);
        let whole = self.ins().scalar_to_vector(of.by(VECTOR / of.bytes()).expect("vectors have these lanes"), part);
        self.bitcast(ty, whole)
    }

    /// Stores as many elements as there are lanes.
    fn store(&mut self, vector: Value, (address, offset): (Value, i32), size: u32) {
        let flags = self.flags();
        let as_lanes = match size * self.lanes() {
            VECTOR => {
                self.ins().store(flags, vector, address, offset);
                return;
            }
            8 => types::F64X2,
            4 => types::F32X4,
            _ => types::I32X4,
        };
        let vector = self.bitcast(as_lanes, vector);
        let part = self.ins().extractlane(vector, 0);
        match size * self.lanes() {
            2 => self.ins().istore16(flags, part, address, offset),
            _ => self.ins().store(flags, part, address, offset),
        };
    }

    pub(super) fn bitcast(&mut self, ty: Type, vector: Value) -> Value {
        if self.guard.low.builder.func.dfg.value_type(vector) == ty {
            return vector;
        }
        self.ins().bitcast(ty, MemFlagsData::new().with_endianness(Endianness::Little), vector)
    }

    /// The lower halves of lanes, side by side.
    fn narrowed(&mut self, vector: Value, ty: Type) -> Value {
        let bytes = self.bitcast(types::I8X16, vector);
        let size = ty.lane_type().bytes() as u8;
        let lanes: Vec<u8> = (0..VECTOR as u8).map(|byte| (byte / size * 2 * size + byte % size) % 32).collect();
        let lanes = self.guard.low.builder.func.dfg.immediates.push(lanes.as_slice().into());
        let bytes = self.ins().shuffle(bytes, bytes, lanes);
        self.bitcast(ty, bytes)
    }

    /// The same as an instruction does, with vectors.
    fn instruction(&mut self, data: InstructionData, ty: Type, args: &[Value]) -> Value {
        match (data, args) {
            (InstructionData::FloatCompare { cond, .. }, &[left, right]) => self.ins().fcmp(cond, left, right),
            (InstructionData::Ternary { .. }, &[mask, one, other]) => {
                let mask = self.bitcast(ty, mask);
                self.ins().bitselect(mask, one, other)
            }
            (InstructionData::Unary { opcode: Opcode::Uextend, .. }, &[mask]) => self.ins().ineg(mask),
            (InstructionData::Unary { opcode, .. }, &[arg]) => {
                let (inst, dfg) = self.ins().Unary(opcode, ty, arg);
                dfg.first_result(inst)
            }
            (InstructionData::Binary { opcode, .. }, &[left, right]) => self.binary(opcode, ty, [left, right]),
            _ => unreachable!("packs are made of these alone"),
        }
    }
}

/// Whether it does not matter which operand comes first.
fn is_commutative(opcode: Opcode) -> bool {
    use Opcode::{Band, Bor, Bxor, Fadd, Fmul, Iadd, Imul};
    matches!(opcode, Iadd | Imul | Band | Bor | Bxor | Fadd | Fmul)
}
