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

/// What is private is documented, too, so that links may lead there.
const FLAGS: &str = "-Dwarnings -Arustdoc::private_intra_doc_links";

/// Runs the command. What rustdoc warns of fails it.
pub fn run(options: &Options) -> Result<()> {
    // Examples are programs, whose sources say what they do.
    for folder in WORKSPACES.into_iter().filter(|folder| !folder.contains("examples")) {
        let mut cargo = cargo_in(folder);
        // What the lints have checked of dependencies serves here, too.
        cargo.args(["doc", "--release", "--workspace", "--no-deps", "--document-private-items"]);
        cargo.env("RUSTDOCFLAGS", FLAGS);
        if folder == "." {
            // There it is empty: see below.
            cargo.args(["--exclude", "wasmc-runtime"]);
        }
        if options.open && folder == "." {
            cargo.arg("--open");
        }
        process::step(&mut cargo)?;
    }
    runtimes::doc(FLAGS)
}
