//! A component's modules to a [`Program`].

use super::component::{Argument, Canonical, Component};
use super::{Binding, Item, Program, Start, forward, globals};
use crate::index::{CanonicalId, ExternIndex, ImportIndex, InstanceId, MemoryIndex, ModuleId};
use crate::{Error, Module};
use cranelift_entity::{EntityRef, PrimaryMap};

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
        let mut modules: PrimaryMap<ModuleId, Module<'a>> = modules.into_iter().collect();
        for instance in component.instances.values() {
            if modules[instance.module].imports.len() != instance.imports.len() {
                let message = format!("the core instance `{}` has another number of imports", instance.name);
                return Err(Error::new(message));
            }
        }
        globals::settle(&mut modules, &component.instances);
        forward::forward(&mut modules, &mut component.instances);
        let mut program =
            Self { exceptions: modules.values().any(|module| !module.tags.is_empty()), ..Self::default() };
        program.tail_calls = modules.values().any(|module| module.summaries.iter().any(|body| body.tail_calls));
        for (_, module) in modules {
            program.add_module(module);
        }
        for instance in component.instances.values() {
            let imports: PrimaryMap<ImportIndex, Binding> =
                instance.imports.iter().map(|&argument| program.bound(&component, argument)).collect();
            program.add_instance(instance.name.clone(), instance.module, imports);
        }
        let last = component.instances.keys().next_back().expect("a component has instances");
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

    /// What an argument stands for: where the instance that has it imports it, what that import is.
    fn bound(&self, component: &Component, argument: Argument) -> Binding {
        match argument {
            Argument::Item(item) => {
                let instance = &component.instances[item.instance];
                match self[instance.module].import(item.index) {
                    Some(import) => self.bound(component, instance.imports[import.index()]),
                    None => Binding::Instance(item),
                }
            }
            Argument::Canonical(canonical) => Binding::Canonical(canonical),
            Argument::MayLeave(instance) => Binding::MayLeave(instance),
            Argument::Missing(missing) => Binding::Missing(missing),
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
                .map(|body| body.range().end - body.range().start)
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
