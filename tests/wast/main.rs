//! Runs `.wast` scripts: `wast [PATH...] [--target NAME] [-j N]`, by default the official suite.

use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use wasmc_codegen::options::InstanceModel;
use wasmc_codegen::{Bounds, OptLevel};
use wasmc_tests::wast::components::script::{self, Tally};
use wasmc_tests::wast::{report, run, suites, toolchain::Toolchain};

/// Run scripts of the specification's test suite as native executables.
#[derive(Parser)]
struct Options {
    /// Scripts, and folders with scripts; by default the official suite.
    paths: Vec<PathBuf>,
    /// Target to compile for.
    #[arg(long)]
    target: Option<String>,
    /// CPU of the target.
    #[arg(long)]
    cpu: Option<String>,
    /// Features of the CPU besides, by the code generator's names for them.
    #[arg(long, value_name = "FEATURE")]
    enable: Vec<String>,
    /// How bounds of 32-bit memories are kept.
    #[arg(long)]
    bounds: Option<BoundsArgument>,
    /// How code finds the state of instances.
    #[arg(long)]
    model: Option<ModelArgument>,
    /// Compile without optimisation.
    #[arg(long)]
    fast: bool,
    /// Compile with landing pads and signed return addresses.
    #[arg(long)]
    cfi: bool,
    /// Keep the executables in this folder.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Scripts to run at the same time.
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
    /// The scripts are those of the component model.
    #[arg(long, requires = "paths")]
    components: bool,
    /// Scripts only whose names contain this.
    #[arg(long, default_value = "")]
    filter: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum BoundsArgument {
    Guard,
    Explicit,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModelArgument {
    /// At link-time addresses, as in executables.
    Image,
    /// Through a context, as in libraries.
    Context,
}

impl Options {
    /// Whether this is the run whose results are kept.
    fn is_official(&self) -> bool {
        let usual = self.target.is_none()
            && self.cpu.is_none()
            && self.enable.is_empty()
            && self.bounds.is_none()
            && self.model.is_none()
            && !self.fast
            && !self.cfi;
        self.paths.is_empty() && self.filter.is_empty() && usual
    }
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

/// Runs scripts of the component model: prints how many assertions hold, which do not, and why some are left out.
fn run_components(options: &Options) -> Result<bool, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let wasmc = own.with_file_name("wasmc");
    let mut scripts = Vec::new();
    for path in &options.paths {
        scripts.extend(suites::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    scripts.retain(|script| script.name.contains(&options.filter));
    let mut tally = Tally::default();
    for script in &scripts {
        if let Err(error) = script::run(&wasmc, &script.name, &script.text, &mut tally) {
            tally.failed.push(format!("{}: {error}", script.name));
        }
    }
    println!("{} scripts: {} passed, {} failed", scripts.len(), tally.passed, tally.failed.len());
    tally.skipped.iter().for_each(|(reason, count)| println!("{count} skipped: {reason}"));
    tally.failed.iter().for_each(|failure| println!("{failure}"));
    Ok(tally.failed.is_empty())
}

fn run(options: &Options) -> Result<bool, String> {
    if options.components {
        return run_components(options);
    }
    let toolchain = Toolchain::new(options.target.as_deref(), options.cpu.as_deref(), &options.enable);
    let mut toolchain = toolchain.map_err(|error| error.to_string())?;
    match options.bounds {
        Some(BoundsArgument::Guard) => toolchain.options.bounds = Bounds::Guard,
        Some(BoundsArgument::Explicit) => toolchain.options.bounds = Bounds::Explicit,
        None => {}
    }
    if options.model == Some(ModelArgument::Context) {
        toolchain.options.model = InstanceModel::Context;
    }
    toolchain.options.cfi = options.cfi;
    toolchain.keep = options.keep.clone();
    if options.fast {
        toolchain.options.opt_level = OptLevel::None;
    }
    let mut scripts = if options.paths.is_empty() { suites::official() } else { Vec::new() };
    for path in &options.paths {
        scripts.extend(suites::from_path(path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    scripts.retain(|script| script.name.contains(&options.filter));
    let reports = run::run_all(&scripts, &toolchain, options.jobs);
    let table = report::table(&reports);
    print!("{table}\n{}", report::failures(&reports));
    if options.is_official() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/wast/results.md");
        std::fs::write(path, table).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(reports.iter().all(|report| report.failures.is_empty()))
}
