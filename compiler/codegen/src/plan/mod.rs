//! Everything decided before the first function is compiled. From here on nothing changes: functions read the plan and
//! nothing else.

pub mod initial;
pub mod instance;
pub mod memory;
pub mod role;
pub mod types;

use crate::key::FunctionKey;
use crate::signature::Conventions;
use initial::{ConstValue, MemoryImage};
use instance::InstanceLayout;
use role::{Linked, Role};
use memory::MemoryPlan;
use types::TypeIds;
use crate::{Error, Options, Target};
use std::collections::BTreeSet;
use target_lexicon::Architecture;
use wasmc_abi::symbols;
use wasmc_abi::thread::{self, BlockPointer};
use wasmc_frontend::Error as ModuleError;
use wasmc_frontend::Module;
use wasmc_frontend::module::{Import, SegmentMode};
use wasmc_frontend::reach::{References, references};
use wasmc_frontend::wasmparser::{ExternalKind, FuncType, TypeRef, ValType};

/// The decisions for one module, one target and one set of options.
pub struct Plan<'a> {
    /// The module.
    pub module: &'a Module<'a>,
    /// Its part in the program.
    pub role: Role,
    /// Options it is compiled under.
    pub options: Options,
    /// The target.
    pub target: Target,
    /// Where instance state lies.
    pub layout: InstanceLayout,
    /// How each memory is accessed.
    pub memories: Vec<MemoryPlan>,
    /// What active data segments put into each memory.
    pub images: Vec<MemoryImage<'a>>,
    /// What active element segments and initial values put into each table.
    pub table_contents: Vec<Vec<ConstValue>>,
    /// Whether [`Plan::table_contents`] says it all; otherwise instantiation writes elements.
    pub static_elements: bool,
    /// Whether [`Plan::images`] say it all; otherwise instantiation copies active data segments.
    pub static_data: bool,
    /// Whether an active element segment does not fit in its table, so that instantiation traps.
    pub elements_out_of_bounds: bool,
    /// Tables whose length never changes.
    pub fixed_tables: Vec<bool>,
    /// Canonical numbers of the module's types, by type index.
    pub type_ids: Vec<u32>,
    /// Functions to compile, in the order in which they are laid out.
    pub functions: Vec<FunctionKey>,
    /// Functions that can be called through a reference.
    pub escaping: BTreeSet<u32>,
    /// Imported functions that are called or referenced.
    pub imports: BTreeSet<u32>,
    /// What reachable code refers to.
    pub references: References,
    /// Whether the program can start threads, which have instance state of their own.
    pub threads: bool,
    /// Bytes of the aligned area that each stack lies in; 0 where it may lie anywhere.
    pub stack_area: u64,
    /// How functions pass values.
    pub(crate) conventions: Conventions,
}

impl<'a> Plan<'a> {
    /// Plans an executable made of `module` alone.
    ///
    /// # Errors
    /// Where the module has nothing to run, needs what an executable does not have, or asks for more memory than the
    /// options grant.
    pub fn new(module: &'a Module<'a>, target: Target, options: Options) -> Result<Self, Error> {
        check_imports(module)?;
        let mut roots = entry_points(module)?;
        if spawns_threads(module) {
            roots.push(thread_entry_point(module)?);
        }
        let reach = Reach::from(module, roots)?;
        Self::with_reach(module, Role::Executable, reach, &mut TypeIds::default(), target, options)
    }

    /// Plans one instance among others of a program. `types` are shared by all of them.
    ///
    /// # Errors
    /// Where the module asks for more memory than the options grant.
    pub fn linked(
        module: &'a Module<'a>,
        linked: Linked,
        types: &mut TypeIds,
        target: Target,
        options: Options,
    ) -> Result<Self, Error> {
        let mut reach = Reach::everything(module)?;
        reach.references.tail_calls |= linked.tail_calls;
        Self::with_reach(module, Role::Linked(Box::new(linked)), reach, types, target, options)
    }

