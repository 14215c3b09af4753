//! Canonical numbers of types: two types have the same number exactly where the specification calls them equivalent
//! (3.1.3 "Rolling and unrolling", iso-recursive equality of recursive groups).

use std::collections::HashMap;
use std::fmt::Write;
use wasmc_frontend::Module;
use wasmc_frontend::wasmparser::{CompositeInnerType, HeapType, ValType};

/// Numbers types across all modules of a program. 0 is never given out: it stands for no type.
#[derive(Debug, Default)]
pub struct TypeIds {
    /// First number of each recursive group, by the group's spelling with outside types replaced by their numbers.
    groups: HashMap<String, u32>,
    next: u32,
}

impl TypeIds {
    /// The numbers of a module's types, by type index.
    pub fn number(&mut self, module: &Module<'_>) -> Vec<u32> {
        let mut ids: Vec<u32> = Vec::with_capacity(module.types.len());
        for group in &module.rec_groups {
            let spelling = spell(module, group.clone(), &ids);
            let next = &mut self.next;
            let first = *self.groups.entry(spelling).or_insert_with(|| {
                let first = *next + 1;
                *next += group.len() as u32;
                first
            });
            ids.extend((0..group.len() as u32).map(|position| first + position));
        }
        ids
    }
}

fn spell(module: &Module<'_>, group: std::ops::Range<u32>, ids: &[u32]) -> String {
    let type_name = |index: u32| match index.checked_sub(group.start) {
        Some(position) if index < group.end => format!("own {position}"),
        _ => format!("type {}", ids[index as usize]),
    };
    let mut spelling = String::new();
    for index in group.clone() {
        let ty = &module.types[index as usize];
        let supertypes: Vec<_> =
            ty.supertype_idxs.iter().filter_map(|packed| packed.as_module_index()).map(type_name).collect();
        write!(spelling, "{} {supertypes:?} ", ty.is_final).expect("writing to a string never fails");
        match &ty.composite_type.inner {
            CompositeInnerType::Func(func) => {
                let list =
                    |values: &[ValType]| values.iter().map(|&ty| spell_value(ty, &type_name)).collect::<Vec<_>>();
                write!(spelling, "{:?}->{:?};", list(func.params()), list(func.results()))
            }
            other => write!(spelling, "{other:?};"),
        }
        .expect("writing to a string never fails");
    }
    spelling
}

fn spell_value(ty: ValType, type_name: &impl Fn(u32) -> String) -> String {
    if let ValType::Ref(reference) = ty
        && let HeapType::Concrete(index) = reference.heap_type()
        && let Some(index) = index.as_module_index()
    {
        return format!("{}{}", if reference.is_nullable() { "null " } else { "" }, type_name(index));
    }
    ty.to_string()
}
