//! What parts of a program take of its fuel.
//!
//! Each instruction takes a unit, but those that only give code its structure. Units are taken in advance: those of a
//! function outside of its loops when it is entered; those of a loop outside of loops in it when a turn begins; those
//! behind a target of `br_table` when control comes there, so that an interpreter does not pay for all its instructions
//! each time. What branches pass by inside such a part is paid for, too. So there is nothing to do but at these places,
//! and where fuel runs out is the same on every target.
//!
//! What copies or fills takes more, when it is executed: see [`bulk`].
//!
//! A small function without loops, which only known calls reach, is paid for by these.

use super::graph::CallGraph;
use super::reach::Reach;
use std::collections::{BTreeSet, HashMap};
use wasmc_frontend::index::{ExternIndex, FuncIndex};
use wasmc_frontend::wasmparser::{BinaryReaderError, FunctionBody, Operator};
use wasmc_frontend::{Module, Summary};

/// What a part of a function takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// Units.
    pub units: u64,
    /// Whether it is a loop in which what is left is worth being kept in a register.
    pub is_kept: bool,
}

/// What the parts of a function take.
#[derive(Debug, Default)]
pub struct Charges {
    /// The function outside of its loops.
    pub entry: u64,
    /// Loops, and what is behind targets of `br_table`, by the offsets in the module of `loop` and `end`.
    pub parts: HashMap<u64, Charge>,
    /// Whether it takes more than that, by lengths that are not known.
    pub has_bulk: bool,
}

/// The most units that callers pay in advance for a function, and what it calls: so that they do not pay much for what
/// a branch passes by.
const MOST_PREPAID: u64 = 100;

/// Functions that are paid for by their callers, with the units that each takes: those without loops that call such
/// functions alone, if anything.
pub(super) fn prepaid(module: &Module<'_>, reach: &Reach, calls: &CallGraph) -> HashMap<FuncIndex, u64> {
    let exported = module.exports.iter().filter_map(|export| match export.index {
        ExternIndex::Func(function) => Some(function),
        _ => None,
    });
    let excluded: BTreeSet<FuncIndex> = exported.chain(reach.escaping.iter().copied()).chain(module.start).collect();
    let is_simple = |function: &FuncIndex| {
        let straight = |body: &Summary| body.loops == 0 && !body.calls_references && !body.throws && !body.tail_calls;
        !excluded.contains(function) && module.summary(*function).is_some_and(straight)
    };
    let mut prepaid = HashMap::new();
    let mut work: Vec<FuncIndex> = reach.functions.iter().copied().filter(is_simple).collect();
    while let Some(function) = work.pop() {
        if prepaid.contains_key(&function) || !is_simple(&function) {
            continue;
        }
        let Some(body) = module.summary(function).filter(|body| body.operators <= MOST_PREPAID) else { continue };
        if !body.callees.iter().all(|callee| prepaid.contains_key(callee)) {
            continue;
        }
        let charges = module.body(function).map(|body| charges(body, |callee| prepaid.get(&callee).copied()));
        let Some(Ok(charges)) = charges else { continue };
        if charges.has_bulk {
            continue;
        }
        let units = charges.entry + charges.parts.values().map(|charge| charge.units).sum::<u64>();
        if units <= MOST_PREPAID {
            prepaid.insert(function, units);
            work.extend(calls.callers(function));
        }
    }
    prepaid
}

/// Calls for each part of a loop with a `br_table` at most, so that what is left is kept in a register: of an
/// interpreter's cases few call anything, and fewer do often.
const MOST_CALLS_OF_CASES: usize = 4;

/// A block, loop or other structure that is open.
struct Open {
    /// The part that instructions belong to now, and where it began.
    part: usize,
    first_part: usize,
    /// The offset of a loop.
    loop_at: Option<u64>,
    /// Whether a `br_table` goes behind its end.
    is_target: bool,
    /// What is in it.
    holds: Holds,
}

/// What is in a block, loop or other structure, as far as it matters to loops.
#[derive(Clone, Copy, Default)]
struct Holds {
    /// Parts that take fuel of their own.
    parts: usize,
    /// Calls after which less is left.
    calls: usize,
    has_table: bool,
    /// Whether exceptions are caught in it.
    catches: bool,
}

