//! What calls through tables can go to, where nothing writes the table.
//!
//! All elements of such a table are known, and the type of each: so it is known which elements a call of a type can go
//! to without a trap. Compilers put functions into a table in an order of their own, but those of one type often lie
//! side by side. Where all elements between the first and the last of a type have that type, an index is inside if
//!
//! ```text
//! index - first <= last - first
//! ```
//!
//! as unsigned numbers, and that one comparison stands for three: that the index is inside the table, that the element
//! is not null, and that it has the type.

use super::initial::ConstValue;
use super::table::{Entry, Origin, TablePlans};
use cranelift_entity::SecondaryMap;
use std::collections::{BTreeMap, BTreeSet};
use wasmc_frontend::index::{FuncIndex, InstanceId, TableIndex, TypeIndex};
use wasmc_frontend::program::types::Numbers;
use wasmc_frontend::{Module, Program};

/// The tables that nothing writes.
#[derive(Clone, Debug, Default)]
pub struct KnownTables {
    tables: SecondaryMap<TableIndex, Option<KnownTable>>,
}

/// A table that nothing writes.
#[derive(Clone, Debug, Default)]
struct KnownTable {
    /// The elements of each type, by its number.
    of_types: BTreeMap<u32, Elements>,
    /// The declared types of imported functions among them: what such a function is may have a subtype.
    imported: Vec<Numbers>,
}

/// Some elements of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elements {
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// How many there are.
    count: u64,
}

impl Elements {
    fn and(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last), count: self.count + other.count }
    }

    /// Whether there are no others between them.
    fn are_side_by_side(self) -> bool {
        self.last - self.first == self.count - 1
    }
}

impl KnownTables {
    /// The tables of an instance that are not in `written`, and in a linked program not in `shared` with others.
    pub(super) fn new(
        program: &Program<'_>,
        instance: InstanceId,
        tables: &TablePlans,
        (written, shared): (&BTreeSet<TableIndex>, &BTreeSet<TableIndex>),
    ) -> Self {
        let module = program.module_of(instance);
        let types = program.type_ids(program[instance].module);
        let numbers = |index: TypeIndex| program.types().numbers(types[index]);
        let mut known = Self::default();
        for (index, table) in &tables.tables {
            // What other instances do with it is not known here.
            let is_seen = program.is_linked() && shared.contains(&index);
            let is_written = is_seen || written.contains(&index) || module.tables[index].import.is_some();
            if let (Origin::Image(contents), false) = (&table.origin, is_written) {
                known.tables[index] = KnownTable::new(module, contents, numbers);
            }
        }
        known
    }

    /// The elements of a table that have a type, given by its numbers, where all of them lie side by side and no other
    /// can have it.
    pub fn elements(&self, table: TableIndex, of_type: Numbers) -> Option<Elements> {
        let table = self.tables[table].as_ref()?;
        let may_be = |declared: &Numbers| declared.first < of_type.first && of_type.first <= declared.last;
        if table.imported.iter().any(may_be) {
            return None;
        }
        let elements = table.of_types.range(of_type.first..=of_type.last).map(|(_, &elements)| elements);
        elements.reduce(Elements::and).filter(|elements| elements.are_side_by_side())
    }
}

impl KnownTable {
    /// `None` where an element is no function.
    fn new(module: &Module<'_>, contents: &[Entry], numbers: impl Fn(TypeIndex) -> Numbers) -> Option<Self> {
        let mut table = Self::default();
        for (&value, position) in contents.iter().zip(0..) {
            let function = match value {
                Entry::Value(ConstValue::Null) => continue,
                Entry::Value(ConstValue::Func(function)) => function,
                // One of another instance, whose type this one does not name, or none.
                Entry::Function(..) | Entry::Value(_) => return None,
            };
            let of_function = numbers(module.functions[function].type_index);
            if module.body(function).is_none() && of_function.first != of_function.last {
                table.imported.push(of_function);
            }
            let element = Elements { first: position, last: position, count: 1 };
            let elements = table.of_types.entry(of_function.first).or_insert(element);
            if *elements != element {
                *elements = elements.and(element);
            }
        }
        Some(table)
    }
}

/// The function at a position of a table that the image holds.
pub(crate) fn function_at(tables: &TablePlans, table: TableIndex, position: u64) -> Option<FuncIndex> {
    match &tables.tables[table].origin {
        Origin::Image(contents) => match contents.get(usize::try_from(position).ok()?)? {
            Entry::Value(ConstValue::Func(function)) => Some(*function),
            _ => None,
        },
        Origin::Written | Origin::Made => None,
    }
}
