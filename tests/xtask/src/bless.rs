//! `cargo xtask bless`: makes what the compiler now says the expectation. Look at the difference before you commit it.

use anyhow::Result;

use crate::process;
use crate::workspaces::cargo;

/// The options of `cargo xtask bless`.
#[derive(clap::Args)]
pub struct Options {
    /// Only tests whose name contains this: `expectations` for the files under fixtures/expectations, `cli` for the
    /// texts of the command line.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Modules of tests whose expectations are written by a machine.
const BLESSED: [&str; 2] = ["expectations::", "cli::"];

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    process::step(cargo().args(["build", "--release", "--bin=wasmc"]))?;
    let mut test = cargo();
    test.args(["test", "--release", "--test=integration", "--"]);
    match &options.name {
        Some(name) => test.arg(name),
        None => test.args(BLESSED),
    };
    // The first is read by `tests/integration/expectations.rs`, the second by insta.
    process::step(test.env("WASMC_BLESS", "1").env("INSTA_UPDATE", "always"))
}
