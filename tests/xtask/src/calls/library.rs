//! Calls between a host and a guest that is linked into it: `library.c` beside this file, with both libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::manifest;
use crate::markdown::{number, table};
use crate::peers::wasmtime::{self, Platform};
use crate::process;

/// Calls in a row that take a measurable time.
const CALLS: u32 = 2_000_000;

/// Measures so many rounds, and prints the table.
pub fn run(rounds: u32) -> Result<()> {
    let library = wasmtime::library(Platform::of_host().context("there is no Wasmtime for this machine")?)?;
    let folder = tempfile::tempdir()?;
    let program = build(folder.path(), &library)?;
    let mut command = Command::new(program);
    command.arg(guest()).args([CALLS.to_string(), rounds.to_string()]);
    let finished = process::run(command, None)?;
    ensure!(finished.status == 0, "{}", String::from_utf8_lossy(&finished.stderr));
    let mut lines = vec![["call", "wasmc, ns", "Wasmtime, ns", "ratio"].map(String::from).to_vec()];
    for line in String::from_utf8(finished.stdout)?.lines() {
        let [name, ours, theirs, ratio] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        let cell = |text: &str, digits| Ok::<_, anyhow::Error>(number(Some(text.parse()?), digits));
        lines.push(vec![name.to_owned(), cell(ours, 2)?, cell(theirs, 2)?, cell(ratio, 2)?]);
    }
    println!("{}", table(&lines));
    Ok(())
}

fn guest() -> PathBuf {
    manifest::root().join("fixtures/library/calls/guest.wat")
}

/// The program, with the guest's library and Wasmtime's.
fn build(folder: &Path, wasmtime: &Path) -> Result<PathBuf> {
    let root = manifest::root();
    let archive = folder.join("libguest.a");
    let wasmc = root.join("target/release/wasmc");
    for (emit, output) in [("staticlib", &archive), ("header", &folder.join("guest.h"))] {
        let mut command = Command::new(&wasmc);
        command.arg(guest()).args(["--emit", emit]).arg("-o").arg(output);
        process::tool(command).context("wasmc is not built: cargo build --release")?;
    }
    let program = folder.join("library");
    let libraries = wasmtime.parent().context("the library lies in a folder")?;
    let mut cc = Command::new("cc");
    cc.arg("-O2").arg("-I").arg(folder).arg(root.join("tests/xtask/src/calls/library.c")).arg(&archive);
    cc.arg("-o").arg(&program).arg("-L").arg(libraries).arg("-l:_libwasmtime.so");
    cc.arg("-Xlinker").arg("-rpath").arg("-Xlinker").arg(libraries);
    process::tool(cc)?;
    Ok(program)
}
