//! Programs of `fixtures/programs` as components: modules of preview 1 with the adapter to WASI 0.2, made by the crate
//! `wit-component` and by `jco`, and for the target `wasm32-wasip2`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

use super::program::{Build, Check, Program};
use super::tools::{self, Tools};
use crate::manifest::{self, Language};
use crate::{process, toolchain};

/// The programs, in C and in Rust.
const NAMES: [&str; 6] = ["hello", "levenshtein", "sha256", "json_format", "hash_map", "panic"];

/// Those that `jco` makes, too.
const BY_JCO: &str = "hello";

/// Those that are compiled for `wasm32-wasip2`, too.
const FOR_WASIP2: &str = "json_format";

/// The programs.
pub fn programs(tools: &Tools) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for program in manifest::programs(None)?.into_iter().filter(|program| NAMES.contains(&program.name.as_str())) {
        let language = program.language()?;
        let (compiler, name) = match language {
            Language::Rust => ("rustc", format!("Rust std: {}", program.name)),
            _ => ("clang", format!("C: {}", program.name)),
        };
        let checks = || checks(&program);
        // Where the compiler is not there, the committed module is what it made.
        let (compiler, module) = match toolchain::check(&[language]) {
            Ok(()) => (compiler, toolchain::build_wasm(&toolchain::Source::of_program(&program)?)?),
            Err(_) => ("committed module", fs::read(manifest::programs_folder().join(&program.wasm))?),
        };
        let mut add = |name: String, built_by: String, build: Build| {
            programs.push(Program { checks: checks()?, ..Program::new(name, built_by, build) });
            anyhow::Ok(())
        };
        if program.name == BY_JCO {
            let (jco, module) = (tools.jco.clone(), module.clone());
            let build = move |path: &Path| {
                let source = path.with_extension("module.wasm");
                fs::write(&source, &module)?;
                let command = jco.command(manifest::root());
                tools::run(command, |command| {
                    command.arg("new").arg(&source).args(["--wasi-command", "-o"]).arg(path);
                })
            };
            add(format!("{name}, by jco"), format!("{compiler}, jco new"), Box::new(build))?;
        }
        if program.name == FOR_WASIP2 {
            let source = manifest::programs_folder().join(&program.source);
            let build = move |path: &Path| for_wasip2(&source, path);
            add(format!("{name}, wasm32-wasip2"), "rustc".into(), Box::new(build))?;
        }
        let build = move |path: &Path| {
            fs::write(path, adapted(&module)?)?;
            Ok(None)
        };
        add(name, format!("{compiler}, wit-component"), Box::new(build))?;
    }
    Ok(programs)
}

/// A module of preview 1 as a component.
fn adapted(module: &[u8]) -> Result<Vec<u8>> {
    let (name, adapter) = (WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER);
    ComponentEncoder::default().module(module)?.adapter(name, adapter)?.encode()
}

/// Compiles for `wasm32-wasip2`, where the toolchain has the library of that target.
fn for_wasip2(source: &Path, output: &Path) -> Result<Option<String>> {
    const TARGET: &str = "wasm32-wasip2";
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(manifest::root());
    let libraries = String::from_utf8(process::tool(rustc)?.stdout)?;
    if !Path::new(libraries.trim()).is_dir() {
        return Ok(Some(format!("rustup target add {TARGET}")));
    }
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "-Copt-level=3", "--target", TARGET]).arg(source).arg("-o").arg(output);
    rustc.current_dir(manifest::root());
    process::tool(rustc)?;
    Ok(None)
}

/// The runs of the table that need no files and no environment.
fn checks(program: &manifest::Program) -> Result<Vec<Check>> {
    let folder = manifest::programs_folder();
    let plain = program.run.iter().filter(|run| {
        let is_given = !run.dirs.is_empty() || !run.embed.is_empty() || run.scratch.is_some() || !run.env.is_empty();
        !is_given && !run.any_stdout
    });
    let read = |path: &Option<std::path::PathBuf>| match path {
        Some(path) => fs::read(folder.join(path)),
        None => Ok(Vec::new()),
    };
    plain
        .map(|run| {
            let (stdin, stdout) = (read(&run.stdin)?, read(&run.stdout)?);
            Ok(Check { args: run.args.clone(), stdin, stdout, status: run.status })
        })
        .collect()
}
