//! The program that a script becomes: its instances, and what it is asked.

use super::compile::{compile, fills_memory, guarded, makes_tail_calls, read, read_valid};
use super::execute::{self, Outcome};
use super::expect;
use super::image::{self, Command, Values};
use super::imports::{Condition, Names, Resolved};
use super::instances::{Definition, Found, Instance, Missing};
use super::matching::Types;
use super::question::{Outcomes, Question, Verdict};
use super::steps::{Binary, Directive, Execute, Step};
use super::suites::Language;
use super::toolchain::Toolchain;
use std::collections::HashMap;
use std::rc::Rc;
use wasmc_abi::script::{self, SLOT};
use wasmc_abi::trap::TrapCode;
use wasmc_codegen::symbol::{Exported, symbol_of};
use wasmc_frontend::Module;
use wasmc_link::Input;
use wast::WastArg;

/// An instance, the command that instantiates it, and what must hold of imports' sizes when it does: command and least size.
type Added = (Rc<Instance>, usize, Vec<(usize, u64)>);

/// A program being put together from the modules of a script.
pub struct Program<'s> {
    language: &'s Language,
    toolchain: &'s Toolchain,
    /// Whether any module makes tail calls.
    tail_calls: bool,
    /// Whether an instance already has its memory at the fixed address, and where its contents belong.
    fixed_address_taken: bool,
    memory_address: Option<u64>,
    types: Types,
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
    /// The program's first command that reports one of the thread's, once the thread is waited for. Two report each of them: its
    /// trap, and its values.
    reports: Option<usize>,
}

/// Where the outcome of a command is found.
enum Place {
    /// The command with this number among the program's own.
    Main(usize),
    /// Thread and command.
    Thread(usize, usize),
}

