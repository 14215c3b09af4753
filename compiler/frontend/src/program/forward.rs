//! Functions of one instance that only call what another has put into a table.
//!
//! Tools that make components tie circles between core modules by such functions: a first module, the shim, has a table
//! and a function for each element, which calls it with its own arguments; a last one fills the table. Where nobody
//! else has the table, and no code that runs before can reach it, an import of such a function is one of the element.

use super::component::{Argument, CoreInstance};
use crate::Module;
use crate::const_expr::ConstOperator;
use crate::index::{ExternIndex, FuncIndex, InstanceId, ModuleId, TableIndex};
use crate::module::{ElementItems, SegmentMode};
use crate::program::Item;
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::{HashMap, HashSet};
use wasmparser::{FuncType, Operator};

/// Replaces imports of such functions in `instances` by what they call, and leaves the tables empty that nobody looks
/// into any more.
pub(super) fn forward(
    modules: &mut PrimaryMap<ModuleId, Module<'_>>,
    instances: &mut PrimaryMap<InstanceId, CoreInstance>,
) {
    for shim in instances.keys() {
        let Some(filled) = filled_table(modules, instances, shim) else { continue };
        let targets = targets(&modules[instances[shim].module], &filled);
        // All or none: what is not replaced needs the table.
        let is_of_shim = |argument: &Argument| match argument {
            Argument::Item(Item { instance, index: ExternIndex::Func(function) }) if *instance == shim => {
                Some(*function)
            }
            _ => None,
        };
        let imported = instances.values().flat_map(|instance| instance.imports.iter().filter_map(is_of_shim));
        if !imported.clone().all(|function| targets.contains_key(&function)) {
            continue;
        }
        for instance in instances.values_mut() {
            for argument in &mut instance.imports {
                if let Some(function) = is_of_shim(argument) {
                    *argument = targets[&function];
                }
            }
        }
        let module = instances[filled.by].module;
        for element in modules[module].elements.values_mut() {
            element.items = ElementItems::Functions(Vec::new());
        }
    }
}

/// A table that one other instance fills.
struct Filled {
    table: TableIndex,
    /// The instance that fills it.
    by: InstanceId,
    /// What its elements are, with their types.
    elements: HashMap<u32, (FuncType, Argument)>,
}

/// The only table of an instance, where one other instance fills it once, from functions that it imports, and nobody
/// else has it.
fn filled_table(
    modules: &PrimaryMap<ModuleId, Module<'_>>,
    instances: &PrimaryMap<InstanceId, CoreInstance>,
    shim: InstanceId,
) -> Option<Filled> {
    let module = &modules[instances[shim].module];
    let table = TableIndex::new(0);
    let is_plain = module.tables.len() == 1
        && module.tables[table].import.is_none()
        && module.elements.is_empty()
        && module.start.is_none()
        && module.summaries.iter().all(|body| body.written_tables.is_empty() && body.growing_tables.is_empty());
    if !is_plain {
        return None;
    }
    let is_table =
        |argument: &Argument| *argument == Argument::Item(Item { instance: shim, index: ExternIndex::Table(table) });
    let mut having = instances.keys().filter(|&instance| instances[instance].imports.iter().any(is_table));
    let (Some(by), None) = (having.next(), having.next()) else { return None };
    let filler = &modules[instances[by].module];
    let is_only_instance = instances.values().filter(|other| other.module == instances[by].module).count() == 1;
    let fills_only = filler.tables.len() == 1 && filler.summaries.is_empty() && filler.elements.len() == 1;
    if !is_only_instance || !fills_only || starts_reach(modules, instances, by, shim) {
        return None;
    }
    let element = filler.elements.values().next()?;
    let (SegmentMode::Active(_, offset), ElementItems::Functions(functions)) = (&element.mode, &element.items) else {
        return None;
    };
    let [ConstOperator::I32Const(offset)] = offset[..] else { return None };
    if u64::from(offset as u32) + functions.len() as u64 > module.tables[table].ty.initial {
        return None;
    }
    let imported = |(at, &function): (u32, &FuncIndex)| {
        let import = filler.import(ExternIndex::Func(function))?;
        Some((at, (filler.type_of_function(function).clone(), instances[by].imports[import.index()])))
    };
    let elements = (offset as u32..).zip(functions).map(imported).collect::<Option<_>>()?;
    Some(Filled { table, by, elements })
}

/// Whether the start functions of the instances up to `last` can reach a function of `wanted`.
fn starts_reach(
    modules: &PrimaryMap<ModuleId, Module<'_>>,
    instances: &PrimaryMap<InstanceId, CoreInstance>,
    last: InstanceId,
    wanted: InstanceId,
) -> bool {
    let module_of = |instance: InstanceId| &modules[instances[instance].module];
    let starts = instances.keys().filter(|&instance| instance <= last);
    let mut work: Vec<_> = starts.filter_map(|instance| Some((instance, module_of(instance).start?))).collect();
    let mut seen = HashSet::new();
    while let Some((instance, function)) = work.pop() {
        if instance == wanted {
            return true;
        }
        if !seen.insert((instance, function)) {
            continue;
        }
        let module = module_of(instance);
        if let Some(import) = module.import(ExternIndex::Func(function)) {
            if let Argument::Item(Item { instance, index: ExternIndex::Func(function) }) =
                instances[instance].imports[import.index()]
            {
                work.push((instance, function));
            }
            continue;
        }
        let Some(body) = module.summary(function) else { continue };
        work.extend(body.callees.iter().map(|&callee| (instance, callee)));
        // What a reference refers to is not known: it may be anything.
        if body.calls_references {
            return true;
        }
    }
    false
}

/// What the functions of an instance call that only call an element of a table.
fn targets(module: &Module<'_>, filled: &Filled) -> HashMap<FuncIndex, Argument> {
    let target = |function| {
        let element = forwarded(module, function, filled.table)?;
        let (ty, target) = filled.elements.get(&element)?;
        (ty == module.type_of_function(function)).then_some((function, *target))
    };
    module.functions.keys().filter_map(target).collect()
}

/// The element that a function calls with its own arguments, where it does nothing else.
fn forwarded(module: &Module<'_>, function: FuncIndex, table: TableIndex) -> Option<u32> {
    let params = module.type_of_function(function).params().len() as u32;
    let reader = module.body(function)?.get_operators_reader().ok()?;
    let operators = reader.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
    let [passed @ .., Operator::I32Const { value }, Operator::CallIndirect { type_index, table_index }, Operator::End] =
        &operators[..]
    else {
        return None;
    };
    let passes_own = passed.len() as u32 == params
        && passed
            .iter()
            .zip(0..)
            .all(|(operator, param)| matches!(operator, Operator::LocalGet { local_index } if *local_index == param));
    let is_own_type = *type_index == module.functions[function].type_index.as_u32();
    (passes_own && is_own_type && *table_index == table.as_u32()).then_some(*value as u32)
}
