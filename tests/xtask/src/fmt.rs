//! `cargo xtask fmt`: formats the sources of all workspaces.

use anyhow::Result;

use crate::process;
use crate::workspaces::{WORKSPACES, cargo_in};

/// The options of `cargo xtask fmt`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Change nothing; fail if something is not formatted.
    #[arg(long)]
    pub check: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    for folder in WORKSPACES {
        let mut cargo = cargo_in(folder);
        cargo.args(["fmt", "--all"]);
        if options.check {
            cargo.arg("--check");
        }
        process::step(&mut cargo)?;
    }
    Ok(())
}
