//! `cargo xtask test`: everything that must hold before a change lands, and what it needs installed.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{process, programs, runtimes};

/// The options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Do not install missing Debian packages.
    #[arg(long)]
    no_install: bool,

    /// Also run the tests that take minutes: the official suite under every option that changes code.
    #[arg(long)]
    full: bool,

    /// Only run tests whose name contains this; leave out formatting and lints.
    #[arg(value_name = "NAME")]
    filter: Option<String>,
}

/// Programs the tests run, and the Debian packages that have them.
const TOOLS: [(&str, &str); 3] = [("cc", "gcc"), ("ar", "binutils"), ("strace", "strace")];

/// Programs for tests of other targets, which are left out without them.
const CROSS_TOOLS: [(&str, &str); 7] = [
    ("qemu-riscv64", "qemu-user"),
    ("qemu-system-aarch64", "qemu-system-arm"),
    ("qemu-system-riscv64", "qemu-system-misc"),
    ("/usr/bin/rustc", "rustc-web"),
    ("/usr/lib/rustlib/src/rust/library/core/src/lib.rs", "rust-web-src"),
    ("file", "file"),
    ("llvm-readobj-19", "llvm-19"),
];

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    if !options.no_install {
        install(&TOOLS)?;
    }
    if let Err(error) = provide_cross(options) {
        println!("tests of other targets are left out: {error:#}");
    }
    if let Err(error) = programs::run(&programs::Options::default()) {
        println!("programs of others could not be downloaded; they are left out of the tests: {error:#}");
    }
    if options.filter.is_none() {
        cargo(&["fmt", "--all", "--check"])?;
        cargo(&["fmt", "--manifest-path", "runtime-lib/Cargo.toml", "--check"])?;
    }
    // The tests start the command that lies beside them. With the whole workspace, dependencies are built once.
    cargo(&["build", "--release", "--workspace"])?;
    let mut test = vec!["test", "--release", "--workspace"];
    test.extend(options.filter.as_deref());
    cargo(&test)?;
    if options.full {
        cargo(&["test", "--release", "--package", "wasmc-tests", "--test", "suite", "--", "--ignored"])?;
    }
    if options.filter.is_none() {
        cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    }
    Ok(())
}

/// Installs emulators, and builds the runtimes of other targets for wasmc to embed.
fn provide_cross(options: &Options) -> Result<()> {
    if !options.no_install {
        install(&CROSS_TOOLS)?;
    }
    runtimes::run(&runtimes::Options::default())
}

/// Installs the packages of programs and files that are missing.
fn install(tools: &[(&str, &str)]) -> Result<()> {
    let is_there =
        |tool: &str| if tool.starts_with('/') { Path::new(tool).exists() } else { process::find(tool).is_some() };
    let missing: Vec<&str> = tools.iter().filter(|(tool, _)| !is_there(tool)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { apt_get(&missing) }
}

fn apt_get(packages: &[&str]) -> Result<()> {
    let advice = format!("the tests need these packages: {}", packages.join(" "));
    ensure!(process::find("apt-get").is_some(), "{advice}");
    step("apt-get", &["update"]).with_context(|| advice.clone())?;
    let install = ["install", "--yes", "--no-install-recommends"].into_iter().chain(packages.iter().copied());
    step("apt-get", &install.collect::<Vec<_>>()).context(advice)
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
