//! Loops of one block that may become vectors: what changes from turn to turn, and how often they turn.

use crate::lower::trap_code;
use crate::optimize::edges::{self, Edge};
use crate::values;
use cranelift_codegen::Context;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::Loop;
use wasmc_abi::trap::TrapCode;

/// How far back it is asked what makes a value.
const MAX_DEPTH: u32 = 8;

/// By how much a counter grows or shrinks with each turn at most.
const MAX_STEP: u32 = 1 << 16;

/// Subtractions that are followed: compilers add instead.
const MAX_SUBTRACTIONS: usize = 4;

/// A 32-bit value as another one and what is added to it: by subtractions of constants, too, as the egraph has not yet
/// made them additions.
pub(super) fn root(dfg: &DataFlowGraph, value: Value) -> (Value, u32) {
    let (mut root, mut sum) = values::root(dfg, value);
    for _ in 0..MAX_SUBTRACTIONS {
        let Some([rest, right]) = values::binary(dfg, root, Opcode::Isub) else { break };
        let Some(constant) = values::constant(dfg, right) else { break };
        let (before, added) = values::root(dfg, rest);
        (root, sum) = (before, sum.wrapping_sub(constant as u32).wrapping_add(added));
    }
    (root, sum)
}

/// What is left of fuel, where a parameter is that: it traps where `next` would be more than there is.
fn fuel(func: &Function, param: Value, next: Value) -> Option<Role> {
    let taken_by = func.dfg.value_def(next).inst()?;
    let InstructionData::IntAddTrap { args: [left, units], code, .. } = func.dfg.insts[taken_by] else { return None };
    let units = u32::try_from(values::constant(&func.dfg, units)?).ok()?;
    (left == param && code == trap_code(TrapCode::OutOfFuel)).then_some(Role::Fuel { units, taken_by })
}

/// What a parameter of the loop's header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// An i32 that grows by a constant from turn to turn, modulo 2^32; 0 for what stays as it is.
    Counter(u32),
    /// What is left of fuel, of which each turn takes so many units, by an instruction.
    Fuel { units: u32, taken_by: Inst },
    /// Anything else: what the next turn begins with.
    Carried(Value),
}

/// On what the next turn depends: that `cond` holds for `counted`, which grows by `step`, and `bound`, which does
/// not; or 0, where there is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub counted: Value,
    pub step: u32,
    pub cond: IntCC,
    pub bound: Option<Value>,
}

/// A loop of one block, whose next turn depends on a counter.
pub(super) struct Shape {
    pub block: Block,
    pub entering: Vec<Edge>,
    pub roles: Vec<Role>,
    pub test: Test,
}

impl Shape {
    pub(super) fn of(context: &Context, of: Loop) -> Option<Self> {
        let (func, loops) = (&context.func, &context.loop_analysis);
        let block = loops.loop_header(of);
        let (back, entering): (Vec<Edge>, Vec<Edge>) =
            edges::of_block(func, &context.cfg, block).into_iter().partition(|edge| loops.is_in_loop(edge.from, of));
        let &[back] = &back[..] else { return None };
        if back.from != block || entering.is_empty() {
            return None;
        }
        let InstructionData::Brif { arg: condition, .. } = func.dfg.insts[back.inst] else { return None };
        let params = func.dfg.block_params(block);
        let role = |(number, &param): (usize, &Value)| {
            let next = edges::argument(func, back, number)?;
            if let Some(fuel) = fuel(func, param, next) {
                return Some(fuel);
            }
            let (root, sum) = if next == param { (param, 0) } else { root(&func.dfg, next) };
            let counts = root == param && (sum == 0 || func.dfg.value_type(param) == types::I32);
            Some(if counts { Role::Counter(sum) } else { Role::Carried(next) })
        };
        let roles: Vec<Role> = params.iter().enumerate().map(role).collect::<Option<_>>()?;
        let unknown = Test { counted: condition, step: 0, cond: IntCC::Equal, bound: None };
        let mut shape = Self { block, entering, roles, test: unknown };
        shape.test = shape.test(func, condition, back.number == 0)?;
        Some(shape)
    }

    /// Whether an instruction takes fuel for a turn.
    pub(super) fn takes_fuel(&self, inst: Inst) -> bool {
        self.roles.iter().any(|role| matches!(role, Role::Fuel { taken_by, .. } if *taken_by == inst))
    }

