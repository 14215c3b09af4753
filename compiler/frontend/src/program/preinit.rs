//! A program that runs one exported function of a module, for the state that it leaves: its imports trap.

use super::{Binding, Missing, Program, Start};
use crate::index::ExternIndex;
use crate::{Error, Module, Shown};
use cranelift_entity::PrimaryMap;
use wasmparser::TypeRef;

impl<'a> Program<'a> {
    /// The program that instantiates a module, calls the function that it exports as `export`, and nothing else. So
    /// what it does depends on the module alone.
    ///
    /// # Errors
    /// Where there is no such function, it takes or returns values, or the module imports more than functions.
    pub fn preinit(module: Module<'a>, export: &str) -> Result<Self, Error> {
        let shown = Shown(export);
        let Some(ExternIndex::Func(function)) = module.export(export) else {
            return Err(Error::new(format!("the module exports no function `{shown}` to be run when it is compiled")));
        };
        let ty = module.type_of_function(function);
        if !ty.params().is_empty() || !ty.results().is_empty() {
            return Err(Error::new(format!(
                "the exported function `{shown}` has type {ty}: what runs when a module is compiled takes and returns \
                 nothing"
            )));
        }
        let is_function = |ty: TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        if let Some(import) = module.imports.values().find(|import| !is_function(import.ty)) {
            let name = format!("{}.{}", Shown(import.module), Shown(import.name));
            return Err(Error::new(format!(
                "the module imports more than functions ({name}): nothing of it can run when it is compiled"
            )));
        }
        if module.allocates() {
            return Err(Error::new("the module makes structures or arrays: nothing of it can run when it is compiled"));
        }
        let imports: PrimaryMap<_, _> = module.imports.values().map(|_| Binding::Missing(Missing::Trap)).collect();
        let mut program = Self { exceptions: !module.tags.is_empty(), ..Self::default() };
        let module = program.add_module(module);
        let instance = program.add_instance(String::new(), module, imports);
        program.start = Some(Start { instances: vec![instance], calls: vec![(instance, function)], thread: None });
        Ok(program)
    }
}
