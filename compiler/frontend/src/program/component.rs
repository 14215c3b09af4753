//! A program of many modules: a component, flattened to the core instances that it consists of (component model,
//! "Component Instances"). Each is linked statically with those before it.
//!
//! Functions between core modules and the world outside are of the runtime; what it must know of whoever calls one is a
//! [`Canonical`]. The last instance is made up: it imports what is called from outside, and has the program's start.

use super::{Binding, Item, Program, Start};
use crate::index::{
    CanonicalId, ComponentInstanceId, ExternIndex, FuncIndex, ImportIndex, InstanceId, MemoryIndex, ModuleId,
};
use crate::{Error, Module};
use cranelift_entity::PrimaryMap;
use std::collections::BTreeSet;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::component::Encoding;
use wasmc_abi::host::Needs;
use wasmc_abi::preview2::ComponentFunction;

/// What a component is besides its modules.
#[derive(Debug, Default)]
pub struct Component {
    /// Its core instances, in the order in which they are made; the last has the program's start.
    pub instances: PrimaryMap<InstanceId, CoreInstance>,
    /// The functions of the runtime that it uses.
    pub canonicals: PrimaryMap<CanonicalId, Canonical>,
    /// How many component instances there are.
    pub component_instances: u32,
    /// What adapters have indices of.
    pub resource_tables: Vec<ResourceTable>,
}

/// A core instance of a component.
#[derive(Debug)]
pub struct CoreInstance {
    /// Its name, unique in the program.
    pub name: String,
    /// Its module.
    pub module: ModuleId,
    /// What its imports are, in their order.
    pub imports: Vec<Argument>,
}

/// What an import of a core instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// What an earlier instance has.
    Item(Item),
    /// A function of the runtime.
    Canonical(CanonicalId),
    /// The flag of a component instance that says whether it may leave.
    MayLeave(ComponentInstanceId),
}

/// A function of the runtime, and what it knows of whoever calls it: see [`wasmc_abi::component::Canonical`].
#[derive(Clone, Debug)]
pub struct Canonical {
    /// Which function it is.
    pub function: Function,
    /// What messages call it.
    pub name: String,
    /// The memory that it works on.
    pub memory: Option<Item>,
    /// The memory that it reads, where that is another.
    pub source: Option<Item>,
    /// The function by which it makes room there: one of the last instance.
    pub realloc: Option<FuncIndex>,
    /// The destructor of a resource: a function of the last instance.
    pub destructor: Option<FuncIndex>,
    /// The component instance that calls.
    pub instance: Option<ComponentInstanceId>,
    /// The component instance that defines the resource.
    pub definer: Option<ComponentInstanceId>,
    /// The number of the resource type.
    pub resource: u32,
    /// How strings are encoded.
    pub encoding: Encoding,
}

/// A function of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// One that components import.
    Host(&'static ComponentFunction),
    /// One that the canonical ABI has, or adapters need.
    Builtin(Builtin),
}

impl Function {
    /// Its symbol.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Host(host) => host.symbol(),
            Self::Builtin(builtin) => builtin.symbol(),
        }
    }

    /// What start-up must prepare for it.
    pub fn needs(self) -> Needs {
        match self {
            Self::Host(host) => host.needs,
            Self::Builtin(_) => Needs::default(),
        }
    }
}

impl Canonical {
    /// A function that is told nothing.
    pub fn of(function: Function, name: impl Into<String>) -> Self {
        Self {
            function,
            name: name.into(),
            memory: None,
            source: None,
            realloc: None,
            destructor: None,
            instance: None,
            definer: None,
            resource: 0,
            encoding: Encoding::Utf8,
        }
    }
}

/// A resource type as adapters name it: see [`wasmc_abi::component::ResourceTable`].
#[derive(Clone, Copy, Debug)]
pub struct ResourceTable {
    /// The component instance.
    pub instance: ComponentInstanceId,
    /// The number of the type.
    pub resource: u32,
    /// Whether the component instance defines the type.
    pub is_definer: bool,
}

