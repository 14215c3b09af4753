//! WASI 0.2 of components that are libraries: what the crate for embedders does is what programs do.

use super::check;
use super::hosts::{guest_in, guests, rust_host, wasi_library};
use crate::components;
use crate::preview2::{Case, case, check_started};
use crate::programs::{check_run, grants};
use crate::support::{Bench, check_all, finish, root, text, wasmc};
use std::path::Path;
use std::process::Command;

/// What messages of programs say, and those of libraries in place of it: these have no numbers.
const SAID: &[(&str, &str)] = &[
    ("unknown handle index ", "unknown handle index"),
    ("handle index 1 used", "handle index used"),
    ("unexpected discriminant: ", "invalid variant discriminant"),
    ("string pointer not aligned", "string pointer is not aligned"),
    ("pointer not aligned", "unaligned pointer"),
];

/// A module and what a library must do that is made of it.
fn library_case(guest: &str) -> Case {
    let mut case = case(root().join("fixtures").join(guest));
    // A host grants all that there is, before it makes the instance.
    case.options.extend(case.grants.drain(..).map(|grant| grant.replacen(' ', "=", 1)));
    for said in &mut case.stderr {
        let text = said.strip_prefix("wasm trap: ").unwrap_or(said);
        let other = SAID.iter().find(|(program, _)| text.starts_with(program));
        *said = other.map_or(text, |(_, library)| library).to_owned();
    }
    case
}

#[test]
fn each_instance_has_what_its_host_grants() {
    check(&finish(&mut Command::new(rust_host("granted"))));
}

#[test]
fn every_function_can_be_imported() {
    let output = finish(Command::new(rust_host("preview2")).arg("importer"));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn functions_do_in_libraries_what_they_do_in_programs() {
    let host = rust_host("preview2");
    let guests: Vec<&str> = guests("preview2").iter().copied().filter(|guest| guest.starts_with("preview2/")).collect();
    check_all(&guests, |guest| {
        let name = guest.strip_suffix(".wat").unwrap_or(guest).replace('/', "_");
        check_started(&library_case(guest), |_, options| {
            let mut start = Command::new(&host);
            start.arg(name).args(options);
            Ok(start)
        })
    });
}

/// The same by a host in C, which has a function for each import, too.
#[test]
fn components_do_with_a_host_in_c_what_they_do_as_programs() {
    let library = wasi_library();
    let guests: Vec<&str> = guests("preview2").iter().copied().filter(|guest| guest.starts_with("preview2/")).collect();
    check_all(&guests, |guest| {
        let bench = Bench::new();
        let component = guest_in(bench.folder.path(), guest);
        for (kind, name) in [("staticlib", "libguest.a"), ("header", "guest.h")] {
            let mut command = wasmc();
            command.arg(&component).args(["--name", "guest", "--emit", kind, "-o"]).arg(bench.path(name));
            let emitted = finish(&mut command);
            if !emitted.status.success() {
                return Err(text(&emitted.stderr));
            }
        }
        let mut gcc = Command::new("gcc");
        gcc.args(["-Wall", "-Wextra", "-Werror", "-I"]).arg(bench.folder.path());
        gcc.arg(root().join("fixtures/library/c/preview2.c")).arg(bench.path("libguest.a")).arg(&library);
        let compiled = finish(gcc.arg("-o").arg(bench.path("host")));
        if !compiled.status.success() {
            return Err(format!("{guest}: {}", text(&compiled.stderr)));
        }
        check_started(&library_case(guest), |_, options| {
            let mut start = Command::new(bench.path("host"));
            start.arg("guest").args(options);
            Ok(start)
        })
    });
}

#[test]
fn programs_of_preview_1_do_the_same_as_libraries_of_components() {
    let host = rust_host("preview2");
    let mut cases = components::cases();
    let name = |wasm: &Path| wasm.file_stem().expect("it is a file").to_string_lossy().into_owned();
    let is_guest =
        |name: &str| guests("preview2").iter().any(|guest| guest.ends_with(&format!("/{name}.wasm, adapted")));
    cases.retain(|case| is_guest(&name(&case.wasm)));
    assert!(cases.len() > 12, "{}", cases.len());
    check_all(&cases, |case| {
        let bench = Bench::new();
        let scratch = bench.path("scratch");
        let grants = grants(case, &scratch, &[]);
        let mut start = Command::new(&host);
        start.arg(format!("adapted_{}", name(&case.wasm)));
        start.args(grants.chunks(2).map(|pair| pair.join("="))).arg("--");
        check_run(case, &mut start, &scratch)
    });
}
