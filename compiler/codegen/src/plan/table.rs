//! What each table holds when the program starts, and whether its length is known.

use super::initial::{self, ConstValue};
use cranelift_entity::PrimaryMap;
use wasmc_frontend::Module;
use wasmc_frontend::index::TableIndex;
use wasmc_frontend::module::SegmentMode;

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePlan {
    /// Whether its length never changes.
    pub is_fixed: bool,
    /// Its first elements, after initial value and active segments; null where nothing is said.
    pub contents: Vec<ConstValue>,
}

/// All tables of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TablePlans {
    /// Each of them.
    pub tables: PrimaryMap<TableIndex, TablePlan>,
    /// Whether [`TablePlan::contents`] say it all; otherwise instantiation writes elements.
    pub are_static: bool,
    /// Whether an active element segment does not fit in its table, so that instantiation traps.
    pub out_of_bounds: bool,
}

impl TablePlans {
    /// Plans the tables of `module`; the length of those for which `may_grow` holds true can change.
    pub(super) fn new(module: &Module<'_>, may_grow: impl Fn(TableIndex) -> bool) -> Self {
        let contents = contents(module);
        let are_static = contents.is_some();
        let (contents, out_of_bounds) = contents.unwrap_or_else(|| (nulls(module), false));
        let tables = contents.into_iter().map(|(index, contents)| TablePlan { is_fixed: !may_grow(index), contents });
        Self { tables: tables.collect(), are_static, out_of_bounds }
    }
}

/// What tables hold at first.
type Contents = PrimaryMap<TableIndex, Vec<ConstValue>>;

/// Nothing but null references.
fn nulls(module: &Module<'_>) -> Contents {
    module.tables.keys().map(|_| Vec::new()).collect()
}

/// The contents of each table after its active segments, and whether a segment does not fit. `None` where they depend
/// on imports.
fn contents(module: &Module<'_>) -> Option<(Contents, bool)> {
    let mut contents = nulls(module);
    for (index, table) in &module.tables {
        if let Some(init) = &table.init {
            contents[index].resize(table.ty.initial as usize, initial::evaluate(module, init)?);
        }
    }
    for element in module.elements.values() {
        let SegmentMode::Active(table, offset) = &element.mode else { continue };
        let into = &module.tables[*table];
        if into.import.is_some() {
            return None;
        }
        let offset = initial::evaluate(module, offset)?.as_offset()?;
        let items = element.items.expressions();
        let end = offset.checked_add(items.len() as u64);
        let Some(end) = end.filter(|&end| end <= into.ty.initial) else {
            return Some((contents, true));
        };
        let values = &mut contents[*table];
        if values.len() < end as usize {
            values.resize(end as usize, ConstValue::Null);
        }
        for (slot, item) in values[offset as usize..].iter_mut().zip(items) {
            *slot = initial::evaluate(module, &item)?;
        }
    }
    Some((contents, false))
}
