//! Globals that instances import and whose values are known, as others define them and nothing can write them.
//!
//! Shared libraries are linked to components in this way: a module has the memory, and globals that say where in it,
//! and in its table, the data and functions of each library lie.

use super::component::{Argument, CoreInstance};
use crate::Module;
use crate::const_expr::{self, ConstOperator};
use crate::index::{ExternIndex, GlobalIndex, InstanceId, ModuleId};
use crate::module::{ElementItems, GlobalOrigin, SegmentMode};
use crate::program::Item;
use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap};

/// Makes such globals those of the modules that import them, where all instances of a module have the same value.
pub(super) fn settle(modules: &mut PrimaryMap<ModuleId, Module<'_>>, instances: &PrimaryMap<InstanceId, CoreInstance>) {
    for instance in instances.keys() {
        let module = instances[instance].module;
        let all: Vec<InstanceId> = instances.keys().filter(|&other| instances[other].module == module).collect();
        if all.last() != Some(&instance) {
            continue;
        }
        let known: Vec<(GlobalIndex, ConstOperator)> = (modules[module].globals.iter())
            .filter(|(_, global)| matches!(global.origin, GlobalOrigin::Import(_)))
            .filter_map(|(index, _)| Some((index, common_value(modules, instances, &all, index)?)))
            .collect();
        if !known.is_empty() {
            define(&mut modules[module], &known);
        }
    }
}

/// The value that a global has in all of these instances.
fn common_value(
    modules: &PrimaryMap<ModuleId, Module<'_>>,
    instances: &PrimaryMap<InstanceId, CoreInstance>,
    all: &[InstanceId],
    index: GlobalIndex,
) -> Option<ConstOperator> {
    let mut values = all.iter().map(|&instance| value(modules, instances, instance, index));
    let first = values.next()??;
    values.all(|other| other == Some(first)).then_some(first)
}

/// The value that a global has all its life, where it is a constant.
fn value(
    modules: &PrimaryMap<ModuleId, Module<'_>>,
    instances: &PrimaryMap<InstanceId, CoreInstance>,
    mut instance: InstanceId,
    mut index: GlobalIndex,
) -> Option<ConstOperator> {
    use ConstOperator::{F32Const, F64Const, I32Const, I64Const, V128Const};
    loop {
        let global = &modules[instances[instance].module].globals[index];
        if global.ty.mutable {
            return None;
        }
        match &global.origin {
            GlobalOrigin::Init(operators) => {
                let [value @ (I32Const(_) | I64Const(_) | F32Const(_) | F64Const(_) | V128Const(_))] = operators[..]
                else {
                    return None;
                };
                return Some(value);
            }
            GlobalOrigin::Import(import) => match instances[instance].imports[import.index()] {
                Argument::Item(Item { instance: definer, index: ExternIndex::Global(global) }) => {
                    (instance, index) = (definer, global);
                }
                _ => return None,
            },
        }
    }
}

/// What globals are initialised by, where that is a single operator.
type Initial = SecondaryMap<GlobalIndex, Option<ConstOperator>>;

/// Has a module define globals by these values, and computes what is known then.
fn define(module: &mut Module<'_>, values: &[(GlobalIndex, ConstOperator)]) {
    for &(index, value) in values {
        module.globals[index].origin = GlobalOrigin::Init(vec![value]);
    }
    let mut initial = Initial::new();
    for (index, global) in module.globals.iter_mut() {
        let GlobalOrigin::Init(operators) = &mut global.origin else { continue };
        resolve(operators, &initial);
        if let [operator] = operators[..] {
            initial[index] = Some(operator);
        }
    }
    module.tables.values_mut().filter_map(|table| table.init.as_mut()).for_each(|init| resolve(init, &initial));
    for data in module.data.values_mut() {
        if let SegmentMode::Active(_, offset) = &mut data.mode {
            resolve(offset, &initial);
        }
    }
    for element in module.elements.values_mut() {
        if let SegmentMode::Active(_, offset) = &mut element.mode {
            resolve(offset, &initial);
        }
        if let ElementItems::Expressions(items) = &mut element.items {
            items.iter_mut().for_each(|item| resolve(item, &initial));
        }
    }
}

fn resolve(operators: &mut Vec<ConstOperator>, initial: &Initial) {
    *operators = const_expr::resolve(std::mem::take(operators), |index| initial[index]);
}
