//! The command `wasmc`.
//!
//! - [`args`]: options as they are typed,
//! - [`resolve`]: options as they are meant,
//! - [`panic`]: what a defect of ours looks like to the user.

mod args;
mod panic;
mod resolve;

use crate::options::Emit;
use crate::phases::Phases;
use crate::target::{ObjectFormat, TargetFile};
use crate::{Error, Sources, compile, files, inspect, run, runtimes};
use args::{Cli, Command, CompileArgs, RunArgs};
use clap::{CommandFactory, Parser};
use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;

/// Runs the command: the whole of `main`.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match panic::caught(|| dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Error> {
    match cli.command {
        None => compile_command(&cli.compile),
        Some(Command::Run(args)) => run_command(&args),
        Some(Command::Inspect { module }) => print(&inspect::describe(&module)?),
        Some(Command::Targets) => print(&targets()),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "wasmc", &mut io::stdout());
            Ok(())
        }
    }
}

fn compile_command(args: &CompileArgs) -> Result<(), Error> {
    if args.common.wants_feature_list() {
        return print(&resolve::feature_list());
    }
    let Some(module) = &args.module else {
        return Err(Error::new("no module is given").help("try `wasmc app.wasm`, or `wasmc --help`"));
    };
    let options = resolve::options(&args.common, args.emit, args.strip, args.linker.as_deref())?;
    let output = match &args.output {
        Some(output) => output.clone(),
        None => files::default_output(module, options.emit.extension())?,
    };
    if files::is_same(module, &output) || args.natives.iter().any(|native| files::is_same(native, &output)) {
        return Err(Error::new(format!("{} is both input and output", output.display())));
    }
    let natives = args.natives.iter().map(|path| resolve::native(path)).collect::<Result<_, _>>()?;
    let sources = Sources { name: files::display_name(module), module: files::read(module)?, natives };
    let mut phases = Phases::new(true);
    let bytes = compile(sources, &options, &mut phases)?;
    phases.run("write", || files::write(&output, &bytes, options.emit == Emit::Exe))?;
    report(&phases, bytes.len(), args.common.verbose);
    Ok(())
}

fn run_command(args: &RunArgs) -> Result<(), Error> {
    if args.common.wants_feature_list() {
        return print(&resolve::feature_list());
    }
    let Some((module, arguments)) = args.command() else {
        return Err(Error::new("no module is given").help("try `wasmc run app.wasm arguments`"));
    };
    let options = resolve::options(&args.common, Emit::Exe, false, None)?;
    let natives = args.natives.iter().map(|path| resolve::native(path)).collect::<Result<_, _>>()?;
    let sources = Sources { name: files::display_name(module), module: files::read(module)?, natives };
    if options.target.ram.is_some() {
        let error = Error::new(format!("target `{}` has no system to run programs on", options.target.name));
        return Err(error.help("compile to a file, and start it in an emulator: see targets/README.md"));
    }
    if options.target.object_format == ObjectFormat::MachO && !runtimes::NATIVE.ends_with("-macos") {
        let error = Error::new(format!("programs for target `{}` do not run on this machine", options.target.name));
        return Err(error.help("compile to a file, and start it on a Mac"));
    }
    let mut phases = Phases::new(true);
    let image = compile(sources, &options, &mut phases)?;
    report(&phases, image.len(), args.common.verbose);
    let name = module.file_name().unwrap_or(OsStr::new("program"));
    Err(run::execute(&image, name, arguments))
}

fn report(phases: &Phases, size: usize, wanted: bool) {
    if wanted {
        let _ = writeln!(io::stderr(), "{}{:<12}{size:>10} bytes", phases.table(), "output");
    }
}

fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever reads has seen enough.
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|cause| Error::new(format!("cannot write to standard output: {cause}"))),
    }
}

fn targets() -> String {
    let mut text = String::new();
    for file in TargetFile::built_in() {
        let state = if runtimes::is_built_in(&file.runtime) { "ready" } else { "runtime not built in" };
        let native = if file.name == runtimes::NATIVE { ", this machine" } else { "" };
        text += &format!("{} ({state}{native})\n", file.name);
        text += &format!("  also known as: {}\n", file.aliases.join(", "));
        let models = file
            .cpu
            .models
            .keys()
            .map(|model| if *model == file.cpu.baseline { format!("{model} (baseline)") } else { model.clone() });
        text += &format!("  CPUs: {}\n", models.collect::<Vec<_>>().join(", "));
    }
    text
}
