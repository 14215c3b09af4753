//! The whole compilation: a module to its output, one phase after the other.

use crate::bindings::interface::{self, Interface};
use crate::bindings::{c, rust};
use crate::error::Error;
use crate::limits::InputSize;
use crate::natives::NativeObjects;
use crate::options::{Emit, Options};
use crate::phases::{Phases, Stopwatch};
use crate::workers::parallel_map;
use crate::{confine, embed, imports, link};
use wasmc_codegen::{CompiledFunction, Compiler, Effort, FunctionKey, Machine, Plan};
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::{Module, Program, Shown, UnvalidatedFunction};
use wasmc_link::Input;
use wasmc_object::{ProgramData, Start};

/// A module and what is linked with it.
#[derive(Clone, Debug)]
pub struct Sources {
    /// What messages call the module.
    pub name: String,
    /// The module in binary or text format.
    pub module: Vec<u8>,
    /// Objects and archives that define functions it imports.
    pub natives: Vec<Input>,
}

impl Sources {
    /// How many bytes there are.
    pub fn size(&self) -> InputSize {
        let natives = self.natives.iter().map(|native| native.bytes.len() as u64);
        InputSize { module: self.module.len() as u64, others: natives.sum() }
    }
}

/// Compiles a module.
///
/// # Errors
/// Where the module is not valid, or anything it needs is not there.
pub fn compile(sources: Sources, options: &Options, phases: &mut Phases) -> Result<Vec<u8>, Error> {
    let mut inputs = sources.size();
    let of_module = |error| Error::of_module(error, &sources.name);
    let of_codegen = |error| Error::of_codegen(error, &sources.name);

    let binary = phases.run("parse", || wasmc_frontend::to_binary(&sources.module)).map_err(of_module)?;
    let module = read(&binary, options, phases).map_err(of_module)?;
    if matches!(options.emit, Emit::Rust | Emit::Header) {
        return bindings(&module, &binary, &sources.name, options, phases);
    }
    let natives = NativeObjects::read(&sources.natives, options.target.object_format, options.trusts_natives)?;
    let known = options.emit.is_linked().then_some(&natives);
    let program = match options.emit.is_library() {
        true => Program::library(module),
        false => phases
            .run("imports", || imports::program(module, known, options.missing, &options.target, &sources.name))?,
    };
    let options = &Options { target: options.target.clone().with_heap(program.has_heap), ..options.clone() };
    let codegen = wasmc_codegen::Options { initializers: natives.initialize, ..options.codegen.clone() };
    let plan = phases.run("plan", || Plan::new(&program, options.target.codegen.clone(), codegen));
    let plan = plan.map_err(of_codegen)?;
    options.grants.check(plan.needs.listening_sockets)?;
    let machine = Machine::new(&plan).map_err(of_codegen)?;
    let work = Work { plan: &plan, machine: &machine, options };
    match options.emit {
        Emit::Clif => {
            return text(&work, phases, |compiler, key| Ok(compiler.translate(key)?.clif())).map_err(of_codegen);
        }
        Emit::Asm => {
            let assembly = |compiler: &mut Compiler<'_>, key| {
                let translated = compiler.translate(key)?;
                let optimized = compiler.optimize(translated)?;
                compiler.assembly(&optimized)
            };
            return text(&work, phases, assembly).map_err(of_codegen);
        }
        _ => {}
    }
    let linked = options.emit.is_linked().then(|| link::Inputs::new(sources.natives, options)).transpose()?;
    let steps = Steps::default();
    let functions = each_function(&work, phases, |compiler, key| {
        let translated = steps.translate.time(|| compiler.translate(key))?;
        let optimized = steps.optimize.time(|| compiler.optimize(translated))?;
        steps.emit.time(|| compiler.emit(optimized))
    });
    let functions = functions.map_err(of_codegen)?;
    steps.note(phases);
    note_least_effort(&plan, &functions, phases);
    let embedded = phases.run("embed", || embed::pack(&options.embeds, options.embed_time))?;
    inputs.others += embedded.len() as u64;
    let start = options.start.as_ref().map(|start| (start.arguments(&sources.name), start));
    let start =
        start.as_ref().map(|(arguments, start)| Start { arguments, environment: &start.environment, seed: start.seed });
    let confinement = confine::encode(&options.confinement, options.target.architecture, &plan, &functions)?;
    let grants = options.grants.records();
    let fingerprint = if options.emit.is_library() { interface::fingerprint(&binary) } else { 0 };
    let data = ProgramData { grants, confinement: &confinement, embedded: &embedded, start, fingerprint };
    let object = phases.run("object", || wasmc_object::write(&plan, &machine, &functions, data))?;
    drop(functions);
    if options.emit == Emit::StaticLib {
        let name = interface::library_name(&sources.name, options.library_name.as_deref())?;
        return phases.run("link", || link::library(object, &interface::symbol(&name), options));
    }
    let Some(linked) = linked else { return Ok(object.bytes) };
    let stack = plan.start.as_ref().map_or(0, |start| start.limits.stack_size + start.limits.guard_size);
    let image = phases.run("link", || link::link(object, linked, options, stack))?;
    match options.limits.image(inputs) {
        limit if image.len() as u64 > limit => Err(too_large(image.len(), limit)),
        _ => Ok(image),
    }
}

