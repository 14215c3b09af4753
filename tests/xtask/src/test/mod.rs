//! `cargo xtask test`: everything that must hold before a change lands, or the tests of a name and what they need.

mod needs;
mod targets;
mod tools;

use anyhow::{Context, Result, anyhow, ensure};

use crate::workspaces::cargo;
use crate::{fmt, lint, process, runtimes};
use needs::Needs;
use targets::Target;

/// The options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Do not install missing Debian packages.
    #[arg(long)]
    no_install: bool,

    /// Also run the tests that take minutes: the official suite under every option that changes code.
    #[arg(long)]
    full: bool,

    /// Only run tests whose name contains this, and prepare only what they need: no formatting, no lints.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    match &options.name {
        Some(name) => run_named(name, options),
        None => run_all(options),
    }
}

/// What is quick to say comes first. Emulators and runtimes are prepared while the lints have dependencies compiled.
fn run_all(options: &Options) -> Result<()> {
    fmt::run(&fmt::Options { check: true })?;
    std::thread::scope(|scope| {
        let prepared = scope.spawn(|| Needs::of_all().provide(!options.no_install));
        lint::host()?;
        prepared.join().map_err(|_| anyhow!("the preparation panicked"))?
    })?;
    runtimes::lint()?;
    process::step(cargo().args(["test", "--release"]).args(targets::unit()?.selection))?;
    process::step(cargo().args(["test", "--release", "--doc"]))?;
    process::step(cargo().args(["build", "--release"]))?;
    for target in targets::pipeline()? {
        process::step(cargo().args(["test", "--release"]).args(&target.selection))?;
    }
    if options.full {
        process::step(cargo().args(["test", "--release", "--test=suite", "--test=integration", "--", "--ignored"]))?;
    }
    Ok(())
}

fn run_named(name: &str, options: &Options) -> Result<()> {
    let mut found = 0;
    for target in targets::that_may_have(name)? {
        build_what_it_starts(&target)?;
        let names = list(&target, name)?;
        if names.is_empty() {
            continue;
        }
        found += names.len();
        let needs = Needs::of(&names);
        if !needs.is_empty() {
            needs.provide(!options.no_install)?;
            build_what_it_starts(&target)?;
        }
        let mut test = cargo();
        test.args(["test", "--release"]).args(&target.selection).arg(name);
        if options.full {
            test.args(["--", "--include-ignored"]);
        }
        process::step(&mut test)?;
    }
    ensure!(found > 0, "no test has `{name}` in its name");
    Ok(())
}

/// Builds the command `wasmc`, which cargo does not know that tests start.
fn build_what_it_starts(target: &Target) -> Result<()> {
    if target.starts_wasmc { process::step(cargo().args(["build", "--release", "--bin=wasmc"])) } else { Ok(()) }
}

/// Builds the tests of `target` and asks them which have `name` in their name.
fn list(target: &Target, name: &str) -> Result<Vec<String>> {
    let mut command = cargo();
    command.args(["test", "--release"]).args(&target.selection).args([name, "--", "--list"]);
    let output = command.stderr(std::process::Stdio::inherit()).output().context("starting cargo")?;
    ensure!(output.status.success(), "the tests do not build");
    let listed = String::from_utf8(output.stdout)?;
    Ok(listed.lines().filter_map(|line| Some(line.strip_suffix(": test")?.to_owned())).collect())
}