impl Component {
    /// The functions of the last instance that the runtime calls.
    pub fn called_back(&self) -> BTreeSet<FuncIndex> {
        self.canonicals.values().flat_map(|canonical| [canonical.realloc, canonical.destructor]).flatten().collect()
    }
}

impl<'a> Program<'a> {
    /// The program that a component is, whose modules are these. Its entry point is the function `_start` of the last
    /// instance.
    ///
    /// # Errors
    /// Where an instance has other imports than its module.
    ///
    /// # Panics
    /// Where the component has no instances, or the last one no entry point.
    pub fn component(modules: Vec<Module<'a>>, mut component: Component) -> Result<Self, Error> {
        let mut program = Self { exceptions: modules.iter().any(|module| !module.tags.is_empty()), ..Self::default() };
        program.tail_calls = modules.iter().any(|module| module.summaries.iter().any(|body| body.tail_calls));
        for module in modules {
            program.add_module(module);
        }
        for instance in component.instances.values() {
            let module = &program[instance.module];
            if module.imports.len() != instance.imports.len() {
                let message = format!("the core instance `{}` has another number of imports", instance.name);
                return Err(Error::new(message));
            }
            let imports: PrimaryMap<ImportIndex, Binding> =
                instance.imports.iter().map(|&argument| program.bound(argument)).collect();
            program.add_instance(instance.name.clone(), instance.module, imports);
        }
        let last = component.instances.keys().last().expect("a component has instances");
        let Some(ExternIndex::Func(start)) = program.module_of(last).export("_start") else {
            unreachable!("the last instance has an entry point");
        };
        program.start =
            Some(Start { instances: component.instances.keys().collect(), calls: vec![(last, start)], thread: None });
        for canonical in component.canonicals.values_mut() {
            canonical.memory = canonical.memory.map(|item| program.defined(item));
            canonical.source = canonical.source.map(|item| program.defined(item));
        }
        program.component = Some(component);
        Ok(program)
    }

    /// What an instance has, as the one that defines it knows it.
    fn defined(&self, item: Item) -> Item {
        match self.definition(item.instance, item.index) {
            Binding::Instance(item) => item,
            _ => item,
        }
    }

    /// What an argument stands for; where it is imported by the instance that has it, what that import is.
    fn bound(&self, argument: Argument) -> Binding {
        match argument {
            Argument::Item(item) => self.definition(item.instance, item.index),
            Argument::Canonical(canonical) => Binding::Canonical(canonical),
            Argument::MayLeave(instance) => Binding::MayLeave(instance),
        }
    }

    /// A function of the runtime that a component uses.
    ///
    /// # Panics
    /// Where the program is no component.
    pub fn canonical(&self, id: CanonicalId) -> &Canonical {
        &self.component.as_ref().expect("only components have such functions").canonicals[id]
    }

    /// Whether instances refer to what others have, by symbols: each is an object of its own.
    pub fn is_linked(&self) -> bool {
        self.component.is_some() || self.start.is_none() && !self.is_library
    }

    /// The memory of a component that most code works on: its first one alone can lie at a fixed address.
    pub fn busiest_memory(&self) -> Option<(InstanceId, MemoryIndex)> {
        let mut bytes: Vec<(Item, u64)> = Vec::new();
        for instance in self.instances() {
            let module = self.module_of(instance);
            let code: u64 = (module.functions.keys().filter_map(|function| module.body(function)))
                .map(|body| (body.range().end - body.range().start) as u64)
                .sum();
            let Some(memory) = module.memories.keys().next() else { continue };
            let Binding::Instance(item) = self.definition(instance, ExternIndex::Memory(memory)) else { continue };
            match bytes.iter_mut().find(|(other, _)| *other == item) {
                Some((_, sum)) => *sum += code,
                None => bytes.push((item, code)),
            }
        }
        let can_be_fixed = |item: &Item| matches!(item.index, ExternIndex::Memory(MemoryIndex::FIRST));
        let busiest = bytes.into_iter().filter(|(item, _)| can_be_fixed(item)).max_by_key(|&(_, bytes)| bytes);
        busiest.map(|(item, _)| (item.instance, MemoryIndex::FIRST))
    }
}
