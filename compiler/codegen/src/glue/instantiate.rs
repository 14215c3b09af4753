//! Instantiation (core specification 4.5.4), as far as it is left to run time.

use super::const_expr::const_expr;
use super::{begin, finish};
use crate::lower::{Lowering, Region, trap_code};
use crate::plan::initial::evaluate;
use crate::plan::table::{Origin, TablePlan};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::MemoryIndex;
use wasmc_frontend::module::{GlobalOrigin, SegmentMode};

/// Builds the function that instantiates one module among others.
pub(crate) fn instantiate(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    lowering.enter_context();
    copy_state(&mut lowering);
    if lowering.plan.program.component.is_none() {
        lowering.initialise_heap();
        initialise_memories(&mut lowering);
    }
    if initialise(&mut lowering) {
        lowering.builder.ins().return_(&[]);
    }
    finish(lowering);
}

/// Builds what comes before the instantiation of all instances of a component.
pub(crate) fn prepare(mut lowering: Lowering<'_, '_>) {
    begin(&mut lowering);
    lowering.initialise_heap();
    initialise_memories(&mut lowering);
    lowering.builder.ins().return_(&[]);
    finish(lowering);
}

/// Copies what the state of an instance holds at first to the program's only context.
fn copy_state(lowering: &mut Lowering<'_, '_>) {
    let layout = &lowering.plan.layout;
    if lowering.plan.context.is_none() || lowering.plan.program.is_library || layout.size == layout.base {
        return;
    }
    let (base, len) = (i64::from(layout.base), i64::from(layout.size - layout.base));
    let context = lowering.symbol_address(Symbol::Context);
    let to = lowering.builder.ins().iadd_imm_s(context, base);
    let from = lowering.symbol_address(Symbol::Instance);
    let len = lowering.builder.ins().iconst(types::I64, len);
    lowering.call_builtin(Builtin::Memmove, &[to, from, len]);
}

pub(super) fn initialise_memories(lowering: &mut Lowering<'_, '_>) {
    for index in lowering.plan.memories.keys() {
        lowering.initialise_memory(index);
    }
}

/// Instantiation (core specification 4.5.4, steps that write state) and the start function. `false` where it always
/// traps.
pub(super) fn initialise(lowering: &mut Lowering<'_, '_>) -> bool {
    let plan = lowering.plan;
    initialise_globals(lowering);
    initialise_segments(lowering);
    make_tables(lowering);
    write_tables(lowering);
    if plan.tables.out_of_bounds {
        lowering.builder.ins().trap(trap_code(TrapCode::OutOfBoundsTableAccess));
        return false;
    }
    if plan.static_data {
        for memory in plan.images.keys() {
            copy_rest_of_image(lowering, memory);
        }
        if plan.images.values().any(|image| image.out_of_bounds) {
            lowering.builder.ins().trap(trap_code(TrapCode::OutOfBoundsMemoryAccess));
            return false;
        }
    } else {
        initialise_data(lowering);
    }
    if let Some(start) = plan.module.start {
        lowering.call(start, &[]);
    }
    true
}

/// Sets the globals whose initial values are not known at compile time.
fn initialise_globals(lowering: &mut Lowering<'_, '_>) {
    for (index, global) in &lowering.plan.module.globals {
        if let GlobalOrigin::Init(operators) = &global.origin
            && lowering.plan.reach.summary.globals.contains(&index)
            && evaluate(lowering.plan.module, operators).is_none()
        {
            let value = const_expr(lowering, operators);
            lowering.global_set(index, value);
        }
    }
}

/// Writes elements of segments that instructions copy, where they are not known at compile time.
fn initialise_segments(lowering: &mut Lowering<'_, '_>) {
    for &index in &lowering.plan.tables.evaluated {
        let start = lowering.elements(index);
        let flags = lowering.trusted(Region::Table);
        for (item, position) in lowering.plan.module.elements[index].items.expressions().iter().zip(0..) {
            if evaluate(lowering.plan.module, item).is_none() {
                let value = const_expr(lowering, item);
                lowering.builder.ins().store(flags, value, start, position * ELEMENT_SIZE as i32);
            }
        }
    }
}

