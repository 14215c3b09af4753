//! `cargo xtask count`: how many instructions and blocks programs execute on each CPU, compared with native code of the
//! same source and with Wasmtime, and how large their code is.
//!
//! Unlike the times of `cargo xtask bench`, counts are the same on every machine and at every load: a difference of a
//! thousandth is one of the compiler. They say nothing of caches, of latencies and of mispredicted branches. Outputs
//! are compared: a count of a wrong run would be worth nothing.

pub mod counter;
pub mod machine;
pub mod measure;
mod parallel;
mod passes;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::builder::PossibleValuesParser;

use crate::manifest::{self, Language, Run};
use crate::peers::{Features, Invocation, Wasmtime};
use crate::process;
use crate::subjects::{self, Measured};
use crate::toolchain::{CLANG, Source};
use counter::Counter;
use machine::{MACHINES, Machine};
use measure::{Bench, Row, Subject};
use parallel::in_parallel;

/// The options of `cargo xtask count`.
#[derive(clap::Args)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Only on these CPUs [default: all].
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(MACHINES.map(|machine| machine.name)))]
    cpu: Vec<String>,

    /// The compiler.
    #[arg(long, value_name = "PATH", default_value = "target/release/wasmc")]
    wasmc: PathBuf,

    /// What each pass of the optimiser changes, by leaving it out, instead of comparisons with others.
    #[arg(long)]
    passes: bool,

    /// The Markdown file to write.
    #[arg(short, long, value_name = "FILE", default_value = "target/count.md")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let chosen = |machine: &&Machine| options.cpu.is_empty() || options.cpu.iter().any(|name| name == machine.name);
    let machines: Vec<_> = MACHINES.iter().filter(chosen).collect();
    machine::check(&machines)?;
    ensure!(options.wasmc.is_file(), "{} is missing: cargo build --release --bin wasmc", options.wasmc.display());
    let programs = subjects::all(options.filter.as_deref())?;
    let subjects = programs.iter().filter_map(subject).collect::<Result<Vec<_>>>()?;
    ensure!(!subjects.is_empty(), "no program of that name is counted");

    let counter = Counter::new(&folder())?;
    let mut text = report::heading(&command_line(), &versions(&options.wasmc, &machines)?);
    print!("{text}");
    for machine in machines {
        let bench = bench(machine, &options.wasmc, &counter)?;
        let runs = |subject: &&Subject<'_>| machine.has_vectors || !subject.has_vectors;
        let subjects: Vec<_> = subjects.iter().filter(runs).collect();
        let section = if options.passes { passes::section(bench, &subjects)? } else { compare(&bench, &subjects)? };
        print!("{section}");
        text += &section;
    }
    fs::write(&options.output, text)?;
    println!("\nwritten to {}", options.output.display());
    Ok(())
}

/// Where programs are written.
fn folder() -> PathBuf {
    manifest::root().join("target/count")
}

/// Everything to count on one machine; without Wasmtime where that cannot be had.
pub fn bench<'a>(machine: &'a Machine, wasmc: &'a Path, counter: &'a Counter) -> Result<Bench<'a>> {
    let folder = folder().join(machine.name);
    fs::create_dir_all(&folder)?;
    let wasmtime = machine.wasmtime.map(|platform| Wasmtime::make(platform, Features::Host)).transpose();
    if let Err(error) = &wasmtime {
        println!("Wasmtime is left out on {}: {error:#}", machine.name);
    }
    Ok(Bench { machine, wasmc, wasmtime: wasmtime.ok().flatten(), counter, folder, options: Vec::new() })
}

/// The table that compares with native code and Wasmtime.
fn compare(bench: &Bench<'_>, subjects: &[&Subject<'_>]) -> Result<String> {
    let (rows, failures) = measure_all(bench, subjects)?;
    Ok(report::section(bench.machine, &rows, &failures))
}

/// Measures programs, without what start-up takes; what fails comes second.
pub fn measure_all(bench: &Bench<'_>, subjects: &[&Subject<'_>]) -> Result<(Vec<Row>, Vec<String>)> {
    let empty = empty()?;
    let source = empty_source();
    let start_up = bench.measure(&Subject { source: Some(&source), ..empty })?;
    let results = in_parallel(subjects, |subject| {
        eprintln!("counting {} on {}", subject.name, bench.machine.name);
        bench.measure(subject).map(|row| row.without(&start_up)).map_err(|error| format!("{error:#}"))
    })?;
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(row) => rows.push(row),
            Err(error) => failures.push(error),
        }
    }
    Ok((rows, failures))
}

/// What is counted of a program; `None` where nothing is.
pub fn subject(program: &Measured) -> Option<Result<Subject<'_>>> {
    let run = program.count.as_ref()?;
    // Native Go has threads, and collects garbage whenever it likes.
    let is_counted = |source: &&Source| run.native && ![Language::Text, Language::Go].contains(&source.language);
    let source = program.source.as_ref().filter(is_counted);
    let has_vectors = program.source.as_ref().is_some_and(Source::has_vectors);
    Some(Invocation::new(run, &program.folder).map(|invocation| Subject {
        name: &program.name,
        wasm: program.wasm.clone(),
        has_vectors,
        source,
        invocation,
    }))
}

/// The program that does nothing but start.
pub fn empty() -> Result<Subject<'static>> {
    let programs = manifest::programs_folder();
    Ok(Subject {
        name: "empty",
        wasm: programs.join("empty/empty.wat"),
        has_vectors: false,
        source: None,
        invocation: Invocation::new(&Run::default(), &programs)?,
    })
}

/// Its native counterpart.
fn empty_source() -> Source {
    Source::of_one_file("empty", manifest::root().join("tests/xtask/src/count/empty.c"))
}

/// The command, as one would type it.
fn command_line() -> String {
    let mut words = vec!["cargo".to_owned(), "xtask".to_owned()];
    words.extend(std::env::args().skip(1));
    words.join(" ")
}

/// The versions of the tools: the first lines that they print.
pub fn versions(wasmc: &Path, machines: &[&Machine]) -> Result<Vec<String>> {
    let emulator = machines.first().map(|machine| machine.emulator[0]);
    let tools = [Some(wasmc.as_os_str()), Some(CLANG.as_ref()), emulator.map(AsRef::as_ref)];
    let mut versions = Vec::new();
    for tool in tools.into_iter().flatten() {
        let mut command = Command::new(tool);
        command.arg("--version");
        let output = process::tool(command)?.stdout;
        versions.extend(String::from_utf8_lossy(&output).lines().next().map(str::to_owned));
    }
    Ok(versions)
}
