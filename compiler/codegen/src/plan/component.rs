//! The plans of all instances of a component: what is reached across them, and what the last one, which has the start
//! of the program, must know of the others.

use super::Plan;
use super::objects::Objects;
use super::placed::Placed;
use super::reach::Reach;
use crate::{Error, Options, Target};
use cranelift_entity::{PrimaryMap, SecondaryMap};
use std::collections::BTreeSet;
use wasmc_abi::host::Needs;
use wasmc_frontend::Program;
use wasmc_frontend::index::{ExternIndex, FuncIndex, InstanceId};
use wasmc_frontend::program::{Binding, Item};

/// What a plan must know of the instances before it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Others<'p, 'a> {
    /// What the runtime must prepare for them.
    pub needs: Needs,
    /// Bytes that they start with, where something limits them.
    pub allocated: u64,
    /// What the image holds of memories and tables, where instances share them.
    pub placed: Option<&'p Placed<'a>>,
    /// What is known of the objects of all instances.
    pub objects: Option<&'p Objects>,
}

impl Others<'_, '_> {
    /// What is known of all objects, where `reach` is what is reached of an instance among the others.
    pub(super) fn objects_beside(self, program: &Program<'_>, instance: InstanceId, reach: &Reach) -> Option<Objects> {
        self.objects.cloned().or_else(|| Objects::new(program, [(instance, reach)]))
    }
}

impl<'a> Plan<'a> {
    /// Plans all instances of a program.
    ///
    /// # Errors
    /// Where the modules ask for more memory than the options grant.
    pub fn of_program(program: &'a Program<'a>, target: &Target, options: &Options) -> Result<Vec<Self>, Error> {
        match program.component {
            Some(_) => Self::of_component(program, target, options),
            None => Ok(vec![Self::new(program, target.clone(), options.clone())?]),
        }
    }

    /// Plans every instance of a component, in order: the last one has the start of the program.
    ///
    /// # Errors
    /// Where the modules ask for more memory than the options grant.
    pub fn of_component(program: &'a Program<'a>, target: &Target, options: &Options) -> Result<Vec<Self>, Error> {
        let fixed = program.busiest_memory();
        let placed = Placed::new(program);
        let reached = reached(program);
        let objects = Objects::new(program, &reached);
        let mut others = Others { placed: Some(&placed), objects: objects.as_ref(), ..Others::default() };
        let mut plans = Vec::new();
        for (instance, reach) in reached {
            let plan = Self::of_reach(program, instance, reach, (fixed, others), target.clone(), options.clone())?;
            others.needs = plan.needs;
            if let Some(limit) = options.max_memory {
                others.allocated = limit - plan.growth;
            }
            plans.push(plan);
        }
        Ok(plans)
    }
}

/// What others know of an instance.
#[derive(Clone, Default)]
struct Known {
    /// Functions that are called.
    called: BTreeSet<FuncIndex>,
    /// Functions that are called through references.
    escaping: BTreeSet<FuncIndex>,
    /// Tables, globals and tags.
    state: Vec<ExternIndex>,
}

/// What is reached of each instance: from the start of the program, and from what each does when it is made.
fn reached(program: &Program<'_>) -> PrimaryMap<InstanceId, Reach> {
    let mut known = shared_state(program);
    let start = program.start.as_ref().expect("a component that is planned has a start");
    start.calls.iter().for_each(|&(instance, function)| {
        known[instance].called.insert(function);
    });
    let mut reaches: PrimaryMap<InstanceId, Option<Reach>> = program.instances().map(|_| None).collect();
    // Imports refer to instances before their own.
    let mut work: BTreeSet<InstanceId> = program.instances().collect();
    while let Some(instance) = work.pop_last() {
        let reach = reach(program, instance, &known[instance]);
        for function in reach.imports(program.module_of(instance)) {
            let escapes = reach.escaping.contains(&function);
            work.extend(follow(program, (instance, function), escapes, &mut known));
        }
        reaches[instance] = Some(reach);
    }
    reaches.into_iter().map(|(_, reach)| reach.expect("all are reached")).collect()
}

/// Makes known what calling an imported function reaches; returns the instances of which more is known now.
fn follow(
    program: &Program<'_>,
    (instance, function): (InstanceId, FuncIndex),
    escapes: bool,
    known: &mut SecondaryMap<InstanceId, Known>,
) -> Vec<InstanceId> {
    let mut call = |instance: InstanceId, function: FuncIndex, escapes: bool| {
        let known = &mut known[instance];
        let is_new = known.called.insert(function) | (escapes && known.escaping.insert(function));
        is_new.then_some(instance)
    };
    match program.binding(instance, ExternIndex::Func(function)) {
        Some(&Binding::Instance(Item { instance, index: ExternIndex::Func(function) })) => {
            call(instance, function, escapes).into_iter().collect()
        }
        Some(&Binding::Canonical(id)) => {
            let canonical = program.canonical(id);
            let last = program.start.as_ref().expect("it has a start").instance();
            let called = canonical.realloc.into_iter().chain(canonical.destructor);
            called.filter_map(|function| call(last, function, false)).collect()
        }
        _ => Vec::new(),
    }
}

fn reach(program: &Program<'_>, instance: InstanceId, known: &Known) -> Reach {
    let functions = known.called.iter().copied().map(ExternIndex::Func);
    let mut reach = Reach::from_outside(program.module_of(instance), functions.chain(known.state.iter().copied()));
    reach.escaping.extend(&known.escaping);
    reach
}

/// The tables, globals and tags that more than one instance has.
fn shared_state(program: &Program<'_>) -> SecondaryMap<InstanceId, Known> {
    let mut known: SecondaryMap<InstanceId, Known> = SecondaryMap::new();
    for instance in program.instances() {
        let module = program.module_of(instance);
        let tables = module.tables.keys().map(ExternIndex::Table);
        let globals = module.globals.keys().map(ExternIndex::Global);
        let tags = module.tags.keys().map(ExternIndex::Tag);
        for index in tables.chain(globals).chain(tags) {
            match program.binding(instance, index) {
                Some(&Binding::Instance(item)) => {
                    known[instance].state.push(index);
                    known[item.instance].state.push(item.index);
                }
                Some(_) => known[instance].state.push(index),
                None => {}
            }
        }
    }
    known
}
