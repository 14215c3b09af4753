//! Loads of what never changes once an object has been made: the number of its type, the length of an array, and fields
//! that nothing writes (`plan/objects.rs`). Cranelift forgets what it has loaded where something is called; here an
//! equal load that comes before on every way takes the place of a later one, and so does the store by which the object
//! was made. Between them may be the making of other objects, which calls the runtime where a block is full, and
//! anything that is stored. Beyond other calls only constants are kept: what lives across a call takes a register that
//! must be saved, or memory, and is then loaded from there. Besides, loads move out of loops.
//!
//! Why an address that is equal leads to the same object: it is the same SSA value, the address of an object or one
//! that is computed from it, at both places. Every use keeps the object alive from its making on, as the collector
//! takes whatever the stack and registers hold for a reference, and does not move what that leads to. So between two
//! loads of one value no other object can have taken the place. Where the value is made anew, in the next turn of a
//! loop, the load before does not come before it on every way. (Two values that differ may well lead to one place one
//! after the other, where an object has died; nothing here, nor in the egraph, takes these for equal: an address of a
//! new object comes from a load that is never forwarded across a call, and only calls collect.) A reference that is
//! loaded once and used later is on the stack or in a register meanwhile, so that what it refers to stays, too.
//!
//! No load moves above what shows that its reference is no null and of the right type. The load that takes the place of
//! another has trapped where that would have. A load moves out of a loop only from the start of its header, before
//! anything with an effect, and to a block that goes nowhere else.

use super::loops;
use crate::lower::is_constant_region;
use crate::symbol::Symbol;
use crate::values;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{
    Block, DataFlowGraph, ExternalName, Function, Inst, InstructionData, Opcode, Type, Value, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::loop_analysis::Loop;
use cranelift_codegen::{CodegenResult, Context};
use std::collections::HashMap;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::heap::LEN;

/// Loads that are moved out of one loop at most, so that there are registers for its other values.
const MAX_MOVED: usize = 4;

/// What is loaded: address, offset, and how.
type Place = (Value, i32, Opcode, Type);

/// Has each load of what never changes happen once.
pub(super) fn merge(isa: &dyn TargetIsa, context: &mut Context) -> CodegenResult<()> {
    if !has_loads(&context.func) {
        return Ok(());
    }
    context.flowgraph();
    // What control never reaches would go on to pass parameters that are removed.
    context.eliminate_unreachable_code(isa)?;
    // What a variable is in a loop that does not set it, is its value before.
    context.remove_constant_phis(isa)?;
    context.func.dfg.resolve_all_aliases();
    context.compute_loop_analysis();
    move_out_of_loops(context);
    merge_equal(context);
    Ok(())
}

fn has_loads(func: &Function) -> bool {
    let mut insts = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    insts.any(|inst| loaded(&func.dfg, inst).is_some())
}

/// Whether an instruction accesses what never changes.
fn is_constant(dfg: &DataFlowGraph, inst: Inst) -> bool {
    let region = dfg.insts[inst].alias_region(dfg);
    region.is_some_and(|region| is_constant_region(dfg.alias_regions[region].user_id))
}

/// What an instruction loads that never changes.
fn loaded(dfg: &DataFlowGraph, inst: Inst) -> Option<Place> {
    match dfg.insts[inst] {
        InstructionData::Load { opcode, arg, offset, .. } if is_constant(dfg, inst) => {
            let ty = dfg.value_type(dfg.first_result(inst));
            Some((dfg.resolve_aliases(arg), offset.into(), opcode, ty))
        }
        _ => None,
    }
}

/// What an instruction stores that never changes after it, as a load would find it.
fn stored(func: &Function, inst: Inst) -> Option<(Place, Value)> {
    let dfg = &func.dfg;
    match dfg.insts[inst] {
        InstructionData::Store { opcode, args: [value, address], offset, .. } if is_constant(dfg, inst) => {
            let ty = dfg.value_type(value);
            let by = match opcode {
                Opcode::Store => Opcode::Load,
                // A reference, whose upper half is zero.
                Opcode::Istore32 if ty == types::I64 => Opcode::Uload32,
                _ => return None,
            };
            Some(((dfg.resolve_aliases(address), offset.into(), by, ty), value))
        }
        InstructionData::Call { func_ref, .. } => {
            let ExternalName::User(name) = dfg.ext_funcs[func_ref].name else { return None };
            let symbol = Symbol::from_user_name(&func.params.user_named_funcs()[name]);
            let is_array = symbol == Symbol::Builtin(Builtin::HeapAllocateArray);
            let of_array = |&array: &Value| (array, LEN as i32, Opcode::Load, types::I32);
            let array = dfg.inst_results(inst).first().filter(|_| is_array)?;
            // Another length would live across the call only for this.
            let len = dfg.inst_args(inst).last().filter(|&&len| is_literal(dfg, len))?;
            Some((of_array(array), *len))
        }
        _ => None,
    }
}

/// The last call before a place, on whatever way control has come there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastCall {
    /// There is none.
    None,
    /// This one.
    At(Inst),
    /// One or another, and which of them is known no more at the start of this block.
    OneBefore(Block),
}

impl LastCall {
    /// The same after an instruction of a block.
    fn after(self, func: &Function, block: Block, inst: Inst) -> Self {
        if is_call(func, block, inst) { Self::At(inst) } else { self }
    }
}

