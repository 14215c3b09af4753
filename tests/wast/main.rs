//! Runs `.wast` scripts: `wast [PATH...] [--target NAME] [-j N]`, by default the official suite.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use wasmc_tests::wast::{report, suites, toolchain::Toolchain};

/// Run scripts of the specification's test suite as native executables.
#[derive(Parser)]
struct Options {
    /// Scripts, and folders with scripts; by default the official suite.
    paths: Vec<PathBuf>,
    /// Target to compile for.
    #[arg(long, default_value = "x86_64-linux")]
    target: String,
    /// Scripts to run at the same time.
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// Official scripts only whose names contain this.
    #[arg(long, default_value = "")]
    filter: String,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let toolchain = Toolchain::new(&options.target)?;
    let is_official = options.paths.is_empty();
    let mut scripts = if is_official { suites::official() } else { Vec::new() };
    for path in &options.paths {
        scripts.extend(suites::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    scripts.retain(|script| script.name.contains(&options.filter));
    let reports = wasmc_tests::wast::run::run_all(&scripts, &toolchain, options.jobs);
    let table = report::table(&reports);
    print!("{table}\n{}", report::failures(&reports));
    if is_official && options.filter.is_empty() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/wast/results.md");
        std::fs::write(path, table).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(reports.iter().all(|report| report.failures.is_empty()))
}
