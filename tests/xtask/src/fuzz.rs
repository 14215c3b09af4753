//! `cargo xtask fuzz`: generated modules, compiled, compared with an interpreter. The fuzzer is a program of its own
//! (`tests/fuzz`), so that the other tasks do not wait for the compiler to be built.

use crate::process;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// The options of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub struct Options {
    /// Options of the fuzzer (`--seconds N --seed S --jobs J --target T`), or modules to compare again: see
    /// `cargo xtask fuzz -- --help`.
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let cargo = process::find("cargo").context("cargo is not on PATH")?;
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--release", "--package", "wasmc-tests", "--bin", "fuzz", "--"]);
    let status = command.args(&options.arguments).status().context("running cargo")?;
    ensure!(status.success(), "compiled code and the interpreter differ, or could not be compared");
    Ok(())
}
