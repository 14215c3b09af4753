//! A component to one core module, for a library: what the embedder calls and is called by is described by an
//! [`Interface`].
//!
//! The canonical ABI is kept on both sides of the core module's boundary. Values are lifted and lowered by the
//! embedder's bindings, by the memories and functions that the module exports for that; handles, calls that borrow, and
//! strings that adapters move are functions of the module itself, so that they are part of each instance's state, as
//! everything else is.
//!
//! - [`merge`]: many modules to one, `reencode`: the indices that change,
//! - [`resources`]: handles, [`transcode`]: strings,
//! - [`face`]: what is exported, [`typed`]: the types of it, [`declared`]: names of
//!   more of them.

mod declared;
mod face;
mod merge;
mod reencode;
mod resources;
#[cfg(test)]
mod tests;
mod transcode;
mod typed;

use crate::interface::Interface;
use crate::names::Imported;
use crate::steps::{Steps, imported_module, item, unsupported};
use crate::translate::{self, Translated};
use face::Face;
use merge::{Entity, Merger};
use reencode::Spaces;
use resources::Handles;
use std::collections::HashMap;
use transcode::Transcoders;
use wasm_encoder::{Function, Instruction, ValType};
use wasmc_abi::component::{CANNOT_LEAVE, TRAP_IMPORT};
use wasmc_frontend::Error;
use wasmc_frontend::index::ExternIndex;
use wasmc_frontend::program::Item;
use wasmc_frontend::wasmparser::ExternalKind;
use wasmtime_environ::component::{
    CoreDef, GlobalInitializer, InstantiateModule, ResourceIndex, RuntimeComponentInstanceIndex, Trampoline,
    TrampolineIndex,
};
use wasmtime_environ::{ModuleInternedTypeIndex, WasmValType};

/// How many times the bytes of all core modules their instances may have, so that what compiling takes depends on the
/// size of the component; and what small components may have besides.
const MOST_COPIES: usize = 4;
const LEAST_ROOM: usize = 1 << 20;

/// A component as a library.
#[derive(Debug)]
pub struct Library {
    /// The core module that it becomes.
    pub module: Vec<u8>,
    /// How that is used.
    pub interface: Interface,
}

/// Makes a core module of a translated component: see [`library`](crate::library()).
pub(crate) fn library(translated: &Translated<'_>, without_wasi: bool) -> Result<Library, Error> {
    translate::validate_all(&translated.modules)?;
    let mut linker = Linker::new(translated, without_wasi)?;
    for initializer in &translated.component.initializers {
        if let GlobalInitializer::InstantiateModule(module, _) = initializer {
            linker.instantiate(module)?;
        }
    }
    let interface = Face::new(&mut linker).interface()?;
    Ok(Library { module: linker.merger.finish(), interface })
}

/// The core module on the way.
struct Linker<'t> {
    translated: &'t Translated<'t>,
    steps: Steps<'t>,
    merger: Merger,
    /// The function by which it traps.
    trap: u32,
    /// Imported functions, as they are called without any check.
    imported: HashMap<TrampolineIndex, u32>,
    /// Imported functions that drop resources of the embedder's.
    drops: HashMap<ResourceIndex, u32>,
    /// What they are, in order: of functions, the trampolines.
    entries: Vec<Entry>,
    /// Globals that say whether a component instance may leave.
    may_leave: Vec<u32>,
    handles: Option<Handles>,
    transcoders: Transcoders,
    instances: Vec<Spaces>,
    functions: HashMap<TrampolineIndex, u32>,
}

/// What an imported function is.
#[derive(Clone, Copy)]
enum Entry {
    Trap,
    Function(TrampolineIndex),
    Drop(ResourceIndex),
}

impl<'t> Linker<'t> {
    fn new(translated: &'t Translated<'t>, without_wasi: bool) -> Result<Self, Error> {
        let bytes: usize = translated.modules.values().map(|module| module.len()).sum();
        let mut merger = Merger::new(bytes.saturating_mul(MOST_COPIES).saturating_add(LEAST_ROOM));
        let trap = merger.import(TRAP_IMPORT, &[ValType::I32], &[]);
        let mut linker = Self {
            translated,
            steps: Steps::new(translated)?,
            merger,
            trap,
            imported: HashMap::new(),
            drops: HashMap::new(),
            entries: vec![Entry::Trap],
            may_leave: Vec::new(),
            handles: None,
            transcoders: Transcoders::default(),
            instances: Vec::new(),
            functions: HashMap::new(),
        };
        linker.import_all(|import| !(without_wasi && import.spelled.starts_with("wasi:")))?;
        let instances = 0..translated.component.num_runtime_component_instances;
        linker.may_leave = instances.map(|_| linker.merger.global(1)).collect();
        linker.handles = Handles::new(&mut linker.merger, trap, translated)?;
        Ok(linker)
    }

