//! A program: its modules, what each import is bound to, in which order instances are made, and what is called then.
//!
//! - [`types`]: the types of all modules, numbered, and when one matches another,
//! - [`component`]: one of many modules, that of a component: `assemble` links them, `forward`
//!   makes calls across them direct, `globals` makes constants known to all,
//! - [`link`]: one more instance among others, whose imports are bound by what they are registered as,
//! - [`command`]: a program of one module, whose imports the runtime and native objects satisfy,
//! - [`library`]: one that is part of a program of somebody else's, who satisfies its imports.
//!
//! From here on nobody asks for the name of an import: what it is bound to says it all.

mod assemble;
pub mod command;
pub mod component;
mod forward;
mod globals;
pub mod library;
pub mod link;
mod preinit;
pub mod types;

use crate::Module;
use crate::index::{
    CanonicalId, ComponentInstanceId, ExternIndex, FuncIndex, ImportIndex, InstanceId, ModuleId, TagId, TagIndex,
    TypeId, TypeIndex,
};
use component::Component;
use cranelift_entity::PrimaryMap;
use std::ops::Index;
use types::Types;
use wasmc_abi::host::{HostFunction, Interface, Needs};

/// All that is linked into one image or library.
#[derive(Debug, Default)]
pub struct Program<'a> {
    modules: PrimaryMap<ModuleId, Module<'a>>,
    /// What the types of each module are among those of all.
    type_ids: PrimaryMap<ModuleId, PrimaryMap<TypeIndex, TypeId>>,
    instances: PrimaryMap<InstanceId, Instance>,
    types: Types,
    /// What instances define, by the numbers of the tags.
    tags: PrimaryMap<TagId, Item>,
    /// What runs when the program starts; `None` where it is called from outside.
    pub start: Option<Start>,
    /// Whether it is called from outside by what it exports alone.
    pub is_library: bool,
    /// Whether any function makes tail calls: all of them share one calling convention.
    pub tail_calls: bool,
    /// Whether any module has tags, so that there can be exceptions.
    pub exceptions: bool,
    /// Whether any module makes objects, so that there is a heap.
    pub has_heap: bool,
    /// The component that it was, where it was one.
    pub component: Option<Component>,
}

/// An instance of a module.
#[derive(Debug)]
pub struct Instance {
    /// Its name, unique in the program; empty for the only one. Its symbols begin with it.
    pub name: String,
    /// Its module.
    pub module: ModuleId,
    /// What its imports are bound to.
    pub imports: PrimaryMap<ImportIndex, Binding>,
    /// The numbers of its tags.
    pub tags: PrimaryMap<TagIndex, TagId>,
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
    /// A function of whoever embeds the program: the number of the import among those of functions.
    Embedder(u32),
    /// Nothing: a function that does this when it is called.
    Missing(Missing),
    /// A function that a component makes and the runtime defines.
    Canonical(CanonicalId),
    /// The flag of a component instance that says whether it may leave: a global.
    MayLeave(ComponentInstanceId),
    /// A shared memory, which whoever instantiates a program with threads creates (wasi-threads): the program itself.
    Created,
}

/// What an imported function that nothing satisfies does when it is called, in a program that is made nevertheless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It traps.
    Trap,
    /// It returns zeroes and null references.
    Default,
}

/// Something that an instance defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The instance.
    pub instance: InstanceId,
    /// What it is there.
    pub index: ExternIndex,
}

/// What runs when a program starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The instances, in the order in which they are made. The last one has the start of the program.
    pub instances: Vec<InstanceId>,
    /// Functions that are called then, in order. They have no parameters; an `i32` that the last one returns is the
    /// exit status.
    pub calls: Vec<(InstanceId, FuncIndex)>,
    /// What a further thread runs, where the program can start any: a function of type `(i32, i32) -> ()`
    /// ([`wasmc_abi::thread::START`]).
    pub thread: Option<(InstanceId, FuncIndex)>,
}

impl<'a> Program<'a> {
    /// A program that is called from outside, where instances are added one by one. `tail_calls` and `exceptions` say
    /// whether any of their modules makes such calls, or has tags; the modules are to be declared before the first is
    /// compiled.
    pub fn open(tail_calls: bool, exceptions: bool) -> Self {
        Self { tail_calls, exceptions, ..Self::default() }
    }

    /// Makes known what depends on all modules, of one that is added later. Where one module is compiled before the
    /// next is added, all of them must have been declared: the numbers of types are those of all.
    pub fn declare(&mut self, module: &Module<'_>) {
        self.types.add(module);
        self.has_heap |= module.allocates();
    }

    /// The types of all modules.
    pub fn types(&self) -> &Types {
        &self.types
    }

    /// Adds a module.
    pub fn add_module(&mut self, module: Module<'a>) -> ModuleId {
        self.has_heap |= module.allocates();
        self.type_ids.push(self.types.add(&module));
        self.modules.push(module)
    }

    /// Adds an instance: numbers the tags that it defines.
    fn add_instance(
        &mut self,
        name: String,
        module: ModuleId,
        imports: PrimaryMap<ImportIndex, Binding>,
    ) -> InstanceId {
        let instance = self.instances.next_key();
        let mut tags = PrimaryMap::new();
        for (index, tag) in &self.modules[module].tags {
            let imported = tag.import.map(|import| &imports[import]);
            tags.push(match imported {
                Some(&Binding::Instance(Item { instance, index: ExternIndex::Tag(tag) })) => {
                    self.instances[instance].tags[tag]
                }
                _ => self.tags.push(Item { instance, index: ExternIndex::Tag(index) }),
            });
        }
        self.instances.push(Instance { name, module, imports, tags })
    }

    /// The module of an instance.
    pub fn module_of(&self, instance: InstanceId) -> &Module<'a> {
        &self[self[instance].module]
    }

    /// What the types of a module are among those of all.
    pub fn type_ids(&self, module: ModuleId) -> &PrimaryMap<TypeIndex, TypeId> {
        &self.type_ids[module]
    }

    /// All instances, in the order in which they were added.
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        self.instances.keys()
    }

    /// What an instance exports under a name.
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Binding> {
        Some(self.definition(instance, self.module_of(instance).export(name)?))
    }

    /// Where something in an instance's index spaces is defined: by the instance itself, or whatever its import is
    /// bound to.
    pub fn definition(&self, instance: InstanceId, index: ExternIndex) -> Binding {
        self.binding(instance, index).cloned().unwrap_or(Binding::Instance(Item { instance, index }))
    }

    /// What an import is bound to; `None` where the instance defines it.
    pub fn binding(&self, instance: InstanceId, index: ExternIndex) -> Option<&Binding> {
        let import = self.module_of(instance).import(index)?;
        Some(&self[instance].imports[import])
    }

    /// What start-up must prepare for the imported functions of an instance that are `used`.
    pub fn needs(&self, instance: InstanceId, used: impl IntoIterator<Item = FuncIndex>) -> Needs {
        let of = |function| match self.binding(instance, ExternIndex::Func(function)) {
            Some(Binding::Host(_, function)) => function.needs,
            Some(&Binding::Canonical(id)) => self.canonical(id).function.needs(),
            _ => Needs::default(),
        };
        used.into_iter().map(of).fold(Needs::default(), Needs::and)
    }
}

impl<'a> Index<ModuleId> for Program<'a> {
    type Output = Module<'a>;

    fn index(&self, module: ModuleId) -> &Module<'a> {
        &self.modules[module]
    }
}

impl Index<InstanceId> for Program<'_> {
    type Output = Instance;

    fn index(&self, instance: InstanceId) -> &Instance {
        &self.instances[instance]
    }
}
