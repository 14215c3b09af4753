//! What is reached: only that is compiled.

use crate::key::FunctionKey;
use cranelift_entity::SecondaryMap;
use std::collections::BTreeSet;
use wasmc_frontend::const_expr::ConstOperator;
use wasmc_frontend::index::{ElemIndex, ExternIndex, FuncIndex, GlobalIndex, TableIndex};
use wasmc_frontend::module::{ElementItems, GlobalOrigin, SegmentMode};
use wasmc_frontend::program::{Binding, Start};
use wasmc_frontend::{Module, Program, Summary};

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
            let mut read = Reads { module, globals: summary.globals.iter().copied().collect(), functions: Vec::new() };
            for &table in summary.tables.iter().filter(|&&table| tables.insert(table)) {
                read.table(table, &active);
            }
            for &element in summary.elements.iter().filter(|&&element| elements.insert(element)) {
                read.element(element);
            }
            read.globals_too(&mut globals);
            escape(read.functions);
            reach.summary.merge(summary);
        }
        reach.summary.globals.extend(globals);
        reach
    }

    /// What can be reached from what the embedder of a module sees: what it exports, and the state that it imports.
    pub(super) fn from_embedder(module: &Module<'_>) -> Self {
        let exported = module.exports.iter().map(|export| export.index);
        Self::from_outside(module, exported.chain(module.imported_state().map(|(index, _)| index)))
    }

    /// What can be reached from outside, where these are known. Whoever has a table or global may change it.
    pub(super) fn from_outside(module: &Module<'_>, known: impl IntoIterator<Item = ExternIndex>) -> Self {
        let mut summary = Summary::default();
        let mut functions: Vec<FuncIndex> = module.start.into_iter().collect();
        for index in known {
            match index {
                ExternIndex::Func(function) => functions.push(function),
                ExternIndex::Table(table) => {
                    summary.tables.insert(table);
                    summary.written_tables.insert(table);
                    summary.growing_tables.insert(table);
                }
                ExternIndex::Global(global) => {
                    summary.globals.insert(global);
                }
                ExternIndex::Tag(tag) => {
                    summary.tags.insert(tag);
                }
                ExternIndex::Memory(_) => {}
            }
        }
        let active = active_elements(module);
        let mut read = Reads { module, globals: summary.globals.iter().copied().collect(), functions: Vec::new() };
        summary.tables.iter().for_each(|&table| read.table(table, &active));
        read.globals_too(&mut BTreeSet::new());
        functions.extend(&read.functions);
        let mut reach = Self::from(module, functions);
        reach.escaping.extend(read.functions);
        reach.summary.merge(&summary);
        reach
    }

    /// Everything is reached, from other instances if not from this one.
    pub(super) fn everything(module: &Module<'_>) -> Self {
        let functions: BTreeSet<FuncIndex> = module.functions.keys().collect();
        let mut summary = Summary::default();
        module.summaries.iter().for_each(|body| summary.merge(body));
        summary.tables.extend(module.tables.keys());
        summary.written_tables.extend(shared_tables(module));
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
    /// none of them. `binding` says what imports are bound to, and `others` what belongs to no function of the module.
    pub(super) fn keys<'b>(
        &self,
        module: &Module<'_>,
        binding: impl Fn(FuncIndex) -> Option<&'b Binding>,
        others: impl IntoIterator<Item = FunctionKey>,
    ) -> Vec<FunctionKey> {
        let bodies = self.functions.iter().filter(|&&index| module.body(index).is_some());
        let mut keys: Vec<FunctionKey> = bodies.map(|&index| FunctionKey::Wasm(index)).collect();
        let needs_stub = |&index: &FuncIndex| match binding(index) {
            // Others call it directly, by the C calling convention, in which no function is called in place of another.
            Some(Binding::Host(..) | Binding::Native(_) | Binding::Canonical(_)) => {
                self.escaping.contains(&index) || self.summary.tail_callees.contains(&index)
            }
            Some(Binding::Missing(_) | Binding::Embedder(_)) => true,
            _ => false,
        };
        keys.extend(self.imports(module).filter(needs_stub).map(FunctionKey::ImportStub));
        keys.extend(others);
        keys
    }
}

/// What belongs to no function of an instance's module: it has the program's start, or is one among others.
pub(super) fn other_keys(
    program: &Program<'_>,
    module: &Module<'_>,
    reach: &Reach,
    start: Option<&Start>,
) -> Vec<FunctionKey> {
    let trampolines = |functions: BTreeSet<FuncIndex>| {
        functions.into_iter().filter(|function| reach.functions.contains(function)).map(FunctionKey::Trampoline)
    };
    match (start, &program.component) {
        (Some(start), None) => {
            [FunctionKey::Main].into_iter().chain(start.thread.map(|_| FunctionKey::Thread)).collect()
        }
        (Some(_), Some(component)) => trampolines(component.called_back()).chain([FunctionKey::Main]).collect(),
        (None, Some(_)) => vec![FunctionKey::Instantiate, FunctionKey::Prepare],
        (None, None) => trampolines(exported(module)).chain([FunctionKey::Instantiate]).collect(),
    }
}

/// The functions that a module exports.
fn exported(module: &Module<'_>) -> BTreeSet<FuncIndex> {
    let functions = module.exports.iter().filter_map(|export| match export.index {
        ExternIndex::Func(function) => Some(function),
        _ => None,
    });
    functions.collect()
}

/// The tables that other instances can have, too.
pub(super) fn shared_tables(module: &Module<'_>) -> impl Iterator<Item = TableIndex> {
    let exported = module.exports.iter().filter_map(|export| match export.index {
        ExternIndex::Table(table) => Some(table),
        _ => None,
    });
    let tables = module.tables.iter();
    exported.chain(tables.filter(|(_, table)| table.import.is_some()).map(|(index, _)| index))
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

/// What initialiser expressions refer to.
struct Reads<'m, 'a> {
    module: &'m Module<'a>,
    globals: Vec<GlobalIndex>,
    functions: Vec<FuncIndex>,
}

impl Reads<'_, '_> {
    fn expression(&mut self, operators: &[ConstOperator]) {
        for operator in operators {
            match *operator {
                ConstOperator::GlobalGet(global) => self.globals.push(global),
                ConstOperator::RefFunc(function) => self.functions.push(function),
                _ => {}
            }
        }
    }

    /// Follows the globals, but those that are in `seen`, which it adds them to.
    fn globals_too(&mut self, seen: &mut BTreeSet<GlobalIndex>) {
        while let Some(global) = self.globals.pop() {
            if seen.insert(global)
                && let GlobalOrigin::Init(operators) = &self.module.globals[global].origin
            {
                self.expression(operators);
            }
        }
    }

    fn table(&mut self, table: TableIndex, active: &SecondaryMap<TableIndex, Vec<ElemIndex>>) {
        if let Some(init) = &self.module.tables[table].init {
            self.expression(init);
        }
        active[table].iter().for_each(|&element| self.element(element));
    }

    fn element(&mut self, element: ElemIndex) {
        match &self.module.elements[element].items {
            ElementItems::Functions(functions) => self.functions.extend(functions),
            ElementItems::Expressions(items) => items.iter().for_each(|item| self.expression(item)),
        }
    }
}
