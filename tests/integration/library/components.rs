//! Libraries of components, in programs that call them with the types of WIT.

use super::check;
use super::hosts::rust_host;
use crate::support::{Bench, finish, root, text, wasmc};
use std::process::Command;

#[test]
fn values_of_every_type_come_back_as_they_were() {
    check(&finish(&mut Command::new(rust_host("values"))));
}

#[test]
fn resources_are_owned_lent_and_destroyed_once() {
    check(&finish(&mut Command::new(rust_host("things"))));
}

#[test]
fn components_of_several_do_in_a_library_what_they_do_as_programs() {
    check(&finish(&mut Command::new(rust_host("composed"))));
}

#[test]
fn whatever_a_component_passes_is_checked() {
    check(&finish(&mut Command::new(rust_host("liar"))));
}

#[test]
fn a_host_need_not_have_what_a_component_imports_of_wasi() {
    check(&finish(&mut Command::new(rust_host("unasked"))));
    // A module's imports are left open, and without the option the crate for embedders has them.
    let bench = Bench::new();
    let module = bench.write("module.wat", "(module)");
    let arguments = ["--emit", "rust", "--unknown-imports=trap", "-o"];
    let output = finish(wasmc().arg(&module).args(arguments).arg(bench.path("output")));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("other output leaves them open"), "{}", text(&output.stderr));
    let module = root().join("fixtures/library/unasked/unasked.wat");
    let output = finish(wasmc().arg(&module).args(["--emit", "rust", "-o"]).arg(bench.path("output")));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let bindings = std::fs::read_to_string(bench.path("output")).expect("it was just made");
    assert!(bindings.contains("trait Imports: wasmc_embed::wasi::HasWasi {"), "{bindings}");
    assert!(!bindings.contains("fn get_stdout") && !bindings.contains("mod stdout"), "{bindings}");
}

#[test]
fn outputs_are_the_same_every_time() {
    // Bindings and library are made by two commands, and must know each other.
    let bench = Bench::new();
    let module = root().join("fixtures/library/things/things.wat");
    for kind in ["rust", "staticlib"] {
        let outputs: Vec<Vec<u8>> = (0..4)
            .map(|number| {
                let to = bench.path(&format!("{kind}{number}"));
                let output = finish(wasmc().arg(&module).args(["--emit", kind, "-o"]).arg(&to));
                assert!(output.status.success(), "{}", text(&output.stderr));
                std::fs::read(to).expect("it was just made")
            })
            .collect();
        assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]), "{kind} differs");
    }
}

/// A component with a function that takes or returns something, and what must be said of it.
const REFUSED: &[(&str, &str)] = &[
    (r#"(param "values" (list u8 4))"#, "ixed-length lists"),
    (r#"(param "things" (list (borrow $own)))"#, "borrowed inside other values"),
];

#[test]
fn what_is_not_supported_is_named() {
    for (ty, expected) in REFUSED {
        let bench = Bench::new();
        let module = format!(
            r#"(component
                 (type $thing (resource (rep i32)))
                 (export $own "thing" (type $thing))
                 (core module $m (memory (export "memory") 1)
                   (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
                   (func (export "f") (param i32 i32)))
                 (core instance $m (instantiate $m))
                 (func (export "f") {ty} (canon lift (core func $m "f")
                   (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))"#,
        );
        let module = bench.write("guest.wat", module);
        let output = finish(wasmc().arg(&module).args(["--emit", "rust", "-o"]).arg(bench.path("output")));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{ty}: {said}");
        assert!(said.contains(expected), "{ty}: {said}");
        assert!(!bench.path("output").exists(), "{ty}: something was written");
    }
}
