//! The command `wasmc`.
//!
//! - [`args`]: options as they are typed, [`values`]: what they can be given,
//! - [`request`]: what they ask for,
//! - [`listing`]: targets and proposals,
//! - [`signals`]: what remains where one ends the command: nothing,
//! - [`mod@panic`]: what a defect of ours looks like to the user.

mod args;
mod listing;
mod panic;
mod request;
mod signals;
mod values;

use crate::compile::compile;
use crate::error::Error;
use crate::options::{Emit, Options, Request};
use crate::phases::Phases;
use crate::sources::Sources;
use crate::target::Target;
use crate::{files, inspect, memory, preinit, run as execution};
use args::{Cli, Command, CommonArgs, CompileArgs, ReportArgs, RunArgs};
use clap::{CommandFactory, Parser};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasmc_link::Input;

/// Runs the command: the whole of `main`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    signals::heed();
    match panic::caught(|| dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what the command does with these arguments, without the name of the command before them: for build scripts.
///
/// # Errors
/// Where they are no arguments of the command, or it fails.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    let words = std::iter::once(OsString::from("wasmc")).chain(arguments);
    let cli = Cli::try_parse_from(words).map_err(|error| Error::new(error.to_string()))?;
    dispatch(cli)
}

fn dispatch(cli: Cli) -> Result<(), Error> {
    match cli.command {
        None => compile_command(&cli.compile),
        Some(Command::Run(args)) => run_command(&args),
        Some(Command::Report(args)) => report_command(&args),
        Some(Command::Inspect { module }) => print(inspect::describe(&module)?.as_bytes()),
        Some(Command::Targets) => print(listing::targets().as_bytes()),
        Some(Command::Completions { shell }) => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "wasmc", &mut text);
            print(&text)
        }
        Some(Command::Man) => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text).expect("writing to memory");
            print(&text)
        }
    }
}

fn compile_command(args: &CompileArgs) -> Result<(), Error> {
    if args.common.wants_feature_list() {
        return print(listing::features().as_bytes());
    }
    let Some(module) = &args.module else {
        return Err(Error::new("no module is given").help("try `wasmc app.wasm`, or `wasmc --help`"));
    };
    let common = request::of(&args.common, module)?;
    let request = Request {
        emit: args.emit,
        library_name: args.name.clone(),
        strip: args.strip,
        linker: args.linker.clone(),
        ..common
    };
    let options = request.clone().settle(target(&args.common)?, !args.natives.is_empty())?;
    let output = match &args.output {
        Some(output) => output.clone(),
        None if options.emit.is_linked_by_others() => files::default_library(module, options.emit.extension())?,
        None => files::default_output(module, options.emit.extension())?,
    };
    check_output(&output, module, &args.natives)?;
    let (bytes, mut phases) = compiled(module, &args.natives, &args.common, &request, &options)?;
    phases.run("write", || files::write(&output, &bytes, options.emit == Emit::Exe))?;
    report(&phases, bytes.len(), args.common.verbose);
    Ok(())
}

fn run_command(args: &RunArgs) -> Result<(), Error> {
    if args.common.wants_feature_list() {
        return print(listing::features().as_bytes());
    }
    let Some((module, arguments)) = args.command() else {
        return Err(Error::new("no module is given").help("try `wasmc run app.wasm arguments`"));
    };
    let target = target(&args.common)?;
    execution::check(&target)?;
    let request = request::of(&args.common, module)?;
    let options = request.clone().settle(target, !args.natives.is_empty())?;
    let (image, phases) = compiled(module, &args.natives, &args.common, &request, &options)?;
    report(&phases, image.len(), args.common.verbose);
    let name = module.file_name().unwrap_or(OsStr::new("program"));
    Err(execution::execute(&image, name, arguments))
}

fn report_command(args: &ReportArgs) -> Result<(), Error> {
    if args.common.wants_feature_list() {
        return print(listing::features().as_bytes());
    }
    let Some(module) = &args.module else {
        return Err(Error::new("no module is given").help("try `wasmc report app.wasm`"));
    };
    let emit = if args.html { Emit::HtmlReport } else { Emit::Report };
    let request = Request { emit, ..request::of(&args.common, module)? };
    let options = request.clone().settle(target(&args.common)?, false)?;
    let output = match &args.output {
        Some(output) => Some(output.clone()),
        None if args.html => Some(files::default_output(module, emit.extension())?),
        None => None,
    };
    output.as_ref().map_or(Ok(()), |output| check_output(output, module, &[]))?;
    let (bytes, mut phases) = compiled(module, &[], &args.common, &request, &options)?;
    match output {
        Some(output) => phases.run("write", || files::write(&output, &bytes, false))?,
        None => print(&bytes)?,
    }
    report(&phases, bytes.len(), args.common.verbose);
    Ok(())
}

/// Refuses to write over what is read.
fn check_output(output: &Path, module: &Path, natives: &[PathBuf]) -> Result<(), Error> {
    if files::is_same(module, output) || natives.iter().any(|native| files::is_same(native, output)) {
        return Err(Error::new(format!("{} is both input and output", output.display())));
    }
    Ok(())
}

/// What a module becomes with native objects, under the options that a request was settled to; and how long it took.
fn compiled(
    module: &Path,
    natives: &[PathBuf],
    args: &CommonArgs,
    request: &Request,
    options: &Options,
) -> Result<(Vec<u8>, Phases), Error> {
    let sources = read(module, natives)?;
    limit_memory(&sources, options);
    let mut phases = Phases::new(true);
    let sources = preinit(sources, args, request, &mut phases)?;
    let bytes = compile(sources, options, &mut phases)?;
    Ok((bytes, phases))
}

/// The sources, after what their module is to do when it is compiled.
fn preinit(sources: Sources, args: &CommonArgs, request: &Request, phases: &mut Phases) -> Result<Sources, Error> {
    match request::preinit(args) {
        Some(preinit) => preinit::apply(sources, &preinit, request, phases),
        None => Ok(sources),
    }
}

/// Limits the memory of this process.
fn limit_memory(sources: &Sources, options: &Options) {
    let inputs = sources.size();
    let is_default = options.limits.compile_memory.is_none();
    memory::limit(options.limits.compile_memory(inputs, options.jobs.get() as u64), is_default);
}

fn target(args: &CommonArgs) -> Result<Target, Error> {
    Target::find(args.target.as_deref(), args.cpu.as_deref())
}

/// Reads a module and what is linked with it.
fn read(module: &Path, natives: &[PathBuf]) -> Result<Sources, Error> {
    let native = |path: &PathBuf| Ok(Input { name: path.display().to_string(), bytes: files::read(path)?.into() });
    let natives = natives.iter().map(native).collect::<Result<_, Error>>()?;
    Ok(Sources { name: files::display_name(module), module: files::read(module)?, code_moved: 0, natives })
}

fn report(phases: &Phases, size: usize, wanted: bool) {
    for warning in phases.warnings() {
        let _ = writeln!(io::stderr(), "warning: {warning}");
    }
    if wanted {
        let (table, memory) = (phases.table(), memory::most());
        let _ = writeln!(io::stderr(), "{table}{:<12}{memory:>10} bytes\n{:<12}{size:>10} bytes", "memory", "output");
    }
}

fn print(text: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        // The reader needs no more.
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|cause| Error::new(format!("cannot write to standard output: {cause}"))),
    }
}
