//! What the limits of a program leave it, given what it starts with.

use super::memory::MemoryPlan;
use super::table::{Origin, TablePlans};
use crate::{Error, Options};
use cranelift_entity::PrimaryMap;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_frontend::index::{ExternIndex, InstanceId, MemoryIndex, TableIndex};
use wasmc_frontend::module::Table;
use wasmc_frontend::program::Binding;
use wasmc_frontend::{Error as ModuleError, Program};

/// Elements that a table may grow to.
pub fn table_max(table: &Table, options: &Options) -> u64 {
    // Beyond this a 32-bit table's size could not be told from failure to grow.
    const MOST: u64 = u32::MAX as u64 - 1;
    table.ty.maximum.unwrap_or(MOST).min(MOST).min(options.max_table_elements.unwrap_or(MOST))
}

/// Bytes that a program may allocate after its start; `u64::MAX` where nothing limits them. What all its memories and
/// tables start with counts, but tables that start-up allocates, each thread its own in a program with `threads`.
///
/// # Errors
/// Where it starts with more than it may have.
pub(super) fn growth(
    (program, instance): (&Program<'_>, InstanceId),
    memories: &PrimaryMap<MemoryIndex, MemoryPlan>,
    tables: &TablePlans,
    threads: bool,
    options: &Options,
) -> Result<u64, Error> {
    let module = program.module_of(instance);
    for (index, table) in &module.tables {
        check_table(index, table, options)?;
    }
    let Some(limit) = options.max_memory else { return Ok(u64::MAX) };
    // What other instances define counts there.
    let is_elsewhere = |index: ExternIndex| matches!(program.binding(instance, index), Some(Binding::Instance(_)));
    let sum = |of: &dyn Fn(TableIndex) -> bool| {
        let tables = module.tables.iter().filter(|&(index, _)| !is_elsewhere(ExternIndex::Table(index)) && of(index));
        let tables = tables.map(|(_, table)| table.ty.initial.saturating_mul(ELEMENT_SIZE.into()));
        let memories = memories
            .iter()
            .filter(|&(index, _)| !is_elsewhere(ExternIndex::Memory(index)))
            .map(|(_, memory)| memory.min);
        memories.chain(tables).fold(0, u64::saturating_add)
    };
    let start = sum(&|_| true);
    if start > limit {
        let error = ModuleError::new(format!(
            "memories and tables start with {start} bytes, more than the {limit} bytes the program may have"
        ));
        return Err(Error::Refused(error.with_help(format!("raise the limit: `--max-memory {start}`"))));
    }
    Ok(limit - sum(&|index| !threads && tables.tables[index].origin != Origin::Made))
}

fn check_table(index: TableIndex, table: &Table, options: &Options) -> Result<(), Error> {
    match options.max_table_elements {
        Some(limit) if table.ty.initial > limit => {
            let elements = table.ty.initial;
            let error = ModuleError::new(format!(
                "table {index} starts with {elements} elements, more than the {limit} it may have"
            ));
            Err(Error::Refused(error.with_help(format!("raise the limit: `--max-table-elements {elements}`"))))
        }
        _ => Ok(()),
    }
}