    fn with_reach(
        module: &'a Module<'a>,
        role: Role,
        mut reach: Reach,
        types: &mut TypeIds,
        target: Target,
        options: Options,
    ) -> Result<Self, Error> {
        let threads = matches!(role, Role::Executable) && spawns_threads(module);
        let memories = MemoryPlan::for_module(module, &role, &target, &options)?;
        let images = memories.iter().zip(0..).map(|(memory, index)| {
            let page_size = memory.strategy.is_fixed().then_some(target.page_size);
            MemoryImage::new(module, index, page_size)
        });
        let images: Option<Vec<_>> = images.collect();
        // Every thread's instantiation copies active segments once more.
        let static_data = images.is_some() && !(threads && active_data(module).next().is_some());
        let images = images.filter(|_| static_data);
        if !static_data {
            // Instantiation copies them.
            reach.references.data.extend(active_data(module));
        }
        let images = images.unwrap_or_else(|| vec![MemoryImage::default(); memories.len()]);
        let contents = table_contents(module);
        let static_elements = contents.is_some();
        let (table_contents, elements_out_of_bounds) =
            contents.unwrap_or_else(|| (vec![Vec::new(); module.tables.len()], false));
        let others_see_tables = matches!(role, Role::Linked(_));
        let tables = 0..module.tables.len() as u32;
        let changing = if threads { &reach.references.written_tables } else { &reach.references.growing_tables };
        let fixed_tables: Vec<bool> = tables.map(|table| !others_see_tables && !changing.contains(&table)).collect();
        let layout = InstanceLayout::new(module, &reach.references, &role, threads);
        let stack_area = match target.block_pointer() {
            BlockPointer::StackArea if threads => stack_area(options.stack_size, &layout)?,
            _ => 0,
        };
        let conventions = Conventions::new(&target, reach.references.tail_calls);
        Ok(Self {
            layout,
            memories,
            images,
            table_contents,
            elements_out_of_bounds,
            static_elements,
            static_data,
            fixed_tables,
            type_ids: types.number(module),
            functions: reach.keys(module, &role, threads),
            imports: reach.functions.iter().copied().filter(|&index| module.body(index).is_none()).collect(),
            escaping: reach.escaping,
            references: reach.references,
            module,
            role,
            options,
            target,
            threads,
            stack_area,
            conventions,
        })
    }

    /// Whether a function is a native one, which follows the C calling convention of the target.
    pub fn is_native(&self, function: u32) -> bool {
        let is_linked = match &self.role {
            Role::Executable => false,
            Role::Linked(linked) => linked.imports.functions.contains_key(&function),
        };
        self.module.body(function).is_none() && !is_linked
    }

    /// The function that runs after instantiation.
    pub fn entry(&self) -> Option<u32> {
        self.module.export("_start", ExternalKind::Func)
    }

    /// Whether the program uses WASI, so that the runtime must prepare it.
    pub fn uses_wasi(&self) -> bool {
        self.wasi_imports().next().is_some()
    }

    /// Whether the program uses functions of WASI that take paths.
    pub fn uses_paths(&self) -> bool {
        self.wasi_imports().any(|import| import.name.starts_with("path_"))
    }

    /// Whether the program takes connections from listening sockets.
    pub fn accepts_connections(&self) -> bool {
        self.wasi_imports().any(|import| import.name == "sock_accept")
    }

    fn wasi_imports(&self) -> impl Iterator<Item = &Import<'a>> {
        let imports = self.imports.iter().filter_map(|&index| self.module.function_import(index));
        imports.filter(|import| symbols::WASI_MODULES.contains(&import.module))
    }

    /// Whether anything can trap, so that the runtime must be ready for it.
    pub fn can_trap(&self) -> bool {
        let out_of_bounds = self.images.iter().any(|image| image.out_of_bounds);
        let is_linked = matches!(self.role, Role::Linked(_));
        is_linked || self.references.can_trap || self.elements_out_of_bounds || out_of_bounds
    }

    /// Whether the program reads its grants when it starts.
    pub(crate) fn has_grants(&self) -> bool {
        self.uses_wasi() || self.options.limits
    }

    /// Whether indices of branch tables must be kept inside before Cranelift's own check, which is a branch on RISC-V: behind it, the
    /// processor may speculate with any index. On the other architectures it is a conditional select.
    pub(crate) fn clamps_branch_tables(&self) -> bool {
        self.options.spectre && matches!(self.target.triple.architecture, Architecture::Riscv64(_))
    }
}

/// Functions are the only imports that an executable can satisfy, and shared memories, which whoever instantiates a program
/// with threads creates (wasi-threads).
fn check_imports(module: &Module<'_>) -> Result<(), Error> {
    let is_satisfied = |import: &&Import<'_>| match import.ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => true,
        TypeRef::Memory(ty) => ty.shared,
        _ => false,
    };
    match module.imports.iter().find(|import| !is_satisfied(import)) {
        None => Ok(()),
        Some(Import { module, name, .. }) => {
            let message = format!(
                "import {module}.{name} is neither a function nor a shared memory: an executable can import nothing else"
            );
            Err(Error::Refused(ModuleError::new(message)))
        }
    }
}

/// Whether a module imports the function that starts threads.
fn spawns_threads(module: &Module<'_>) -> bool {
    let mut imports = module.imports.iter();
    imports.any(|import| (import.module, import.name) == (thread::SPAWN_MODULE, thread::SPAWN))
}