    /// The test that a condition is, where the loop goes on if it is true, or if it is not.
    fn test(&self, func: &Function, condition: Value, when: bool) -> Option<Test> {
        let condition = values::unary(&func.dfg, condition, Opcode::Uextend).unwrap_or(condition);
        let test = match values::made_by(&func.dfg, condition)? {
            InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [left, right] } => {
                if func.dfg.value_type(left) != types::I32 {
                    return None;
                }
                let cond = if when { cond } else { cond.complement() };
                match (self.step(func, left)?, self.step(func, right)?) {
                    (step, 0) => Test { counted: left, step, cond, bound: Some(right) },
                    (0, step) => Test { counted: right, step, cond: cond.swap_args(), bound: Some(left) },
                    _ => return None,
                }
            }
            _ if when && func.dfg.value_type(condition) == types::I32 => {
                let step = self.step(func, condition)?;
                Test { counted: condition, step, cond: IntCC::NotEqual, bound: None }
            }
            _ => return None,
        };
        let grows = (test.step as i32) > 0;
        let leads_to_end = match test.cond {
            IntCC::NotEqual => true,
            IntCC::Equal => false,
            IntCC::UnsignedLessThan | IntCC::UnsignedLessThanOrEqual => grows,
            IntCC::SignedLessThan | IntCC::SignedLessThanOrEqual => grows,
            _ => !grows,
        };
        let by = (test.step as i32).unsigned_abs();
        (leads_to_end && by.is_power_of_two() && by <= MAX_STEP).then_some(test)
    }

    /// How often the loop turns at most, where that is known: of unrolled loops others are left, which turn seldom.
    pub(super) fn most_turns(&self, func: &Function) -> Option<u32> {
        let (param, sum) = root(&func.dfg, self.test.counted);
        let ValueDef::Param(block, number) = func.dfg.value_def(param) else { return None };
        let &[edge] = &self.entering[..] else { return None };
        let start = edges::argument(func, edge, number).filter(|_| block == self.block)?;
        let bound = self.test.bound;
        let constant = |value: Value| values::constant(&func.dfg, value).map(|bits| bits as u32);
        let most = |value: Value| {
            let masked = values::with_constant(&func.dfg, value, Opcode::Band).map(|(_, mask)| mask as u32);
            constant(value).or(masked)
        };
        let distance = if (self.test.step as i32) > 0 {
            most(bound?)?.checked_sub(constant(start)?)?
        } else {
            most(start)?.checked_sub(bound.map_or(Some(0), constant)?)?
        };
        let by = (self.test.step as i32).unsigned_abs();
        // The counter is tested before it has stepped, or afterwards.
        (sum == 0 || sum == self.test.step).then_some((distance / by).saturating_add(1))
    }

    /// Whether a value is made in the loop.
    pub(super) fn contains(&self, func: &Function, value: Value) -> bool {
        let block = match func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => func.layout.inst_block(inst),
            ValueDef::Param(block, _) => Some(block),
            ValueDef::Union(..) => None,
        };
        block == Some(self.block)
    }

    /// By how much a value grows from turn to turn, modulo 2^32, where that is a constant. Values that are no i32 may
    /// stay as they are.
    pub(super) fn step(&self, func: &Function, value: Value) -> Option<u32> {
        self.step_within(func, value, MAX_DEPTH)
    }

    fn step_within(&self, func: &Function, value: Value, depth: u32) -> Option<u32> {
        if !self.contains(func, value) {
            return Some(0);
        }
        if let ValueDef::Param(_, number) = func.dfg.value_def(value) {
            return match self.roles.get(number)? {
                Role::Counter(step) => Some(*step),
                Role::Fuel { .. } | Role::Carried(_) => None,
            };
        }
        let step = |value| self.step_within(func, value, depth.checked_sub(1)?);
        let is_i32 = func.dfg.value_type(value) == types::I32;
        match values::made_by(&func.dfg, value)? {
            InstructionData::UnaryImm { .. } | InstructionData::UnaryIeee32 { .. } => Some(0),
            InstructionData::UnaryIeee64 { .. } => Some(0),
            InstructionData::Binary { opcode, args: [left, right] } if is_i32 => {
                let amount = || values::constant(&func.dfg, right).map(|amount| amount as u32);
                match opcode {
                    Opcode::Iadd => Some(step(left)?.wrapping_add(step(right)?)),
                    Opcode::Isub => Some(step(left)?.wrapping_sub(step(right)?)),
                    Opcode::Ishl => Some(step(left)?.wrapping_shl(amount()?)),
                    Opcode::Imul => Some(step(left)?.wrapping_mul(amount()?)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a value is the same in every turn, and can be made before the loop.
    pub(super) fn is_invariant(&self, func: &Function, value: Value) -> bool {
        self.step(func, value) == Some(0)
    }
}
