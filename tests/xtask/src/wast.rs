//! `cargo xtask wast`: the specification's test suite, or any `.wast` scripts, as native executables. The runner is a
//! program of its own (`tests/wast`), so that the other tasks do not wait for the compiler to be built.

use anyhow::{Result, ensure};

use crate::workspaces;

/// The options of `cargo xtask wast`.
#[derive(clap::Args)]
pub struct Options {
    /// Scripts and folders, and options of the runner: see `cargo xtask wast -- --help`.
    #[arg(value_name = "PATH", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let status = workspaces::run("wast", &options.arguments)?;
    ensure!(status.success(), "assertions do not hold, or could not be tested");
    Ok(())
}
