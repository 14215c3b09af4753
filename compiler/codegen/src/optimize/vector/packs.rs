//! What a loop does in one turn, as what it does with one element of each array that it goes through.
//!
//! Compilers unroll loops, so that a turn may have several elements: two stores of which each takes the next place, and
//! is made of the next element of each array in the same way. Values that do the same for neighbouring elements are a
//! pack. The loop is the same as one that turns as often as there are elements, and does what a pack says in each turn:
//! no value of a pack depends on another, and no access touches what another one of a different element does, as
//! `guard.rs` makes sure.

use super::shape::{Role, Shape};
use crate::lower::memory_of_region;
use crate::optimize::access::{self, Access, Base};
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Type, Value, types};
use std::collections::HashMap;
use wasmc_frontend::index::MemoryIndex;

/// Packs of one loop at most.
const MAX_PACKS: usize = 40;

/// Elements of a turn at most.
const MAX_ELEMENTS: usize = 16;

/// The position of a pack in its graph: what it is made of comes before it.
pub(super) type PackId = usize;

/// One or several values that are made in the same way, of neighbouring elements.
#[derive(Debug)]
pub(super) enum Pack {
    /// What is the same for all elements.
    Same(Value),
    /// What is loaded from a stream.
    Load { stream: usize },
    /// What an instruction makes of packs.
    Made { by: Inst, of: Vec<PackId> },
}

/// Consecutive elements that are accessed from turn to turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    /// What its index is added to.
    pub root: Value,
    /// What is added to the index before it is extended, as a number with a sign.
    pub sum: i32,
    /// What is added to the extended root, `sum` included: the first element of the first turn is there.
    pub start: i64,
    /// Bytes of an element.
    pub size: u32,
    pub is_stored: bool,
}

/// What is made of all elements.
#[derive(Debug)]
pub(super) struct Reduction {
    /// Which parameter of the header.
    pub number: usize,
    pub opcode: Opcode,
    /// What is made of one element of each; several packs where a turn has several of the same.
    pub of: Vec<PackId>,
}

/// What a loop does with an element.
pub(super) struct Graph {
    pub memory: MemoryIndex,
    pub packs: Vec<(Pack, Type)>,
    pub streams: Vec<Stream>,
    /// Which pack is stored where.
    pub stores: Vec<(PackId, usize)>,
    pub reductions: Vec<Reduction>,
    /// Packs that say how far others are shifted.
    amounts: Vec<PackId>,
    /// How many elements a turn has: a power of two.
    pub elements: u32,
    /// Bytes of an element.
    pub size: u32,
}

impl Graph {
    /// What a loop does, where all of it can be done with vectors.
    pub(super) fn of(plan: &Plan<'_>, func: &Function, shape: &Shape) -> Option<Self> {
        let accesses = Accesses::of(plan, func, shape)?;
        let mut builder = Builder {
            func,
            shape,
            accesses: &accesses,
            known: HashMap::new(),
            loaded: EntitySet::new(),
            graph: Self {
                memory: accesses.memory,
                packs: Vec::new(),
                streams: Vec::new(),
                stores: Vec::new(),
                reductions: Vec::new(),
                amounts: Vec::new(),
                elements: accesses.elements as u32,
                size: accesses.places.first()?.size,
            },
        };
        builder.stores()?;
        builder.reductions()?;
        let all_loaded = accesses.loads().all(|inst| builder.loaded.contains(inst));
        let graph = (all_loaded && builder.is_in_order()).then_some(builder.graph)?;
        let size = graph.size;
        let is_of_size = |&(_, ty): &(Pack, Type)| ty.bytes() == size;
        let is_one = graph.streams.iter().all(|stream| stream.size == size) && graph.packs.iter().all(is_of_size);
        is_one.then_some(graph)
    }

    /// Whether a pack says how far another one is shifted.
    pub(super) fn is_amount(&self, pack: PackId) -> bool {
        self.amounts.contains(&pack)
    }
}

/// An access of a loop.
#[derive(Clone, Copy)]
struct Place {
    inst: Inst,
    root: Value,
    sum: i32,
    start: i64,
    size: u32,
    is_store: bool,
}

/// All accesses of a loop.
struct Accesses {
    memory: MemoryIndex,
    /// In the order of the program.
    places: Vec<Place>,
    elements: usize,
}

