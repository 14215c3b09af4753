//! `cargo xtask runtimes`: builds the runtime for targets other than this machine, where `wasmc`'s own build finds and
//! embeds it.
//!
//! A target's standard library comes from rustup where it can be had (`rustup target add`), else `core` is built from
//! the library sources of Debian's `rust-web-src` by the compiler in `rustc-web`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspaces::cargo;
use crate::{manifest, process};

/// The options of `cargo xtask runtimes`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only the target of this name.
    #[arg(value_name = "TARGET")]
    target: Option<String>,
}

#[path = "../../../compiler/driver/runtime_build.rs"]
mod runtime_build;

use runtime_build::{TARGETS, VARIANTS};

/// Names of the runtimes.
pub const NAMES: &[&str] = &{
    let mut names = [""; TARGETS.len()];
    let mut number = 0;
    while number < names.len() {
        names[number] = TARGETS[number].0;
        number += 1;
    }
    names
};

/// Where cargo builds them: not where the results are, which wasmc's build script watches.
const WORK: &str = "target/runtime-lib";

/// Debian's compiler and library sources, for targets that rustup's compiler has no libraries of.
pub const DEBIAN_FILES: [&str; 2] = ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"];

/// The clippy of Debian's compiler.
pub const DEBIAN_CLIPPY: &str = "/usr/bin/clippy-driver";

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    match &options.target {
        Some(name) => build(&[name])?,
        None => build(NAMES)?,
    }
    println!("`cargo build --release --bin wasmc` now embeds them");
    Ok(())
}

/// Builds the runtimes of the targets with these names and puts them where wasmc's build script looks for them.
pub fn build(names: &[&str]) -> Result<()> {
    names.iter().try_for_each(|name| VARIANTS.iter().try_for_each(|&variant| build_one(name, variant)))
}

/// Runs clippy on the runtime, for every target whose libraries are there: rustup's, or those that Debian's compiler
/// makes.
pub fn lint() -> Result<()> {
    let has_debian = DEBIAN_FILES.iter().chain([&DEBIAN_CLIPPY]).all(|file| Path::new(file).exists());
    for (name, triple) in TARGETS {
        if has_library(name) {
            for (_, feature) in VARIANTS {
                process::step(command("clippy", (triple, feature)).args(["--", "-Dwarnings"]))?;
            }
        } else if has_debian {
            for (_, feature) in VARIANTS {
                process::step(&mut debian_clippy((triple, feature)))?;
            }
        } else {
            println!(
                "the runtime for {name} is not linted: run `rustup target add {triple}`, or where that does not work \
                 `apt-get install rustc-web rust-web-src rust-web-clippy`"
            );
        }
    }
    Ok(())
}

/// Debian's clippy as cargo's wrapper: `cargo clippy` itself would start rustup's. It works where the runtime is built,
/// so that `core` is compiled once for both.
fn debian_clippy(built: (&str, &str)) -> Command {
    let (root, work) = (manifest::root(), manifest::root().join(WORK).join("build"));
    let mut cargo = runtime_build::command(cargo().get_program(), "check", &root.join("runtime-lib"), built, &work);
    cargo.args(["--quiet", "--locked", "-Zbuild-std=core"]);
    cargo.env("RUSTC", DEBIAN_FILES[0]).env("RUSTC_BOOTSTRAP", "1");
    // As `cargo clippy` passes on what comes after `--`.
    cargo.env("RUSTC_WORKSPACE_WRAPPER", DEBIAN_CLIPPY).env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
    cargo
}

/// Writes the documentation of the runtime, as it is for x86-64 Linux.
pub fn doc(flags: &str) -> Result<()> {
    let mut cargo = command("doc", ("x86_64-unknown-linux-gnu", VARIANTS[1].1));
    process::step(cargo.args(["--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", flags))
}

/// A cargo that does what `subcommand` says with the runtime, for a triple and with a feature.
fn command(subcommand: &str, built: (&str, &str)) -> Command {
    let root = manifest::root();
    let work = root.join(WORK).join(subcommand);
    let mut cargo = runtime_build::command(cargo().get_program(), subcommand, &root.join("runtime-lib"), built, &work);
    cargo.arg("--locked");
    cargo
}

fn build_one(name: &str, (suffix, feature): (&str, &str)) -> Result<()> {
    let triple = triple(name)?;
    let (root, work) = (manifest::root(), manifest::root().join(WORK).join("build"));
    let folder = root.join("runtime-lib");
    let mut cargo = runtime_build::build(cargo().get_program(), &folder, (triple, feature), &work);
    cargo.arg("--locked");
    if !has_library(name) {
        ensure!(
            DEBIAN_FILES.iter().all(|file| Path::new(file).exists()),
            "no standard library for {triple}: run `rustup target add {triple}`, or where that does not work \
             `apt-get install rustc-web rust-web-src`"
        );
        cargo.env("RUSTC", DEBIAN_FILES[0]).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
    }
    let time = process::tool(cargo)?.time.wall;
    let output = runtime_build::output(&work, triple);
    let built = fs::read(&output).with_context(|| format!("reading {}", output.display()))?;
    let fingerprint = runtime_build::fingerprint(root)?;
    let folder = root.join(runtime_build::FOLDER).join(format!("{name}{suffix}"));
    let (library, sources) = (folder.join(runtime_build::LIBRARY), folder.join(runtime_build::FINGERPRINT));
    let is = |path: &Path, contents: &[u8]| fs::read(path).is_ok_and(|present| present == contents);
    // Files that stay as they are keep their times, so that wasmc stays fresh.
    if !is(&library, &built) || !is(&sources, fingerprint.as_bytes()) {
        fs::create_dir_all(&folder)?;
        // Written last: a runtime without it is not taken.
        let _ = fs::remove_file(&sources);
        fs::write(&library, &built)?;
        fs::write(&sources, fingerprint)?;
    }
    println!(
        "runtime for {:<26}{:>6} KiB {:>6.1} s",
        format!("{name}{suffix}"),
        built.len() / 1024,
        time.as_secs_f64()
    );
    Ok(())
}

fn triple(name: &str) -> Result<&'static str> {
    let target = TARGETS.iter().find(|target| target.0 == name);
    let (_, triple) = target.with_context(|| format!("no target {name}; there are: {}", NAMES.join(", ")))?;
    Ok(triple)
}

/// Whether the compiler that cargo uses has the libraries of the target `name`.
pub fn has_library(name: &str) -> bool {
    triple(name).is_ok_and(|triple| runtime_build::has_core("rustc", triple))
}
