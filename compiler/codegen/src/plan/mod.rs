//! Everything decided before the first function is compiled. From here on nothing changes: functions read the plan and
//! nothing else.
//!
//! - [`component`]: the plans of all instances of a component, [`placed`]: what the image holds of their segments,
//! - [`reach`], [`graph`]: which functions there are, and who calls whom,
//! - [`instance`]: where instance state lies, [`initial`], [`table`]: what it holds when the program starts,
//! - [`indirect`]: what calls through tables can go to, [`inline`]: what is translated in place of calls,
//! - [`exception`]: which functions exceptions pass through, [`payload`]: how they carry values,
//! - [`heap`]: how objects are laid out, [`objects`]: what is known of all of them,
//! - [`fuel`]: what code takes of its fuel,
//! - [`profile`]: what is counted, and known by such counts; [`points`]: where, [`counting`]: what a program counts,
//!   [`counts`]: what a profile says of the module, `order`: how functions follow each other by it,
//! - [`memory`]: how memories are accessed, [`limits`]: what limits leave the program,
//! - [`start`]: what the start of the program does besides instantiation, [`context`]: how contexts are made,
//! - `shown`: what messages call functions.

mod component;
pub mod context;
pub mod counting;
pub mod counts;
pub mod exception;
pub mod fuel;
pub mod graph;
pub mod heap;
pub mod indirect;
pub mod initial;
pub mod inline;
pub mod instance;
pub mod limits;
pub mod memory;
mod objects;
mod order;
pub mod payload;
mod placed;
pub mod points;
pub mod profile;
pub mod reach;
mod shown;
pub mod start;
pub mod table;

use crate::key::FunctionKey;
use crate::options::{InstanceModel, OptLevel};
use crate::passes::Pass;
use crate::signature::Conventions;
use crate::{Error, Options, Target};
use component::Others;
use context::ContextPlan;
use cranelift_entity::PrimaryMap;
use exception::Exceptions;
use graph::CallGraph;
use heap::HeapPlan;
use indirect::KnownTables;
use initial::{MemoryImage, active_data};
use inline::Inlining;
use instance::InstanceLayout;
use memory::{MemoryPlan, MemoryPlanner};
use profile::ProfilePlan;
use reach::Reach;
use start::StartPlan;
use std::collections::{BTreeSet, HashMap};
use table::TablePlans;
use wasmc_abi::host::Needs;
use wasmc_frontend::index::{
    CanonicalId, ExternIndex, FuncIndex, InstanceId, MemoryIndex, TableIndex, TagIndex, TypeId, TypeIndex,
};
use wasmc_frontend::program::types::Numbers;
use wasmc_frontend::program::{Binding, Missing};
use wasmc_frontend::{Error as ModuleError, Module, Program};

/// The decisions for one instance of a program, one target and one set of options.
pub struct Plan<'a> {
    /// The program.
    pub program: &'a Program<'a>,
    /// The instance that the plan is for.
    pub instance: InstanceId,
    /// The module of the instance.
    pub module: &'a Module<'a>,
    /// Options it is compiled under.
    pub options: Options,
    /// The target.
    pub target: Target,
    /// What is compiled.
    pub reach: Reach,
    /// Who calls whom, among the functions that are compiled.
    pub calls: CallGraph,
    /// What is translated in place of calls.
    pub inlining: Inlining,
    /// Which functions exceptions pass through.
    pub exceptions: Exceptions,
    /// Functions whose fuel is paid for by their callers, with the units that each takes.
    pub prepaid: HashMap<FuncIndex, u64>,
    /// What the program counts for a profile, and what one says.
    pub profile: ProfilePlan,
    /// Functions that whoever embeds the program calls with arguments in registers.
    pub called_directly: BTreeSet<FuncIndex>,
    /// Functions to compile, in the order in which they are laid out.
    pub functions: Vec<FunctionKey>,
    /// Where instance state lies.
    pub layout: InstanceLayout,
    /// How each memory is accessed.
    pub memories: PrimaryMap<MemoryIndex, MemoryPlan>,
    /// What active data segments put into each memory.
    pub images: PrimaryMap<MemoryIndex, MemoryImage<'a>>,
    /// Whether [`Plan::images`] say it all; otherwise instantiation copies active data segments.
    pub static_data: bool,
    /// What each table holds.
    pub tables: TablePlans,
    /// Which of them nothing writes.
    pub known_tables: KnownTables,
    /// How objects are laid out.
    pub heap: HeapPlan,
    /// What the start of the program does, where this is its only instance.
    pub start: Option<StartPlan>,
    /// How contexts are made, where instances are found through one.
    pub context: Option<ContextPlan>,
    /// What the runtime must prepare for the imports that are used, by this instance or those before it.
    pub needs: Needs,
    /// Bytes that the program may allocate after its start.
    pub(crate) growth: u64,
    /// How functions pass values.
    pub(crate) conventions: Conventions,
}

