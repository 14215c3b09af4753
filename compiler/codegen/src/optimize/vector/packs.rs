//! What a loop does in one turn, as what it does with one element of each array that it goes through.
//!
//! Compilers unroll loops, so that a turn may have several elements: two stores of which each takes the next place, and
//! is made of the next element of each array in the same way. Values that do the same for neighbouring elements are a
//! pack. The loop is the same as one that turns as often as there are elements, and does what a pack says in each turn:
//! no value of a pack depends on another, and no access touches what another one of a different element does, as
//! `guard.rs` makes sure.

use super::accesses::{Accesses, Place};
use super::shape::{Role, Shape};
use crate::plan::Plan;
use crate::values;
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Type, Value, types};
use std::collections::HashMap;
use wasmc_frontend::index::MemoryIndex;

/// About how many values a reduction takes in a turn at most.
const MAX_LEAVES: usize = 40;

/// Bytes that no turn of a loop fills which was not written to fill as fast as it can.
const VERY_LARGE: u32 = 32;

/// The position of a pack in its graph: what it is made of comes before it.
pub(super) type PackId = usize;

/// One or several values that are made in the same way, of neighbouring elements.
#[derive(Debug)]
pub(super) enum Pack {
    /// What is the same for all elements.
    Same(Value),
    /// A number that is so in the first turn, and grows by a constant from element to element.
    Counted { first: Value, by: u32 },
    /// What is loaded from a stream.
    Load { stream: usize },
    /// The values of a pack, extended to lanes of twice the size, with their signs or without.
    Widened { of: PackId, signed: bool },
    /// The lower halves of the values of a pack.
    Narrowed { of: PackId },
    /// All bits where a comparison of two packs of integers holds.
    Compared { cond: IntCC, of: [PackId; 2] },
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
    pub amounts: Vec<PackId>,
    /// How many elements a turn has: a power of two.
    pub elements: u32,
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
            },
        };
        builder.stores()?;
        builder.reductions()?;
        let all_loaded = accesses.loads().all(|inst| builder.loaded.contains(inst));
        (all_loaded && builder.is_in_order()).then_some(builder.graph)
    }

    /// Bytes of the widest lanes: as many elements as a vector has of these are in each vector.
    pub(super) fn widest(&self) -> u32 {
        let packs = self.packs.iter().enumerate().filter(|&(pack, _)| !self.is_amount(pack));
        packs.map(|(_, (_, lane))| lane.bytes()).max().unwrap_or(1)
    }

    /// Whether bytes or large pieces are copied, or very large ones filled, and nothing else is done, while counters
    /// are compared as `cond` says: whoever wrote that expects few of them, as it would have been a call of `memcpy` or
    /// `memset`, or is part of these.
    pub(super) fn is_short_copy(&self, cond: IntCC) -> bool {
        let computes = |(pack, _): &(Pack, Type)| !matches!(pack, Pack::Load { .. } | Pack::Same(_));
        let loads = |(pack, _): &(Pack, Type)| matches!(pack, Pack::Load { .. });
        let size = self.streams.iter().map(|stream| stream.size).max().unwrap_or(0);
        if !self.reductions.is_empty() || self.packs.iter().any(computes) {
            return false;
        }
        match self.packs.iter().any(loads) {
            true => size == 1 || cond != IntCC::NotEqual && self.elements * size >= 8,
            false => self.elements * size >= VERY_LARGE,
        }
    }

    /// Whether a pack says how far another one is shifted.
    pub(super) fn is_amount(&self, pack: PackId) -> bool {
        self.amounts.contains(&pack)
    }
}

/// A graph that is being made.
pub(super) struct Builder<'b> {
    pub func: &'b Function,
    pub shape: &'b Shape,
    pub accesses: &'b Accesses,
    /// The packs that values are, by their lanes.
    pub known: HashMap<(Vec<Value>, Type), PackId>,
    /// Loads that are part of a pack.
    pub loaded: EntitySet<Inst>,
    pub graph: Graph,
}

