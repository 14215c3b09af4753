//! How contexts are made: instances inside a program of somebody else's ([`wasmc_abi::context`]).

use super::instance::InstanceLayout;
use super::start::stack_area;
use super::table::TablePlans;
use crate::{Error, Options, Target};
use std::collections::BTreeSet;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::thread::{self, BlockPointer};
use wasmc_frontend::index::{ExternIndex, FuncIndex};
use wasmc_frontend::module::Table;
use wasmc_frontend::wasmparser::{AbstractHeapType, HeapType, ValType};
use wasmc_frontend::{Error as ModuleError, Module, Program, Shown};

/// Bytes in whose multiples the runtime maps elements of tables.
const GRANULE: u64 = 64 << 10;

/// What all contexts of a module have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextPlan {
    /// Bytes of stack, unless one is asked for otherwise.
    pub stack_size: u64,
    /// Bytes of the aligned area that each stack lies in; 0 where stacks lie anywhere.
    pub stack_area: u64,
    /// Bytes that may be allocated for tables as they are at first, and for memories and tables to grow; `u64::MAX`
    /// where nothing limits them.
    pub growth: u64,
    /// Bytes that tables take at first.
    pub first_tables: u64,
}

impl ContextPlan {
    pub(super) fn new(
        (module, tables): (&Module<'_>, &TablePlans),
        growth: u64,
        layout: &InstanceLayout,
        target: &Target,
        options: &Options,
    ) -> Result<Self, Error> {
        let stack_area = match target.block_pointer() {
            BlockPointer::StackArea => stack_area(options.stack_size, thread::GUARD, layout.size.into())?,
            BlockPointer::PinnedRegister => 0,
        };
        let made = module.tables.iter().filter(|&(index, _)| !tables.tables[index].is_fixed);
        let bytes = |table: &Table| table.ty.initial.saturating_mul(ELEMENT_SIZE.into()).next_multiple_of(GRANULE);
        let first_tables = made.map(|(_, table)| bytes(table)).fold(0, u64::saturating_add);
        Ok(Self { stack_size: options.stack_size, stack_area, growth, first_tables })
    }
}

/// The exported functions that an embedder calls directly.
pub(super) fn called_directly(module: &Module<'_>) -> BTreeSet<FuncIndex> {
    let is_called_directly = module.called_directly();
    let exported = module.exports.iter().filter_map(|export| match export.index {
        ExternIndex::Func(function) => Some(function),
        _ => None,
    });
    exported.filter(|&function| is_called_directly(function)).collect()
}

/// Refuses what no context can have yet.
pub(super) fn check(program: &Program<'_>, module: &Module<'_>, target: &Target) -> Result<(), Error> {
    if program.has_heap && target.has_no_system() {
        let what = "a library for a target without a system makes no structures or arrays yet";
        return Err(Error::Unsupported(ModuleError::new(what)));
    }
    let refuse = |what: String| {
        let error = ModuleError::new(format!("{what}: a library cannot have that yet"));
        Err(Error::Unsupported(error.with_help("compile an executable instead, or the guest without it")))
    };
    if module.memories.values().any(|memory| memory.ty.shared) {
        return refuse("a shared memory (threads)".into());
    }
    for (index, import) in module.imported_state() {
        let what = match index {
            // Each begins with null, or with what the embedder says.
            ExternIndex::Table(table) if !module.tables[table].ty.element_type.is_nullable() => "table",
            ExternIndex::Global(global) if !can_begin(module.globals[global].ty.content_type, module) => "global",
            _ => continue,
        };
        let name = format!("{}.{}", Shown(import.module), Shown(import.name));
        return refuse(format!("an imported {what} of references without null to what is the guest's ({name})"));
    }
    Ok(())
}

/// Whether an embedder has a value of a type before there is an instance: a number, null, an `i31`, or a reference of
/// its own.
fn can_begin(ty: ValType, module: &Module<'_>) -> bool {
    let ValType::Ref(ty) = ty else { return true };
    let can_be = |to| match to {
        AbstractHeapType::Any | AbstractHeapType::Eq | AbstractHeapType::I31 => true,
        AbstractHeapType::Extern => module.externalizes(),
        _ => false,
    };
    ty.is_nullable() || matches!(ty.heap_type(), HeapType::Abstract { ty, .. } if can_be(ty))
}