/// What a thread of a module that starts threads runs.
fn thread_entry_point(module: &Module<'_>) -> Result<u32, Error> {
    let refuse = |message: String| Err(Error::Refused(ModuleError::new(message)));
    let spawn = format!("{}.{}", thread::SPAWN_MODULE, thread::SPAWN);
    if let Some(index) = module.memories.iter().position(|memory| !memory.ty.shared) {
        return refuse(format!("the module imports `{spawn}`, but its memory {index} is not shared"));
    }
    let Some(start) = module.export(thread::START, ExternalKind::Func) else {
        return refuse(format!("the module imports `{spawn}`, but exports no function `{}`", thread::START));
    };
    let ty = module.type_of_function(start);
    if ty.params() != [ValType::I32, ValType::I32] || !ty.results().is_empty() {
        let wanted = "(i32, i32) -> ()";
        return refuse(format!("the exported function `{}` has type {ty}; threads want {wanted}", thread::START));
    }
    Ok(start)
}

/// Bytes of the area of a thread's stack.
fn stack_area(stack_size: u64, layout: &InstanceLayout) -> Result<u64, Error> {
    thread::area(stack_size, layout.thread_size.into()).ok_or_else(|| {
        let error = ModuleError::new(format!("no address space has room for stacks of {stack_size} bytes"));
        Error::Refused(error.with_help("choose a smaller `--stack-size`"))
    })
}

/// Indices of the data segments that instantiation copies.
fn active_data(module: &Module<'_>) -> impl Iterator<Item = u32> {
    let segments = (0..).zip(&module.data);
    segments.filter(|(_, data)| matches!(data.mode, SegmentMode::Active(..))).map(|(index, _)| index)
}

fn entry_points(module: &Module<'_>) -> Result<Vec<u32>, Error> {
    let start = module.export("_start", ExternalKind::Func);
    if let Some(index) = start {
        let ty = module.type_of_function(index);
        if !ty.params().is_empty() || !ty.results().is_empty() {
            let message =
                format!("the exported function `_start` has type {ty}; WASI wants neither parameters nor results");
            return Err(Error::Refused(ModuleError::new(message)));
        }
    }
    let run: Vec<u32> = module.start.into_iter().chain(start).collect();
    if run.is_empty() {
        let error =
            ModuleError::new("nothing to run: the module exports no function `_start` and has no start function");
        let help = "link the program as a WASI command, not as a reactor or library";
        return Err(Error::Refused(error.with_help(help)));
    }
    Ok(run)
}

/// What can be reached from the entry points.
struct Reach {
    functions: BTreeSet<u32>,
    escaping: BTreeSet<u32>,
    references: References,
}

impl Reach {
    fn from(module: &Module<'_>, run: Vec<u32>) -> Result<Self, Error> {
        let mut reach =
            Self { functions: BTreeSet::new(), escaping: BTreeSet::new(), references: References::default() };
        let mut tables = BTreeSet::new();
        let mut globals = BTreeSet::new();
        let mut elements = BTreeSet::new();
        let mut work = run;
        while let Some(function) = work.pop() {
            if !reach.functions.insert(function) {
                continue;
            }
            let Some(body) = module.body(function) else { continue };
            let mut mentioned = References::default();
            references(body, &mut mentioned)?;
            work.extend(&mentioned.functions);
            reach.escaping.extend(&mentioned.referenced_functions);
            let mut escape = |functions: Vec<u32>| {
                reach.escaping.extend(&functions);
                work.extend(functions);
            };
            mentioned
                .tables
                .iter()
                .filter(|&&table| tables.insert(table))
                .for_each(|&table| escape(in_table(module, table)));
            mentioned.globals.iter().filter(|&&global| globals.insert(global)).for_each(|&global| {
                escape(referenced_by(initial::global(module, global)));
            });
            mentioned.elements.iter().filter(|&&element| elements.insert(element)).for_each(|&element| {
                escape(in_element(module, element));
            });
            reach.references.merge(mentioned);
        }
        Ok(reach)
    }

    /// Everything is reached, from other instances if not from this one.
    fn everything(module: &Module<'_>) -> Result<Self, Error> {
        let functions: BTreeSet<u32> = (0..module.functions.len() as u32).collect();
        let mut reach = Self { functions: functions.clone(), escaping: functions, references: References::default() };
        for body in (0..module.functions.len() as u32).filter_map(|function| module.body(function)) {
            references(body, &mut reach.references)?;
        }
        reach.references.tables.extend(0..module.tables.len() as u32);
        reach.references.written_tables.extend(0..module.tables.len() as u32);
        reach.references.globals.extend(0..module.globals.len() as u32);
        reach.references.data.extend(0..module.data.len() as u32);
        reach.references.elements.extend(0..module.elements.len() as u32);
        Ok(reach)
    }

