//! `cargo xtask bench`: compares run time and compile time with every other compiler found.
//!
//! Every round measures each compiler once on one program before the next round starts, so that a slow moment of the
//! machine hits all of them alike; the median over the rounds counts. For wasmc, wasm2c and native builds a run is
//! timed from process start to exit, for Wasmtime as a library from instantiation to exit inside the process.
//! Outputs are compared: a number of a wrong run would be worth nothing.

mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::manifest::{self, Downloaded, Program, Run};
use crate::peers::{Invocation, Native, Peer, Subject, Wasm2c, Wasmc, WasmtimeCli, WasmtimeLibrary};
use crate::process::Time;
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

    /// How often each measurement is taken.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,

    /// The Markdown file to write.
    #[arg(short, long, value_name = "FILE", default_value = "target/bench.md")]
    output: PathBuf,
}

/// A program to measure.
struct Target<'a> {
    subject: Subject<'a>,
    /// The run to measure; without one only compile time is.
    run: Option<&'a Run>,
    /// Where the paths of the run start from.
    folder: PathBuf,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let peers = find_peers(&options.with);
    let names: Vec<_> = peers.iter().map(|peer| peer.name()).collect();
    ensure!(names.len() > 1, "nothing to compare: found only {names:?}");
    println!("comparing {}", names.join(", "));

    let programs = manifest::programs(options.filter.as_deref())?;
    let downloaded = manifest::downloaded(options.filter.as_deref())?;
    let targets = targets(&programs, &downloaded);
    let mut report = Report::new(names);
    for target in &targets {
        eprintln!("measuring {}", target.subject.name);
        measure(target, &peers, options.runs, &mut report)?;
    }
    let text = report.markdown();
    println!("\n{text}");
    std::fs::write(&options.output, text)?;
    println!("written to {}", options.output.display());
    Ok(())
}

/// wasmc first, then all it can be compared with.
fn find_peers(with: &[String]) -> Vec<Box<dyn Peer>> {
    fn boxed<P: Peer + 'static>(peer: P) -> Box<dyn Peer> {
        Box::new(peer)
    }
    let wasmtime = WasmtimeCli::find().map(boxed).or_else(|| WasmtimeLibrary::find().map(boxed));
    let candidates = [
        ("wasmc", Wasmc::find().map(boxed), "cargo build --release"),
        ("wasmtime", wasmtime, "put its command on PATH, or pip install wasmtime"),
        ("wasm2c", Wasm2c::find().map(boxed), "apt-get install wabt clang-19"),
        ("native", Native::find().map(boxed), "apt-get install clang-19"),
    ];
    let mut peers = Vec::new();
    for (name, peer, how) in candidates {
        if name != "wasmc" && !with.iter().any(|wanted| wanted == name) {
            continue;
        }
        match peer {
            Some(peer) => peers.push(peer),
            None => println!("{name} was not found: {how}"),
        }
    }
    peers
}

fn targets<'a>(programs: &'a [Program], downloaded: &'a [Downloaded]) -> Vec<Target<'a>> {
    let mut targets = Vec::new();
    for program in programs.iter().filter(|program| program.bench.is_some()) {
        let folder = manifest::programs_folder();
        let subject = Subject { name: &program.name, wasm: folder.join(&program.wasm), program: Some(program) };
        targets.push(Target { subject, run: program.bench.as_ref(), folder });
    }
    for program in downloaded {
        if !program.module().is_file() {
            println!("{} is not downloaded: cargo xtask programs", program.name);
            continue;
        }
        let subject = Subject { name: &program.name, wasm: program.module(), program: None };
        targets.push(Target { subject, run: program.bench.as_ref(), folder: manifest::downloaded_folder() });
    }
    targets
}

/// A compiler that takes longer than this for one program is timed only once on it.
const SLOW: Duration = Duration::from_secs(10);

/// Measures one program with all peers and adds its rows to the report. What fails is noted there.
fn measure(target: &Target, peers: &[Box<dyn Peer>], rounds: u32, report: &mut Report) -> Result<()> {
    let subject = &target.subject;
    let nothing = Run::default();
    let invocation = Invocation::new(target.run.unwrap_or(&nothing), &target.folder)?;
    let temporary = tempfile::tempdir()?;
    let artifact = |peer: &dyn Peer| temporary.path().join(peer.name());

    let mut compile = Row::new(subject.name, peers.len());
    for _ in 0..rounds {
        for (column, peer) in peers.iter().enumerate() {
            if !peer.supports(subject) || compile.failed(column) || compile.slower_than(SLOW, column) {
                continue;
            }
            let time = peer.compile(subject, &invocation, &artifact(&**peer));
            add(
                &mut compile,
                column,
                time,
                || format!("{}: {} does not compile it", subject.name, peer.name()),
                report,
            );
        }
    }
    report.compile.push(compile);

    let Some(invoked) = target.run else { return Ok(()) };
    let mut run = Row::new(subject.name, peers.len());
    let mut agreed = None;
    for _ in 0..rounds {
        for (column, peer) in peers.iter().enumerate() {
            let artifact = artifact(&**peer);
            let incomparable = peer.name() == "native" && !invoked.native;
            if !artifact.exists() || incomparable || run.failed(column) {
                continue;
            }
            let time = run_once(&**peer, &artifact, &invocation, &mut agreed);
            add(&mut run, column, time, || format!("{}: {} does not run it", subject.name, peer.name()), report);
        }
    }
    report.run.push(run);
    Ok(())
}

/// Runs once; fails where output or status is not what the first peer's was.
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

fn add(row: &mut Row, column: usize, time: Result<Time>, describe: impl Fn() -> String, report: &mut Report) {
    match time {
        Ok(time) => row.add(column, time),
        Err(error) => {
            row.fail(column);
            report.notes.push(format!("{}: {error:#}", describe()));
        }
    }
}