impl Holds {
    fn add(&mut self, other: Self) {
        self.parts += other.parts;
        self.calls += other.calls;
        self.has_table |= other.has_table;
        self.catches |= other.catches;
    }

    /// Whether a loop with that keeps what is left in a register: where it is not written back for calls more often
    /// than it is counted. Handlers would not know whether it was.
    fn is_kept(self) -> bool {
        let most = if self.has_table { self.parts * MOST_CALLS_OF_CASES } else { self.parts - 1 };
        self.calls == 0 || !self.catches && self.calls <= most
    }
}

/// What the parts of a function take. `prepaid` is what callers of a function pay for it, if they do.
///
/// # Errors
/// None for a body that is valid.
pub fn charges(
    body: &FunctionBody<'_>,
    prepaid: impl Fn(FuncIndex) -> Option<u64>,
) -> Result<Charges, BinaryReaderError> {
    let mut places = vec![None];
    let mut units = vec![0];
    let mut kept = HashMap::new();
    let mut has_bulk = false;
    let open_in = |part, loop_at: Option<u64>| {
        let holds = Holds { parts: loop_at.is_some().into(), ..Holds::default() };
        Open { part, first_part: part, loop_at, is_target: false, holds }
    };
    let mut open = vec![open_in(0, None)];
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let offset = reader.original_position();
        let operator = reader.read()?;
        let Some(part) = open.last().map(|innermost| innermost.part) else { break };
        units[part] += cost(&operator);
        has_bulk |= bulk(&operator).is_some();
        match operator {
            Operator::Block { .. } | Operator::If { .. } => open.push(open_in(part, None)),
            Operator::TryTable { .. } | Operator::Try { .. } => {
                open.push(open_in(part, None));
                open.iter_mut().for_each(|each| each.holds.catches = true);
            }
            Operator::Loop { .. } => {
                open.push(open_in(units.len(), Some(offset)));
                units.push(0);
                places.push(Some(offset));
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                if let Some(innermost) = open.last_mut() {
                    innermost.part = innermost.first_part;
                }
            }
            Operator::End | Operator::Delegate { .. } => {
                let closed = open.pop();
                if let (Some(closed), Some(around)) = (closed, open.last_mut()) {
                    kept.extend(closed.loop_at.map(|offset| (offset, closed.holds.is_kept())));
                    around.holds.add(closed.holds);
                    if closed.is_target {
                        around.part = units.len();
                        around.holds.parts += 1;
                        units.push(0);
                        places.push(Some(offset));
                    }
                }
            }
            Operator::BrTable { ref targets } => {
                for depth in targets.targets().chain([Ok(targets.default())]) {
                    let position = open.len().checked_sub(1 + depth? as usize);
                    // Whoever goes to a loop pays for a turn, whoever leaves the function for nothing.
                    if let Some(target) = position.filter(|&position| position > 0).map(|position| &mut open[position])
                    {
                        target.is_target = target.loop_at.is_none();
                    }
                }
                open.iter_mut().for_each(|each| each.holds.has_table = true);
            }
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                units[part] += prepaid(FuncIndex::from_u32(function_index)).unwrap_or(0);
            }
            _ => {}
        }
        if let Some(innermost) = open.last_mut().filter(|_| leaves(&operator, &prepaid)) {
            innermost.holds.calls += 1;
        }
    }
    let parts = places.into_iter().zip(&units).skip(1).filter_map(|(place, &units)| {
        let place = place?;
        Some((place, Charge { units, is_kept: kept.get(&place) == Some(&true) }))
    });
    Ok(Charges { entry: units[0], parts: parts.collect(), has_bulk })
}

/// Units of fuel that an operator takes.
fn cost(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::Nop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End
        | Operator::TryTable { .. }
        | Operator::Try { .. }
        | Operator::Catch { .. }
        | Operator::CatchAll
        | Operator::Delegate { .. } => 0,
        _ => 1,
    }
}

