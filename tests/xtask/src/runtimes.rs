//! `cargo xtask runtimes`: builds the runtime for targets other than this machine, where `wasmc`'s own build finds and
//! embeds it.
//!
//! A target's standard library comes from rustup where it can be had (`rustup target add`), else `core` is built from
//! the library sources of Debian's `rust-web-src` by the compiler in `rustc-web`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspaces::cargo_in;
use crate::{manifest, process};

/// The options of `cargo xtask runtimes`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only the target of this name.
    #[arg(value_name = "TARGET")]
    target: Option<String>,
}

/// Targets by our name, and what rustc calls them.
const TARGETS: &[(&str, &str)] = &[
    ("aarch64-linux", "aarch64-unknown-linux-musl"),
    ("aarch64-macos", "aarch64-apple-darwin"),
    ("aarch64-none", "aarch64-unknown-none"),
    ("riscv64-linux", "riscv64gc-unknown-linux-musl"),
    ("riscv64-none", "riscv64gc-unknown-none-elf"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-macos", "x86_64-apple-darwin"),
];

/// Their names.
pub const NAMES: &[&str] = &{
    let mut names = [""; TARGETS.len()];
    let mut number = 0;
    while number < names.len() {
        names[number] = TARGETS[number].0;
        number += 1;
    }
    names
};

#[path = "../../../compiler/driver/runtime_sources.rs"]
mod runtime_sources;

const LIBRARY: &str = "libwasmc_runtime.a";

/// Debian's compiler and library sources, for targets that rustup's compiler has no libraries of.
pub const DEBIAN_FILES: [&str; 2] = ["/usr/bin/rustc", "/usr/lib/rustlib/src/rust/library/core/src/lib.rs"];

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
    names.iter().try_for_each(|name| build_one(name))
}

/// Runs clippy on the runtime, for every target that rustc has the libraries of.
pub fn lint() -> Result<()> {
    for &(name, triple) in TARGETS {
        if has_library(name) {
            process::step(cargo_for(triple, "clippy", "lint").args(["--", "-Dwarnings"]))?;
        } else {
            println!("the runtime for {name} is not linted: run `rustup target add {triple}`");
        }
    }
    Ok(())
}

/// A cargo that compiles the runtime, in `target/runtimes/FOLDER`.
fn cargo_for(triple: &str, command: &str, folder: &str) -> Command {
    // Started in the runtime's folder, so that the flags in its `.cargo/config.toml` apply.
    let mut cargo = cargo_in("runtime-lib");
    runtime_sources::set_environment(&mut cargo, triple);
    cargo.env("CARGO_TARGET_DIR", manifest::root().join("target/runtimes").join(folder));
    cargo.args([command, "--release", "--locked", "--target", triple]);
    cargo
}

fn build_one(name: &str) -> Result<()> {
    let triple = triple(name)?;
    let mut cargo = cargo_for(triple, "build", "build");
    if !has_library(name) {
        ensure!(
            DEBIAN_FILES.iter().all(|file| Path::new(file).exists()),
            "no standard library for {triple}: run `rustup target add {triple}`, or where that does not work \
             `apt-get install rustc-web rust-web-src`"
        );
        cargo.env("RUSTC", DEBIAN_FILES[0]).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
    }
    let time = process::tool(cargo)?.time.wall;
    let output = manifest::root().join("target/runtimes/build").join(triple).join("release").join(LIBRARY);
    let built = fs::read(&output).with_context(|| format!("reading {}", output.display()))?;
    let fingerprint = runtime_sources::fingerprint(manifest::root())?;
    let folder = manifest::root().join("target/runtimes").join(name);
    let (library, sources) = (folder.join(LIBRARY), folder.join(runtime_sources::FINGERPRINT));
    let is = |path: &Path, contents: &[u8]| fs::read(path).is_ok_and(|present| present == contents);
    // Files that stay as they are keep their times, so that wasmc stays fresh.
    if !is(&library, &built) || !is(&sources, fingerprint.as_bytes()) {
        fs::create_dir_all(&folder)?;
        // Written last: a runtime without it is not taken.
        let _ = fs::remove_file(&sources);
        fs::write(&library, &built)?;
        fs::write(&sources, fingerprint)?;
    }
    println!("runtime for {name:<16}{:>6} KiB {:>6.1} s", built.len() / 1024, time.as_secs_f64());
    Ok(())
}

fn triple(name: &str) -> Result<&'static str> {
    let target = TARGETS.iter().find(|target| target.0 == name);
    let (_, triple) = target.with_context(|| format!("no target {name}; there are: {}", NAMES.join(", ")))?;
    Ok(triple)
}

/// Whether the compiler that cargo uses has the libraries of the target `name`.
pub fn has_library(name: &str) -> bool {
    let Ok(triple) = triple(name) else { return false };
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", triple]);
    process::tool(rustc).is_ok_and(|finished| {
        let folder = String::from_utf8_lossy(&finished.stdout).trim().to_string();
        fs::read_dir(folder).is_ok_and(|files| files.count() > 0)
    })
}
