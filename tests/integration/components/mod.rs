//! Components: programs of many core modules (component model; WASI 0.2).
//!
//! Every program of `fixtures/programs` that WASI preview 1 suffices for is also a component, made of it and of the
//! adapter from preview 1 to WASI 0.2: it must do the same. What only components have is said by texts in
//! `fixtures/components`, each with what it must do in its first lines.

mod passing;

use crate::programs::{self, Case};
use crate::support::{Bench, Machine, check_all, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

/// Programs that are no components: the first words of the names of their runs, and why. What the adapter does
/// otherwise was compared with Wasmtime 49, which does the same with these components.
const NOT_COMPONENTS: [(&[&str], &str); 6] = [
    (&["embed/"], "the adapter says less of `..`, and has fewer descriptors: see `fixtures/preview2/embedded.wat`"),
    (&["thread_instances/", "threads/"], "components start no threads of wasi-threads"),
    (&["memory64/"], "the adapter works on memories with 32-bit indices"),
    (&["empty/", "gc_", "unstable/"], "their modules import memories, or another interface than preview 1"),
    (&["exceptions/"], "their memory cannot grow, which the adapter's state needs"),
    (
        &[
            "exit_status/three",
            "exit_status/largest",
            "rust_std/",
            "files/",
            "fd_io/",
            "fd_state/",
            "readdir_facts/",
            "path/",
            "path_open/",
            "poll/",
            "process/",
        ],
        "the adapter has no exit status but 0 and 1, reads into the first buffer alone, and has other errors",
    ),
];

/// A module of preview 1 as a component.
pub fn component(module: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(module).map_err(|error| format!("{}: {error}", module.display()))?;
    let bytes = if bytes.starts_with(b"\0asm") { bytes } else { to_binary(&bytes)? };
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder.module(&bytes).and_then(|encoder| {
        encoder.adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?.encode()
    });
    encoded.map_err(|error| format!("{}: {error:#}", module.display()))
}

fn to_binary(text: &[u8]) -> Result<Vec<u8>, String> {
    wasmc_frontend::to_binary(text).map(|bytes| bytes.into_owned()).map_err(|error| error.to_string())
}

/// The runs of programs that are components.
pub fn cases() -> Vec<Case> {
    let mut cases = programs::own();
    let names = || NOT_COMPONENTS.iter().flat_map(|(names, _)| *names);
    cases.retain(|case| names().all(|name| !case.name.starts_with(name)));
    cases
}

fn check(case: &Case, machine: Machine) -> Result<(), String> {
    let bench = Bench::new();
    let component = bench.write("component.wasm", component(&case.wasm)?);
    programs::check_with(&case.with_module(component), machine, &bench, |image| machine.start(image)).map(drop)
}

#[test]
fn programs_of_preview_1_do_the_same_as_components() {
    check_all(&cases(), |case| check(case, Machine::default()));
}

/// What a text says that it does, in lines that begin with `;;!`: `status N`, `stdout TEXT`, `stderr TEXT`.
struct Expected {
    path: PathBuf,
    status: i32,
    stdout: String,
    stderr: Vec<String>,
    /// Where it is refused: what is said.
    refused: Vec<String>,
}

fn texts() -> Vec<Expected> {
    let folder = root().join("fixtures/components");
    let files = std::fs::read_dir(&folder).expect("the folder can be listed");
    let paths = files.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "wat")).collect();
    paths.sort();
    paths.into_iter().map(expected).collect()
}

fn expected(path: PathBuf) -> Expected {
    let source = std::fs::read_to_string(&path).expect("the text can be read");
    let mut expected = Expected { path, status: 0, stdout: String::new(), stderr: Vec::new(), refused: Vec::new() };
    for line in source.lines().filter_map(|line| line.strip_prefix(";;! ")) {
        match line.split_once(' ').expect("a word and a value") {
            ("status", status) => expected.status = status.parse().expect("a number"),
            ("stdout", line) => expected.stdout += &format!("{line}\n"),
            ("stderr", text) => expected.stderr.push(text.into()),
            ("refused", text) => expected.refused.push(text.into()),
            (other, _) => panic!("{}: {other}", expected.path.display()),
        }
    }
    expected
}

fn check_text(expected: &Expected, machine: Machine) -> Result<(), String> {
    let bench = Bench::new();
    let name = expected.path.display();
    let image = bench.path("image");
    let compiled = finish(wasmc().arg(&expected.path).arg("-o").arg(&image).args(machine.options));
    let said = text(&compiled.stderr);
    if !expected.refused.is_empty() {
        let says_all = expected.refused.iter().all(|part| said.contains(part.as_str()));
        let is_refused = compiled.status.code() == Some(1) && says_all && !image.exists();
        return if is_refused { Ok(()) } else { Err(format!("{name}: {}\n{said}", compiled.status)) };
    }
    if !compiled.status.success() {
        return Err(format!("{name}: {said}"));
    }
    let run = finish(&mut machine.start(&image));
    let (stdout, stderr) = (text(&run.stdout), text(&run.stderr));
    let says_all = expected.stderr.iter().all(|part| stderr.contains(part.as_str()));
    let is_quiet = stderr.is_empty() || !expected.stderr.is_empty();
    match run.status.code() == Some(expected.status) && stdout == expected.stdout && says_all && is_quiet {
        true => Ok(()),
        false => Err(format!("{name}: {}\n{stdout}\n{stderr}", run.status)),
    }
}

#[test]
fn components_do_what_their_texts_say() {
    check_all(&texts(), |expected| check_text(expected, Machine::default()));
}

#[test]
fn components_do_the_same_without_optimisation_and_with_explicit_bounds_checks() {
    check_all(&texts(), |expected| check_text(expected, Machine::with(&["-O0", "--bounds=explicit"])));
}

#[test]
fn what_instances_share_counts_once_against_limits() {
    // Two pages, a table of eight elements and another page.
    let shared = texts().into_iter().find(|text| text.path.ends_with("shared_everything.wat")).expect("it is there");
    check_text(&shared, Machine::with(&["--max-memory=196672"])).expect("the third page is granted");
}
