//! What the core module exports: lifted functions, and what lifting and lowering needs.

use super::merge::Entity;
use super::resources::func;
use super::typed::{Types, in_order};
use super::{Linker, function};
use crate::imports;
use crate::interface::{self, Interface, Lifted, Lowering, Namespace, Options, Owner};
use crate::names::Imported;
use crate::steps::{encoding, unsupported};
use std::collections::HashMap;
use wasm_encoder::{Instruction, ValType};
use wasmc_frontend::{Error, Shown};
use wasmtime_environ::component::{
    CanonicalOptionsDataModel, CoreDef, Export, InterfaceType, OptionsIndex, RuntimeComponentInstanceIndex,
    RuntimeMemoryIndex, RuntimeReallocIndex, Trampoline, TrampolineIndex, TypeFuncIndex,
};

/// The exports so far.
pub(super) struct Face<'l, 't> {
    linker: &'l mut Linker<'t>,
    types: Types<'t>,
    interface: Interface,
    memories: HashMap<RuntimeMemoryIndex, usize>,
    reallocs: HashMap<RuntimeReallocIndex, usize>,
}

impl<'l, 't> Face<'l, 't> {
    /// No exports, of a component whose instances are all there.
    pub fn new(linker: &'l mut Linker<'t>) -> Self {
        Self {
            types: Types::new(linker.translated),
            linker,
            interface: Interface::default(),
            memories: HashMap::new(),
            reallocs: HashMap::new(),
        }
    }

    /// Exports all that there is; returns what it is.
    ///
    /// # Errors
    /// Where functions have types that are not supported.
    pub fn interface(mut self) -> Result<Interface, Error> {
        self.exports()?;
        self.imports()?;
        let mut resources = Vec::new();
        for (index, mut resource) in std::mem::take(&mut self.types.resources) {
            if !self.linker.drops.contains_key(&index) {
                let destructor = self.linker.destructor(index)?;
                resource.owner = Owner::Guest(
                    destructor.map(|destructor| self.export("[destructor]", resources.len(), func(destructor))),
                );
            }
            resources.push(resource);
        }
        if let Some(handles) = self.linker.handles.as_ref().filter(|_| !resources.is_empty()) {
            let [own, borrow, take, look] = [handles.own, handles.borrow, handles.take, handles.look].map(func);
            let [enter, exit] = [handles.enter, handles.exit].map(func);
            let merger = &mut self.linker.merger;
            self.interface.handles = Some(interface::Handles {
                own: merger.export("[own]", own),
                borrow: merger.export("[borrow]", borrow),
                take: merger.export("[take]", take),
                representation: merger.export("[representation]", look),
                enter: merger.export("[enter]", enter),
                exit: merger.export("[exit]", exit),
            });
        }
        Ok(Interface { definitions: self.types.definitions, resources, ..self.interface })
    }

    fn export(&mut self, name: &str, number: usize, entity: Entity) -> usize {
        self.linker.merger.export(&format!("{name}{number}"), entity)
    }

    fn exports(&mut self) -> Result<(), Error> {
        let component = &self.linker.translated.component;
        let mut world = Namespace::default();
        let mut namespaces = Vec::new();
        for (name, index) in in_order(component.exports.raw_iter()) {
            match &component.export_items[index] {
                Export::Instance { exports, .. } => {
                    let mut namespace = Namespace { name: Some(name.to_string()), functions: Vec::new() };
                    for (item, index) in in_order(exports.raw_iter()) {
                        let export = &component.export_items[index];
                        namespace.functions.extend(self.exported(Some(name), item, export)?);
                    }
                    namespaces.push(namespace);
                }
                export => world.functions.extend(self.exported(None, name, export)?),
            }
        }
        namespaces.insert(0, world);
        namespaces.retain(|namespace| !namespace.functions.is_empty());
        self.interface.exports = namespaces;
        Ok(())
    }

    fn exported(
        &mut self,
        namespace: Option<&str>,
        name: &str,
        export: &Export,
    ) -> Result<Option<interface::Function>, Error> {
        match export {
            Export::LiftedFunction { ty, func, options } => {
                let full = namespace.map_or(name.to_owned(), |namespace| format!("{namespace}#{name}"));
                let lifted = self.lifted(&full, *ty, func, *options).map_err(|error| {
                    error.with_help(format!("it is needed by the exported function {}", Shown(&full)))
                })?;
                let (params, result) = self.types.function(*ty)?;
                Ok(Some(interface::Function {
                    name: name.to_owned(),
                    params,
                    result,
                    lifted: Some(lifted),
                    wasi: None,
                }))
            }
            Export::Type(_) => Ok(None),
            Export::Instance { .. } => Err(unsupported("instances that are exported by exported instances")),
            Export::ModuleStatic { .. } | Export::ModuleImport { .. } => Err(unsupported("exported core modules")),
        }
    }

