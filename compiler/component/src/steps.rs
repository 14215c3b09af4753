//! What steps of the instantiation say, and what both programs and libraries ask of it.

use crate::translate::Translated;
use std::collections::HashMap;
use wasmc_abi::component::Encoding;
use wasmc_frontend::Error;
use wasmc_frontend::index::{ExternIndex, FuncIndex, GlobalIndex, InstanceId, MemoryIndex, TableIndex, TagIndex};
use wasmc_frontend::program::Item;
use wasmtime_environ::EntityIndex;
use wasmtime_environ::component::{
    CoreDef, CoreExport, ExportItem, GlobalInitializer, Resource, ResourceIndex, RuntimeImportIndex,
    RuntimeMemoryIndex, RuntimePostReturnIndex, RuntimeReallocIndex, StringEncoding,
};

/// What steps of the instantiation say of memories, functions and resources.
#[derive(Default)]
pub(crate) struct Steps<'t> {
    /// The memories that functions work on.
    pub memories: HashMap<RuntimeMemoryIndex, Item>,
    /// What makes room in them.
    pub reallocs: HashMap<RuntimeReallocIndex, &'t CoreDef>,
    /// What is called when results were read.
    pub post_returns: HashMap<RuntimePostReturnIndex, &'t CoreDef>,
    /// What is imported, in the order in which it is lowered.
    pub lowered: Vec<RuntimeImportIndex>,
    /// The resource types that the component defines.
    pub resources: HashMap<ResourceIndex, &'t Resource>,
}

impl<'t> Steps<'t> {
    /// Those of a component.
    ///
    /// # Errors
    /// Where it uses what is not supported.
    pub fn new(translated: &'t Translated<'_>) -> Result<Self, Error> {
        let mut steps = Self::default();
        for initializer in &translated.component.initializers {
            match initializer {
                GlobalInitializer::LowerImport { import, .. } => steps.lowered.push(*import),
                GlobalInitializer::ExtractMemory(memory) => {
                    let export = memory.export.clone().map_index(EntityIndex::Memory);
                    steps.memories.insert(memory.index, item(&export)?);
                }
                GlobalInitializer::ExtractRealloc(realloc) => {
                    steps.reallocs.insert(realloc.index, &realloc.def);
                }
                GlobalInitializer::ExtractPostReturn(post_return) => {
                    steps.post_returns.insert(post_return.index, &post_return.def);
                }
                GlobalInitializer::Resource(resource) => {
                    let index = translated.component.resource_index(resource.index);
                    steps.resources.insert(index, resource);
                }
                GlobalInitializer::InstantiateModule(..) => {}
                GlobalInitializer::ExtractCallback(_) | GlobalInitializer::ExtractTable(_) => {
                    return Err(unsupported("asynchronous functions"));
                }
            }
        }
        Ok(steps)
    }
}

/// What an earlier instance exports.
///
/// # Errors
/// Where it was made of an imported module.
pub(crate) fn item(export: &CoreExport<EntityIndex>) -> Result<Item, Error> {
    let ExportItem::Index(index) = &export.item else {
        return Err(imported_module());
    };
    let index = match *index {
        EntityIndex::Function(index) => ExternIndex::Func(FuncIndex::from_u32(index.as_u32())),
        EntityIndex::Table(index) => ExternIndex::Table(TableIndex::from_u32(index.as_u32())),
        EntityIndex::Memory(index) => ExternIndex::Memory(MemoryIndex::from_u32(index.as_u32())),
        EntityIndex::Global(index) => ExternIndex::Global(GlobalIndex::from_u32(index.as_u32())),
        EntityIndex::Tag(index) => ExternIndex::Tag(TagIndex::from_u32(index.as_u32())),
    };
    Ok(Item { instance: InstanceId::from_u32(export.instance.as_u32()), index })
}

/// The error of a component that is to be given core modules.
pub(crate) fn imported_module() -> Error {
    let error = unsupported("core modules that a component imports");
    error.with_help("what is linked must be there: compose the component with its modules")
}

/// The error of what is not supported.
pub(crate) fn unsupported(what: &str) -> Error {
    Error::new(format!("the component uses what is not yet supported: {what}"))
}

/// How strings are encoded, as the runtime calls it.
pub(crate) fn encoding(encoding: StringEncoding) -> Encoding {
    match encoding {
        StringEncoding::Utf8 => Encoding::Utf8,
        StringEncoding::Utf16 => Encoding::Utf16,
        StringEncoding::CompactUtf16 => Encoding::CompactUtf16,
    }
}
