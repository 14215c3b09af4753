//! What translation has made, as a [`Component`] of the frontend: its core instances in order, with what their imports
//! are.

use crate::command::{self, Caller};
use crate::imports;
use crate::names::imported_resource;
use crate::steps::{Steps, encoding, imported_module, item, unsupported};
use crate::translate::Translated;
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::HashMap;
use wasm_encoder::ValType;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::component::FIRST_DEFINED;
use wasmc_abi::preview2;
use wasmc_frontend::Error;
use wasmc_frontend::index::{CanonicalId, ComponentInstanceId, FuncIndex, ModuleId};
use wasmc_frontend::program::component::{Argument, Canonical, Component, CoreInstance, Function, ResourceTable};
use wasmc_frontend::program::{Item, Missing};
use wasmtime_environ::StaticModuleIndex;
use wasmtime_environ::component::{
    CanonicalOptionsDataModel, CoreDef, FixedEncoding, GlobalInitializer, InstantiateModule, OptionsIndex,
    ResourceIndex, RuntimeComponentInstanceIndex, RuntimeMemoryIndex, Trampoline, TrampolineIndex, Transcode,
    TypeResourceTable, TypeResourceTableIndex,
};

/// A component as a program of core modules.
#[derive(Debug)]
pub struct Flattened {
    /// The binaries of its modules.
    pub modules: Vec<Vec<u8>>,
    /// How they are linked.
    pub component: Component,
}

/// Flattens a translated component.
pub(crate) fn flatten(translated: &Translated<'_>, missing: Option<Missing>) -> Result<Flattened, Error> {
    let mut flattener = Flattener::new(translated, missing)?;
    for initializer in &translated.component.initializers {
        if let GlobalInitializer::InstantiateModule(module, _) = initializer {
            flattener.instantiate(module)?;
        }
    }
    flattener.finish()
}

/// A component on the way.
struct Flattener<'t> {
    translated: &'t Translated<'t>,
    /// What functions do that nothing satisfies the import of, where that is no error.
    missing: Option<Missing>,
    steps: Steps<'t>,
    component: Component,
    /// The modules that instances have been made of.
    modules: PrimaryMap<ModuleId, StaticModuleIndex>,
    module_ids: HashMap<StaticModuleIndex, ModuleId>,
    canonicals: HashMap<TrampolineIndex, CanonicalId>,
    caller: Caller,
    /// What the caller's imports are.
    called: Vec<Argument>,
    called_ids: HashMap<CoreDef, FuncIndex>,
}

impl<'t> Flattener<'t> {
    fn new(translated: &'t Translated<'t>, missing: Option<Missing>) -> Result<Self, Error> {
        let component_instances = translated.component.num_runtime_component_instances;
        Ok(Self {
            translated,
            missing,
            steps: Steps::new(translated)?,
            component: Component { component_instances, ..Component::default() },
            modules: PrimaryMap::new(),
            module_ids: HashMap::new(),
            canonicals: HashMap::new(),
            caller: Caller::default(),
            called: Vec::new(),
            called_ids: HashMap::new(),
        })
    }

    fn instantiate(&mut self, module: &InstantiateModule) -> Result<(), Error> {
        let InstantiateModule::Static(module, arguments) = module else {
            return Err(imported_module());
        };
        let imports = arguments.iter().map(|argument| self.argument(argument)).collect::<Result<_, _>>()?;
        let module = *self.module_ids.entry(*module).or_insert_with(|| self.modules.push(*module));
        let name = format!("core{}", self.component.instances.len());
        self.component.instances.push(CoreInstance { name, module, imports });
        Ok(())
    }

    fn argument(&mut self, def: &CoreDef) -> Result<Argument, Error> {
        Ok(match def {
            CoreDef::Export(export) => Argument::Item(item(export)?),
            CoreDef::InstanceFlags(instance) => Argument::MayLeave(instance_id(*instance)),
            CoreDef::Trampoline(index) => match self.missing.filter(|_| self.is_missing(*index)) {
                Some(missing) => Argument::Missing(missing),
                None => Argument::Canonical(self.canonical(*index)?),
            },
            CoreDef::UnsafeIntrinsic(_) | CoreDef::TaskMayBlock => return Err(unsupported("tasks")),
        })
    }

    /// The function of the last instance that a core function is, by its type: those are called by the runtime.
    fn called(&mut self, def: &CoreDef, params: &[ValType], results: &[ValType]) -> Result<FuncIndex, Error> {
        if let Some(&function) = self.called_ids.get(def) {
            return Ok(function);
        }
        let argument = self.argument(def)?;
        let function = FuncIndex::from_u32(self.caller.import(params, results));
        self.called.push(argument);
        self.called_ids.insert(def.clone(), function);
        Ok(function)
    }

