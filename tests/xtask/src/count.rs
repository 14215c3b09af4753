//! `cargo xtask count`: how many instructions and blocks programs execute on each CPU, compared with native code of the
//! same source and with Wasmtime, and how large their code is.
//!
//! Unlike the times of `cargo xtask bench`, counts are the same on every machine and at every load: a difference of a
//! thousandth is one of the compiler. They say nothing of caches, of latencies and of mispredicted branches. Outputs
//! are compared: a count of a wrong run would be worth nothing.

mod counter;
mod machine;
mod measure;
mod report;
mod wasmtime;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow, ensure};
use clap::builder::PossibleValuesParser;

use crate::manifest::{self, Program, Run};
use crate::peers::Invocation;
use crate::process;
use crate::toolchain::CLANG;
use counter::Counter;
use machine::{MACHINES, Machine};
use measure::{Bench, Row, Subject};
use wasmtime::Wasmtime;

/// How many programs run at the same time.
const WORKERS: usize = 2;

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
    let programs = manifest::programs(options.filter.as_deref())?;
    let subjects = subjects(&programs)?;
    ensure!(!subjects.is_empty(), "no program of that name has a table `program.count`");

    let folder = manifest::root().join("target/count");
    fs::create_dir_all(&folder)?;
    let counter = Counter::new(&folder)?;
    let needs_wasmtime = machines.iter().any(|machine| machine.name == machine::WITH_WASMTIME);
    let wasmtime = needs_wasmtime.then(|| Wasmtime::make(&folder)).transpose();
    let missing = wasmtime.as_ref().err().map(|error| format!("{error:#}"));
    let wasmtime = wasmtime.ok().flatten();

    let nothing = empty(&folder)?;
    let mut benches = Vec::new();
    for machine in machines {
        let folder = folder.join(machine.name);
        fs::create_dir_all(&folder)?;
        let wasmtime = wasmtime.as_ref().filter(|_| machine.name == machine::WITH_WASMTIME);
        let bench = Bench { machine, wasmc: &options.wasmc, wasmtime, counter: &counter, folder };
        // Early, so that a missing runtime is known before anything takes long.
        let start_up = bench.measure(&nothing)?;
        benches.push((bench, start_up));
    }

    let mut text = report::heading(&command_line(), &versions(options, &benches)?);
    print!("{text}");
    for (bench, start_up) in &benches {
        let runs = |subject: &&Subject<'_>| bench.machine.has_vectors || !subject.has_vectors;
        let rows = in_parallel(&subjects.iter().filter(runs).collect::<Vec<_>>(), |subject| {
            eprintln!("counting {} on {}", subject.name, bench.machine.name);
            Ok(bench.measure(subject)?.without(start_up))
        })?;
        let missing = missing.as_deref().filter(|_| bench.machine.name == machine::WITH_WASMTIME);
        let section = report::section(bench.machine, &rows, missing);
        print!("{section}");
        text += &section;
    }
    fs::write(&options.output, text)?;
    println!("\nwritten to {}", options.output.display());
    Ok(())
}

/// The programs that are counted.
fn subjects(programs: &[Program]) -> Result<Vec<Subject<'_>>> {
    let folder = manifest::programs_folder();
    let mut subjects = Vec::new();
    for program in programs {
        let Some(run) = &program.count else { continue };
        subjects.push(Subject {
            name: &program.name,
            wasm: folder.join(&program.wasm),
            has_vectors: program.flags.iter().any(|flag| flag == "-msimd128"),
            source: run.native.then(|| folder.join(&program.source)),
            invocation: Invocation::new(run, &folder)?,
        });
    }
    Ok(subjects)
}

/// The program that does nothing but start.
fn empty(folder: &Path) -> Result<Subject<'static>> {
    let source = folder.join("empty.c");
    fs::write(&source, "int main(void) { return 0; }\n")?;
    let programs = manifest::programs_folder();
    Ok(Subject {
        name: "empty",
        wasm: programs.join("empty/empty.wat"),
        has_vectors: false,
        source: Some(source),
        invocation: Invocation::new(&Run::default(), &programs)?,
    })
}

/// The command, as one would type it.
fn command_line() -> String {
    let mut words = vec!["cargo".to_owned(), "xtask".to_owned()];
    words.extend(std::env::args().skip(1));
    words.join(" ")
}

/// The versions of the tools: the first lines that they print.
fn versions(options: &Options, benches: &[(Bench<'_>, Row)]) -> Result<Vec<String>> {
    let emulator = benches.first().map(|(bench, _)| bench.machine.emulator[0]);
    let tools = [Some(options.wasmc.as_os_str()), Some(CLANG.as_ref()), emulator.map(AsRef::as_ref)];
    let mut versions = Vec::new();
    for tool in tools.into_iter().flatten() {
        let mut command = Command::new(tool);
        command.arg("--version");
        let output = process::tool(command)?.stdout;
        versions.extend(String::from_utf8_lossy(&output).lines().next().map(str::to_owned));
    }
    Ok(versions)
}

/// What `work` makes of each of `items`, in their order, or the first error.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let worker = || -> Result<Vec<(usize, R)>> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return Ok(done) };
            let result = work(item);
            if result.is_err() {
                // Nobody begins another.
                next.store(items.len(), Ordering::Relaxed);
            }
            done.push((index, result?));
        }
    };
    let results = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?).collect()
    });
    let results: Result<Vec<Vec<_>>> = results;
    let mut results: Vec<_> = results?.into_iter().flatten().collect();
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