    /// Functions in the order of the module, so that neighbours stay neighbours; then what belongs to none of them.
    fn keys(&self, module: &Module<'_>, role: &Role, threads: bool) -> Vec<FunctionKey> {
        let bodies = self.functions.iter().filter(|&&index| module.body(index).is_some());
        let mut keys: Vec<FunctionKey> = bodies.map(|&index| FunctionKey::Wasm(index)).collect();
        let linked = match role {
            Role::Executable => None,
            Role::Linked(linked) => Some(&linked.imports.functions),
        };
        let is_native =
            |index: &u32| module.body(*index).is_none() && !linked.is_some_and(|linked| linked.contains_key(index));
        let natives = self.escaping.iter().copied().filter(is_native);
        keys.extend(natives.map(FunctionKey::ImportStub));
        match role {
            Role::Executable => {
                keys.push(FunctionKey::Main);
                keys.extend(threads.then_some(FunctionKey::Thread));
            }
            Role::Linked(_) => {
                let exported = module.exports.iter().filter(|export| export.kind == ExternalKind::Func);
                let exported: BTreeSet<u32> = exported.map(|export| export.index).collect();
                keys.extend(exported.into_iter().map(FunctionKey::Trampoline));
                keys.push(FunctionKey::Instantiate);
            }
        }
        keys
    }
}

fn referenced_by(value: Option<ConstValue>) -> Vec<u32> {
    match value {
        Some(ConstValue::Func(function)) => vec![function],
        _ => Vec::new(),
    }
}

fn in_table(module: &Module<'_>, table: u32) -> Vec<u32> {
    let mut functions = Vec::new();
    if let Some(init) = &module.tables[table as usize].init {
        functions.extend(referenced_by(initial::evaluate(module, init)));
    }
    for (index, element) in module.elements.iter().enumerate() {
        if matches!(element.mode, SegmentMode::Active(into, _) if into == table) {
            functions.extend(in_element(module, index as u32));
        }
    }
    functions
}

fn in_element(module: &Module<'_>, element: u32) -> Vec<u32> {
    let items = module.elements[element as usize].items.expressions();
    items.iter().flat_map(|item| referenced_by(initial::evaluate(module, item))).collect()
}

/// The contents of each table after its active segments, and whether a segment does not fit. `None` where they depend on
/// imports.
fn table_contents(module: &Module<'_>) -> Option<(Vec<Vec<ConstValue>>, bool)> {
    let mut contents: Vec<Vec<ConstValue>> = module.tables.iter().map(|_| Vec::new()).collect();
    for (table, values) in module.tables.iter().zip(&mut contents) {
        if let Some(init) = &table.init {
            values.resize(table.ty.initial as usize, initial::evaluate(module, init)?);
        }
    }
    for element in &module.elements {
        let SegmentMode::Active(table, offset) = &element.mode else { continue };
        let into = &module.tables[*table as usize];
        if into.import.is_some() {
            return None;
        }
        let offset = initial::evaluate(module, offset)?.as_offset()?;
        let items = element.items.expressions();
        let end = offset.checked_add(items.len() as u64);
        let Some(end) = end.filter(|&end| end <= into.ty.initial) else {
            return Some((contents, true));
        };
        let values = &mut contents[*table as usize];
        if values.len() < end as usize {
            values.resize(end as usize, ConstValue::Null);
        }
        for (slot, item) in values[offset as usize..].iter_mut().zip(items) {
            *slot = initial::evaluate(module, &item)?;
        }
    }
    Some((contents, false))
}

impl Plan<'_> {
    /// Offset in the module, in bytes, of the body a function was made from; 0 where there is none.
    pub fn body_offset(&self, key: FunctionKey) -> u32 {
        match key {
            FunctionKey::Wasm(index) => self.module.body(index).map_or(0, |body| body.range().start as u32),
            _ => 0,
        }
    }

    /// Bytes of the body a function was made from; 0 where there is none.
    pub fn body_size(&self, key: FunctionKey) -> u64 {
        let body = match key {
            FunctionKey::Wasm(index) => self.module.body(index),
            _ => None,
        };
        body.map_or(0, |body| body.range().end - body.range().start)
    }

    pub(crate) fn function_error(&self, key: FunctionKey, message: String) -> Error {
        let (index, name) = match key {
            FunctionKey::Wasm(index) | FunctionKey::ImportStub(index) | FunctionKey::Trampoline(index) => {
                (index, self.module.function_name(index))
            }
            FunctionKey::Instantiate | FunctionKey::Main | FunctionKey::Thread => {
                (u32::MAX, Some("start-up".to_string()))
            }
        };
        let name = name.map_or(String::new(), |name| format!(" `{name}`"));
        Error::Function { index, name, offset: self.body_offset(key).into(), message }
    }
}