impl<'a> Plan<'a> {
    /// Plans a program of one instance, whose first memory lies at the target's fixed address.
    ///
    /// # Errors
    /// Where the module asks for more memory than the options grant.
    pub fn new(program: &'a Program<'a>, target: Target, options: Options) -> Result<Self, Error> {
        let instance = program.instances().next().expect("a program has an instance");
        let fixed = (options.model != InstanceModel::Context).then_some((instance, MemoryIndex::FIRST));
        Self::of_instance(program, instance, fixed, target, options)
    }

    /// Plans one instance of a program. `fixed` is the memory at the target's fixed address: instance and index.
    ///
    /// # Errors
    /// Where the module asks for more memory than the options grant.
    pub fn of_instance(
        program: &'a Program<'a>,
        instance: InstanceId,
        fixed: Option<(InstanceId, MemoryIndex)>,
        target: Target,
        options: Options,
    ) -> Result<Self, Error> {
        let reach = reached(program, program.module_of(instance));
        Self::of_reach(program, instance, reach, (fixed, Others::default()), target, options)
    }

    /// Plans one instance of a program, of which `reach` is reached. `others` is what those before it need.
    fn of_reach(
        program: &'a Program<'a>,
        instance: InstanceId,
        mut reach: Reach,
        (fixed, others): (Option<(InstanceId, MemoryIndex)>, Others<'_, 'a>),
        target: Target,
        options: Options,
    ) -> Result<Self, Error> {
        let module = program.module_of(instance);
        let threads = program.start.as_ref().is_some_and(|start| start.thread.is_some());
        let model = if threads { InstanceModel::Thread } else { options.model };
        if program.is_library {
            context::check(program, module, &target)?;
        }
        if threads && options.fuel.is_some() {
            let error = ModuleError::new("a program with threads cannot count its fuel");
            return Err(Error::Refused(error.with_help("leave `--fuel` out, and limit its time: `--timeout`")));
        }
        let many = model.has_many_instances();
        let planner = MemoryPlanner { program, fixed, target: &target, options: &options };
        let memories = planner.plan_all(instance)?;
        let page_size = |index: MemoryIndex| memories[index].strategy.is_fixed().then_some(target.page_size);
        let (images, segments) = placed::contents((instance, module), others.placed, page_size);
        // Every thread's instantiation copies active segments once more.
        let static_data = images.is_some() && !(threads && active_data(module).next().is_some());
        if !static_data {
            // Instantiation copies them.
            reach.summary.data.extend(active_data(module));
        }
        let empty = || memories.values().map(|_| MemoryImage::default()).collect();
        let images = images.filter(|_| static_data).unwrap_or_else(empty);
        let others_see = program.is_linked() && program.component.is_none();
        let shared: BTreeSet<TableIndex> = reach::shared_tables(module).collect();
        let changing = if many { &reach.summary.written_tables } else { &reach.summary.growing_tables };
        // What instances of a component see of others is known.
        let may_grow = |table| others_see && shared.contains(&table) || changing.contains(&table);
        let used = (&reach.summary.tables, &reach.summary.elements);
        let tables = TablePlans::new(module, segments, used, many, may_grow);
        reach.summary.elements.extend(&tables.copied);
        let summary = &reach.summary;
        let mut layout = InstanceLayout::new(program, instance, summary, model);
        layout.place_elements(module, &tables.evaluated);
        if options.fuel.is_some() {
            layout.count_fuel(program);
        }
        let growth =
            limits::growth((program, instance), &memories, &tables, many, &options)?.saturating_sub(others.allocated);
        let needs = program.needs(instance, reach.imports(module)).and(others.needs);
        let binding = |function: FuncIndex| program.binding(instance, ExternIndex::Func(function));
        let calls_native = options.initializers
            || reach.imports(module).any(|import| matches!(binding(import), Some(Binding::Native(_))));
        let start = program.start.as_ref().filter(|start| start.instance() == instance);
        let mut keys = reach.keys(module, binding, reach::other_keys(program, module, &reach, start));
        let start = start.map(|start| StartPlan::new(start, (needs, growth), calls_native, &layout, &target, &options));
        let calls = CallGraph::new(module, &reach.functions);
        let context = match model {
            InstanceModel::Context => Some(ContextPlan::new((module, &tables), growth, &layout, &target, &options)?),
            InstanceModel::Image | InstanceModel::Thread => None,
        };
        let prepaid = options.fuel.map_or_else(HashMap::new, |_| fuel::prepaid(module, &reach, &calls));
        Ok(Self {
            inlining: Inlining::new(module, &reach.functions, &prepaid, &options),
            prepaid,
            profile: ProfilePlan::new(program, module, &reach.functions, &mut keys, &options)?,
            known_tables: KnownTables::new(program, instance, &tables, (&summary.written_tables, &shared)),
            exceptions: Exceptions::new(program, module, &reach, &calls),
            heap: HeapPlan::new(program, instance, &target, others.objects_beside(program, instance, &reach)),
            called_directly: if program.is_library { context::called_directly(module) } else { BTreeSet::new() },
            functions: keys,
            context,
            calls,
            conventions: Conventions::new(&target, &options, program.tail_calls || summary.tail_calls),
            start: start.transpose()?,
            program,
            instance,
            module,
            options,
            target,
            reach,
            layout,
            memories,
            images,
            static_data,
            tables,
            needs,
            growth,
        })
    }

