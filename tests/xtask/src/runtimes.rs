//! `cargo xtask runtimes`: builds the runtime for targets other than this machine, where `wasmc`'s own build finds and
//! embeds it.
//!
//! A target's standard library comes from rustup where it can be had (`rustup target add`), else `core` is built from the
//! library sources of Debian's `rust-web-src` by the compiler in `rustc-web`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{manifest, process};

/// The options of `cargo xtask runtimes`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only the target of this name.
    #[arg(value_name = "TARGET")]
    target: Option<String>,
}

/// Targets by our name, and what rustc calls them.
const TARGETS: [(&str, &str); 7] = [
    ("aarch64-linux", "aarch64-unknown-linux-musl"),
    ("aarch64-macos", "aarch64-apple-darwin"),
    ("aarch64-none", "aarch64-unknown-none"),
    ("riscv64-linux", "riscv64gc-unknown-linux-musl"),
    ("riscv64-none", "riscv64gc-unknown-none-elf"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-macos", "x86_64-apple-darwin"),
];

#[path = "../../../compiler/driver/runtime_sources.rs"]
mod runtime_sources;

const LIBRARY: &str = "libwasmc_runtime.a";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/core/src/lib.rs";

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let wanted = |name: &str| options.target.as_deref().is_none_or(|target| target == name);
    let targets: Vec<_> = TARGETS.iter().filter(|(name, _)| wanted(name)).collect();
    let names = TARGETS.map(|(name, _)| name).join(", ");
    ensure!(!targets.is_empty(), "there is no such target; these are: {names}");
    for (name, triple) in targets {
        build(name, triple)?;
    }
    println!("`cargo build --release` now embeds them");
    Ok(())
}

fn build(name: &str, triple: &str) -> Result<()> {
    let source = manifest::root().join("runtime-lib");
    let folder = manifest::root().join("target/runtimes").join(name);
    fs::create_dir_all(&folder)?;
    let work = manifest::root().join("target/runtimes/build");
    let mut cargo = Command::new(process::find("cargo").context("cargo is not on PATH")?);
    // Started in the runtime's folder, so that the flags in its `.cargo/config.toml` apply.
    cargo.current_dir(&source).args(["build", "--release", "--locked", "--target", triple, "--target-dir"]).arg(&work);
    runtime_sources::set_environment(&mut cargo, triple);
    if !has_library(triple) {
        ensure!(
            Path::new(DEBIAN_RUSTC).exists() && Path::new(DEBIAN_SOURCES).exists(),
            "no standard library for {triple}: run `rustup target add {triple}`, or where that does not work \
             `apt-get install rustc-web rust-web-src`"
        );
        cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core");
    }
    process::tool(cargo)?;
    let library = work.join(triple).join("release").join(LIBRARY);
    let to = folder.join(LIBRARY);
    let sources = folder.join(runtime_sources::FINGERPRINT);
    // Written last: a runtime without it is not taken.
    let _ = fs::remove_file(&sources);
    let size = fs::copy(&library, &to).with_context(|| format!("copying {}", library.display()))?;
    fs::write(&sources, runtime_sources::fingerprint(manifest::root())?)?;
    println!("{name:<16}{:>6} KiB  {}", size / 1024, to.display());
    Ok(())
}

/// Whether the compiler that cargo uses has the target's libraries.
fn has_library(triple: &str) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", triple]);
    match process::tool(rustc) {
        Ok(finished) => {
            let folder = String::from_utf8_lossy(&finished.stdout).trim().to_string();
            fs::read_dir(folder).is_ok_and(|files| files.count() > 0)
        }
        Err(_) => false,
    }
}