/// Whether an instruction of a block is a call. Those where control seldom comes do not count: room for an object is
/// mostly there.
fn is_call(func: &Function, block: Block, inst: Inst) -> bool {
    func.dfg.insts[inst].opcode().is_call() && !func.layout.is_cold(block)
}

/// The last call before each block.
fn last_calls(context: &Context) -> SecondaryMap<Block, Option<LastCall>> {
    let func = &context.func;
    let mut ends: SecondaryMap<Block, Option<LastCall>> = SecondaryMap::new();
    let mut starts: SecondaryMap<Block, Option<LastCall>> = SecondaryMap::new();
    let mut changes = true;
    while changes {
        changes = false;
        for &block in context.domtree.cfg_rpo() {
            let mut before = context.cfg.pred_iter(block).filter_map(|edge| ends[edge.block]);
            let start = match before.next() {
                None => LastCall::None,
                Some(first) if before.all(|other| other == first) => first,
                Some(_) => LastCall::OneBefore(block),
            };
            // What has once been one or another stays so, that this ends.
            let start = match starts[block] {
                Some(LastCall::OneBefore(of)) if of == block => LastCall::OneBefore(of),
                _ => start,
            };
            starts[block] = Some(start);
            let end = func.layout.block_insts(block).fold(start, |last, inst| last.after(func, block, inst));
            changes |= ends[block] != Some(end);
            ends[block] = Some(end);
        }
    }
    starts
}

/// A value that a place is known to hold.
struct Known {
    block: Block,
    value: Value,
    last_call: LastCall,
}

/// Has earlier loads and stores take the place of later loads. Goes through the dominator tree: what is known at a
/// block is known below it.
fn merge_equal(context: &mut Context) {
    let Some(entry) = context.func.layout.entry_block() else { return };
    let last_calls = last_calls(context);
    let mut known: HashMap<Place, Vec<Known>> = HashMap::new();
    let mut work = vec![entry];
    while let Some(block) = work.pop() {
        work.extend(context.domtree.children(block));
        let mut last_call = last_calls[block].unwrap_or(LastCall::None);
        let insts: Vec<Inst> = context.func.layout.block_insts(block).collect();
        for inst in insts {
            let func = &mut context.func;
            last_call = last_call.after(func, block, inst);
            if let Some((place, value)) = stored(func, inst) {
                known.entry(place).or_default().push(Known { block, value, last_call });
            }
            let Some(place) = loaded(&func.dfg, inst) else { continue };
            let values = known.entry(place).or_default();
            // Those of blocks that the walk has left are never needed again.
            while values.pop_if(|known| !context.domtree.block_dominates(known.block, block)).is_some() {}
            let is_free = |known: &&Known| known.last_call == last_call || is_literal(&func.dfg, known.value);
            match values.last().filter(is_free) {
                Some(known) => values::replace(func, inst, known.value),
                None => values.push(Known { block, value: func.dfg.first_result(inst), last_call }),
            }
        }
    }
}

/// Whether a value takes no register until it is used.
fn is_literal(dfg: &DataFlowGraph, value: Value) -> bool {
    let made_by = values::made_by(dfg, value);
    made_by.is_some_and(|data| matches!(data.opcode(), Opcode::Iconst | Opcode::F32const | Opcode::F64const))
}

/// Moves loads out of loops that call nothing: what lives across a call takes a register that must be saved.
fn move_out_of_loops(context: &mut Context) {
    let calls = |func: &Function, block| func.layout.block_insts(block).any(|inst| is_call(func, block, inst));
    let with_calls = loops::with_block(context, calls);
    let all: Vec<Loop> = context.loop_analysis.loops().collect();
    // Inner loops come after those around them.
    for of in all.into_iter().rev().filter(|of| !with_calls.contains(*of)) {
        let Some(branch) = only_way_in(context, of) else { continue };
        let header = context.loop_analysis.loop_header(of);
        let insts: Vec<Inst> = context.func.layout.block_insts(header).collect();
        let mut moved = 0;
        for inst in insts {
            let dfg = &context.func.dfg;
            let place = loaded(dfg, inst);
            let stays = |&(address, ..): &Place| !loops::contain(context, of, address);
            if moved < MAX_MOVED && place.as_ref().is_some_and(stays) {
                context.func.layout.remove_inst(inst);
                context.func.layout.insert_inst(inst, branch);
                moved += 1;
            } else if has_effect(dfg, inst) {
                break;
            }
        }
    }
}

/// The jump to the header of a loop, where there is one from outside and it goes nowhere else.
fn only_way_in(context: &Context, of: Loop) -> Option<Inst> {
    let header = context.loop_analysis.loop_header(of);
    let outside = context.cfg.pred_iter(header).filter(|edge| !context.loop_analysis.is_in_loop(edge.block, of));
    let mut branches = outside.map(|edge| edge.inst);
    let branch = branches.next().filter(|&inst| context.func.dfg.insts[inst].opcode() == Opcode::Jump);
    branch.filter(|_| branches.next().is_none())
}

/// Whether it matters that an instruction is executed, not only what it results in.
fn has_effect(dfg: &DataFlowGraph, inst: Inst) -> bool {
    let data = &dfg.insts[inst];
    let opcode = data.opcode();
    let traps = opcode.can_trap() || opcode.can_load() && data.memflags_trap_code(dfg).is_some();
    traps || opcode.can_store() || opcode.other_side_effects() || opcode.is_call() || opcode.is_terminator()
}
