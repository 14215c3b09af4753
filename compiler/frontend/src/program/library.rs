//! A program of one module that somebody else embeds in a program of their own, and calls by what it exports.

use super::{Binding, Program};
use crate::Module;
use cranelift_entity::PrimaryMap;
use wasmparser::TypeRef;

impl<'a> Program<'a> {
    /// The library that a module is: the embedder satisfies its imports of functions. Each instance has memories,
    /// tables, globals and tags of its own, which the embedder sees.
    pub fn library(module: Module<'a>) -> Self {
        let mut functions = 0..;
        let imports: PrimaryMap<_, _> = (module.imports.values())
            .map(|import| match import.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => Binding::Embedder(functions.next().unwrap_or(0)),
                _ => Binding::Created,
            })
            .collect();
        let mut program = Self { is_library: true, exceptions: !module.tags.is_empty(), ..Self::default() };
        let module = program.add_module(module);
        program.add_instance(String::new(), module, imports);
        program
    }
}