    /// Whether a core function is one that nothing satisfies the import of, or drops a resource of such a type.
    fn is_missing(&self, index: TrampolineIndex) -> bool {
        match self.translated.trampolines[index] {
            Trampoline::LowerImport { index, .. } => {
                !imports::is_known(self.translated, self.steps.lowered[index.as_u32() as usize])
            }
            Trampoline::ResourceDrop { ty, .. } => match self.translated.types[ty] {
                TypeResourceTable::Concrete { ty, .. } => self.is_unknown_resource(ty),
                TypeResourceTable::Abstract(_) => false,
            },
            _ => false,
        }
    }

    fn is_unknown_resource(&self, ty: ResourceIndex) -> bool {
        imported_resource(self.translated, ty).is_some_and(|import| !imports::is_known(self.translated, import))
    }

    /// The function of the runtime that a core function is.
    fn canonical(&mut self, index: TrampolineIndex) -> Result<CanonicalId, Error> {
        if let Some(&id) = self.canonicals.get(&index) {
            return Ok(id);
        }
        let canonical = self.new_canonical(&self.translated.trampolines[index])?;
        let id = self.component.canonicals.push(canonical);
        self.canonicals.insert(index, id);
        Ok(id)
    }

    fn new_canonical(&mut self, trampoline: &Trampoline) -> Result<Canonical, Error> {
        let builtin = |builtin: Builtin, name: &str| Canonical::of(Function::Builtin(builtin), name);
        let of_resource = |builtin, name, instance, resource| {
            let canonical = Canonical::of(Function::Builtin(builtin), name);
            Canonical { instance: Some(instance_id(instance)), resource, ..canonical }
        };
        Ok(match *trampoline {
            Trampoline::LowerImport { index, lower_ty, options } => {
                let import = self.steps.lowered[index.as_u32() as usize];
                let (host, name) = imports::function(self.translated, import, lower_ty)?;
                self.lowered(Canonical::of(Function::Host(host), name), options)?
            }
            Trampoline::Transcoder { op, from, from64: false, to, to64: false } => {
                let (transcoder, name) = transcoder(op);
                Canonical {
                    memory: Some(self.memory(to)),
                    source: Some(self.memory(from)),
                    ..builtin(transcoder, name)
                }
            }
            Trampoline::ResourceNew { instance, ty } => {
                of_resource(Builtin::ResourceNew, "resource.new", instance, self.resource_of_table(ty)?.0)
            }
            Trampoline::ResourceRep { instance, ty } => {
                of_resource(Builtin::ResourceRep, "resource.rep", instance, self.resource_of_table(ty)?.0)
            }
            Trampoline::ResourceDrop { instance, ty } => {
                let (resource, index) = self.resource_of_table(ty)?;
                self.drop(of_resource(Builtin::ResourceDrop, "resource.drop", instance, resource), index)?
            }
            Trampoline::ResourceTransferOwn => builtin(Builtin::TransferOwn, "transfer of an owned handle"),
            Trampoline::ResourceTransferBorrow => builtin(Builtin::TransferBorrow, "transfer of a borrowed handle"),
            Trampoline::EnterSyncCall => builtin(Builtin::EnterCall, "begin of a call"),
            Trampoline::ExitSyncCall => builtin(Builtin::ExitCall, "end of a call"),
            Trampoline::Trap => builtin(Builtin::AdapterTrap, "trap of an adapter"),
            Trampoline::Transcoder { .. } => return Err(unsupported("strings in memories with 64-bit indices")),
            _ => return Err(unsupported(&format!("the built-in `{}`", trampoline.symbol_name()))),
        })
    }

    /// A function that was lowered with these options: what it knows of its caller.
    fn lowered(&mut self, canonical: Canonical, options: OptionsIndex) -> Result<Canonical, Error> {
        let options = &self.translated.component.options[options];
        if options.async_ || options.callback.is_some() {
            return Err(unsupported("asynchronous functions"));
        }
        let CanonicalOptionsDataModel::LinearMemory(data) = options.data_model else {
            return Err(unsupported("values of components in objects"));
        };
        let realloc = match data.realloc {
            Some(realloc) => {
                let def = self.steps.reallocs[&realloc];
                Some(self.called(def, &[ValType::I32; 4], &[ValType::I32])?)
            }
            None => None,
        };
        Ok(Canonical {
            memory: data.memory.map(|memory| self.memory(memory)),
            realloc,
            instance: Some(instance_id(options.instance)),
            encoding: encoding(options.string_encoding),
            ..canonical
        })
    }

    fn memory(&self, index: RuntimeMemoryIndex) -> Item {
        self.steps.memories[&index]
    }

    /// `resource.drop` of a resource type: of the runtime's own function for it, where the runtime defines it.
    fn drop(&mut self, canonical: Canonical, resource: ResourceIndex) -> Result<Canonical, Error> {
        let Some(definition) = self.steps.resources.get(&resource).copied() else {
            let host =
                preview2::drop_of(canonical.resource).expect("the number is that of a resource of the runtime's");
            let name = format!("{}#{}", host.interface, host.name);
            return Ok(Canonical { function: Function::Host(host), name, ..canonical });
        };
        let destructor = match &definition.dtor {
            Some(def) => Some(self.called(def, &[ValType::I32], &[])?),
            None => None,
        };
        Ok(Canonical { destructor, definer: Some(instance_id(definition.instance)), ..canonical })
    }

