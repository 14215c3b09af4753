//! `cargo xtask doc`: the documentation of every crate, private items included.

use anyhow::Result;

use crate::workspaces::{WORKSPACES, cargo_in};
use crate::{process, runtimes};

/// The options of `cargo xtask doc`.
#[derive(clap::Args)]
pub struct Options {
    /// Show the compiler's documentation in the browser.
    #[arg(long)]
    open: bool,
}

/// Runs the command. What rustdoc warns of fails it.
pub fn run(options: &Options) -> Result<()> {
    for folder in WORKSPACES {
        let mut cargo = cargo_in(folder);
        cargo.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
        cargo.env("RUSTDOCFLAGS", "-Dwarnings");
        if options.open && folder == "." {
            cargo.arg("--open");
        }
        process::step(&mut cargo)?;
    }
    runtimes::doc()
}
