//! What a script becomes: a program, the objects of its instances, and what it is asked.

use super::compile::{compile, fills_memory, guarded, missing, open, read, read_valid};
use super::execute::{self, Outcome};
use super::expect;
use super::image::{self, Command, Values};
use super::names::{Found, Missing, Names};
use super::question::{Outcomes, Question, Verdict};
use super::steps::{Binary, Directive, Execute, Step};
use super::suites::Language;
use super::toolchain::Toolchain;
use std::collections::HashMap;
use wasmc::target::Target;
use wasmc_abi::script::{self, SLOT};
use wasmc_abi::trap::TrapCode;
use wasmc_abi::{memory, table};
use wasmc_codegen::plan::instance::{context_size, size_of_value};
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_frontend::Program;
use wasmc_frontend::index::{ExternIndex, InstanceId, ModuleId};
use wasmc_frontend::program::link::{Condition, LinkError};
use wasmc_frontend::program::{Binding, Item};
use wasmc_link::Input;
use wast::WastArg;

/// An instance, the command that instantiates it, and what must hold of imports' sizes when it does: command and least
/// size.
type Added = (InstanceId, usize, Vec<(usize, u64)>);

/// A program being put together from the modules of a script.
pub struct ScriptProgram<'s> {
    language: &'s Language,
    toolchain: &'s Toolchain,
    /// The target as this program has it.
    target: Target,
    program: Program<'s>,
    /// The instance whose first memory lies at the fixed address, and where its contents belong.
    fixed: Option<InstanceId>,
    memory_address: Option<u64>,
    names: Names<'s>,
    definitions: HashMap<Option<&'s str>, Result<&'s [u8], Missing>>,
    instances: Vec<String>,
    objects: Vec<Input>,
    /// Commands of the program, with what tells their outcomes.
    commands: Vec<Command>,
    /// For each number of a command, where its outcome is found.
    places: Vec<Place>,
    threads: Vec<Thread<'s>>,
    /// The thread whose directives are being added, and the names known outside it.
    inside: Option<(usize, Names<'s>)>,
}

/// A thread of a script.
struct Thread<'s> {
    name: &'s str,
    commands: Vec<Command>,
    /// The program's first command that reports one of the thread's, once the thread is waited for. Two report each of
    /// them: its trap, and its values.
    reports: Option<usize>,
}

/// Where the outcome of a command is found.
enum Place {
    /// The command with this number among the program's own.
    Main(usize),
    /// Thread and command.
    Thread(usize, usize),
}

impl<'s> ScriptProgram<'s> {
    /// A program for the modules of a script. `spectest` is the binary of `spectest.rs`.
    pub fn new(steps: &[Step<'_>], spectest: &'s [u8], language: &'s Language, toolchain: &'s Toolchain) -> Self {
        let binaries = steps.iter().filter_map(|step| match &step.directive {
            Directive::Module(_, binary)
            | Directive::Definition(_, binary)
            | Directive::Unlinkable(binary)
            | Directive::Action(Execute::Module(binary))
            | Directive::Return(Execute::Module(binary), _)
            | Directive::Trap(Execute::Module(binary), _) => binary.as_ref().ok(),
            _ => None,
        });
        let modules: Vec<_> = binaries.filter_map(|binary| read(binary, language).ok()).collect();
        let program = open(modules.iter());
        let mut script = Self {
            language,
            toolchain,
            target: toolchain.target.clone().with_heap(program.has_heap),
            program,
            fixed: None,
            memory_address: None,
            names: Names::default(),
            definitions: HashMap::new(),
            instances: Vec::new(),
            objects: Vec::new(),
            commands: Vec::new(),
            places: Vec::new(),
            threads: Vec::new(),
            inside: None,
        };
        script.add_spectest(spectest);
        script
    }

    /// Instantiates the module that scripts import from without defining it.
    fn add_spectest(&mut self, binary: &'s [u8]) {
        let instance = read_valid(binary, &Language::everything()).and_then(|module| {
            let module = self.program.add_module(module);
            self.instantiate(module, "spectest".into()).map(|(instance, ..)| instance)
        });
        self.names.register("spectest", instance);
    }

    /// Compiles what a directive needs, and adds what it asks.
    pub fn step(&mut self, directive: &'s Directive<'s>) -> Verdict<'s> {
        match directive {
            Directive::Module(name, binary) => {
                let definition = self.definition(binary);
                self.define_instance(*name, definition)
            }
            Directive::Definition(name, binary) => {
                let definition = self.definition(binary);
                self.definitions.insert(*name, definition.clone());
                self.definitions.insert(None, definition.clone());
                definition.map_or_else(Verdict::from, |_| Verdict::Pass)
            }
            Directive::Instance(name, module) => {
                let unknown = Err(Missing::Failed("there is no such module".into()));
                let definition = self.definitions.get(module).cloned().unwrap_or(unknown);
                self.define_instance(*name, definition)
            }
            Directive::Register(as_name, name) => {
                let instance = self.names.get(*name);
                self.names.register(as_name, instance);
                Verdict::Pass
            }
            Directive::Action(execute) => {
                self.execute_step(execute, |command, conditions| Question::Succeeds(conditions, command))
            }
            Directive::Return(execute, results) => {
                self.execute_step(execute, |command, _| Question::Returns(command, results))
            }
            Directive::Trap(execute, message) => {
                self.execute_step(execute, |command, _| Question::Traps(command, message))
            }
            Directive::Refuse(binary) => self.refuse(binary),
            Directive::Unlinkable(binary) => self.unlinkable(binary).unwrap_or_else(Verdict::from),
            Directive::Thread(name, shared) => self.begin_thread(name, *shared),
            Directive::ThreadEnd => self.end_thread(),
            Directive::Wait(name) => self.wait(name),
            Directive::Skip(reason) => Verdict::Skip((*reason).into()),
        }
    }

