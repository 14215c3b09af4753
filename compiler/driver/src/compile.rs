//! The whole compilation: a module to its output, one phase after the other.

use crate::bindings::interface::{self, Interface};
use crate::bindings::{c, rust};
use crate::cache::Cache;
use crate::error::Error;
use crate::functions::{self, Work};
use crate::limits::InputSize;
use crate::natives::NativeObjects;
use crate::options::{Emit, Options};
use crate::phases::Phases;
use crate::sources::Sources;
use crate::workers::parallel_map;
use crate::{bindings, component, confine, embed, imports, link, profile, report};
use std::num::NonZeroUsize;
use wasmc_codegen::{Compiler, Machine, Plan};
use wasmc_component::Library;
use wasmc_frontend::{Features, Module, Program, UnvalidatedFunction};
use wasmc_link::Input;
use wasmc_object::{ProgramData, Start};

/// Compiles a module or a component.
///
/// # Errors
/// Where it is not valid, or anything it needs is not there.
pub fn compile(sources: Sources, options: &Options, phases: &mut Phases) -> Result<Vec<u8>, Error> {
    let size = sources.size();
    let of_module = |error| Error::of_module(error, &sources.name);
    let binary = phases.run("parse", || wasmc_frontend::to_binary(&sources.module)).map_err(of_module)?;
    if wasmc_component::is_component(&binary) && options.emit.is_library() {
        let library = component::library(&binary, &sources, options, phases)?;
        let features = component::features(options);
        let module = read(&library.module, features, options.jobs, phases).map_err(of_module)?;
        if matches!(options.emit, Emit::Rust | Emit::Header) {
            return component_bindings(&module, &library, &sources.name, options);
        }
        let parts = Parts { name: &sources.name, binary: &library.module, code_moved: 0, size, natives: Vec::new() };
        return build(&Program::library(module), parts, false, options, phases);
    }
    if wasmc_component::is_component(&binary) {
        let flattened = component::flatten(&binary, &sources, options, phases)?;
        let features = component::features(options);
        let modules = flattened.modules.iter().map(|binary| read(binary, features, options.jobs, phases));
        let modules = modules.collect::<Result<Vec<_>, _>>().map_err(of_module)?;
        let program = Program::component(modules, flattened.component).map_err(of_module)?;
        let parts = Parts { name: &sources.name, binary: &binary, code_moved: 0, size, natives: Vec::new() };
        return build(&program, parts, false, options, phases);
    }
    imports::check_library(options)?;
    let module = read(&binary, options.features, options.jobs, phases).map_err(of_module)?;
    if matches!(options.emit, Emit::Rust | Emit::Header) {
        return module_bindings(&module, &binary, &sources.name, options, phases);
    }
    let natives = NativeObjects::read(&sources.natives, options.target.object_format, options.trusts_natives)?;
    let known = options.emit.is_linked().then_some(&natives);
    let program = match &options.snapshot_after {
        Some(export) => Program::preinit(module, export).map_err(of_module)?,
        None if options.emit.is_library() => Program::library(module),
        None => phases
            .run("imports", || imports::program(module, known, options.missing, &options.target, &sources.name))?,
    };
    let initialize = natives.initialize;
    let (name, code_moved) = (&sources.name, sources.code_moved);
    let parts = Parts { name, binary: &binary, code_moved, size, natives: sources.natives };
    build(&program, parts, initialize, options, phases)
}

/// What later phases need of the sources.
struct Parts<'s> {
    /// What messages call the module.
    name: &'s str,
    /// The module.
    binary: &'s [u8],
    /// See [`Sources::code_moved`].
    code_moved: i64,
    /// The bytes of all that there was.
    size: InputSize,
    /// What the program is linked with.
    natives: Vec<Input>,
}

