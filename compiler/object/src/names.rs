//! How functions are called, in symbol tables and in backtraces.

use wasmc_abi::symbols;
use wasmc_codegen::FunctionKey;
use wasmc_frontend::Module;

/// The symbol that satisfies the import of a function.
pub(crate) fn import(module: &Module<'_>, function: u32) -> String {
    let import = module.function_import(function).expect("the function is imported");
    let mut symbol = String::new();
    symbols::import_symbol(import.module, import.name, &mut |character| symbol.push(character));
    symbol
}

/// The name of a function for debuggers and profilers. NUL would end it early.
pub(crate) fn symbol(module: &Module<'_>, key: FunctionKey) -> String {
    match key {
        FunctionKey::Main => symbols::MAIN.to_string(),
        FunctionKey::ImportStub(function) => format!("stub of {}", import(module, function)),
        FunctionKey::Wasm(function) => match module.function_name(function) {
            Some(name) => name.replace('\0', "?"),
            None => format!("wasm_{function}"),
        },
    }
}

/// The name of a function in a backtrace, as its programmer wrote it; empty where it has none.
pub(crate) fn backtrace(module: &Module<'_>, key: FunctionKey) -> String {
    match key {
        FunctionKey::Main => String::new(),
        FunctionKey::ImportStub(function) => import(module, function),
        FunctionKey::Wasm(function) => module
            .function_name(function)
            .map_or_else(String::new, |name| format!("{:#}", rustc_demangle::demangle(&name))),
    }
}
