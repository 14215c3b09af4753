//! How functions are called, in symbol tables and in backtraces.

use wasmc_abi::symbols;
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_codegen::{FunctionKey, Plan};
use wasmc_frontend::Shown;
use wasmc_frontend::index::{CanonicalId, ComponentInstanceId, ExternIndex, FuncIndex};
use wasmc_frontend::program::{Binding, Item};

/// The function that [`wasmc_abi::thread::ThreadPlan::run`] points to.
pub(crate) const THREAD_RUN: &str = "wasmc_thread_run";

/// The symbol that satisfies the import of a function.
pub(crate) fn import(plan: &Plan<'_>, function: FuncIndex) -> String {
    bound(plan, ExternIndex::Func(function), plan.options.embeds)
}

/// The symbol of what an import is bound to, in a program with embedded directories or without.
fn bound(plan: &Plan<'_>, index: ExternIndex, embeds: bool) -> String {
    let binding = plan.program.binding(plan.instance, index).expect("it is imported");
    match binding {
        &Binding::Instance(item) => item_symbol(plan, item),
        Binding::Host(interface, function) => function.symbol(*interface, embeds).to_string(),
        Binding::Native(symbol) => symbol.clone(),
        Binding::Embedder(_) | Binding::Missing(_) => unreachable!("its stub is called"),
        Binding::Canonical(id) => plan.program.canonical(*id).function.symbol().to_string(),
        Binding::MayLeave(instance) => instance_symbol(*instance),
        Binding::Created => unreachable!("the program defines it itself"),
    }
}

/// The symbol of what an instance offers to others.
pub(crate) fn item_symbol(plan: &Plan<'_>, item: Item) -> String {
    symbol_of(&plan.program[item.instance].name, exported(item.index))
}

/// The symbol of the state of a component instance.
pub(crate) fn instance_symbol(instance: ComponentInstanceId) -> String {
    format!("component.instance.{instance}")
}

/// The symbol of what a function of the runtime knows.
pub(crate) fn canonical_symbol(id: CanonicalId) -> String {
    format!("component.canonical.{id}")
}

/// An imported function by the names of its module and of itself.
fn spelled(plan: &Plan<'_>, function: FuncIndex) -> String {
    let import = plan.module.import(ExternIndex::Func(function)).expect("it is imported");
    let import = &plan.module.imports[import];
    format!("{}.{}", Shown(import.module), Shown(import.name))
}

fn exported(index: ExternIndex) -> Exported {
    match index {
        ExternIndex::Func(function) => Exported::Function(function),
        ExternIndex::Global(global) => Exported::Global(global),
        ExternIndex::Table(table) => Exported::Table(table),
        ExternIndex::Memory(memory) => Exported::Memory(memory),
        ExternIndex::Tag(tag) => Exported::Tag(tag),
    }
}

/// The symbol of imported state.
pub(crate) fn imported(plan: &Plan<'_>, index: ExternIndex) -> String {
    bound(plan, index, false)
}

/// Whether other instances refer to what an instance offers.
pub(crate) fn is_linked_with_others(plan: &Plan<'_>) -> bool {
    plan.start.is_none() && !plan.program.is_library
}

/// The name of a function for debuggers and profilers, or for other instances.
pub(crate) fn symbol(plan: &Plan<'_>, key: FunctionKey) -> String {
    let instance = &plan.program[plan.instance].name;
    match key {
        FunctionKey::Main => symbols::MAIN.to_string(),
        FunctionKey::Thread => THREAD_RUN.to_string(),
        FunctionKey::ImportStub(function) if !plan.is_native(function) => spelled(plan, function),
        FunctionKey::ImportStub(function) => format!("stub of {}", import(plan, function)),
        FunctionKey::Wasm(function) if is_linked_with_others(plan) => symbol_of(instance, Exported::Function(function)),
        FunctionKey::Wasm(function) => match plan.module.function_name(function) {
            Some(name) => Shown(&name).to_string(),
            None => format!("wasm_{function}"),
        },
        FunctionKey::Trampoline(function) => symbol_of(instance, Exported::Trampoline(function)),
        FunctionKey::Instantiate => symbol_of(instance, Exported::Instantiate),
        FunctionKey::Prepare => symbol_of(instance, Exported::Prepare),
    }
}

/// The name of a function in a backtrace, as its programmer wrote it; empty where it has none.
pub(crate) fn backtrace(plan: &Plan<'_>, key: FunctionKey) -> String {
    match key {
        FunctionKey::ImportStub(function) if !plan.is_native(function) => spelled(plan, function),
        FunctionKey::ImportStub(function) => match plan.canonical(function) {
            Some(id) => Shown(&plan.program.canonical(id).name).to_string(),
            None => bound(plan, ExternIndex::Func(function), false),
        },
        FunctionKey::Wasm(function) => {
            let name = plan.module.function_name(function);
            let demangled = name.map(|name| format!("{:#}", rustc_demangle::demangle(&name)));
            demangled.map_or_else(String::new, |name| Shown(&name).to_string())
        }
        FunctionKey::Trampoline(_)
        | FunctionKey::Instantiate
        | FunctionKey::Prepare
        | FunctionKey::Main
        | FunctionKey::Thread => String::new(),
    }
}