    /// The numbers by which code tells a type and its subtypes from others.
    pub fn type_numbers(&self, type_index: TypeIndex) -> Numbers {
        self.program.types().numbers(self.type_id(type_index))
    }

    /// The number of the type that declares a field of a type; elements of arrays have the position 0.
    pub(crate) fn declarer_number(&self, type_index: TypeIndex, field: u32) -> u32 {
        let types = self.program.types();
        types.numbers(types.declarer(self.type_id(type_index), field)).first
    }

    fn type_id(&self, type_index: TypeIndex) -> TypeId {
        self.program.type_ids(self.program[self.instance].module)[type_index]
    }

    /// Bytes that the heap may have; `u64::MAX` where nothing limits it. Where what a memory may grow to is set aside
    /// from the start, the heap is, too: as much as half of a memory, unless the options say otherwise.
    pub fn max_heap(&self) -> u64 {
        self.options.max_heap.or(self.target.memory_capacity.map(|capacity| capacity / 2)).unwrap_or(u64::MAX)
    }

    /// The number of a tag among those of the program.
    pub fn tag_number(&self, tag: TagIndex) -> u32 {
        self.program[self.instance].tags[tag].as_u32()
    }

    /// Units of fuel that callers of a function pay for it, if they do.
    pub(crate) fn prepaid_units(&self, function: FuncIndex) -> Option<u64> {
        self.prepaid.get(&function).copied()
    }

    /// Whether exceptions can leave a function: those of code that is not known, too.
    pub fn is_left_by_exceptions(&self, key: FunctionKey) -> bool {
        matches!(key, FunctionKey::Wasm(function) if self.exceptions.leave(function))
    }

    /// Whether each thread has an instance of its own.
    pub fn threads(&self) -> bool {
        self.layout.model == InstanceModel::Thread
    }

    /// Whether a pass runs, where it is part of translation.
    pub(crate) fn runs(&self, pass: Pass) -> bool {
        self.options.opt_level != OptLevel::None && self.options.passes.have(pass)
    }