impl Accesses {
    fn of(plan: &Plan<'_>, func: &Function, shape: &Shape) -> Option<Self> {
        let (mut memory, mut places, mut elements) = (None, Vec::new(), None);
        for inst in func.layout.block_insts(shape.block) {
            let opcode = func.dfg.insts[inst].opcode();
            let accesses = opcode.can_load() || opcode.can_store();
            if !accesses {
                let is_plain = !opcode.can_trap() && !opcode.is_call() && !opcode.other_side_effects();
                if is_plain || Some(inst) == func.layout.last_inst(shape.block) {
                    continue;
                }
                return None;
            }
            // Where a memory begins: nothing else takes it.
            if func.dfg.insts[inst].memflags_trap_code(&func.dfg).is_none() && opcode == Opcode::Load {
                continue;
            }
            let Access { base, index, offset, .. } = access::of(&func.dfg, inst)?;
            let region = func.dfg.insts[inst].alias_region(&func.dfg)?;
            let of = memory_of_region(func.dfg.alias_regions[region].user_id)?;
            if *memory.get_or_insert(of) != of {
                return None;
            }
            let memory = &plan.memories[of];
            let added = match base {
                Base::Displacement => 0_u64.wrapping_sub(memory.base),
                Base::Constant(constant) => constant.wrapping_sub(memory.base),
                Base::Value(_) => 0,
            };
            let offset = i64::from(offset).wrapping_add_unsigned(added);
            let (root, sum) = values::root(&func.dfg, index);
            let (sum, size) = (sum as i32, access::size(&func.dfg, inst));
            let step = shape.step(func, root)?;
            let count = (step / size) as usize;
            let is_consecutive = step.is_multiple_of(size) && count.is_power_of_two() && count <= MAX_ELEMENTS;
            if !is_consecutive || *elements.get_or_insert(count) != count || !(0..1 << 32).contains(&offset) {
                return None;
            }
            let start = offset + i64::from(sum);
            places.push(Place { inst, root, sum, start, size, is_store: opcode.can_store() });
        }
        Some(Self { memory: memory?, places, elements: elements? })
    }

    fn place(&self, inst: Inst) -> Option<&Place> {
        self.places.iter().find(|place| place.inst == inst)
    }

    fn loads(&self) -> impl Iterator<Item = Inst> {
        self.places.iter().filter(|place| !place.is_store).map(|place| place.inst)
    }
}

/// A graph that is being made.
struct Builder<'b> {
    func: &'b Function,
    shape: &'b Shape,
    accesses: &'b Accesses,
    known: HashMap<Vec<Value>, PackId>,
    /// Loads that are part of a pack.
    loaded: EntitySet<Inst>,
    graph: Graph,
}

