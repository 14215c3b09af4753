//! Core modules, put together function by function.

use crate::wast::components::values::Memory;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemorySection, MemoryType, Module, NameMap, NameSection,
    TypeSection, ValType,
};

/// A core module in the making. Imports come first.
#[derive(Default)]
pub struct Core {
    types: Vec<(Vec<ValType>, Vec<ValType>)>,
    imports: Vec<(&'static str, String, u32)>,
    functions: Vec<(u32, Function, String)>,
    exports: Vec<(String, u32)>,
    globals: Vec<ValType>,
    /// Contents of the memory, which another module has.
    pub memory: Memory,
}

impl Core {
    fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let ty = (params.to_vec(), results.to_vec());
        let known = self.types.iter().position(|known| *known == ty);
        known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        }) as u32
    }

    /// Imports a function; returns its index.
    pub fn import(&mut self, from: &'static str, name: &str, (params, results): (&[ValType], &[ValType])) -> u32 {
        assert!(self.functions.is_empty(), "imports come first");
        let ty = self.ty(params, results);
        self.imports.push((from, name.into(), ty));
        self.imports.len() as u32 - 1
    }

    /// Adds a function with some locals besides its parameters; returns its index.
    pub fn function(
        &mut self,
        name: &str,
        (params, results): (&[ValType], &[ValType]),
        locals: &[ValType],
        make: impl FnOnce(&mut InstructionSink<'_>),
    ) -> u32 {
        let ty = self.ty(params, results);
        let mut body = Function::new(locals.iter().map(|&local| (1, local)));
        let mut code = body.instructions();
        make(&mut code);
        code.end();
        self.functions.push((ty, body, name.into()));
        (self.imports.len() + self.functions.len()) as u32 - 1
    }

    /// Adds a global that is zero at first; returns its index.
    pub fn global(&mut self, ty: ValType) -> u32 {
        self.globals.push(ty);
        self.globals.len() as u32 - 1
    }

    /// Exports a function.
    pub fn export(&mut self, name: &str, function: u32) {
        self.exports.push((name.into(), function));
    }

    /// The module, which imports the memory `library.memory`, and what it puts there.
    pub fn finish(self) -> Contents {
        let (mut types, mut imports, mut exports) = (TypeSection::new(), ImportSection::new(), ExportSection::new());
        let (mut functions, mut bodies, mut names) = (FunctionSection::new(), CodeSection::new(), NameMap::new());
        for (params, results) in self.types {
            types.ty().function(params, results);
        }
        for (from, name, ty) in &self.imports {
            imports.import(from, name, EntityType::Function(*ty));
        }
        let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import("library", "memory", memory);
        for ((ty, body, name), index) in self.functions.into_iter().zip(self.imports.len() as u32..) {
            functions.function(ty);
            bodies.function(&body);
            names.append(index, &name);
        }
        for (name, index) in &self.exports {
            exports.export(name, ExportKind::Func, *index);
        }
        let mut globals = GlobalSection::new();
        for val_type in self.globals {
            let zero = if val_type == ValType::I64 { ConstExpr::i64_const(0) } else { ConstExpr::i32_const(0) };
            globals.global(GlobalType { val_type, mutable: true, shared: false }, &zero);
        }
        let end = Memory::START + self.memory.bytes.len() as u32;
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(Memory::START as i32), self.memory.bytes);
        let mut named = NameSection::new();
        named.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&globals).section(&exports);
        module.section(&bodies).section(&data).section(&named);
        Contents { module, end }
    }
}

/// A core module, and where what it has in memory ends.
pub struct Contents {
    /// The module.
    pub module: Module,
    /// The first address behind its data.
    pub end: u32,
}

/// A section with one memory of so many pages.
pub fn memory(minimum: u64) -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
    memories
}
