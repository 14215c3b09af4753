//! What a loop accesses: all of it must be one memory, of this thread alone, from turn to turn the next elements of
//! arrays.

use super::shape::{Shape, root};
use crate::lower::memory_of_region;
use crate::optimize::access::{self, Access, Base};
use crate::optimize::interruption;
use crate::plan::Plan;
use cranelift_codegen::ir::{Function, Inst, Opcode, Value};
use wasmc_frontend::index::MemoryIndex;

/// Elements of a turn at most.
const MAX_ELEMENTS: usize = 16;

/// An access of a loop.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub inst: Inst,
    /// What its index is, but for a constant.
    pub root: Value,
    /// The constant, as a number with a sign.
    pub sum: i32,
    /// What is added to the extended root: `sum` and the offset.
    pub start: i64,
    /// Bytes that it accesses.
    pub size: u32,
    pub is_store: bool,
}

/// All accesses of a loop.
pub(super) struct Accesses {
    pub memory: MemoryIndex,
    /// In the order of the program.
    pub places: Vec<Place>,
    /// How many elements of each array a turn has.
    pub elements: usize,
}

impl Accesses {
    pub(super) fn of(plan: &Plan<'_>, func: &Function, shape: &Shape) -> Option<Self> {
        let (mut memory, mut places, mut elements) = (None, Vec::new(), None);
        for inst in func.layout.block_insts(shape.block) {
            let opcode = func.dfg.insts[inst].opcode();
            if looks(func, inst) {
                continue;
            }
            let accesses = opcode.can_load() || opcode.can_store();
            if !accesses {
                let is_plain = !opcode.can_trap() && !opcode.is_call() && !opcode.other_side_effects();
                if is_plain || shape.takes_fuel(inst) || Some(inst) == func.layout.last_inst(shape.block) {
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
            if memory.is_shared || memory.is_64 {
                return None;
            }
            let added = match base {
                Base::Displacement => 0_u64.wrapping_sub(memory.base),
                Base::Constant(constant) => constant.wrapping_sub(memory.base),
                Base::Value(_) => 0,
            };
            let offset = i64::from(offset).wrapping_add_unsigned(added);
            let (root, sum) = root(&func.dfg, index);
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

    pub(super) fn place(&self, inst: Inst) -> Option<&Place> {
        self.places.iter().find(|place| place.inst == inst)
    }

    pub(super) fn loads(&self) -> impl Iterator<Item = Inst> {
        self.places.iter().filter(|place| !place.is_store).map(|place| place.inst)
    }
}

/// Whether an instruction is there to look for an interruption. Turns with vectors need not: they go through their
/// arrays once, as loops do that look for none (`interruption.rs`).
fn looks(func: &Function, inst: Inst) -> bool {
    func.dfg.insts[inst].opcode() == Opcode::GetPinnedReg || interruption::is_look(func, inst)
}