    /// The number of the resource type of a table, and the type.
    fn resource_of_table(&self, table: TypeResourceTableIndex) -> Result<(u32, ResourceIndex), Error> {
        match self.translated.types[table] {
            TypeResourceTable::Concrete { ty, .. } => Ok((self.resource(ty)?, ty)),
            TypeResourceTable::Abstract(_) => Err(unsupported("a resource type that is nowhere defined")),
        }
    }

    fn resource(&self, ty: ResourceIndex) -> Result<u32, Error> {
        match imported_resource(self.translated, ty).filter(|_| self.missing.is_none() || !self.is_unknown_resource(ty))
        {
            Some(import) => imports::resource(self.translated, import),
            None => Ok(FIRST_DEFINED + ty.as_u32()),
        }
    }

    /// The resource types as adapters name them, where there are any.
    fn resource_tables(&self) -> Result<Vec<ResourceTable>, Error> {
        let component = &self.translated.component;
        let transfers = [Builtin::TransferOwn, Builtin::TransferBorrow].map(Function::Builtin);
        if !self.component.canonicals.values().any(|canonical| transfers.contains(&canonical.function)) {
            return Ok(Vec::new());
        }
        let mut tables = Vec::new();
        for table in (0..self.translated.resource_tables).map(TypeResourceTableIndex::from_u32) {
            tables.push(match self.translated.types[table] {
                TypeResourceTable::Concrete { ty, instance } => {
                    let defined = component.defined_resource_index(ty);
                    let definer = defined.map(|defined| component.defined_resource_instances[defined]);
                    ResourceTable {
                        instance: instance_id(instance),
                        resource: self.resource(ty)?,
                        is_definer: definer == Some(instance),
                    }
                }
                TypeResourceTable::Abstract(_) => {
                    ResourceTable { instance: ComponentInstanceId::from_u32(0), resource: 0, is_definer: false }
                }
            });
        }
        Ok(tables)
    }

    /// Adds the last instance.
    fn finish(mut self) -> Result<Flattened, Error> {
        let run = command::find(self.translated)?;
        let post_return = self.translated.component.options[run.options].post_return;
        let function = self.called(run.function, &[], &[ValType::I32])?;
        let post_return = match post_return {
            Some(index) => Some(self.called(self.steps.post_returns[&index], &[ValType::I32], &[])?.as_u32()),
            None => None,
        };
        self.component.resource_tables = self.resource_tables()?;
        let binaries = self.modules.values().map(|&module| self.translated.modules[module].to_vec());
        let mut modules: Vec<Vec<u8>> = binaries.collect();
        let module = ModuleId::new(modules.len());
        modules.push(self.caller.finish(function.as_u32(), post_return));
        self.component.instances.push(CoreInstance { name: "start".into(), module, imports: self.called });
        Ok(Flattened { modules, component: self.component })
    }
}

fn instance_id(instance: RuntimeComponentInstanceIndex) -> ComponentInstanceId {
    ComponentInstanceId::from_u32(instance.as_u32())
}

/// The transcoder for an operation, and its name.
fn transcoder(op: Transcode) -> (Builtin, &'static str) {
    let transcoder = match op {
        Transcode::Copy(FixedEncoding::Utf8) => Builtin::TranscodeUtf8ToUtf8,
        Transcode::Copy(FixedEncoding::Utf16) => Builtin::TranscodeUtf16ToUtf16,
        Transcode::Copy(FixedEncoding::Latin1) => Builtin::TranscodeLatin1ToLatin1,
        Transcode::Latin1ToUtf16 => Builtin::TranscodeLatin1ToUtf16,
        Transcode::Latin1ToUtf8 => Builtin::TranscodeLatin1ToUtf8,
        Transcode::Utf16ToCompactProbablyUtf16 => Builtin::TranscodeUtf16ToCompactProbablyUtf16,
        Transcode::Utf16ToCompactUtf16 => Builtin::TranscodeUtf16ToCompactUtf16,
        Transcode::Utf16ToLatin1 => Builtin::TranscodeUtf16ToLatin1,
        Transcode::Utf16ToUtf8 => Builtin::TranscodeUtf16ToUtf8,
        Transcode::Utf8ToCompactUtf16 => Builtin::TranscodeUtf8ToCompactUtf16,
        Transcode::Utf8ToLatin1 => Builtin::TranscodeUtf8ToLatin1,
        Transcode::Utf8ToUtf16 => Builtin::TranscodeUtf8ToUtf16,
    };
    (transcoder, op.desc())
}