    fn lifted(&mut self, name: &str, ty: TypeFuncIndex, def: &CoreDef, index: OptionsIndex) -> Result<Lifted, Error> {
        let translated = self.linker.translated;
        let options = &translated.component.options[index];
        let function = self.linker.definition(def)?;
        let export = self.linker.merger.export(name, function);
        let post_return = match options.post_return {
            Some(post_return) => {
                let def = self.linker.steps.post_returns[&post_return];
                let (_, results) = super::signature(translated, options.core_type)?;
                let called = self.linker.definition(def)?.index;
                let wrapped = self.held_back(options.instance, "[post-return]", (&results, &[]), called);
                Some(self.linker.merger.export(&format!("[post-return]{name}"), func(wrapped)))
            }
            None => None,
        };
        let mut borrows = false;
        for &param in &translated.types[translated.types[ty].params].types {
            if let InterfaceType::Borrow(table) = param {
                borrows |= !self.linker.handles()?.is_definer(table)?;
            } else {
                borrows |= self.holds_borrows(param);
            }
        }
        Ok(Lifted { export, post_return, options: self.options(index)?, borrows })
    }

    /// Whether values of a type can have borrowed handles inside.
    fn holds_borrows(&self, ty: InterfaceType) -> bool {
        crate::types::value(self.linker.translated, ty).contains("borrow<")
    }

    /// A function that calls another while the component instance may not leave.
    fn held_back(
        &mut self,
        instance: RuntimeComponentInstanceIndex,
        name: &str,
        ty: (&[ValType], &[ValType]),
        called: u32,
    ) -> u32 {
        let flag = self.linker.flag(instance);
        let mut code = vec![Instruction::I32Const(0), Instruction::GlobalSet(flag)];
        code.extend((0..ty.0.len() as u32).map(Instruction::LocalGet));
        code.extend([Instruction::Call(called), Instruction::I32Const(1), Instruction::GlobalSet(flag)]);
        self.linker.merger.function(name.into(), ty, &function(&[], None, &code))
    }

    fn options(&mut self, index: OptionsIndex) -> Result<Options, Error> {
        let options = &self.linker.translated.component.options[index];
        if options.async_ || options.callback.is_some() {
            return Err(unsupported("asynchronous functions"));
        }
        let CanonicalOptionsDataModel::LinearMemory(data) = options.data_model else {
            return Err(unsupported("values of components in objects"));
        };
        let memory = match data.memory {
            Some(memory) => Some(self.memory(memory)?),
            None => None,
        };
        let realloc = match data.realloc {
            Some(realloc) => Some(self.realloc(realloc, options.instance)?),
            None => None,
        };
        Ok(Options { memory, realloc, encoding: encoding(options.string_encoding) })
    }

    fn memory(&mut self, index: RuntimeMemoryIndex) -> Result<usize, Error> {
        if let Some(&export) = self.memories.get(&index) {
            return Ok(export);
        }
        let memory = self.linker.item(self.linker.steps.memories[&index])?;
        let export = self.export("[memory]", self.memories.len(), memory);
        self.memories.insert(index, export);
        Ok(export)
    }

    fn realloc(&mut self, index: RuntimeReallocIndex, instance: RuntimeComponentInstanceIndex) -> Result<usize, Error> {
        if let Some(&export) = self.reallocs.get(&index) {
            return Ok(export);
        }
        let called = self.linker.definition(self.linker.steps.reallocs[&index])?.index;
        let ty = (&[ValType::I32; 4][..], &[ValType::I32][..]);
        let wrapped = self.held_back(instance, "[realloc]", ty, called);
        let export = self.export("[realloc]", self.reallocs.len(), func(wrapped));
        self.reallocs.insert(index, export);
        Ok(export)
    }

    fn imports(&mut self) -> Result<(), Error> {
        let entries = std::mem::take(&mut self.linker.entries);
        for entry in entries {
            let lowering = match entry {
                super::Entry::Trap => Lowering::Trap,
                super::Entry::Function(trampoline) => self.imported(trampoline)?,
                super::Entry::Drop(resource) => Lowering::Drop(self.types.resource(resource)),
            };
            self.interface.lowerings.push(lowering);
        }
        Ok(())
    }

    /// An import of the core module that is of a function, which may be imported more than once.
    fn imported(&mut self, trampoline: TrampolineIndex) -> Result<Lowering, Error> {
        let translated = self.linker.translated;
        let Trampoline::LowerImport { index, lower_ty, options } = translated.trampolines[trampoline] else {
            return Err(unsupported("an import that is no function"));
        };
        let import = self.linker.steps.lowered[index.as_u32() as usize];
        let imported = Imported::of(translated, import);
        if translated.component.imports[import].1.len() > 1 {
            return Err(unsupported("instances that are imported by imported instances"));
        }
        let (name, function) = match imported.name {
            "" => (None, imported.spelled),
            name => (Some(imported.spelled.to_owned()), name),
        };
        let options = self.options(options)?;
        let namespaces = &mut self.interface.imports;
        let namespace = namespaces.iter().position(|namespace| namespace.name == name).unwrap_or_else(|| {
            namespaces.push(Namespace { name, functions: Vec::new() });
            namespaces.len() - 1
        });
        let known = namespaces[namespace].functions.iter().position(|known| known.name == function);
        let function = match known {
            Some(known) => known,
            None => {
                let (params, result) = self.types.function(lower_ty)?;
                let wasi = match imports::is_known(translated, import) {
                    true => Some(imports::function(translated, import, lower_ty)?.0),
                    false => None,
                };
                let name = function.to_owned();
                let function = interface::Function { name, params, result, lifted: None, wasi };
                let functions = &mut self.interface.imports[namespace].functions;
                functions.push(function);
                functions.len() - 1
            }
        };
        Ok(Lowering::Function { namespace, function, options })
    }
}
