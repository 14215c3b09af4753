//! The functions of WASI 0.2, called by components that are made of core modules and of the rows of what they import.
//!
//! `fixtures/preview2` has the modules. Each says in its first lines, which begin with `;;!`, what it must do: `status
//! N`, `stdout TEXT`, `stderr TEXT`; what it is given: `option OPTION`, `grant OPTION`
//! when it starts, and `stdin TEXT`; what is in the folder that
//! `{scratch}` in an option stands for: `file NAME TEXT`; and how its strings are encoded, where that is not UTF-8:
//! `encoding NAME`.

mod lookup;
mod pipes;
mod text;

use crate::support::{Bench, Machine, check_all, finish, root, text as string, wasmc};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use text::component;
use wasmc_abi::grants::RUN_TIME_VARIABLE;
use wasmc_abi::preview2;
use wasmc_abi::signature::ValueType;

/// A component that imports every function, by the types that their rows say.
pub fn importer_component(encoding: &str) -> String {
    component(&importer(), encoding)
}

fn importer() -> String {
    let mut module = String::from("(module\n");
    let flat = |types: &[ValueType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    for row in preview2::functions() {
        let params = flat(&row.signature.params[1..]);
        let results = flat(row.signature.results);
        let (interface, name) = (row.interface, row.name);
        writeln!(module, "(import {interface:?} {name:?} (func (param {params}) (result {results})))").unwrap();
    }
    // Imports that nothing calls are dropped: a table refers to all.
    let count = preview2::functions().count();
    let all: Vec<String> = (0..count).map(|index| index.to_string()).collect();
    writeln!(module, "(table funcref (elem {}))", all.join(" ")).unwrap();
    module.push_str("(func (export \"run\") (result i32) (i32.const 0)))");
    module
}

/// Every function has a definition, whose flat type follows from the type of its row; and the compiler takes its
/// import.
#[test]
fn every_function_can_be_imported_by_its_type() {
    let encodings = ["utf8", "utf16", "latin1+utf16"];
    check_all(&encodings, |encoding| {
        let bench = Bench::new();
        let source = bench.write("importer.wat", importer_component(encoding));
        let image = bench.path("image");
        let compiled = finish(wasmc().arg(&source).arg("-o").arg(&image));
        if !compiled.status.success() {
            return Err(format!("{encoding}: {}", string(&compiled.stderr)));
        }
        let run = finish(&mut Machine::default().start(&image));
        if run.status.success() { Ok(()) } else { Err(format!("{encoding}: {}", string(&run.stderr))) }
    });
}

/// A module and what it must do.
pub struct Case {
    path: PathBuf,
    encoding: String,
    /// What the component is compiled with.
    pub options: Vec<String>,
    /// What is granted when it is started.
    pub grants: Vec<String>,
    files: Vec<(String, String)>,
    stdin: String,
    status: i32,
    stdout: String,
    /// What standard error has.
    pub stderr: Vec<String>,
}

fn cases() -> Vec<Case> {
    let folder = std::fs::read_dir(root().join("fixtures/preview2")).expect("the folder can be listed");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(case).collect()
}

/// The component of a module, as the module says.
pub fn component_of(path: &Path) -> String {
    let module = std::fs::read_to_string(path).expect("the module can be read");
    component(&module, &case(path.to_owned()).encoding)
}

/// What a module says that it must do.
pub fn case(path: PathBuf) -> Case {
    let source = std::fs::read_to_string(&path).expect("the text can be read");
    let (options, grants, files, stderr) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (stdin, stdout) = (String::new(), String::new());
    let encoding = "utf8".into();
    let mut case = Case { path, encoding, options, grants, files, stdin, status: 0, stdout, stderr };
    for line in source.lines().filter_map(|line| line.strip_prefix(";;! ")) {
        let (word, rest) = line.split_once(' ').expect("a word and a value");
        match word {
            "encoding" => case.encoding = rest.into(),
            "option" => case.options.push(rest.into()),
            "grant" => case.grants.push(rest.into()),
            "file" => {
                let (name, text) = rest.split_once(' ').expect("a name and what the file holds");
                case.files.push((name.into(), text.into()));
            }
            "stdin" => case.stdin += &format!("{rest}\n"),
            "status" => case.status = rest.parse().expect("a number"),
            "stdout" => case.stdout += &format!("{rest}\n"),
            "stderr" => case.stderr.push(rest.into()),
            other => panic!("{}: {other}", case.path.display()),
        }
    }
    case
}

fn check(case: &Case, machine: Machine) -> Result<(), String> {
    check_started(case, |bench, options| {
        let source = bench.write("component.wat", component_of(&case.path));
        let image = bench.path("image");
        let compiled = finish(wasmc().arg(&source).arg("-o").arg(&image).args(machine.options).args(options));
        if compiled.status.success() { Ok(machine.start(&image)) } else { Err(string(&compiled.stderr)) }
    })
}

/// Checks what a program does that `start` makes in a bench, with these options.
///
/// # Errors
/// What is not as the module says.
pub fn check_started(
    case: &Case,
    start: impl FnOnce(&Bench, Vec<String>) -> Result<Command, String>,
) -> Result<(), String> {
    let name = case.path.display();
    let bench = Bench::new();
    let scratch = bench.path("scratch");
    std::fs::create_dir(&scratch).map_err(|error| error.to_string())?;
    for (name, text) in &case.files {
        std::fs::write(scratch.join(name), text).map_err(|error| error.to_string())?;
    }
    let options = case.options.iter().map(|option| option.replace("{scratch}", &scratch.to_string_lossy()));
    let mut run = start(&bench, options.collect()).map_err(|error| format!("{name}: {error}"))?;
    let stdin = std::fs::File::open(bench.write("stdin", &case.stdin)).map_err(|error| error.to_string())?;
    if !case.grants.is_empty() {
        run.env(RUN_TIME_VARIABLE, case.grants.join(" "));
    }
    let run = run.stdin(Stdio::from(stdin)).output().map_err(|error| error.to_string())?;
    let (stdout, stderr) = (string(&run.stdout), string(&run.stderr));
    let says_all = case.stderr.iter().all(|part| stderr.contains(part.as_str()));
    let is_quiet = stderr.is_empty() || !case.stderr.is_empty();
    match run.status.code() == Some(case.status) && stdout == case.stdout && says_all && is_quiet {
        true => Ok(()),
        false => Err(format!("{name}: {}\n{stdout}\n{stderr}", run.status)),
    }
}

/// Checks all modules on a machine.
pub fn check_on(machine: Machine) {
    check_all(&cases(), |case| check(case, machine));
}

#[test]
fn functions_do_what_the_specification_says() {
    check_on(Machine::default());
}

#[test]
fn functions_do_the_same_confined_and_with_explicit_bounds_checks() {
    check_on(Machine::with(&["--confine=strict", "--bounds=explicit"]));
}

/// The component of a module of `fixtures/preview2`, in a file of the bench.
fn fixture(bench: &Bench, name: &str) -> PathBuf {
    let module = std::fs::read_to_string(root().join("fixtures/preview2").join(name)).expect("it is there");
    bench.write(name, component(&module, "utf8"))
}

#[test]
fn grants_of_the_network_are_shown_and_can_be_given_when_a_component_starts() {
    let bench = Bench::new();
    let image = bench.path("image");
    let grants = ["--net=127.0.0.1:*", "--allow-ip-name-lookup"];
    let compiled = finish(wasmc().arg(fixture(&bench, "udp.wat")).arg("-o").arg(&image).args(grants));
    assert_eq!(string(&compiled.stderr), "");
    let inspected = string(&finish(wasmc().arg("inspect").arg(&image)).stdout);
    assert!(inspected.contains("--net 127.0.0.1:*") && inspected.contains("--allow-ip-name-lookup"), "{inspected}");
    let start = |grants: &str| {
        let run = finish(Machine::default().start(&image).env(RUN_TIME_VARIABLE, grants));
        (run.status.code(), string(&run.stderr))
    };
    let shown = "--net 127.0.0.1:*\n--allow-ip-name-lookup\n--net [::1]:80\n--net *:*\n--allow-ip-name-lookup\n";
    assert_eq!(start("--net [::1]:80 --net=*:* --allow-ip-name-lookup --show"), (Some(0), shown.into()));
    for wrong in ["nowhere", "127.0.0.1", "[127.0.0.1]:1", "::1:80", "*:65536"] {
        let refused = format!("wasmc: HOST:PORT is expected '{wrong}'");
        let (status, said) = start(&format!("--net {wrong}"));
        assert!(status == Some(1) && said.contains("HOST:PORT is expected"), "{refused}: {said}");
    }
    assert_eq!(start("--allow-ip-name-lookup=yes").0, Some(1));
}
