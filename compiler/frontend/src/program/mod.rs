//! A program: its modules, what each import is bound to, in which order instances are made, and what is called then.
//!
//! - [`types`]: the types of all modules, numbered, and when one matches another,
//! - [`link`]: one more instance among others, whose imports are bound by what they are registered as,
//! - [`command`]: a program of one module, whose imports the runtime and native objects satisfy.
//!
//! From here on nobody asks for the name of an import: what it is bound to says it all.

pub mod command;
pub mod link;
pub mod types;

use crate::Module;
use crate::module::{FunctionOrigin, GlobalOrigin};
use std::ops::Index;
use types::Types;
use wasmc_abi::host::{HostFunction, Interface, Needs};
use wasmparser::ExternalKind;

/// Number of a module in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(u32);

/// Number of an instance in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(u32);

/// All that is linked into one image or library.
#[derive(Debug, Default)]
pub struct Program<'a> {
    modules: Vec<Module<'a>>,
    /// Numbers of the types of each module, by type index.
    type_ids: Vec<Vec<u32>>,
    instances: Vec<Instance>,
    types: Types,
    /// What runs when the program starts; `None` where it is called from outside.
    pub start: Option<Start>,
    /// Whether any function makes tail calls: all of them share one calling convention.
    pub tail_calls: bool,
}

/// An instance of a module.
#[derive(Debug)]
pub struct Instance {
    /// Its name, unique in the program; empty for the only one. Its symbols begin with it.
    pub name: String,
    /// Its module.
    pub module: ModuleId,
    /// What its imports are bound to, by their index in [`Module::imports`].
    pub imports: Vec<Binding>,
}

/// What an import is bound to.
#[derive(Clone, Debug)]
pub enum Binding {
    /// What another instance defines.
    Instance(Item),
    /// A function of the runtime.
    Host(Interface, &'static HostFunction),
    /// A function of the user's native objects, by its symbol.
    Native(String),
    /// A shared memory, which whoever instantiates a program with threads creates (wasi-threads): the program itself.
    Created,
}

/// Something that an instance defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The instance.
    pub instance: InstanceId,
    /// Its kind: the index space of the instance's module.
    pub kind: ExternalKind,
    /// Its index there.
    pub index: u32,
}

/// What runs when a program starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The instances, in the order in which they are made.
    pub instances: Vec<InstanceId>,
    /// Functions that are called then, in order. They have neither parameters nor results.
    pub calls: Vec<(InstanceId, u32)>,
    /// What a further thread runs, where the program can start any: a function of type `(i32, i32) -> ()`
    /// ([`wasmc_abi::thread::START`]).
    pub thread: Option<(InstanceId, u32)>,
}

impl<'a> Program<'a> {
    /// A program that is called from outside, where instances are added one by one. `tail_calls` says whether any of
    /// their modules makes some.
    pub fn open(tail_calls: bool) -> Self {
        Self { tail_calls, ..Self::default() }
    }

    /// Adds a module.
    pub fn add_module(&mut self, module: Module<'a>) -> ModuleId {
        self.type_ids.push(self.types.add(&module));
        self.modules.push(module);
        ModuleId(self.modules.len() as u32 - 1)
    }

    /// The module of an instance.
    pub fn module_of(&self, instance: InstanceId) -> &Module<'a> {
        &self[self[instance].module]
    }

    /// Numbers of the types of a module, by type index.
    pub fn type_ids(&self, module: ModuleId) -> &[u32] {
        &self.type_ids[module.0 as usize]
    }

    /// All instances, in the order in which they were added.
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        (0..self.instances.len() as u32).map(InstanceId)
    }

    /// What an instance exports under a name.
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Binding> {
        let module = self.module_of(instance);
        let export = module.exports.iter().find(|export| export.name == name)?;
        Some(self.definition(instance, export.kind, export.index))
    }

    /// Where something in an instance's index spaces is defined: by the instance itself, or whatever its import is
    /// bound to.
    pub fn definition(&self, instance: InstanceId, kind: ExternalKind, index: u32) -> Binding {
        let kind = if kind == ExternalKind::FuncExact { ExternalKind::Func } else { kind };
        self.binding(instance, kind, index).cloned().unwrap_or(Binding::Instance(Item { instance, kind, index }))
    }

    /// What an import is bound to, by kind and index; `None` where the instance defines it.
    pub fn binding(&self, instance: InstanceId, kind: ExternalKind, index: u32) -> Option<&Binding> {
        let module = self.module_of(instance);
        let index = index as usize;
        let import = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => match module.functions[index].origin {
                FunctionOrigin::Import(import) => Some(import),
                FunctionOrigin::Body(_) => None,
            },
            ExternalKind::Table => module.tables[index].import,
            ExternalKind::Memory => module.memories[index].import,
            ExternalKind::Global => match module.globals[index].origin {
                GlobalOrigin::Import(import) => Some(import),
                GlobalOrigin::Init(_) => None,
            },
            ExternalKind::Tag => None,
        };
        Some(&self[instance].imports[import? as usize])
    }

    /// What start-up must prepare for the imports of an instance that `is_used` says are used, by their index among its
    /// functions.
    pub fn needs(&self, instance: InstanceId, used: impl IntoIterator<Item = u32>) -> Needs {
        let of = |function| match self.binding(instance, ExternalKind::Func, function) {
            Some(Binding::Host(_, function)) => function.needs,
            _ => Needs::default(),
        };
        used.into_iter().map(of).fold(Needs::default(), Needs::and)
    }
}

impl<'a> Index<ModuleId> for Program<'a> {
    type Output = Module<'a>;

    fn index(&self, module: ModuleId) -> &Module<'a> {
        &self.modules[module.0 as usize]
    }
}

impl Index<InstanceId> for Program<'_> {
    type Output = Instance;

    fn index(&self, instance: InstanceId) -> &Instance {
        &self.instances[instance.0 as usize]
    }
}
