//! Components as programs: what one must export, and the module that calls it.

use crate::translate::Translated;
use crate::types;
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Module, TypeSection,
    ValType,
};
use wasmc_frontend::{Error, Shown};
use wasmtime_environ::component::{CoreDef, Export, OptionsIndex};

/// The function that a component exports to be run.
pub(crate) struct Run<'t> {
    /// The core function.
    pub function: &'t CoreDef,
    /// What it was lifted with.
    pub options: OptionsIndex,
}

/// Finds what a component exports to be run: `run` of the interface `wasi:cli/run` (WASI 0.2, "wasi:cli/command").
///
/// # Errors
/// Where it exports none, or one of another type.
pub(crate) fn find<'t>(translated: &'t Translated<'_>) -> Result<Run<'t>, Error> {
    let component = &translated.component;
    for (name, (index, _)) in component.exports.raw_iter() {
        let Export::Instance { exports, .. } = &component.export_items[*index] else { continue };
        if !name.starts_with("wasi:cli/run@0.2.") {
            continue;
        }
        let run = exports.raw_iter().find(|(name, _)| name.as_str() == "run");
        if let Some((_, (index, _))) = run
            && let Export::LiftedFunction { ty, func, options } = &component.export_items[*index]
        {
            let text = types::function(translated, *ty);
            if text != "() -> result" {
                let message = format!("the exported function {}#run is {}", Shown(name), Shown(&text));
                return Err(Error::new(message).with_help("wasi:cli/run wants `() -> result`"));
            }
            return Ok(Run { function: func, options: *options });
        }
    }
    let names: Vec<String> = component.exports.raw_iter().map(|(name, _)| Shown(name).to_string()).collect();
    let exported = if names.is_empty() { "nothing".into() } else { names.join(", ") };
    let message = format!("nothing to run: the component exports no `run` of wasi:cli/run 0.2; it exports {exported}");
    Err(Error::new(message).with_help("build it as a command: a component for the world wasi:cli/command"))
}

/// The core module of the last instance, which imports functions that are called from outside and calls one of them
/// when the program starts. Their numbers among functions are those of their order.
#[derive(Default)]
pub(crate) struct Caller {
    types: TypeSection,
    imports: ImportSection,
    functions: u32,
}

impl Caller {
    /// Imports a function.
    pub fn import(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = self.types.len();
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.imports.import("", &self.functions.to_string(), EntityType::Function(ty));
        self.functions += 1;
        self.functions - 1
    }

    /// The module, which calls the imported function `run` at its start, and afterwards another with its result where
    /// there is one. A result that is not 0 is an error: the status is 1 then.
    pub fn finish(mut self, run: u32, post_return: Option<u32>) -> Vec<u8> {
        let ty = self.types.len();
        self.types.ty().function([], [ValType::I32]);
        let mut functions = FunctionSection::new();
        functions.function(ty);
        let mut exports = ExportSection::new();
        exports.export("_start", ExportKind::Func, self.functions);
        let mut body = Function::new([(1, ValType::I32)]);
        let mut code = body.instructions();
        code.call(run).local_set(0);
        if let Some(post_return) = post_return {
            code.local_get(0).call(post_return);
        }
        code.local_get(0).i32_const(0).i32_ne().end();
        let mut bodies = CodeSection::new();
        bodies.function(&body);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&functions).section(&exports).section(&bodies);
        module.finish()
    }
}
