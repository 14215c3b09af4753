//! `cargo xtask bench`: compares the run time of programs with every other compiler found, and with `--compile` what
//! compiling takes.
//!
//! Every round measures each compiler once on one program, one right after the other, and ratios are taken within a
//! round, so that a slow moment of the machine hits all of them alike; the median over the rounds counts, and between
//! which values the middle half of them lies is told. Times are user times: for wasmc, wasm2c and native builds from
//! process start to exit, for Wasmtime from instantiation to exit inside the process. Beside them are counts of
//! executed instructions and blocks, as `cargo xtask count` has them. Outputs are compared: a number of a wrong run
//! would be worth nothing.

mod compile;
mod report;
mod statistics;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::count::counter::Counter;
use crate::count::machine::{self, MACHINES};
use crate::count::{self, measure};
use crate::manifest;
use crate::peers::wasmtime::Platform;
use crate::peers::{Features, Invocation, Native, Peer, Subject, Wasm2c, Wasmc, Wasmtime};
use crate::process::Time;
use crate::subjects::{self, Measured};
use report::{Report, Row};

/// The options of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Compare only with these.
    #[arg(long, value_name = "COMPILER", value_delimiter = ',', default_value = "wasmtime,wasm2c,native")]
    with: Vec<String>,

    /// What all compilers may use of the processor.
    #[arg(long, default_value = "native")]
    cpu: Cpu,

    /// How often each measurement is taken.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,

    /// Leave out what an emulator counts.
    #[arg(long)]
    no_counts: bool,

    /// Measure compiling instead: time, memory, and the size of code, for modules of different sizes.
    #[arg(long)]
    compile: bool,

    /// The Markdown file to write.
    #[arg(short, long, value_name = "FILE", default_value = "target/bench.md")]
    output: PathBuf,
}

/// What compilers may use of the processor.
#[derive(Clone, Copy, ValueEnum)]
enum Cpu {
    /// What all of its kind have.
    Baseline,
    /// All that this machine's has.
    Native,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let text = if options.compile { compile::run(options.filter.as_deref(), options.runs)? } else { times(options)? };
    println!("\n{text}");
    std::fs::write(&options.output, text)?;
    println!("written to {}", options.output.display());
    Ok(())
}

/// The report of run times.
fn times(options: &Options) -> Result<String> {
    let features = match options.cpu {
        Cpu::Baseline => Features::Baseline,
        Cpu::Native => Features::Host,
    };
    let peers = find_peers(&options.with, features);
    let names: Vec<_> = peers.iter().map(|peer| peer.name()).collect();
    ensure!(names.len() > 1, "nothing to compare: found only {names:?}");
    println!("comparing {}", names.join(", "));

    let mut programs = subjects::all(options.filter.as_deref())?;
    programs.retain(|program| program.bench.is_some());
    ensure!(!programs.is_empty(), "no program of that name is timed");
    let mut report = Report::new(names, peers.iter().map(|peer| peer.features()).collect());
    for program in &programs {
        eprintln!("measuring {}", program.name);
        time(program, &peers, options.runs, &mut report)?;
    }
    if !options.no_counts {
        add_counts(&programs, &mut report)?;
    }
    Ok(report.markdown())
}

/// Looks for a peer, or says why it is not there.
type Find<'a> = &'a dyn Fn() -> Result<Box<dyn Peer>>;

/// wasmc first, then all it can be compared with.
fn find_peers(with: &[String], features: Features) -> Vec<Box<dyn Peer>> {
    fn boxed<P: Peer + 'static>(peer: Option<P>) -> Result<Box<dyn Peer>> {
        Ok(Box::new(peer.context("it was not found")?))
    }
    let wasmtime = || {
        let platform = Platform::of_host().context("there is none for this machine")?;
        boxed(Some(Wasmtime::make(platform, features)?))
    };
    let candidates: [(&str, Find<'_>, &str); 4] = [
        ("wasmc", &|| boxed(Wasmc::find(features)), "cargo build --release"),
        ("native", &|| boxed(Native::find(features)), "apt-get install clang-19 rustc-web"),
        ("wasm2c", &|| boxed(Wasm2c::find(features)), "apt-get install wabt clang-19"),
        ("wasmtime", &wasmtime, "its wheel is downloaded by pip"),
    ];
    let mut peers = Vec::new();
    for (name, find, how) in candidates {
        if name != "wasmc" && !with.iter().any(|wanted| wanted == name) {
            continue;
        }
        match find() {
            Ok(peer) => peers.push(peer),
            Err(error) => println!("{name} is left out: {error:#} ({how})"),
        }
    }
    peers
}

