//! What is reached: only that is compiled.

use super::initial::{self, ConstValue};
use crate::key::FunctionKey;
use cranelift_entity::SecondaryMap;
use std::collections::BTreeSet;
use wasmc_frontend::index::{ElemIndex, ExternIndex, FuncIndex, TableIndex};
use wasmc_frontend::module::SegmentMode;
use wasmc_frontend::program::Binding;
use wasmc_frontend::{Module, Summary};

/// What can be reached.
#[derive(Debug)]
pub struct Reach {
    /// Functions, imported ones too.
    pub functions: BTreeSet<FuncIndex>,
    /// Functions that can be called through a reference.
    pub escaping: BTreeSet<FuncIndex>,
    /// What the reached functions consist of, together.
    pub summary: Summary,
}

impl Reach {
    /// What can be reached from `entry_points`.
    pub(super) fn from(module: &Module<'_>, entry_points: Vec<FuncIndex>) -> Self {
        let mut reach = Self { functions: BTreeSet::new(), escaping: BTreeSet::new(), summary: Summary::default() };
        let (mut tables, mut globals, mut elements) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let active = active_elements(module);
        let mut work = entry_points;
        while let Some(function) = work.pop() {
            if !reach.functions.insert(function) {
                continue;
            }
            let Some(summary) = module.summary(function) else { continue };
            work.extend(&summary.callees);
            let mut escape = |functions: Vec<FuncIndex>| {
                reach.escaping.extend(&functions);
                work.extend(functions);
            };
            escape(summary.referenced_functions.iter().copied().collect());
            for &table in summary.tables.iter().filter(|&&table| tables.insert(table)) {
                escape(in_table(module, table, &active));
            }
            for &global in summary.globals.iter().filter(|&&global| globals.insert(global)) {
                escape(referenced_by(initial::global(module, global)));
            }
            for &element in summary.elements.iter().filter(|&&element| elements.insert(element)) {
                escape(in_element(module, element));
            }
            reach.summary.merge(summary);
        }
        reach
    }

    /// What can be reached from what a module exports. Whoever has an exported table or global may change it.
    pub(super) fn from_exports(module: &Module<'_>) -> Self {
        let mut summary = Summary::default();
        let mut functions: Vec<FuncIndex> = module.start.into_iter().collect();
        for export in &module.exports {
            match export.index {
                ExternIndex::Func(function) => functions.push(function),
                ExternIndex::Table(table) => {
                    summary.tables.insert(table);
                    summary.written_tables.insert(table);
                    summary.growing_tables.insert(table);
                }
                ExternIndex::Global(global) => {
                    summary.globals.insert(global);
                }
                ExternIndex::Memory(_) | ExternIndex::Tag(_) => {}
            }
        }
        let active = active_elements(module);
        let tables = summary.tables.iter().flat_map(|&table| in_table(module, table, &active));
        let globals = summary.globals.iter().flat_map(|&global| referenced_by(initial::global(module, global)));
        let escaping: Vec<FuncIndex> = tables.chain(globals).collect();
        functions.extend(&escaping);
        let mut reach = Self::from(module, functions);
        reach.escaping.extend(escaping);
        reach.summary.merge(&summary);
        reach
    }

    /// Everything is reached, from other instances if not from this one.
    pub(super) fn everything(module: &Module<'_>) -> Self {
        let functions: BTreeSet<FuncIndex> = module.functions.keys().collect();
        let mut summary = Summary::default();
        module.summaries.iter().for_each(|body| summary.merge(body));
        summary.tables.extend(module.tables.keys());
        summary.written_tables.extend(module.tables.keys());
        summary.globals.extend(module.globals.keys());
        summary.tags.extend(module.tags.keys());
        summary.data.extend(module.data.keys());
        summary.elements.extend(module.elements.keys());
        Self { functions: functions.clone(), escaping: functions, summary }
    }

    /// Imported functions that are called or referenced.
    pub fn imports<'m>(&'m self, module: &'m Module<'_>) -> impl Iterator<Item = FuncIndex> {
        self.functions.iter().copied().filter(|&index| module.body(index).is_none())
    }

    /// Functions to compile: those of the module in its order, so that neighbours stay neighbours; then what belongs to
    /// none of them. `binding` says what imports are bound to, `starts` whether the program's start is one of them, and
    /// `threads` that of a thread.
    pub(super) fn keys<'b>(
        &self,
        module: &Module<'_>,
        binding: impl Fn(FuncIndex) -> Option<&'b Binding>,
        starts: bool,
        threads: bool,
    ) -> Vec<FunctionKey> {
        let bodies = self.functions.iter().filter(|&&index| module.body(index).is_some());
        let mut keys: Vec<FunctionKey> = bodies.map(|&index| FunctionKey::Wasm(index)).collect();
        let needs_stub = |&index: &FuncIndex| match binding(index) {
            // Others call it directly, by the C calling convention, in which no function is called in place of another.
            Some(Binding::Host(..) | Binding::Native(_)) => {
                self.escaping.contains(&index) || self.summary.tail_callees.contains(&index)
            }
            Some(Binding::Missing(_) | Binding::Embedder(_)) => true,
            _ => false,
        };
        keys.extend(self.imports(module).filter(needs_stub).map(FunctionKey::ImportStub));
        if starts {
            keys.push(FunctionKey::Main);
            keys.extend(threads.then_some(FunctionKey::Thread));
        } else {
            let exported = module.exports.iter().filter_map(|export| match export.index {
                ExternIndex::Func(function) => Some(function),
                _ => None,
            });
            let exported: BTreeSet<FuncIndex> = exported.collect();
            keys.extend(exported.into_iter().map(FunctionKey::Trampoline));
            keys.push(FunctionKey::Instantiate);
        }
        keys
    }
}

fn referenced_by(value: Option<ConstValue>) -> Vec<FuncIndex> {
    match value {
        Some(ConstValue::Func(function)) => vec![function],
        _ => Vec::new(),
    }
}

/// The active segments of each table.
fn active_elements(module: &Module<'_>) -> SecondaryMap<TableIndex, Vec<ElemIndex>> {
    let mut active: SecondaryMap<TableIndex, Vec<ElemIndex>> = SecondaryMap::new();
    for (index, element) in &module.elements {
        if let SegmentMode::Active(table, _) = element.mode {
            active[table].push(index);
        }
    }
    active
}

fn in_table(
    module: &Module<'_>,
    table: TableIndex,
    active: &SecondaryMap<TableIndex, Vec<ElemIndex>>,
) -> Vec<FuncIndex> {
    let mut functions = Vec::new();
    if let Some(init) = &module.tables[table].init {
        functions.extend(referenced_by(initial::evaluate(module, init)));
    }
    active[table].iter().for_each(|&element| functions.extend(in_element(module, element)));
    functions
}

fn in_element(module: &Module<'_>, element: ElemIndex) -> Vec<FuncIndex> {
    let items = module.elements[element].items.expressions();
    items.iter().flat_map(|item| referenced_by(initial::evaluate(module, item))).collect()
}
