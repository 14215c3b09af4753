//! How functions are called, in symbol tables and in backtraces.

use wasmc_abi::{host, symbols};
use wasmc_codegen::plan::role::Role;
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_codegen::{FunctionKey, Plan};

/// The function behind [`wasmc_abi::thread::ThreadPlan::run`].
pub(crate) const THREAD_RUN: &str = "wasmc_thread_run";

/// The symbol that satisfies the import of a function: another instance's, or a native one.
pub(crate) fn import(plan: &Plan<'_>, function: u32) -> String {
    if let Role::Linked(linked) = &plan.role
        && let Some(symbol) = linked.imports.functions.get(&function)
    {
        return symbol.clone();
    }
    named(plan, function, plan.options.embeds)
}

/// The symbol of the host or native function that satisfies an import, in a program with embedded directories or without.
fn named(plan: &Plan<'_>, function: u32, embeds: bool) -> String {
    let import = plan.module.function_import(function).expect("the function is imported");
    host::import_symbol(import.module, import.name, embeds).to_string()
}

/// The symbol of imported state.
pub(crate) fn imported(plan: &Plan<'_>, state: Exported) -> String {
    let Role::Linked(linked) = &plan.role else {
        unreachable!("an executable imports functions only");
    };
    let imports = &linked.imports;
    let symbol = match state {
        Exported::Global(index) => imports.globals.get(&index),
        Exported::Table(index) => imports.tables.get(&index),
        Exported::Memory(index) => imports.memories.get(&index).map(|(symbol, _)| symbol),
        _ => None,
    };
    symbol.expect("whoever links instances resolves all their imports").clone()
}

/// The name of a function for debuggers and profilers, or for other instances. NUL would end it early.
pub(crate) fn symbol(plan: &Plan<'_>, key: FunctionKey) -> String {
    if let Role::Linked(linked) = &plan.role {
        match key {
            FunctionKey::Wasm(index) => return symbol_of(&linked.name, Exported::Function(index)),
            FunctionKey::Trampoline(index) => return symbol_of(&linked.name, Exported::Trampoline(index)),
            FunctionKey::Instantiate => return symbol_of(&linked.name, Exported::Instantiate),
            FunctionKey::ImportStub(_) | FunctionKey::Main | FunctionKey::Thread => {}
        }
    }
    match key {
        FunctionKey::Main => symbols::MAIN.to_string(),
        FunctionKey::Thread => THREAD_RUN.to_string(),
        FunctionKey::ImportStub(function) => format!("stub of {}", import(plan, function)),
        FunctionKey::Wasm(function) => match plan.module.function_name(function) {
            Some(name) => name.replace('\0', "?"),
            None => format!("wasm_{function}"),
        },
        FunctionKey::Trampoline(_) | FunctionKey::Instantiate => unreachable!("only linked instances have them"),
    }
}

/// The name of a function in a backtrace, as its programmer wrote it; empty where it has none.
pub(crate) fn backtrace(plan: &Plan<'_>, key: FunctionKey) -> String {
    match key {
        FunctionKey::ImportStub(function) => named(plan, function, false),
        FunctionKey::Wasm(function) => {
            let name = plan.module.function_name(function);
            name.map_or_else(String::new, |name| format!("{:#}", rustc_demangle::demangle(&name)))
        }
        FunctionKey::Trampoline(_) | FunctionKey::Instantiate | FunctionKey::Main | FunctionKey::Thread => {
            String::new()
        }
    }
}