    /// Whether there may be several instances, which share code and constants.
    pub fn has_many_instances(&self) -> bool {
        self.layout.model.has_many_instances()
    }

    /// What a function is bound to; `None` where the module defines it.
    pub fn binding(&self, function: FuncIndex) -> Option<&'a Binding> {
        self.program.binding(self.instance, ExternIndex::Func(function))
    }

    /// Whether a function is a native one, which follows the C calling convention of the target: the runtime's or the
    /// user's.
    pub fn is_native(&self, function: FuncIndex) -> bool {
        matches!(self.binding(function), Some(Binding::Host(..) | Binding::Native(_) | Binding::Canonical(_)))
    }

    /// Which of the functions that a component has of the runtime a function is.
    pub fn canonical(&self, function: FuncIndex) -> Option<CanonicalId> {
        match self.binding(function) {
            Some(&Binding::Canonical(id)) => Some(id),
            _ => None,
        }
    }

    /// The instances whose objects are linked with that of the program's start, in order.
    pub fn other_instances(&self) -> &'a [InstanceId] {
        let instances = self.program.start.as_ref().map_or(&[][..], |start| &start.instances);
        instances.split_last().map_or(&[], |(_, others)| others)
    }

    /// Whether a function is the user's native code, which the runtime knows nothing of.
    pub(crate) fn is_users(&self, function: FuncIndex) -> bool {
        matches!(self.binding(function), Some(Binding::Native(_)))
    }

    /// What a function does that nothing satisfies the import of.
    pub fn missing(&self, function: FuncIndex) -> Option<Missing> {
        match self.binding(function) {
            Some(&Binding::Missing(missing)) => Some(missing),
            _ => None,
        }
    }

    /// Which of the embedder's functions a function is.
    pub fn embedder(&self, function: FuncIndex) -> Option<u32> {
        match self.binding(function) {
            Some(&Binding::Embedder(number)) => Some(number),
            _ => None,
        }
    }

    /// Whether direct calls of an imported function go to a stub of this instance: there is no symbol for it.
    pub(crate) fn is_stub(&self, function: FuncIndex) -> bool {
        self.missing(function).is_some() || self.embedder(function).is_some()
    }

    /// Whether references to an imported function refer to a stub of this instance: it is not in the modules' own
    /// calling convention, or is nowhere.
    pub fn has_stub(&self, function: FuncIndex) -> bool {
        self.is_native(function) || self.is_stub(function)
    }

    /// Whether anything can trap, so that the runtime must be ready for it.
    pub fn can_trap(&self) -> bool {
        let out_of_bounds = self.images.values().any(|image| image.out_of_bounds);
        let writes_tables = self.tables.tables.values().any(|table| !matches!(table.origin, table::Origin::Image(_)));
        self.start.is_none()
            || self.program.component.is_some()
            || self.options.initializers
            || self.options.snapshot
            || self.program.has_heap
            || self.reach.summary.can_trap
            || self.tables.out_of_bounds
            || out_of_bounds
            || writes_tables
    }

    /// Whether indices of branch tables must be kept inside before Cranelift's own check, which is a branch on RISC-V:
    /// after it, the processor may speculate with any index. On the other architectures it is a conditional select.
    pub(crate) fn clamps_branch_tables(&self) -> bool {
        self.options.spectre && self.target.is_riscv64()
    }

    /// Whether external references can stand for objects: otherwise they are the embedder's alone, and any words.
    pub fn externs_may_be_objects(&self) -> bool {
        !self.program.is_library || self.module.externalizes()
    }

    /// Whether functions look for the end of the stack themselves, as nothing guards it.
    pub(crate) fn looks_for_stack(&self) -> bool {
        self.program.is_library && self.target.has_no_system()
    }
}

/// Only what a program's entry points reach is compiled, or what a library exports; everything, where other instances
/// see it.
fn reached(program: &Program<'_>, module: &Module<'_>) -> Reach {
    if program.is_library {
        return Reach::from_embedder(module);
    }
    let Some(start) = &program.start else { return Reach::everything(module) };
    let called = start.calls.iter().chain(&start.thread).map(|&(_, function)| function);
    Reach::from(module, module.start.into_iter().chain(called).collect())
}