impl Builder<'_> {
    /// Makes packs of all stores and what they take.
    fn stores(&mut self) -> Option<()> {
        let mut stores: Vec<Place> = self.accesses.places.iter().filter(|place| place.is_store).copied().collect();
        stores.sort_by_key(|place| (place.root, place.start));
        for chunk in stores.chunks(self.accesses.elements) {
            let stream = self.stream(chunk)?;
            let stored: Vec<Value> = chunk.iter().map(|place| self.func.dfg.inst_args(place.inst)[0]).collect();
            if self.func.dfg.value_type(stored[0]).bytes() != chunk[0].size {
                return None;
            }
            let pack = self.pack(&stored)?;
            self.graph.stores.push((pack, stream));
        }
        Some(())
    }

    /// The stream that accesses to neighbouring elements are.
    fn stream(&mut self, places: &[Place]) -> Option<usize> {
        let first = *places.first().filter(|_| places.len() == self.accesses.elements)?;
        for (number, place) in places.iter().enumerate() {
            let start = first.start + (number * first.size as usize) as i64;
            let is_next = place.root == first.root && place.start == start && place.size == first.size;
            if !is_next || place.is_store != first.is_store {
                return None;
            }
        }
        let sum = places.iter().map(|place| place.sum).min()?;
        let Place { root, start, size, is_store, .. } = first;
        let is_same = |stream: &Stream| (stream.root, stream.start, stream.size) == (root, start, size);
        let streams = &mut self.graph.streams;
        if let Some(number) = streams.iter().position(is_same) {
            streams[number].sum = streams[number].sum.min(sum);
            streams[number].is_stored |= is_store;
            return Some(number);
        }
        streams.push(Stream { root, sum, start, size, is_stored: is_store });
        Some(streams.len() - 1)
    }

    /// The pack that values are, one for each element of a turn.
    fn pack(&mut self, of: &[Value]) -> Option<PackId> {
        if let Some(&known) = self.known.get(of) {
            return Some(known);
        }
        let first = of[0];
        let ty = self.func.dfg.value_type(first);
        let pack = if self.are_same(of) {
            Pack::Same(first)
        } else {
            let insts: Option<Vec<Inst>> = of
                .iter()
                .map(|&value| self.func.dfg.value_def(value).inst().filter(|_| self.contains(value)))
                .collect();
            let insts = insts?;
            match self.func.dfg.insts[insts[0]] {
                InstructionData::Load { opcode: Opcode::Load, .. } => self.load(&insts)?,
                _ => self.made(&insts)?,
            }
        };
        if self.graph.packs.len() == MAX_PACKS || !matches!(ty, types::I32 | types::I64 | types::F32 | types::F64) {
            return None;
        }
        self.graph.packs.push((pack, ty));
        let id = self.graph.packs.len() - 1;
        self.known.insert(of.to_vec(), id);
        Some(id)
    }

    fn contains(&self, value: Value) -> bool {
        self.shape.contains(self.func, value)
    }

    /// Whether values are one that is the same in every turn.
    fn are_same(&self, of: &[Value]) -> bool {
        let dfg = &self.func.dfg;
        let data = |value| values::made_by(dfg, value).filter(|data| is_constant(data.opcode()));
        let same = |value: Value| value == of[0] || data(value).is_some_and(|made| data(of[0]) == Some(made));
        self.shape.is_invariant(self.func, of[0]) && of.iter().all(|&value| same(value))
    }

    fn load(&mut self, insts: &[Inst]) -> Option<Pack> {
        let places: Option<Vec<Place>> = insts.iter().map(|&inst| self.accesses.place(inst).copied()).collect();
        let stream = self.stream(&places?)?;
        self.loaded.extend(insts.iter().copied());
        Some(Pack::Load { stream })
    }

    /// The pack of what instructions of one kind make.
    fn made(&mut self, insts: &[Inst]) -> Option<Pack> {
        let dfg = &self.func.dfg;
        let first = dfg.insts[insts[0]];
        let opcode = first.opcode();
        let ty = dfg.value_type(dfg.first_result(insts[0]));
        if !has_lanes(opcode, ty) {
            return None;
        }
        let is_alike =
            |&inst: &Inst| dfg.insts[inst].opcode() == opcode && dfg.value_type(dfg.first_result(inst)) == ty;
        if !insts.iter().all(is_alike) {
            return None;
        }
        if opcode == Opcode::Select {
            let column =
                |number: usize| -> Vec<Value> { insts.iter().map(|&inst| dfg.inst_args(inst)[number]).collect() };
            let of = vec![self.mask(&column(0), ty)?, self.pack(&column(1))?, self.pack(&column(2))?];
            return Some(Pack::Made { by: insts[0], of });
        }
        if opcode == Opcode::Uextend {
            let compared: Vec<Value> = insts.iter().map(|&inst| dfg.inst_args(inst)[0]).collect();
            return Some(Pack::Made { by: insts[0], of: vec![self.mask(&compared, ty)?] });
        }
        let column = |number: usize| -> Vec<Value> { insts.iter().map(|&inst| dfg.inst_args(inst)[number]).collect() };
        let mut of = Vec::new();
        for number in 0..dfg.inst_args(insts[0]).len() {
            let shifts = matches!(opcode, Opcode::Ishl | Opcode::Ushr | Opcode::Sshr) && number == 1;
            of.push(if shifts { self.amount(&column(number))? } else { self.pack(&column(number))? });
        }
        Some(Pack::Made { by: insts[0], of })
    }

    /// The pack of whether comparisons hold, as all bits of lanes as wide as `ty`.
    fn mask(&mut self, of: &[Value], ty: Type) -> Option<PackId> {
        let dfg = &self.func.dfg;
        let compared = |&value: &Value| {
            let value = values::unary(dfg, value, Opcode::Uextend).unwrap_or(value);
            let inst = dfg.value_def(value).inst().filter(|_| self.contains(value))?;
            let cond = match dfg.insts[inst] {
                InstructionData::IntCompare { cond, .. } => Err(cond),
                InstructionData::FloatCompare { cond, .. } => Ok(cond),
                _ => return None,
            };
            Some((inst, cond, dfg.inst_args(inst).to_vec()))
        };
        let all: Vec<_> = of.iter().map(compared).collect::<Option<_>>()?;
        let (inst, cond, args) = all.first()?;
        let compared = dfg.value_type(args[0]);
        // No CPU compares these without a sign.
        let is_compared = match cond {
            Err(cond) if compared == types::I64 => {
                matches!(cond, IntCC::Equal | IntCC::NotEqual) || *cond != cond.unsigned()
            }
            _ => true,
        };
        let is_alike = |other: &(Inst, _, Vec<Value>)| other.1 == *cond && dfg.value_type(other.2[0]) == compared;
        if !is_compared || compared.bytes() != ty.bytes() || !all.iter().all(is_alike) {
            return None;
        }
        let column = |number: usize| -> Vec<Value> { all.iter().map(|(_, _, args)| args[number]).collect() };
        let of = vec![self.pack(&column(0))?, self.pack(&column(1))?];
        self.graph.packs.push((Pack::Made { by: *inst, of }, if ty.bits() == 64 { types::I64 } else { types::I32 }));
        Some(self.graph.packs.len() - 1)
    }

    /// The pack of how far values are shifted: all as far.
    fn amount(&mut self, of: &[Value]) -> Option<PackId> {
        let first = of[0];
        if !self.are_same(of) {
            return None;
        }
        self.graph.packs.push((Pack::Same(first), self.func.dfg.value_type(first)));
        let id = self.graph.packs.len() - 1;
        self.graph.amounts.push(id);
        Some(id)
    }

    /// Finds what becomes of parameters that are no counters.
    fn reductions(&mut self) -> Option<()> {
        let carried: Vec<(usize, Value)> = (self.shape.roles.iter().enumerate())
            .filter_map(|(number, role)| match role {
                Role::Carried(next) => Some((number, *next)),
                Role::Counter(_) => None,
            })
            .collect();
        for (number, next) in carried {
            let param = self.func.dfg.block_params(self.shape.block)[number];
            let opcode = values::made_by(&self.func.dfg, next)?.opcode();
            let ty = self.func.dfg.value_type(next);
            let is_reduced = matches!(opcode, Opcode::Iadd | Opcode::Band | Opcode::Bor | Opcode::Bxor);
            if !is_reduced || !matches!(ty, types::I32 | types::I64) {
                return None;
            }
            let mut leaves = Vec::new();
            self.leaves(next, opcode, &mut leaves)?;
            let at = leaves.iter().position(|&leaf| leaf == param)?;
            leaves.remove(at);
            // No element may depend on what others have made.
            if leaves.is_empty() || leaves.contains(&param) || !leaves.len().is_multiple_of(self.accesses.elements) {
                return None;
            }
            leaves.sort_by_key(|&leaf| self.least_start(leaf, 4));
            let of = self.split(&leaves)?;
            self.graph.reductions.push(Reduction { number, opcode, of });
        }
        Some(())
    }

    /// The packs that values are, in whatever order.
    fn split(&mut self, leaves: &[Value]) -> Option<Vec<PackId>> {
        leaves.chunks(self.accesses.elements).map(|chunk| self.pack(chunk)).collect()
    }

    /// Where the first element lies that a value is made of.
    fn least_start(&self, value: Value, depth: u32) -> Option<i64> {
        let inst = self.func.dfg.value_def(value).inst()?;
        if let Some(place) = self.accesses.place(inst) {
            return Some(place.start);
        }
        let depth = depth.checked_sub(1)?;
        self.func.dfg.inst_args(inst).iter().filter_map(|&arg| self.least_start(arg, depth)).min()
    }

    /// What a value is made of by nothing but `opcode`, none of which is used otherwise.
    fn leaves(&self, value: Value, opcode: Opcode, leaves: &mut Vec<Value>) -> Option<()> {
        match values::binary(&self.func.dfg, value, opcode) {
            Some(args) if self.contains(value) && self.uses(value) <= 1 => {
                if leaves.len() > 2 * MAX_ELEMENTS {
                    return None;
                }
                args.into_iter().try_for_each(|arg| self.leaves(arg, opcode, leaves))
            }
            _ => {
                leaves.push(value);
                Some(())
            }
        }
    }

    /// How often the loop takes a value in a turn.
    fn uses(&self, value: Value) -> usize {
        let dfg = &self.func.dfg;
        let insts = self.func.layout.block_insts(self.shape.block);
        let plain = insts.filter(|&inst| !dfg.insts[inst].opcode().is_terminator());
        plain.flat_map(|inst| dfg.inst_args(inst)).filter(|&&used| used == value).count()
    }

    /// Whether each load of an element comes before its stores, of which there is one.
    fn is_in_order(&self) -> bool {
        let places = &self.accesses.places;
        let stores = places.iter().enumerate().filter(|(_, place)| place.is_store);
        stores.into_iter().all(|(number, store)| {
            let is_same = |place: &Place| (place.root, place.start) == (store.root, store.start);
            !places[number + 1..].iter().any(is_same)
        })
    }
}

fn is_constant(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Iconst | Opcode::F32const | Opcode::F64const)
}

/// Whether an instruction does the same with each lane of vectors, and does it well.
fn has_lanes(opcode: Opcode, ty: Type) -> bool {
    match opcode {
        Opcode::Iadd | Opcode::Isub | Opcode::Ineg | Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Bnot => true,
        Opcode::Imul | Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => ty == types::I32,
        Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv | Opcode::Sqrt | Opcode::Fneg | Opcode::Fabs => true,
        Opcode::Fmin | Opcode::Fmax | Opcode::Ceil | Opcode::Floor | Opcode::Trunc | Opcode::Nearest => true,
        Opcode::FcvtFromSint => ty == types::F32,
        // What is selected, or counted, by comparisons.
        Opcode::Select | Opcode::Uextend => true,
        _ => false,
    }
}