    /// Imports all that the embedder is asked for.
    fn import_all(&mut self, is_asked: impl Fn(&Imported<'_>) -> bool) -> Result<(), Error> {
        for (index, trampoline) in &self.translated.trampolines {
            let Trampoline::LowerImport { index: lowered, .. } = trampoline else { continue };
            let import = Imported::of(self.translated, self.steps.lowered[lowered.as_u32() as usize]);
            if !is_asked(&import) {
                continue;
            }
            let (params, results) = signature(self.translated, self.translated.component.trampolines[index])?;
            let function = self.merger.import((import.spelled, import.name), &params, &results);
            self.imported.insert(index, function);
            self.entries.push(Entry::Function(index));
        }
        for (resource, &import) in &self.translated.component.imported_resources {
            let import = Imported::of(self.translated, import);
            if !is_asked(&import) {
                continue;
            }
            let name = format!("[resource-drop]{}", import.name);
            let function = self.merger.import((import.spelled, &name), &[ValType::I32], &[]);
            self.drops.insert(resource, function);
            self.entries.push(Entry::Drop(resource));
        }
        Ok(())
    }

    fn instantiate(&mut self, module: &InstantiateModule) -> Result<(), Error> {
        let InstantiateModule::Static(module, arguments) = module else {
            return Err(imported_module());
        };
        let imports = arguments.iter().map(|argument| self.definition(argument)).collect::<Result<Vec<_>, _>>()?;
        let spaces = self.merger.instantiate(self.translated.modules[*module], &imports)?;
        self.instances.push(spaces);
        Ok(())
    }

    /// What a core definition is.
    fn definition(&mut self, def: &CoreDef) -> Result<Entity, Error> {
        match def {
            CoreDef::Export(export) => self.item(item(export)?),
            CoreDef::InstanceFlags(instance) => {
                Ok(Entity { kind: ExternalKind::Global, index: self.may_leave[instance.as_u32() as usize] })
            }
            CoreDef::Trampoline(index) => Ok(Entity { kind: ExternalKind::Func, index: self.trampoline(*index)? }),
            CoreDef::UnsafeIntrinsic(_) | CoreDef::TaskMayBlock => Err(unsupported("tasks")),
        }
    }

    /// What an item of an instance is.
    fn item(&self, item: Item) -> Result<Entity, Error> {
        let (kind, index) = match item.index {
            ExternIndex::Func(index) => (ExternalKind::Func, index.as_u32()),
            ExternIndex::Table(index) => (ExternalKind::Table, index.as_u32()),
            ExternIndex::Memory(index) => (ExternalKind::Memory, index.as_u32()),
            ExternIndex::Global(index) => (ExternalKind::Global, index.as_u32()),
            ExternIndex::Tag(index) => (ExternalKind::Tag, index.as_u32()),
        };
        let spaces = &self.instances[item.instance.as_u32() as usize];
        Ok(Entity { kind, index: spaces.get(kind, index)? })
    }

    /// A core function that the component makes.
    fn trampoline(&mut self, index: TrampolineIndex) -> Result<u32, Error> {
        if let Some(&function) = self.functions.get(&index) {
            return Ok(function);
        }
        let function = self.new_trampoline(index)?;
        self.functions.insert(index, function);
        Ok(function)
    }

    fn new_trampoline(&mut self, index: TrampolineIndex) -> Result<u32, Error> {
        let translated = self.translated;
        let signature = signature(translated, translated.component.trampolines[index])?;
        let name = format!("[{}]", translated.trampolines[index].symbol_name());
        let (leaves, calls) = match &translated.trampolines[index] {
            Trampoline::LowerImport { index: lowered, options, .. } => {
                let options = &translated.component.options[*options];
                if options.async_ || options.callback.is_some() {
                    return Err(unsupported("asynchronous functions"));
                }
                let Some(&imported) = self.imported.get(&index) else {
                    let import = Imported::of(translated, self.steps.lowered[lowered.as_u32() as usize]);
                    let body = function(&[], None, &[Instruction::Unreachable]);
                    return Ok(self.merger.function(import.shown(), (&signature.0, &signature.1), &body));
                };
                let passed = (0..signature.0.len() as u32).map(Instruction::LocalGet);
                let call = Instruction::Call(imported);
                (Some(options.instance), passed.chain([call]).collect())
            }
            Trampoline::Transcoder { op, from, from64: false, to, to64: false } => {
                let (from, to) = (self.item(self.steps.memories[from])?, self.item(self.steps.memories[to])?);
                return self.transcoders.get(&mut self.merger, self.trap, *op, (from, to));
            }
            Trampoline::Transcoder { .. } => return Err(unsupported("strings in memories with 64-bit indices")),
            Trampoline::Trap => {
                (None, vec![Instruction::LocalGet(0), Instruction::Call(self.trap), Instruction::Unreachable])
            }
            Trampoline::ResourceNew { instance, ty } => (Some(*instance), self.handles()?.insert(*ty)?),
            Trampoline::ResourceRep { ty, .. } => (None, self.handles()?.representation(*ty)?),
            Trampoline::ResourceDrop { instance, ty } => {
                let resource = self.handles()?.resource(*ty)?;
                let destructor = self.destructor(resource)?;
                (Some(*instance), self.handles()?.drop(*ty, destructor)?)
            }
            Trampoline::ResourceTransferOwn => return Ok(self.handles()?.transfer_own),
            Trampoline::ResourceTransferBorrow => return Ok(self.handles()?.transfer_borrow),
            Trampoline::EnterSyncCall => {
                let body = function(&[], None, &[Instruction::Call(self.handles_or_made()?.enter)]);
                return Ok(self.merger.function(name, (&signature.0, &signature.1), &body));
            }
            Trampoline::ExitSyncCall => return Ok(self.handles_or_made()?.exit),
            other => return Err(unsupported(&format!("the built-in `{}`", other.symbol_name()))),
        };
        let guard = leaves.map(|instance| (self.flag(instance), self.trap));
        // Only drops have a local: for what the handle had.
        let body = function(&[ValType::I64], guard, &calls);
        Ok(self.merger.function(name, (&signature.0, &signature.1), &body))
    }

    fn flag(&self, instance: RuntimeComponentInstanceIndex) -> u32 {
        self.may_leave[instance.as_u32() as usize]
    }

    fn handles(&self) -> Result<&Handles, Error> {
        self.handles.as_ref().ok_or_else(|| unsupported("a resource type that is nowhere defined"))
    }

    /// Handles, or the part of them that calls need in a component without resources.
    fn handles_or_made(&mut self) -> Result<&Handles, Error> {
        if self.handles.is_none() {
            self.handles = Some(Handles::without_resources(&mut self.merger, self.trap)?);
        }
        self.handles()
    }

    /// What destroys a resource, by its representation, where anything does.
    fn destructor(&mut self, resource: ResourceIndex) -> Result<Option<u32>, Error> {
        if let Some(&drop) = self.drops.get(&resource) {
            return Ok(Some(drop));
        }
        match self.steps.resources.get(&resource).and_then(|definition| definition.dtor.as_ref()) {
            Some(def) => Ok(Some(self.definition(def)?.index)),
            None => Ok(None),
        }
    }
}

/// A function with some locals, that begins with the check whether its component instance may leave, where it must.
fn function(locals: &[ValType], guard: Option<(u32, u32)>, calls: &[Instruction<'_>]) -> Function {
    let mut body = Function::new_with_locals_types(locals.iter().copied());
    if let Some((flag, trap)) = guard {
        let mut code = body.instructions();
        code.global_get(flag).i32_eqz().if_(wasm_encoder::BlockType::Empty);
        code.i32_const(CANNOT_LEAVE as i32).call(trap).unreachable().end();
    }
    calls.iter().for_each(|instruction| {
        body.instruction(instruction);
    });
    body.instruction(&Instruction::End);
    body
}

/// The type of a core function.
fn signature(translated: &Translated<'_>, ty: ModuleInternedTypeIndex) -> Result<(Vec<ValType>, Vec<ValType>), Error> {
    let ty = translated.types[ty].unwrap_func();
    let list = |types: &[WasmValType]| types.iter().map(value_type).collect::<Result<Vec<_>, _>>();
    Ok((list(ty.params())?, list(ty.results())?))
}

fn value_type(ty: &WasmValType) -> Result<ValType, Error> {
    Ok(match ty {
        WasmValType::I32 => ValType::I32,
        WasmValType::I64 => ValType::I64,
        WasmValType::F32 => ValType::F32,
        WasmValType::F64 => ValType::F64,
        WasmValType::V128 | WasmValType::Ref(_) => return Err(unsupported("values of components in objects")),
    })
}
