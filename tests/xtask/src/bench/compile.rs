//! `cargo xtask bench --compile`: what compiling takes, compared with Wasmtime, and how large the code is.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use object::{Object as _, ObjectSection as _};

use super::statistics::Spread;
use crate::applications;
use crate::manifest;
use crate::markdown::{number, table};
use crate::peers::wasmtime::Platform;
use crate::peers::{Features, Wasmtime};
use crate::process::{self, Finished};
use crate::subjects;

/// A module with fewer bytes says nothing of compilers.
const LEAST: u64 = 700_000;

/// How wasmc and Wasmtime are started: with one thread, and with two or as many as there are.
const THREADS: [(&str, &[&str], &[&str]); 2] = [("1", &["-j1"], &["one-thread"]), ("2", &["-j2"], &[])];

/// A module that is compiled.
struct Module {
    name: String,
    wasm: PathBuf,
    bytes: u64,
}

/// What rounds took: wall time, processor time and memory, each of ours with the other's.
#[derive(Default)]
struct Rounds {
    wall: Vec<(f64, f64)>,
    processor: Vec<(f64, f64)>,
    memory: Vec<(f64, f64)>,
}

/// The report on all modules that are large enough.
pub fn run(filter: Option<&str>, rounds: u32) -> Result<String> {
    let modules = modules(filter)?;
    ensure!(!modules.is_empty(), "no module of that name is large enough: cargo xtask programs, applications");
    let wasmc = manifest::root().join("target/release/wasmc");
    ensure!(wasmc.is_file(), "{} is missing: cargo build --release --bin wasmc", wasmc.display());
    let platform = Platform::of_host().context("there is no Wasmtime for this machine")?;
    let wasmtime = Wasmtime::make(platform, Features::Host)?;

    let heading =
        ["module", "MB", "threads", "wall, s", "/ wasmtime", "CPU, s", "/ wasmtime", "MB of memory", "/ wasmtime"];
    let mut times = vec![heading.map(str::to_owned).to_vec()];
    let mut sizes = vec![["module", "code section", "-O2 / it", "-Os / it"].map(str::to_owned).to_vec()];
    for module in &modules {
        eprintln!("compiling {}", module.name);
        for (threads, ours, theirs) in THREADS {
            let taken = measure(module, &wasmc, ours, &wasmtime, theirs, rounds)?;
            let mut line = vec![module.name.clone(), megabytes(module.bytes), threads.to_owned()];
            line.extend(columns(&taken.wall, 2).into_iter().chain(columns(&taken.processor, 2)));
            line.extend(columns(&taken.memory, 0));
            times.push(line);
        }
        sizes.push(size_line(module, &wasmc)?);
    }
    let mut text = String::from("# Compiling\n\n");
    let _ = writeln!(
        text,
        "wasmc at -O2 against Wasmtime {}, both for what this machine's processor has: medians of {rounds} rounds, \
         ratios\nwithin a round, with the range of their middle half. Wasmtime takes as many threads as there are \
         where wasmc has\n-j2.\n\n{}",
        crate::peers::wasmtime::VERSION,
        table(&times)
    );
    let _ = writeln!(text, "Bytes of code, divided by those of the module's code section:\n\n{}", table(&sizes));
    Ok(text)
}

/// Modules of others that are there, smallest first.
fn modules(filter: Option<&str>) -> Result<Vec<Module>> {
    let mut paths: Vec<(String, PathBuf)> =
        subjects::of_others(filter)?.into_iter().map(|program| (program.name, program.wasm)).collect();
    for module in manifest::applications()?.module {
        if filter.is_none_or(|filter| module.name.contains(filter)) {
            paths.push((module.name.clone(), applications::module(&module.name)));
        }
    }
    let mut modules = Vec::new();
    for (name, wasm) in paths {
        let Ok(metadata) = fs::metadata(&wasm) else {
            println!("{name} is not there: cargo xtask applications");
            continue;
        };
        if metadata.len() >= LEAST && wasm.extension().is_none_or(|extension| extension != OsStr::new("wat")) {
            modules.push(Module { name, wasm, bytes: metadata.len() });
        }
    }
    modules.sort_by_key(|module| module.bytes);
    Ok(modules)
}

fn measure(
    module: &Module,
    wasmc: &Path,
    ours: &[&str],
    wasmtime: &Wasmtime,
    theirs: &[&str],
    rounds: u32,
) -> Result<Rounds> {
    let folder = tempfile::tempdir()?;
    let mut taken = Rounds::default();
    for _ in 0..rounds {
        let mut command = Command::new(wasmc);
        // Whatever they import: they are not run.
        command.args(["--cpu", "native", "--unknown-imports=trap"]).args(ours);
        command.arg(&module.wasm).arg("-o").arg(folder.path().join("ours"));
        let own = process::tool(command)?;
        let mut command = wasmtime.compiler(&[], &module.wasm, &folder.path().join("theirs"));
        command.args(theirs);
        let other = process::tool(command)?;
        let both = |part: fn(&Finished) -> f64| (part(&own), part(&other));
        taken.wall.push(both(|finished| finished.time.wall.as_secs_f64()));
        taken.processor.push(both(|finished| finished.processor.as_secs_f64()));
        taken.memory.push(both(|finished| finished.memory as f64 / 1e6));
    }
    Ok(taken)
}

/// The median of ours, and the ratio.
fn columns(pairs: &[(f64, f64)], digits: usize) -> [String; 2] {
    let ours = Spread::of(pairs.iter().map(|(ours, _)| *ours).collect());
    let ratio = Spread::of(pairs.iter().map(|(ours, other)| ours / other).collect());
    [number(ours.map(|spread| spread.median), digits), Spread::shown(ratio)]
}

fn size_line(module: &Module, wasmc: &Path) -> Result<Vec<String>> {
    let section = code_section(&fs::read(&module.wasm)?).with_context(|| module.name.clone())?;
    let mut line = vec![module.name.clone(), section.to_string()];
    let folder = tempfile::tempdir()?;
    for level in ["-O2", "-Os"] {
        let artifact = folder.path().join("object");
        let mut command = Command::new(wasmc);
        command.args([level, "--emit", "obj"]).arg(&module.wasm).arg("-o").arg(&artifact);
        process::tool(command)?;
        let bytes = fs::read(&artifact)?;
        let file = object::File::parse(&*bytes)?;
        let text = file.section_by_name(".text").context("the object has no .text")?.size();
        line.push(number(Some(text as f64 / section as f64), 2));
    }
    Ok(line)
}

/// The bytes of a module's code section.
fn code_section(wasm: &[u8]) -> Result<usize> {
    const CODE: u8 = 10;
    let mut rest = wasm.get(8..).context("it is no module")?;
    while let [id, after @ ..] = rest {
        let (size, length) = leb128(after)?;
        if *id == CODE {
            return Ok(size);
        }
        rest = after.get(length + size..).context("a section is cut off")?;
    }
    bail!("it has no code section")
}

/// A number and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    bail!("a number is cut off")
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::code_section;

    #[test]
    fn the_code_section_is_found_behind_others() {
        let mut wasm = b"\0asm\x01\0\0\0\x01\x02ab\x0a\x82\x01".to_vec();
        wasm.extend([0; 130]);
        assert_eq!(code_section(&wasm).unwrap(), 130);
        assert!(code_section(b"\0asm\x01\0\0\0\x01\x05ab").is_err());
        assert!(code_section(b"\0asm\x01\0\0\0").is_err());
    }
}
