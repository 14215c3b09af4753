//! Translation by `wasmtime-environ`.

use crate::adapters;
use std::panic::{self, AssertUnwindSafe};
use wasmc_frontend::Error;
use wasmtime_environ::component::{
    Component, ComponentTypes, ComponentTypesBuilder, GlobalInitializer, InstantiateModule, Trampoline,
    TrampolineIndex, Translator,
};
use wasmtime_environ::wasmparser::{Validator, WasmFeatures};
use wasmtime_environ::{PrimaryMap, ScopeVec, StaticModuleIndex, Tunables};

/// What translation makes of a component.
pub(crate) struct Translated<'t> {
    /// The component itself.
    pub binary: &'t [u8],
    /// What it consists of.
    pub component: Component,
    /// The core functions that it makes.
    pub trampolines: PrimaryMap<TrampolineIndex, Trampoline>,
    /// All types.
    pub types: ComponentTypes,
    /// How many resource tables there are among them.
    pub resource_tables: u32,
    /// The binaries of the core modules, those of adapters too.
    pub modules: PrimaryMap<StaticModuleIndex, &'t [u8]>,
}

/// Translates a component and returns what `then` makes of it.
///
/// # Errors
/// Where the component is not valid.
pub(crate) fn translated<R>(binary: &[u8], then: impl FnOnce(&Translated<'_>) -> R) -> Result<R, Error> {
    let scope = ScopeVec::new();
    Ok(then(&without_panic(|| translate(binary, &scope))?))
}

fn translate<'t>(binary: &'t [u8], scope: &'t ScopeVec<u8>) -> Result<Translated<'t>, Error> {
    let mut tunables = Tunables::default_u64();
    tunables.concurrency_support = false;
    tunables.parse_wasm_debuginfo = false;
    tunables.debug_adapter_modules = false;
    let mut validator = Validator::new_with_features(features());
    let mut types = ComponentTypesBuilder::new(&validator);
    let translator = Translator::new(&tunables, &mut validator, &mut types, scope);
    let (translation, modules) = translator.translate(binary).map_err(|error| invalid(&format!("{error:#}")))?;
    let is_adapter = |wasm: &[u8]| !binary.as_ptr_range().contains(&wasm.as_ptr());
    // Those of the component lie in its binary.
    let improved = |wasm: &[u8]| if is_adapter(wasm) { adapters::improved(wasm) } else { None };
    let modules = modules.values().map(|module| match improved(module.wasm) {
        Some(better) => &*scope.push(better),
        None => module.wasm,
    });
    let modules: PrimaryMap<_, &[u8]> = modules.collect();
    let resource_tables = types.num_resource_tables() as u32;
    let (types, _) = types.finish(&translation.component);
    let (component, trampolines) = (translation.component, translation.trampolines);
    validate_others(&component, &modules)?;
    Ok(Translated { binary, component, trampolines, types, resource_tables, modules })
}

/// Validates the modules that nothing instantiates. Those that become parts of the program are validated when they are
/// read.
fn validate_others(component: &Component, modules: &PrimaryMap<StaticModuleIndex, &[u8]>) -> Result<(), Error> {
    let instantiated = |index| {
        component.initializers.iter().any(|initializer| {
            matches!(initializer, GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, _), _)
                if *module == index)
        })
    };
    for (_, module) in modules.iter().filter(|(index, _)| !instantiated(*index)) {
        let validated = Validator::new_with_features(features()).validate_all(module);
        validated.map_err(|error| invalid(&error.to_string()))?;
    }
    Ok(())
}

/// Validates the modules of a component, bodies of functions included.
///
/// # Errors
/// Where one of them is not valid.
pub(crate) fn validate_all(modules: &PrimaryMap<StaticModuleIndex, &[u8]>) -> Result<(), Error> {
    for module in modules.values() {
        let validated = Validator::new_with_features(features()).validate_all(module);
        validated.map_err(|error| invalid(&error.to_string()))?;
    }
    Ok(())
}

/// What is valid. The bodies of core functions are validated once more when their modules are read.
pub(crate) fn features() -> WasmFeatures {
    let mut features = WasmFeatures::default()
        | WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::GC;
    // Its values need tasks, which the runtime does not have.
    features.remove(WasmFeatures::CM_ASYNC);
    features
}

fn invalid(message: &str) -> Error {
    let error = Error::new(wasmc_frontend::shown::lines(message));
    if message.contains("async") {
        return error.with_help("WASI 0.3 and asynchronous functions are not yet supported: build for WASI 0.2");
    }
    error
}

/// Runs a translation. Where it panics, which is a fault of the translator, that is an error; nothing is printed.
fn without_panic<R>(run: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    panic::set_hook(hook);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is known");
        let message = format!("the component cannot be translated: {}", wasmc_frontend::shown::lines(text));
        Err(Error::new(message).with_help("this is a fault of the compiler: please report it with the component"))
    })
}