/// The bindings to a module's library.
fn bindings(
    module: &Module<'_>,
    binary: &[u8],
    file: &str,
    options: &Options,
    phases: &mut Phases,
) -> Result<Vec<u8>, Error> {
    let interface = Interface::new(module, binary, file, options.library_name.as_deref())?;
    for export in &interface.unbound {
        phases.note(format!("there is no binding for {export}"));
    }
    let text = match options.emit {
        Emit::Rust => rust::bindings(&interface)?,
        _ => c::header(&interface),
    };
    Ok(text.into_bytes())
}

fn too_large(size: usize, limit: u64) -> Error {
    let error = Error::new(format!("the image has {size} bytes, more than {limit}"));
    error.help("raise the limit: `--max-image SIZE`")
}

/// Reads and validates a module.
fn read<'a>(binary: &'a [u8], options: &Options, phases: &mut Phases) -> Result<Module<'a>, wasmc_frontend::Error> {
    let mut unvalidated = phases.run("read", || wasmc_frontend::read(binary, options.features))?;
    let bodies = std::mem::take(&mut unvalidated.bodies);
    let summaries = phases.run_steps("validate", bodies.len(), |progress| {
        let validate = |allocations: &mut _, body: UnvalidatedFunction<'_>| {
            let result = body.validate(allocations);
            progress.step();
            result
        };
        let results = parallel_map(options.jobs.get(), bodies, UnvalidatedFunction::size, Default::default, validate);
        let summaries = results.into_iter().collect::<Result<Vec<_>, _>>();
        summaries.map_err(|error| wasmc_frontend::read::explain(error, binary, options.features))
    })?;
    Ok(unvalidated.validated(summaries))
}

/// What functions are compiled for.
struct Work<'p> {
    plan: &'p Plan<'p>,
    machine: &'p Machine,
    options: &'p Options,
}

/// How long the steps of all functions take, on all threads together.
#[derive(Default)]
struct Steps {
    translate: Stopwatch,
    optimize: Stopwatch,
    emit: Stopwatch,
}

impl Steps {
    fn note(&self, phases: &mut Phases) {
        phases.part("translate", self.translate.elapsed());
        phases.part("optimize", self.optimize.elapsed());
        phases.part("emit", self.emit.elapsed());
    }
}

/// Functions that a note names.
const NAMED: usize = 3;

/// Says which functions were not optimised because that would take too long.
fn note_least_effort(plan: &Plan<'_>, functions: &[CompiledFunction], phases: &mut Phases) {
    let least: Vec<FunctionKey> =
        functions.iter().filter(|function| function.effort == Effort::Least).map(|function| function.key).collect();
    if least.is_empty() {
        return;
    }
    let named: Vec<String> = least.iter().take(NAMED).map(|&key| title(plan, key)).collect();
    let others = match least.len().saturating_sub(NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    phases.note(format!("not optimised, as that would take too long: {}{others}", named.join(", ")));
}

/// Calls `step` with a compiler and every function of a plan.
fn each_function<R: Send>(
    work: &Work<'_>,
    phases: &mut Phases,
    step: impl Fn(&mut Compiler<'_>, FunctionKey) -> Result<R, wasmc_codegen::Error> + Sync,
) -> Result<Vec<R>, wasmc_codegen::Error> {
    let Work { plan, machine, options } = *work;
    phases.run_steps("compile", plan.functions.len(), |progress| {
        let work = |compiler: &mut Compiler<'_>, key| {
            let result = step(compiler, key);
            progress.step();
            result
        };
        let weight = |&key: &FunctionKey| plan.body_size(key);
        let results =
            parallel_map(options.jobs.get(), plan.functions.clone(), weight, || Compiler::new(plan, machine), work);
        results.into_iter().collect()
    })
}

/// All functions as text, each under its name.
fn text(
    work: &Work<'_>,
    phases: &mut Phases,
    step: impl Fn(&mut Compiler<'_>, FunctionKey) -> Result<String, wasmc_codegen::Error> + Sync,
) -> Result<Vec<u8>, wasmc_codegen::Error> {
    let plan = work.plan;
    let texts = each_function(work, phases, step)?;
    let titled = plan.functions.iter().zip(&texts).map(|(&key, text)| format!("; {}\n{text}\n", title(plan, key)));
    Ok(titled.collect::<String>().into_bytes())
}

fn title(plan: &Plan<'_>, key: FunctionKey) -> String {
    let of = |index: FuncIndex| {
        let name = plan.module.function_name(index).map_or(String::new(), |name| format!(" {}", Shown(&name)));
        format!("function {index}{name}")
    };
    match key {
        FunctionKey::Wasm(index) => of(index),
        FunctionKey::ImportStub(index) => format!("stub of {}", of(index)),
        FunctionKey::Trampoline(index) => format!("trampoline of {}", of(index)),
        FunctionKey::Instantiate => "instantiation".into(),
        FunctionKey::Main => "start".into(),
        FunctionKey::Thread => "start of a thread".into(),
    }
}
