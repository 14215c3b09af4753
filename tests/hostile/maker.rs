//! Modules in the making: what all shapes begin with, so that each says only what makes it hostile.

use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemArgTarget,
    MemorySection, MemoryType, Module, TableSection, TableType, TagKind, TagSection, TagType, TypeSection, ValType,
};

/// The type of functions without parameters and results, in every module.
pub const NOTHING: u32 = 0;
/// That of functions of one i32, with an i32 as result.
pub const UNARY: u32 = 1;

/// Locals of a function, in runs of a type.
pub type Locals<'a> = &'a [(u32, ValType)];

/// A module in the making. Sections may be filled in any order.
#[derive(Default)]
pub struct Maker {
    /// The type section.
    pub types: TypeSection,
    /// The import section.
    pub imports: ImportSection,
    /// The function section.
    pub functions: FunctionSection,
    /// The table section.
    pub tables: TableSection,
    /// The memory section.
    pub memories: MemorySection,
    /// The tag section.
    pub tags: TagSection,
    /// The global section.
    pub globals: GlobalSection,
    /// The export section.
    pub exports: ExportSection,
    /// The element section.
    pub elements: ElementSection,
    /// The code section.
    pub code: CodeSection,
    /// The data section.
    pub data: DataSection,
    customs: Vec<(String, Vec<u8>)>,
}

impl Maker {
    /// A module with the types [`NOTHING`] and [`UNARY`], and a memory of one page.
    pub fn new() -> Self {
        let mut maker = Self::without_memory();
        maker.memory(1);
        maker
    }

    /// The same without the memory.
    pub fn without_memory() -> Self {
        let mut maker = Self::default();
        maker.types.ty().function([], []);
        maker.types.ty().function([ValType::I32], [ValType::I32]);
        maker
    }

    /// Adds a type of functions; returns its index.
    pub fn ty(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.types.len() - 1
    }

    /// Adds a memory of as many pages.
    pub fn memory(&mut self, pages: u64) {
        let ty = MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None };
        self.memories.memory(ty);
    }

    /// Adds a table of references to functions.
    pub fn table(&mut self, len: u64) {
        self.tables.table(table(len));
    }

    /// Adds a mutable i32; returns its index.
    pub fn global(&mut self) -> u32 {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        self.globals.global(ty, &ConstExpr::i32_const(0));
        self.globals.len() - 1
    }

    /// Adds a tag of exceptions that carry nothing; returns its index.
    pub fn tag(&mut self) -> u32 {
        self.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: NOTHING });
        self.tags.len() - 1
    }

    /// Adds a function; returns its index. The body need not have its `end`.
    pub fn function(&mut self, ty: u32, locals: Locals<'_>, body: impl FnOnce(&mut InstructionSink<'_>)) -> u32 {
        let mut function = Function::new(locals.iter().copied());
        let mut sink = function.instructions();
        body(&mut sink);
        sink.end();
        self.functions.function(ty);
        self.code.function(&function);
        self.imports.len() + self.functions.len() - 1
    }

    /// Adds a custom section, which goes in front of the code.
    pub fn custom(&mut self, name: &str, bytes: Vec<u8>) {
        self.customs.push((name.into(), bytes));
    }

    /// Adds the function that the program starts with, and encodes the module.
    pub fn start(mut self, locals: Locals<'_>, body: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
        let start = self.function(NOTHING, locals, body);
        self.exports.export("_start", ExportKind::Func, start);
        let mut module = Module::new();
        let data = DataCountSection { count: self.data.len() };
        let customs: Vec<CustomSection<'_>> = self.customs.iter().map(custom).collect();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&self.memories);
        if !self.tags.is_empty() {
            module.section(&self.tags);
        }
        module.section(&self.globals).section(&self.exports).section(&self.elements);
        module.section(&data);
        customs.iter().for_each(|section| {
            module.section(section);
        });
        module.section(&self.code).section(&self.data);
        module.finish()
    }
}

fn custom((name, bytes): &(String, Vec<u8>)) -> CustomSection<'_> {
    CustomSection { name: name.into(), data: bytes.into() }
}

/// The first bytes of memory 0.
pub const AT: MemArg = at(0);

/// An offset in memory 0, without any alignment.
pub const fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// The type of a table of references to functions.
pub fn table(len: u64) -> TableType {
    TableType {
        element_type: wasm_encoder::RefType::FUNCREF,
        table64: false,
        minimum: len,
        maximum: None,
        shared: false,
    }
}
