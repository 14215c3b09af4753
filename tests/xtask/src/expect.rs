//! `cargo xtask expect`: holds the expected outputs of the fixtures against other implementations: native builds of
//! the same sources, and Wasmtime.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::manifest::{self, Run};
use crate::peers::{Features, Invocation, Native, Peer, Subject, WasmtimeLibrary};
use crate::process::Finished;
use crate::toolchain::Source;

/// The options of `cargo xtask expect`.
#[derive(clap::Args)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Write what the first implementation prints as the expected standard output.
    #[arg(long)]
    bless: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let mut peers: Vec<Box<dyn Peer>> = Vec::new();
    peers.extend(Native::find(Features::Baseline).map(|peer| Box::new(peer) as Box<dyn Peer>));
    peers.extend(WasmtimeLibrary::find().map(|peer| Box::new(peer) as Box<dyn Peer>));
    ensure!(!peers.is_empty(), "found neither a C compiler nor Wasmtime to compare with");

    let programs = manifest::programs(options.filter.as_deref())?;
    let downloaded = manifest::downloaded(options.filter.as_deref())?;
    let mut failures = 0;
    for program in &programs {
        let folder = manifest::programs_folder();
        let source = Source::of_program(program)?;
        let subject = Subject { name: &program.name, wasm: folder.join(&program.wasm), source: Some(&source) };
        failures += check(&subject, &program.run, &folder, &peers, options.bless)?;
    }
    for program in &downloaded {
        let wasm = program.module();
        if wasm.is_file() {
            let subject = Subject { name: &program.name, wasm, source: None };
            failures += check(&subject, &program.run, &manifest::downloaded_folder(), &peers, options.bless)?;
        } else {
            println!("{:<24}not downloaded: run `cargo xtask programs`", program.name);
        }
    }
    ensure!(failures == 0, "{failures} runs differ from what is expected");
    Ok(())
}

/// Checks every run of a program with every peer; returns how many differ.
fn check(subject: &Subject, runs: &[Run], folder: &Path, peers: &[Box<dyn Peer>], bless: bool) -> Result<usize> {
    let temporary = tempfile::tempdir()?;
    let mut failures = 0;
    let mut to_bless = vec![bless; runs.len()];
    for peer in peers.iter().filter(|peer| peer.supports(subject)) {
        let artifact = temporary.path().join(peer.name());
        for (index, run) in runs.iter().enumerate() {
            if peer.name() == "native" && !run.native {
                continue;
            }
            let invocation = Invocation::new(run, folder)?;
            if !artifact.exists() {
                peer.compile(subject, &invocation, &artifact)?;
            }
            let finished = peer.run(&artifact, &invocation)?;
            if std::mem::take(&mut to_bless[index]) {
                write_expectations(run, folder, &invocation, &finished)?;
            }
            let problems = compare(run, folder, &invocation, &finished)?;
            let verdict = if problems.is_empty() { "as expected".to_owned() } else { problems.join("; ") };
            println!("{:<24}{:<16}{:<10}{verdict}", subject.name, run.name, peer.name());
            failures += usize::from(!problems.is_empty());
        }
    }
    Ok(failures)
}

/// Makes what this run gave the expectation.
fn write_expectations(run: &Run, folder: &Path, invocation: &Invocation, finished: &Finished) -> Result<()> {
    if let Some(path) = &run.stdout {
        fs::write(folder.join(path), &finished.stdout)?;
    }
    for (name, path) in &run.files {
        fs::write(folder.join(path), scratch_file(invocation, name)?)?;
    }
    Ok(())
}

/// What differs from the expectation.
fn compare(run: &Run, folder: &Path, invocation: &Invocation, finished: &Finished) -> Result<Vec<String>> {
    let read = |path: &PathBuf| {
        let path = folder.join(path);
        fs::read(&path).with_context(|| format!("{} is missing; `--bless` makes it", path.display()))
    };
    let mut problems = Vec::new();
    if finished.status != run.status {
        problems.push(format!("status {} instead of {}", finished.status, run.status));
    }
    let expected = run.stdout.as_ref().map_or(Ok(Vec::new()), read)?;
    if finished.stdout != expected && !run.any_stdout {
        problems.push(format!("standard output is\n{}", String::from_utf8_lossy(&finished.stdout)));
    }
    for (name, path) in &run.files {
        if scratch_file(invocation, name)? != read(path)? {
            problems.push(format!("{name} differs from {}", path.display()));
        }
    }
    let stderr = String::from_utf8_lossy(&finished.stderr);
    if run.stderr.is_empty() && !stderr.is_empty() {
        problems.push(format!("standard error is\n{stderr}"));
    }
    for text in run.stderr.iter().filter(|text| !stderr.contains(*text)) {
        problems.push(format!("no {text:?} in standard error, which is\n{stderr}"));
    }
    Ok(problems)
}

fn scratch_file(invocation: &Invocation, name: &str) -> Result<Vec<u8>> {
    let scratch = invocation.scratch.as_ref().context("files are expected, but there is no scratch folder")?;
    fs::read(scratch.path().join(name)).with_context(|| format!("the program did not write {name}"))
}
