//! A program of many modules: a component, flattened to the core instances that it consists of (component model,
//! "Component Instances"). Each is linked statically with those before it.
//!
//! Functions between core modules and the world outside are of the runtime; what it must know of whoever calls one is a
//! [`Canonical`]. The last instance is made up: it imports what is called from outside, and has the program's start.

use super::{Item, Missing};
use crate::index::{CanonicalId, ComponentInstanceId, FuncIndex, InstanceId, ModuleId};
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
    /// Nothing: a function that does this when it is called.
    Missing(Missing),
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