/// Operators whose work depends on the length on top of the stack take a unit more for each 16 bytes of a memory, or
/// each element: the binary logarithm of how many.
pub(crate) fn bulk(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } | Operator::MemoryInit { .. } => Some(4),
        Operator::TableFill { .. }
        | Operator::TableCopy { .. }
        | Operator::TableInit { .. }
        | Operator::TableGrow { .. }
        | Operator::ArrayNew { .. }
        | Operator::ArrayNewDefault { .. }
        | Operator::ArrayNewData { .. }
        | Operator::ArrayNewElem { .. }
        | Operator::ArrayFill { .. }
        | Operator::ArrayCopy { .. }
        | Operator::ArrayInitData { .. }
        | Operator::ArrayInitElem { .. } => Some(0),
        _ => None,
    }
}

/// Whether other code goes on at an operator, which may take fuel: a function that is paid for takes none.
pub(crate) fn leaves(operator: &Operator<'_>, prepaid: impl Fn(FuncIndex) -> Option<u64>) -> bool {
    if let Operator::Call { function_index } = *operator {
        return prepaid(FuncIndex::from_u32(function_index)).is_none();
    }
    matches!(
        operator,
        Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::Rethrow { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Entry, and units of the parts in order, and whether they keep what is left, of the first function.
    fn parts(function: &str) -> (u64, Vec<(u64, bool)>) {
        let text = format!("(module (memory 1) (func $other) {function})");
        let binary = wasmc_frontend::to_binary(text.as_bytes()).unwrap();
        let module = wasmc_frontend::read(&binary, Default::default()).unwrap().validate().unwrap();
        let body = module.body(FuncIndex::from_u32(1)).unwrap();
        let charges = charges(body, |callee| (callee.as_u32() == 0).then_some(10)).unwrap();
        let parts: BTreeMap<u64, Charge> = charges.parts.into_iter().collect();
        (charges.entry, parts.into_values().map(|charge| (charge.units, charge.is_kept)).collect())
    }

    #[test]
    fn structure_is_free() {
        assert_eq!(parts("(func (block (nop)) (drop (i32.const 1)))"), (2, vec![]));
        assert_eq!(parts("(func (param i32) (if (local.get 0) (then (unreachable)) (else (return))))"), (4, vec![]));
    }

    #[test]
    fn loops_have_parts_of_their_own() {
        let nested = "(func (param i32)
            (loop (loop (br_if 0 (local.get 0))) (br_if 0 (i32.eqz (local.get 0)))) (drop (i32.const 1)))";
        assert_eq!(parts(nested), (2, vec![(3, true), (2, true)]));
        let paid = "(func (param i32) (loop (loop (br_if 0 (local.get 0))) (call $other)))";
        assert_eq!(parts(paid), (0, vec![(11, true), (2, true)]), "a call takes what its callee does, too");
    }

    #[test]
    fn loops_that_call_more_often_than_they_are_counted_keep_nothing() {
        let calling = "(func $f (param i32) (loop (loop (br_if 0 (local.get 0))) (call $f (local.get 0)) CALL))";
        assert_eq!(parts(&calling.replace("CALL", "")), (0, vec![(2, true), (2, true)]));
        let twice = calling.replace("CALL", "(call $f (local.get 0))");
        assert_eq!(parts(&twice), (0, vec![(4, false), (2, true)]));
        let caught = "(func $f (param i32) (loop (loop) (block (try_table (catch_all 0) (call $f (local.get 0))))))";
        assert_eq!(parts(caught), (0, vec![(2, false), (0, true)]), "a handler does not know what was written back");
    }

    #[test]
    fn what_follows_a_target_of_a_branch_table_has_a_part_of_its_own() {
        let switch = "(func (param i32)
            (block $a (block $b (block $c (br_table $a $b (local.get 0))) (unreachable))
                (drop (i32.const 1)))
            (nop) (drop (i32.const 2)) (drop (i32.const 3)))";
        assert_eq!(parts(switch), (3, vec![(2, false), (4, false)]));
    }

    #[test]
    fn arms_of_an_if_belong_to_what_is_around_it() {
        let arms = "(func (param i32) (if (local.get 0)
            (then (block $a (br_table $a $a (local.get 0))) (drop (i32.const 1)))
            (else (drop (i32.const 2)))))";
        assert_eq!(parts(arms), (2 + 2 + 2, vec![(2, false)]));
    }
}