/// Measures one program with all peers and adds its row to the report. What fails is noted there.
fn time(program: &Measured, peers: &[Box<dyn Peer>], rounds: u32, report: &mut Report) -> Result<()> {
    let Some(run) = &program.bench else { return Ok(()) };
    let subject = Subject { name: &program.name, wasm: program.wasm.clone(), source: program.source.as_ref() };
    let invocation = Invocation::new(run, &program.folder)?;
    let temporary = tempfile::tempdir()?;
    let artifacts: Vec<PathBuf> = peers.iter().map(|peer| temporary.path().join(peer.name())).collect();

    let mut row = Row::new(&program.name, peers.len());
    for (column, peer) in peers.iter().enumerate() {
        if !peer.supports(&subject) || peer.name() == "native" && !run.native {
            continue;
        }
        eprintln!("  compiling with {}", peer.name());
        if let Err(error) = peer.compile(&subject, &invocation, &artifacts[column]) {
            report.notes.push(format!("{}: {} does not compile it: {error:#}", program.name, peer.name()));
        }
    }
    let mut agreed = None;
    let mut failed = vec![false; peers.len()];
    for round in 0..rounds as usize {
        let mut times = vec![None; peers.len()];
        for step in 0..peers.len() {
            // Each of them comes first in some round.
            let column = (round + step) % peers.len();
            if failed[column] || !artifacts[column].exists() {
                continue;
            }
            match run_once(&*peers[column], &artifacts[column], &invocation, &mut agreed) {
                Ok(time) => times[column] = Some(time.user),
                Err(error) => {
                    failed[column] = true;
                    report.notes.push(format!("{}: {}: {error:#}", program.name, peers[column].name()));
                }
            }
        }
        row.rounds.push(times);
    }
    report.rows.push(row);
    Ok(())
}

/// Runs once; fails where output or status is not what the first run's was.
fn run_once(
    peer: &dyn Peer,
    artifact: &Path,
    invocation: &Invocation,
    agreed: &mut Option<(i32, Vec<u8>)>,
) -> Result<Time> {
    let finished = peer.run(artifact, invocation)?;
    let result = (finished.status, finished.stdout);
    ensure!(
        *agreed.get_or_insert_with(|| result.clone()) == result,
        "status or output differs; the status is {}\n{}",
        result.0,
        String::from_utf8_lossy(&finished.stderr)
    );
    Ok(finished.time)
}

/// Counts the same programs on this kind of machine, and adds that to their rows.
fn add_counts(programs: &[Measured], report: &mut Report) -> Result<()> {
    let Some(machine) = MACHINES.iter().find(|machine| machine.target.starts_with(std::env::consts::ARCH)) else {
        return Ok(());
    };
    if let Err(error) = machine::check(&[machine]) {
        report.notes.push(format!("counts are left out: {error:#}"));
        return Ok(());
    }
    let wasmc = manifest::root().join("target/release/wasmc");
    let counter = Counter::new(&manifest::root().join("target/count"))?;
    let bench = count::bench(machine, &wasmc, &counter)?;
    let subjects = programs.iter().filter_map(count::subject).collect::<Result<Vec<measure::Subject<'_>>>>()?;
    let (counted, failures) = count::measure_all(&bench, &subjects.iter().collect::<Vec<_>>())?;
    report.notes.extend(failures);
    for counts in counted {
        if let Some(row) = report.rows.iter_mut().find(|row| row.name == counts.name) {
            row.counts = Some(counts);
        }
    }
    Ok(())
}