/// Has the runtime make what the image does not set aside: huge tables, with their initial value, and where there may
/// be many instances, all that are written, with what the image holds of them.
fn make_tables(lowering: &mut Lowering<'_, '_>) {
    let plan = lowering.plan;
    for (index, table) in &plan.module.tables {
        let TablePlan { is_fixed, origin } = &plan.tables.tables[index];
        let is_used = plan.reach.summary.tables.contains(&index);
        let is_made = *origin == Origin::Made || plan.has_many_instances() && !is_fixed;
        let is_own = plan.layout.is_own(plan.layout.tables[index]);
        if !is_own || !is_made || !is_used || table.ty.initial == 0 {
            continue;
        }
        let len = lowering.builder.ins().iconst(types::I64, table.ty.initial as i64);
        let value = match &table.init {
            Some(init) if *origin == Origin::Made => const_expr(lowering, init),
            _ => lowering.null(),
        };
        let previous = lowering.grow_table(index, len, value);
        // A table cannot be made without memory for it: the thread ends as if it had run into a limit of its own.
        lowering.trap_if(previous, TrapCode::OutOfBoundsTableAccess);
        if *origin != Origin::Made {
            let to = lowering.table_elements(index);
            let from = lowering.symbol_address(Symbol::Table(index));
            let bytes = lowering.builder.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
            lowering.call_builtin(Builtin::Memmove, &[to, from, bytes]);
        }
    }
}

/// Writes what the image does not hold: initial values and segments.
fn write_tables(lowering: &mut Lowering<'_, '_>) {
    let plan = lowering.plan;
    for (index, table) in &plan.module.tables {
        if let Some(init) = &table.init
            && plan.tables.tables[index].origin == Origin::Written
        {
            let value = const_expr(lowering, init);
            let zero = lowering.builder.ins().iconst(types::I64, 0);
            let len = lowering.builder.ins().iconst(types::I64, table.ty.initial as i64);
            lowering.fill_elements(index, zero, value, len);
        }
    }
    for (index, element) in plan.module.elements.iter().filter(|(_, element)| plan.tables.writes(element)) {
        let SegmentMode::Active(table, offset) = &element.mode else { continue };
        let offset = const_expr(lowering, offset);
        let len = lowering.builder.ins().iconst(types::I64, element.items.len() as i64);
        let start = lowering.table_range(*table, offset, len);
        if plan.tables.copied.contains(&index) {
            let from = lowering.elements(index);
            let bytes = lowering.builder.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
            lowering.call_builtin(Builtin::Memmove, &[start, from, bytes]);
            continue;
        }
        let flags = lowering.trusted(Region::Table);
        for (item, position) in element.items.expressions().iter().zip(0..) {
            let value = const_expr(lowering, item);
            lowering.builder.ins().store(flags, value, start, position * ELEMENT_SIZE as i32);
        }
    }
}

fn initialise_data(lowering: &mut Lowering<'_, '_>) {
    for (index, data) in &lowering.plan.module.data {
        let SegmentMode::Active(memory, offset) = &data.mode else { continue };
        let offset = const_expr(lowering, offset);
        let len = lowering.builder.ins().iconst(types::I64, data.bytes.len() as i64);
        let to = lowering.memory_range(*memory, offset, len);
        let from = lowering.symbol_address(Symbol::Data(index));
        lowering.call_builtin(Builtin::Memmove, &[to, from, len]);
    }
}

/// Copies what the image of a memory does not hold.
fn copy_rest_of_image(lowering: &mut Lowering<'_, '_>, memory: MemoryIndex) {
    for (copy, index) in lowering.plan.images[memory].copies.iter().zip(0..) {
        let base = lowering.memory_base(memory);
        let to = lowering.builder.ins().iadd_imm_s(base, copy.offset as i64);
        let from = lowering.symbol_address(Symbol::Copy(memory, index));
        let len = lowering.builder.ins().iconst(types::I64, copy.bytes.len() as i64);
        lowering.call_builtin(Builtin::Memmove, &[to, from, len]);
    }
}
