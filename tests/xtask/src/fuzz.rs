//! `cargo xtask fuzz`: generated modules, compiled, compared with an interpreter. The fuzzer is a program of its own
//! (`tests/fuzz`), so that the other tasks do not wait for the compiler to be built.

use anyhow::{Result, ensure};

use crate::workspaces;

/// The options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Options {
    /// Options of the fuzzer (`--seconds N --seed S --jobs J --target T`, `--components`), or modules to compare again:
    /// see `cargo xtask fuzz -- --help`.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let status = workspaces::run("fuzz", &options.arguments)?;
    ensure!(status.success(), "compiled code and the interpreter differ, or could not be compared");
    Ok(())
}