    /// A module that the script holds to be valid.
    fn definition(&self, binary: &'s Binary) -> Result<&'s [u8], Missing> {
        let binary = binary.as_ref().map_err(|error| Missing::Failed(format!("a module is refused: {error}")))?;
        read_valid(binary, self.language).map(|_| binary.as_slice())
    }

    fn refuse(&self, binary: &Binary) -> Verdict<'s> {
        let Ok(binary) = binary else { return Verdict::Pass };
        match read(binary, self.language) {
            Ok(_) => Verdict::Fail("an invalid module is accepted".into()),
            Err(error) if error.contains("panicked") => Verdict::Fail(error),
            Err(_) => Verdict::Pass,
        }
    }

    fn define_instance(&mut self, name: Option<&'s str>, definition: Result<&'s [u8], Missing>) -> Verdict<'s> {
        let result = definition.and_then(|binary| self.module(binary));
        let (instance, verdict) = match result {
            Ok((instance, command, conditions)) => {
                (Ok(instance), Verdict::Pending(Question::Succeeds(conditions, command)))
            }
            Err(missing) => (Err(missing.clone()), missing.into()),
        };
        self.names.define(name, instance);
        verdict
    }

    /// Instantiates a module: the instance, the command that instantiates it, and the sizes that it asks for.
    fn module(&mut self, binary: &'s [u8]) -> Result<Added, Missing> {
        let module = self.program.add_module(read_valid(binary, self.language)?);
        let name = format!("m{}", self.instances.len());
        self.instantiate(module, name)
    }

    fn instantiate(&mut self, module: ModuleId, name: String) -> Result<Added, Missing> {
        let linked = self.link(module, name)?;
        let (instance, conditions) = linked.map_err(|error| Missing::Failed(error.to_string()))?;
        self.compile(instance, conditions)
    }

    /// Binds the imports of an instance.
    fn link(
        &mut self,
        module: ModuleId,
        name: String,
    ) -> Result<Result<(InstanceId, Vec<Condition>), LinkError>, Missing> {
        let mut bound = HashMap::new();
        for import in self.program[module].imports.values() {
            let Some(instance) = self.names.registered(import.module) else { continue };
            if let Some(binding) = self.program.export(instance.clone()?, import.name) {
                bound.insert((import.module, import.name), binding);
            }
        }
        Ok(self.program.instantiate(name, module, |module, name| bound.get(&(module, name)).cloned()))
    }

    /// Compiles an instance.
    fn compile(&mut self, instance: InstanceId, conditions: Vec<Condition>) -> Result<Added, Missing> {
        let conditions = conditions.iter().map(|condition| self.ask_for_size(condition)).collect();
        let takes_fixed = self.fixed.is_none() && fills_memory(self.program.module_of(instance));
        let fixed = self.fixed.or(takes_fixed.then_some(instance));
        let object = compile(&self.program, instance, fixed, &self.target, self.toolchain);
        let object = object.map_err(missing)?;
        self.fixed = fixed;
        self.memory_address = self.memory_address.or(object.memory_address);
        let name = &self.program[instance].name;
        self.objects.push(Input { name: name.clone(), bytes: object.bytes.into() });
        self.instances.push(name.clone());
        let function = symbol_of(name, Exported::Instantiate);
        let command = self.command(Some(function), Values::Own(Vec::new()), 0);
        Ok((instance, command, conditions))
    }

    /// Asks for a size that an instantiation depends on: the command that reports it, and the least it must be.
    fn ask_for_size(&mut self, &Condition { item, at_least }: &Condition) -> (usize, u64) {
        let (exported, offset, unit) = match item.index {
            ExternIndex::Memory(memory) => {
                let ty = self.program.module_of(item.instance).memories[memory].ty;
                let page_size_log2 = ty.page_size_log2.unwrap_or(memory::PAGE_SIZE_LOG2);
                (Exported::Memory(memory), memory::offsets::LEN, 1 << page_size_log2)
            }
            ExternIndex::Table(table) => (Exported::Table(table), table::offsets::LEN, 1),
            other => unreachable!("only memories and tables have a size: {other:?}"),
        };
        let values = Values::of_state(&self.program, self.toolchain, item, exported, offset);
        (self.command(None, values, 8), at_least.saturating_mul(unit))
    }

    fn unlinkable(&mut self, binary: &'s Binary) -> Result<Verdict<'s>, Missing> {
        let module = self.program.add_module(read_valid(self.definition(binary)?, self.language)?);
        let name = format!("m{}", self.instances.len());
        let Ok((instance, conditions)) = self.link(module, name)? else { return Ok(Verdict::Pass) };
        if !conditions.is_empty() {
            let conditions = conditions.iter().map(|condition| self.ask_for_size(condition));
            return Ok(Verdict::Pending(Question::TooSmall(conditions.collect())));
        }
        // WebAssembly 1.0 calls it a link error where a segment does not fit; since 2.0 it is a trap.
        let (_, command, _) = self.compile(instance, conditions)?;
        Ok(Verdict::Pending(Question::Traps(command, "out of bounds")))
    }

    fn execute_step(
        &mut self,
        execute: &'s Execute<'s>,
        question: impl FnOnce(usize, Vec<(usize, u64)>) -> Question<'s>,
    ) -> Verdict<'s> {
        let result = match execute {
            Execute::Invoke { instance, name, args } => {
                let instance = self.names.get(*instance);
                self.invoke(instance, name, args).map(|command| (command, Vec::new()))
            }
            Execute::Get { instance, name } => {
                let instance = self.names.get(*instance);
                self.get(instance, name).map(|command| (command, Vec::new()))
            }
            Execute::Module(binary) => self
                .definition(binary)
                .and_then(|binary| self.module(binary))
                .map(|(_, command, conditions)| (command, conditions)),
        };
        match result {
            Ok((command, conditions)) => Verdict::Pending(question(command, conditions)),
            Err(missing) => missing.into(),
        }
    }

    fn invoke(&mut self, instance: Found, name: &str, args: &[WastArg<'_>]) -> Result<usize, Missing> {
        let Some(Item { instance, index: ExternIndex::Func(function) }) = self.item(instance?, name) else {
            return Err(Missing::Failed(format!("there is no function {name:?}")));
        };
        let ty = self.program.module_of(instance).type_of_function(function);
        let (params, results) = (ty.params().len(), ty.results().len());
        let unsupported = || Missing::Skipped("arguments of such a type are not supported".into());
        let slots = args.iter().map(|arg| expect::argument(arg).ok_or_else(unsupported));
        let mut values = slots.collect::<Result<Vec<_>, _>>()?.concat();
        if args.len() != params {
            return Err(Missing::Failed(format!("{name:?} takes {params} arguments, not {}", args.len())));
        }
        values.resize(params.max(results) * SLOT, 0);
        let trampoline = symbol_of(&self.program[instance].name, Exported::Trampoline(function));
        Ok(self.command(Some(trampoline), Values::Own(values), results * SLOT))
    }

    fn get(&mut self, instance: Found, name: &str) -> Result<usize, Missing> {
        let Some(Item { instance, index: ExternIndex::Global(global) }) = self.item(instance?, name) else {
            return Err(Missing::Failed(format!("there is no global {name:?}")));
        };
        let ty = self.program.module_of(instance).globals[global].ty;
        let item = Item { instance, index: ExternIndex::Global(global) };
        let values = Values::of_state(&self.program, self.toolchain, item, Exported::Global(global), 0);
        Ok(self.command(None, values, size_of_value(ty.content_type) as usize))
    }

    /// What an instance exports, as the instance that defines it knows it.
    fn item(&self, instance: InstanceId, name: &str) -> Option<Item> {
        match self.program.export(instance, name) {
            Some(Binding::Instance(item)) => Some(item),
            _ => None,
        }
    }

    /// Adds a command; returns its number.
    fn command(&mut self, function: Option<String>, values: Values, report: usize) -> usize {
        let thread = self.inside.as_ref().map(|(thread, _)| *thread);
        let commands = thread.map_or(&mut self.commands, |thread| &mut self.threads[thread].commands);
        commands.push(Command { function, values, report });
        let last = commands.len() - 1;
        self.places.push(thread.map_or(Place::Main(last), |thread| Place::Thread(thread, last)));
        self.places.len() - 1
    }

    /// Threads know `spectest` and what is shared with them, and have names of their own.
    fn begin_thread(&mut self, name: &'s str, shared: Option<&'s str>) -> Verdict<'s> {
        if self.inside.is_some() {
            return Verdict::Fail("a thread within a thread".into());
        }
        let mut names = Names::default();
        if let Some(spectest) = self.names.registered("spectest") {
            names.register("spectest", spectest.clone());
        }
        if let Some(shared) = shared {
            names.define(Some(shared), self.names.get(Some(shared)));
        }
        self.threads.push(Thread { name, commands: Vec::new(), reports: None });
        self.inside = Some((self.threads.len() - 1, std::mem::replace(&mut self.names, names)));
        Verdict::Pass
    }

    fn end_thread(&mut self) -> Verdict<'s> {
        let Some((thread, names)) = self.inside.take() else { return Verdict::Pass };
        self.names = names;
        let command = self.command(Some(script::SPAWN.into()), Values::Thread(thread), 0);
        Verdict::Pending(Question::Succeeds(Vec::new(), command))
    }

    fn wait(&mut self, name: &str) -> Verdict<'s> {
        let is_waiting = |thread: &Thread<'_>| thread.name == name && thread.reports.is_none();
        match self.threads.iter().position(is_waiting) {
            Some(thread) if self.inside.is_none() => {
                Verdict::Pending(Question::Succeeds(Vec::new(), self.join(thread)))
            }
            _ => Verdict::Fail(format!("there is no thread {name} to wait for")),
        }
    }

    /// Waits for a thread and reports how its commands ended; returns the number of the command that waits.
    fn join(&mut self, thread: usize) -> usize {
        let waiting = self.command(Some(script::JOIN.into()), Values::Thread(thread), 0);
        self.threads[thread].reports = Some(self.commands.len());
        for command in 0..self.threads[thread].commands.len() {
            let report = self.threads[thread].commands[command].report;
            self.command(None, Values::TrapOf(thread, command), 1);
            self.command(None, Values::ValuesOf(thread, command), report);
        }
        waiting
    }

    /// Links the program and runs it.
    ///
    /// # Errors
    /// Where it cannot be linked or started.
    pub fn execute(mut self, name: &str) -> Result<Outcomes, String> {
        for thread in 0..self.threads.len() {
            if self.threads[thread].reports.is_none() {
                self.join(thread);
            }
        }
        let context = context_size(&self.program);
        let Self { toolchain, target, instances, objects, commands, memory_address, places, threads, .. } = self;
        let reports: Vec<Option<usize>> = threads.iter().map(|thread| thread.reports).collect();
        let of_threads: Vec<Vec<Command>> = threads.into_iter().map(|thread| thread.commands).collect();
        let image = guarded(|| {
            image::link((&target, toolchain), (&instances, context), objects, &commands, &of_threads, memory_address)
        })?;
        let run = execute::run(name, &image, toolchain, &commands);
        let run = run.map_err(|error| format!("cannot run: {error}"))?;
        let outcome = |place: &Place| match *place {
            Place::Main(command) => run.list.get(command).cloned(),
            Place::Thread(thread, command) => {
                let report = reports[thread]? + 2 * command;
                let trap = TrapCode::from_u8(run.list.get(report)?.values[0]);
                Some(Outcome { trap, values: run.list.get(report + 1)?.values.clone() })
            }
        };
        Ok(Outcomes { list: places.iter().map(outcome).collect(), end: run.end })
    }
}