/// Compiles a program; `initializers` says whether native objects have functions that run before it.
fn build(
    program: &Program<'_>,
    Parts { name, binary, code_moved, size: mut inputs, natives }: Parts<'_>,
    initializers: bool,
    options: &Options,
    phases: &mut Phases,
) -> Result<Vec<u8>, Error> {
    let of_codegen = |error| Error::of_codegen(error, name);
    let options = &Options { target: options.target.clone().with_heap(program.has_heap), ..options.clone() };
    let profile = profile::read(&options.profiles, inputs.module)?;
    if program.component.is_some() && (profile.is_some() || options.codegen.profile_to.is_some()) {
        let error = Error::new("a component has no profile yet").in_file(name);
        return Err(error.help("leave `--profile-generate` and `--profile-use` out"));
    }
    let codegen = wasmc_codegen::Options { initializers, code_moved, profile, ..options.codegen.clone() };
    let plans = phases.run("plan", || Plan::of_program(program, &options.target.codegen, &codegen));
    let plans = plans.map_err(of_codegen)?;
    let plan = plans.last().expect("a program has instances");
    profile::check(plan, phases)?;
    let has_network = component::has_network(program);
    options.grants.check(plan.needs.listening_sockets || has_network, has_network)?;
    let machines = plans.iter().map(Machine::new).collect::<Result<Vec<_>, _>>().map_err(of_codegen)?;
    let is_text = matches!(options.emit, Emit::Clif | Emit::Asm);
    let folder = options.cache.as_deref().filter(|_| !is_text);
    let cache = folder.and_then(|folder| Cache::open(folder, name, inputs.module, options, phases));
    let work = Work { parts: plans.iter().zip(&machines).collect(), options, cache: cache.as_ref() };
    match options.emit {
        Emit::Clif => {
            return functions::text(&work, phases, |compiler, key| Ok(compiler.translate(key)?.clif()))
                .map_err(of_codegen);
        }
        Emit::Asm => {
            let assembly = |compiler: &mut Compiler<'_>, key| {
                let translated = compiler.translate(key)?;
                let optimized = compiler.optimize(translated)?;
                compiler.assembly(&optimized)
            };
            return functions::text(&work, phases, assembly).map_err(of_codegen);
        }
        _ => {}
    }
    let linked = || link::Inputs::new(natives, program.component.is_some(), options);
    let linked = options.emit.is_linked().then(linked).transpose()?;
    let functions = functions::compile(&work, phases).map_err(of_codegen)?;
    if let Some(cache) = &cache {
        cache.write(phases);
    }
    if matches!(options.emit, Emit::Report | Emit::HtmlReport) {
        let compiled: Vec<_> = plans.iter().zip(functions.iter().map(Vec::as_slice)).collect();
        return Ok(report::of(name, &compiled, options).into_bytes());
    }
    let embedded = phases.run("embed", || embed::pack(&options.embeds, options.embed_time))?;
    inputs.others += embedded.len() as u64;
    let start = options.start.as_ref().map(|start| (start.arguments(name), start));
    let start =
        start.as_ref().map(|(arguments, start)| Start { arguments, environment: &start.environment, seed: start.seed });
    let compiled: Vec<_> = plans.iter().zip(functions.iter().map(Vec::as_slice)).collect();
    let confinement = confine::encode(&options.confinement, options.target.architecture, &compiled)?;
    let grants = options.grants.records();
    let fingerprint = if options.emit.is_library() { interface::fingerprint(binary) } else { 0 };
    let data = ProgramData { grants, confinement: &confinement, embedded: &embedded, start, fingerprint };
    let objects = phases.run("object", || {
        let parts = work.parts.iter().zip(&functions);
        let write = parts.map(|((plan, machine), functions)| wasmc_object::write(plan, machine, functions, data));
        write.collect::<Result<Vec<_>, _>>()
    })?;
    drop(functions);
    if options.emit.is_linked_by_others() {
        let name = interface::library_name(name, options.library_name.as_deref())?;
        return phases.run("link", || link::library(objects, &name, &interface::symbol(&name), options));
    }
    let Some(linked) = linked else { return Ok(objects.into_iter().next_back().expect("there is one").bytes) };
    let stack = plan.start.as_ref().map_or(0, |start| start.limits.stack_size + start.limits.guard_size);
    let image = phases.run("link", || link::link(objects, linked, options, stack))?;
    match options.limits.image(inputs) {
        limit if image.len() as u64 > limit => Err(too_large(image.len(), limit)),
        _ => Ok(image),
    }
}

/// The bindings to a module's library.
fn module_bindings(
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

/// The bindings to a component's library, which was made of `module`.
fn component_bindings(module: &Module<'_>, library: &Library, file: &str, options: &Options) -> Result<Vec<u8>, Error> {
    let interface = Interface::new(module, &library.module, file, options.library_name.as_deref())?;
    let text = match options.emit {
        Emit::Rust => bindings::component::rust(&interface, &library.interface)?,
        _ => bindings::component::header(&interface, &library.interface)?,
    };
    Ok(text.into_bytes())
}

fn too_large(size: usize, limit: u64) -> Error {
    let error = Error::new(format!("the image has {size} bytes, more than {limit}"));
    error.help("raise the limit: `--max-image SIZE`")
}

/// Reads and validates a module.
fn read<'a>(
    binary: &'a [u8],
    features: Features,
    jobs: NonZeroUsize,
    phases: &mut Phases,
) -> Result<Module<'a>, wasmc_frontend::Error> {
    let mut unvalidated = phases.run("read", || wasmc_frontend::read(binary, features))?;
    let bodies = std::mem::take(&mut unvalidated.bodies);
    let summaries = phases.run_steps("validate", bodies.len(), |progress| {
        let validate = |allocations: &mut _, body: UnvalidatedFunction<'_>| {
            let result = body.validate(allocations);
            progress.step();
            result
        };
        let results = parallel_map(jobs.get(), bodies, UnvalidatedFunction::size, Default::default, validate);
        let summaries = results.into_iter().collect::<Result<Vec<_>, _>>();
        summaries.map_err(|error| wasmc_frontend::read::explain(error, binary, features))
    })?;
    Ok(unvalidated.validated(summaries))
}