impl<'s> Program<'s> {
    /// A program for the modules of a script.
    pub fn new(steps: &[Step<'_>], language: &'s Language, toolchain: &'s Toolchain) -> Self {
        let binaries = steps.iter().filter_map(|step| match &step.directive {
            Directive::Module(_, binary)
            | Directive::Definition(_, binary)
            | Directive::Unlinkable(binary)
            | Directive::Action(Execute::Module(binary))
            | Directive::Return(Execute::Module(binary), _)
            | Directive::Trap(Execute::Module(binary), _) => binary.as_ref().ok(),
            _ => None,
        });
        let tail_calls = |binary: &Vec<u8>| read(binary, language).is_ok_and(|module| makes_tail_calls(&module));
        let mut program = Self {
            language,
            toolchain,
            tail_calls: binaries.into_iter().any(tail_calls),
            fixed_address_taken: false,
            memory_address: None,
            types: Types::default(),
            names: Names::default(),
            definitions: HashMap::new(),
            instances: Vec::new(),
            objects: Vec::new(),
            commands: Vec::new(),
            places: Vec::new(),
            threads: Vec::new(),
            inside: None,
        };
        program.add_spectest();
        program
    }

    /// Adds the module that scripts import from without defining it.
    fn add_spectest(&mut self) {
        let mut text = include_str!("spectest.wat").to_string();
        if self.language.supports("memory64") {
            text += "(table (export \"table64\") i64 10 20 funcref)\n";
        }
        if self.language.supports("threads") {
            text += "(memory (export \"shared_memory\") 1 2 shared)\n";
        }
        let everything = Language::everything();
        let binary = wasmc_frontend::to_binary(text.as_bytes()).map_err(|error| Missing::Failed(error.to_string()));
        let instance = binary.and_then(|binary| {
            let module = read_valid(&binary, &everything)?;
            let resolved = self.resolve(&module)?.map_err(Missing::Failed)?;
            self.instantiate(&module, "spectest".into(), &resolved).map(|(instance, _)| instance)
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
    fn module(&mut self, binary: &[u8]) -> Result<Added, Missing> {
        let module = read_valid(binary, self.language)?;
        let resolved = self.resolve(&module)?.map_err(Missing::Failed)?;
        let conditions = self.conditions(&resolved);
        let name = format!("m{}", self.instances.len());
        let (instance, command) = self.instantiate(&module, name, &resolved)?;
        Ok((instance, command, conditions))
    }

    fn resolve(&mut self, module: &Module<'_>) -> Result<Result<Resolved, String>, Missing> {
        let ids = self.types.add(module);
        self.names.resolve(module, &ids, &self.types)
    }

    /// Asks for the sizes that an instantiation depends on.
    fn conditions(&mut self, resolved: &Resolved) -> Vec<(usize, u64)> {
        let ask = |Condition { symbol, offset, at_least }: &Condition| {
            let command = self.command(None, Values::At(symbol.clone(), *offset), 8);
            (command, *at_least)
        };
        resolved.conditions.iter().map(ask).collect()
    }

    fn instantiate(
        &mut self,
        module: &Module<'_>,
        name: String,
        imports: &Resolved,
    ) -> Result<(Rc<Instance>, usize), Missing> {
        let fixed = !self.fixed_address_taken && fills_memory(module);
        let ids = self.types.add(module);
        let object = compile(module, &name, imports, &mut self.types, self.toolchain, self.tail_calls, fixed);
        let object = object.map_err(|error| match error.contains("CPU has no vectors") {
            true => Missing::Skipped("the target's CPU has no vectors".into()),
            false => Missing::Failed(error),
        })?;
        self.fixed_address_taken |= fixed;
        self.memory_address = self.memory_address.or(object.memory_address);
        self.objects.push(Input { name: name.clone(), bytes: object.bytes.into() });
        self.instances.push(name.clone());
        let function = symbol_of(&name, Exported::Instantiate);
        let command = self.command(Some(function), Values::Own(Vec::new()), 0);
        Ok((Rc::new(Instance::new(name, module, &ids, imports, &object.memories)), command))
    }

    fn unlinkable(&mut self, binary: &'s Binary) -> Result<Verdict<'s>, Missing> {
        let module = read_valid(self.definition(binary)?, self.language)?;
        let Ok(resolved) = self.resolve(&module)? else { return Ok(Verdict::Pass) };
        let conditions = self.conditions(&resolved);
        if !conditions.is_empty() {
            return Ok(Verdict::Pending(Question::TooSmall(conditions)));
        }
        // WebAssembly 1.0 calls it a link error where a segment does not fit; since 2.0 it is a trap.
        let name = format!("m{}", self.instances.len());
        let (_, command) = self.instantiate(&module, name, &resolved)?;
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
        let Some(Definition::Function { trampoline, arity: (params, results), .. }) = instance?.export(name).cloned()
        else {
            return Err(Missing::Failed(format!("there is no function {name:?}")));
        };
        let unsupported = || Missing::Skipped("arguments of such a type are not supported".into());
        let slots = args.iter().map(|arg| expect::argument(arg).ok_or_else(unsupported));
        let mut values = slots.collect::<Result<Vec<_>, _>>()?.concat();
        if args.len() != params {
            return Err(Missing::Failed(format!("{name:?} takes {params} arguments, not {}", args.len())));
        }
        values.resize(params.max(results) * SLOT, 0);
        Ok(self.command(Some(trampoline), Values::Own(values), results * SLOT))
    }

    fn get(&mut self, instance: Found, name: &str) -> Result<usize, Missing> {
        match instance?.export(name) {
            Some(Definition::Global { symbol, size, .. }) => {
                Ok(self.command(None, Values::At(symbol.clone(), 0), *size as usize))
            }
            _ => Err(Missing::Failed(format!("there is no global {name:?}"))),
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
        names.register("spectest", self.names.registered("spectest"));
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
        let Self { toolchain, instances, objects, commands, memory_address, places, threads, .. } = self;
        let reports: Vec<Option<usize>> = threads.iter().map(|thread| thread.reports).collect();
        let of_threads: Vec<Vec<Command>> = threads.into_iter().map(|thread| thread.commands).collect();
        let image = guarded(|| image::link(toolchain, &instances, objects, &commands, &of_threads, memory_address))?;
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
