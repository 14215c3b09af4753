//! `cargo xtask test`: everything that must hold before a change lands, and what it needs installed.

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{process, programs};

/// The options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Do not install missing Debian packages.
    #[arg(long)]
    no_install: bool,

    /// Only run tests whose name contains this; leave out formatting and lints.
    #[arg(value_name = "NAME")]
    filter: Option<String>,
}

/// Programs the tests run, and the Debian packages that have them.
const TOOLS: [(&str, &str); 3] = [("cc", "gcc"), ("ar", "binutils"), ("strace", "strace")];

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    if !options.no_install {
        install_tools()?;
    }
    if let Err(error) = programs::run(&programs::Options::default()) {
        println!("programs of others could not be downloaded; they are left out of the tests: {error:#}");
    }
    if options.filter.is_none() {
        cargo(&["fmt", "--all", "--check"])?;
        cargo(&["fmt", "--manifest-path", "runtime-lib/Cargo.toml", "--check"])?;
    }
    // The tests start the command that lies beside them.
    cargo(&["build", "--release", "--package", "wasmc"])?;
    let mut test = vec!["test", "--release", "--workspace"];
    test.extend(options.filter.as_deref());
    cargo(&test)?;
    if options.filter.is_none() {
        cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    }
    Ok(())
}

fn install_tools() -> Result<()> {
    let missing: Vec<&str> =
        TOOLS.iter().filter(|(tool, _)| process::find(tool).is_none()).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let advice = format!("the tests need these packages: {}", missing.join(" "));
    ensure!(process::find("apt-get").is_some(), "{advice}");
    step("apt-get", &["update"]).with_context(|| advice.clone())?;
    let install: Vec<&str> = ["install", "--yes", "--no-install-recommends"].into_iter().chain(missing).collect();
    step("apt-get", &install).context(advice)
}

fn cargo(args: &[&str]) -> Result<()> {
    step(&env::var("CARGO").unwrap_or("cargo".to_string()), args)
}

/// Runs a program that must succeed and shows what it prints.
fn step(program: &str, args: &[&str]) -> Result<()> {
    let line = format!("{program} {}", args.join(" "));
    println!("$ {line}");
    let start = Instant::now();
    let status = Command::new(program).args(args).stdin(Stdio::null()).status().with_context(|| line.clone())?;
    println!("  took {:.0} s", start.elapsed().as_secs_f64());
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}