impl Builder<'_> {
    /// Makes packs of all stores and what they take.
    fn stores(&mut self) -> Option<()> {
        let mut stores: Vec<Place> = self.accesses.places.iter().filter(|place| place.is_store).copied().collect();
        stores.sort_by_key(|place| (place.root, place.start));
        for chunk in stores.chunks(self.accesses.elements) {
            let stream = self.stream(chunk)?;
            let stored: Vec<Value> = chunk.iter().map(|place| self.func.dfg.inst_args(place.inst)[0]).collect();
            let ty = self.func.dfg.value_type(stored[0]);
            let lane = if ty.bytes() == chunk[0].size { ty } else { Type::int(chunk[0].size as u16 * 8)? };
            let pack = self.pack(&stored, lane)?;
            self.graph.stores.push((pack, stream));
        }
        Some(())
    }

    /// The stream that accesses to neighbouring elements are.
    pub(super) fn stream(&mut self, places: &[Place]) -> Option<usize> {
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

    pub(super) fn contains(&self, value: Value) -> bool {
        self.shape.contains(self.func, value)
    }

    /// Finds what becomes of parameters that are no counters.
    fn reductions(&mut self) -> Option<()> {
        let carried: Vec<(usize, Value)> = (self.shape.roles.iter().enumerate())
            .filter_map(|(number, role)| match role {
                Role::Carried(next) => Some((number, *next)),
                Role::Counter(_) | Role::Fuel { .. } => None,
            })
            .collect();
        for (number, next) in carried {
            let param = self.func.dfg.block_params(self.shape.block)[number];
            let ty = self.func.dfg.value_type(next);
            let opcode = match values::made_by(&self.func.dfg, next)?.opcode() {
                opcode @ (Opcode::Iadd | Opcode::Band | Opcode::Bor | Opcode::Bxor) => opcode,
                Opcode::Select if ty == types::I32 => self.extreme(next)?.0,
                _ => return None,
            };
            if !matches!(ty, types::I32 | types::I64) {
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
            let of = leaves.chunks(self.accesses.elements).map(|chunk| self.pack(chunk, ty)).collect::<Option<_>>()?;
            self.graph.reductions.push(Reduction { number, opcode, of });
        }
        Some(())
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
        // A comparison looks at what is selected, too.
        let (args, uses) = match self.extreme(value) {
            Some((found, args)) => ((found == opcode).then_some(args), 2),
            None => (values::binary(&self.func.dfg, value, opcode), 1),
        };
        match args {
            Some(args) if self.contains(value) && self.uses(value) <= uses => {
                if leaves.len() > MAX_LEAVES {
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

    /// The greater or the lesser one of two integers, where a value is that.
    fn extreme(&self, value: Value) -> Option<(Opcode, [Value; 2])> {
        let dfg = &self.func.dfg;
        let InstructionData::Ternary { opcode: Opcode::Select, args: [condition, one, other] } =
            values::made_by(dfg, value)?
        else {
            return None;
        };
        let condition = values::unary(dfg, condition, Opcode::Uextend).unwrap_or(condition);
        let InstructionData::IntCompare { cond, args, .. } = values::made_by(dfg, condition)? else { return None };
        let cond = if args == [one, other] { cond } else { cond.swap_args() };
        let is_of_these = args == [one, other] || args == [other, one];
        let opcode = match cond {
            IntCC::SignedGreaterThan | IntCC::SignedGreaterThanOrEqual => Opcode::Smax,
            IntCC::SignedLessThan | IntCC::SignedLessThanOrEqual => Opcode::Smin,
            IntCC::UnsignedGreaterThan | IntCC::UnsignedGreaterThanOrEqual => Opcode::Umax,
            IntCC::UnsignedLessThan | IntCC::UnsignedLessThanOrEqual => Opcode::Umin,
            IntCC::Equal | IntCC::NotEqual => return None,
        };
        is_of_these.then_some((opcode, [one, other]))
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
