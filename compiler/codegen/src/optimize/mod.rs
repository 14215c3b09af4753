//! Cranelift IR to better Cranelift IR, before instructions are selected.
//!
//! Passes of our own belong here: before Cranelift's egraph where they help it, after it where it would undo them.

mod access;
mod addresses;
mod bits;
mod bounded;
mod canonical;
mod carry;
mod compare;
mod constant;
mod counters;
mod detach;
mod displace;
mod edges;
mod expand;
mod fold;
mod hoist;
mod interruption;
mod loops;
mod masks;
mod reuse;
mod sink;
mod straighten;
mod sweep;
mod turns;
mod unroll;
mod unsigned;
mod vector;
mod wide;
mod zero;

use crate::code::Effort;
use crate::effort;
use crate::key::FunctionKey;
use crate::passes::Pass;
use crate::plan::Plan;
use crate::{Error, OptLevel};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{CodegenResult, Context};
use edges::Edges;

/// Optimises the function in `context`. Control flow graph and dominator tree are right afterwards. Returns the effort
/// for what is left to do; `machine` is the target for an effort.
///
/// # Errors
/// Where Cranelift's verifier finds a fault, which would be ours.
pub(crate) fn optimize<'m>(
    plan: &Plan<'_>,
    machine: impl Fn(Effort) -> &'m dyn TargetIsa,
    key: FunctionKey,
    context: &mut Context,
) -> Result<Effort, Error> {
    let fault = |context: &Context, error| {
        plan.function_error(key, cranelift_codegen::print_errors::pretty_error(&context.func, error))
    };
    if plan.options.deterministic {
        canonical::canonicalize(&mut context.func);
    }
    let effort = match plan.options.opt_level {
        OptLevel::None => Effort::Full,
        _ => effort::before_optimizing(plan, key, context),
    };
    let isa = machine(effort);
    if effort == Effort::Least {
        unoptimized(isa, context).map_err(|error| fault(context, error))?;
        return Ok(effort);
    }
    if plan.options.opt_level != OptLevel::None && plan.options.passes.have(Pass::Constant) {
        constant::merge(isa, context).map_err(|error| fault(context, error))?;
    }
    let has_loops = effort::loops(plan, key) > 0 && !plan.is_cold(key);
    let is_for_speed = plan.options.opt_level == OptLevel::Speed;
    if is_for_speed && has_loops && plan.options.passes.have(Pass::Unroll) {
        unroll::unroll(isa, context).map_err(|error| fault(context, error))?;
    }
    let vectors = is_for_speed && has_loops && plan.options.passes.have(Pass::Vector);
    let with_vectors = if vectors { vector::vectorize(plan, context) } else { Vec::new() };
    context.optimize(isa, &mut ControlPlane::default()).map_err(|error| fault(context, error))?;
    if plan.options.opt_level == OptLevel::None {
        return Ok(effort);
    }
    vector::gather(&mut context.func, &with_vectors);
    after_egraph(plan, context);
    context.verify_if(isa).map_err(|errors| fault(context, errors))?;
    Ok(effort::for_registers(plan, key, context))
}

/// What code must have before instructions are selected, and no more: that leaves out a search for parameters of blocks
/// that are always the same, which takes as long as all else.
fn unoptimized(isa: &dyn TargetIsa, context: &mut Context) -> CodegenResult<()> {
    context.verify_if(isa)?;
    context.flowgraph();
    context.eliminate_unreachable_code(isa)?;
    context.func.dfg.resolve_all_aliases();
    Ok(())
}

/// Empties instructions that are in no block: Cranelift leaves them behind, some with the very list of what a branch
/// passes that another instruction has taken over, and passes over all instructions would follow it.
fn forget_removed(func: &mut Function) {
    for number in 0..func.dfg.num_insts() {
        let inst = Inst::from_u32(number as u32);
        if func.layout.inst_block(inst).is_none() {
            func.dfg.insts[inst] = InstructionData::NullAry { opcode: Opcode::Nop };
        }
    }
}

/// Our own passes over the function that Cranelift has optimised. All but the first leave blocks and branches as they
/// are.
fn after_egraph(plan: &Plan<'_>, context: &mut Context) {
    forget_removed(&mut context.func);
    let passes = plan.options.passes;
    if passes.have(Pass::Straighten) {
        straighten::straighten(context);
    }
    context.compute_loop_analysis();
    let edges = Edges::of(&context.func);
    interruption::remove(plan, context, &edges);
    if passes.have(Pass::Bounded) && plan.target.is_refined() {
        bounded::add(&mut context.func);
    }
    if passes.have(Pass::Addresses) && access::have_no_carry(plan) {
        addresses::share(plan, context);
    }
    if passes.have(Pass::Compare) {
        compare::compare(&mut context.func);
    }
    if passes.have(Pass::Counters) && access::have_no_carry(plan) {
        counters::share(plan, context, &edges);
    }
    if passes.have(Pass::Carry) && access::have_no_carry(plan) {
        carry::carry(plan, context, &edges);
    }
    if passes.have(Pass::Expand) && plan.target.is_riscv64() && !plan.target.has("has_zbb") {
        expand::expand(&mut context.func);
    }
    if passes.have(Pass::Masks) && plan.target.is_riscv64() {
        let has = masks::Has { extremes: plan.target.has("has_zbb"), selections: plan.target.has("has_zicond") };
        masks::expand(&mut context.func, has);
    }
    if passes.have(Pass::Wide) && plan.target.is_riscv64() {
        if !plan.target.has("has_zba") {
            unsigned::load(&mut context.func);
        }
        wide::widen(context, &edges);
    }
    let displaces = passes.have(Pass::Displace) && plan.target.is_riscv64();
    if displaces {
        displace::split(&mut context.func);
    }
    if passes.have(Pass::Hoist) {
        hoist::hoist(plan, context);
    }
    if passes.have(Pass::Reuse) {
        reuse::reuse(plan, context);
    }
    let is_refined = passes.have(Pass::Refine) && plan.target.is_refined();
    if is_refined {
        zero::extend(&mut context.func);
    }
    // What reads operands without asking what makes them sees no aliases from here on.
    context.func.dfg.resolve_all_aliases();
    if is_refined {
        sink::sink(&mut context.func);
    }
    sweep::sweep(&mut context.func, &edges);
    if passes.have(Pass::Detach) {
        detach::detach(context, &edges);
    }
    if displaces {
        displace::keep(&mut context.func);
    }
}
