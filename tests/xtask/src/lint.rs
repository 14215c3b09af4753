//! `cargo xtask lint`: the rules of the house, clippy over every crate, licences of dependencies.
//!
//! For the compiler and its tests, this program stands between cargo and rustc, as a wrapper: an ordinary build, but
//! its crates go to clippy, which stops before it generates code. Dependencies are those of the real build;
//! `cargo clippy` would compile them once more, for their types alone. Drivers of other people's code are left out:
//! what they drive takes minutes to compile.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Result;

use crate::workspaces::{cargo, cargo_in};
use crate::{licences, process, runtimes};

/// Set for the cargo whose wrapper this program is.
const IS_WRAPPER: &str = "WASMC_XTASK_IS_CLIPPY";

/// The options of `cargo xtask lint`.
#[derive(clap::Args, Default)]
pub struct Options {}

/// Runs the command. Any warning fails it.
pub fn run(_: &Options) -> Result<()> {
    host()?;
    runtimes::lint()
}

/// All but the runtime, for which the libraries of other targets must be there.
pub fn host() -> Result<()> {
    licences::check()?;
    process::step(cargo().args(["test", "--quiet", "--release", "--test=house"]))?;
    let mut build = cargo();
    build.args(["build", "--release", "--lib", "--bins", "--tests"]);
    build.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?).env(IS_WRAPPER, "1");
    process::step(&mut build)?;
    process::step(cargo_in("fixtures/programs").args(["clippy", "--quiet", "--", "-Dwarnings"]))
}

/// Where cargo has started this program as its wrapper, becomes clippy.
pub fn run_as_wrapper() -> Option<anyhow::Error> {
    std::env::var_os(IS_WRAPPER)?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let mut clippy = Command::new("clippy-driver");
    clippy.args(&arguments).env_remove(IS_WRAPPER);
    // Without sources, cargo only asks what the compiler can do.
    if let Some(name) = crate_name(&arguments) {
        clippy.arg("-Dwarnings");
        if name != "build_script_build" {
            // Not a stable option.
            clippy.arg("-Zno-codegen").env("RUSTC_BOOTSTRAP", "1");
        }
    }
    Some(anyhow::Error::from(clippy.exec()).context("starting clippy-driver: `rustup component add clippy`"))
}

/// The name of the crate that rustc is asked to compile.
fn crate_name(arguments: &[OsString]) -> Option<&OsStr> {
    let position = arguments.iter().position(|argument| argument == "--crate-name")?;
    arguments.get(position + 1).map(OsString::as_os_str).filter(|name| *name != "___")
}
