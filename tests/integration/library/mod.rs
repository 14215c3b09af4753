//! Libraries, in programs that embed them: `fixtures/library` has guests and hosts.

mod components;
pub mod hosts;
mod in_c;
mod package;
mod preview2;
mod script;

use crate::support::{Bench, finish, root, text, wasmc};
use hosts::rust_host;
use std::process::{Command, Output};

/// A host has found all as it should be.
#[track_caller]
fn check(output: &Output) {
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""), "{}", output.status);
}

#[test]
fn a_host_in_rust_calls_a_guest_in_every_way() {
    check(&finish(&mut Command::new(rust_host("basics"))));
}

#[test]
fn snapshots_are_restored_and_other_bytes_are_refused() {
    check(&finish(&mut Command::new(rust_host("snapshots"))));
}

#[test]
fn guests_wait_without_a_thread_of_their_own() {
    check(&finish(&mut Command::new(rust_host("waiting"))));
}

#[test]
fn what_a_guest_imports_besides_functions_is_its_own() {
    check(&finish(&mut Command::new(rust_host("imports"))));
}

#[test]
fn each_guest_has_a_heap_of_its_own() {
    check(&finish(&mut Command::new(rust_host("objects"))));
}

#[test]
fn a_host_has_references_to_what_is_its_guests() {
    check(&finish(&mut Command::new(rust_host("references"))));
}

#[test]
fn references_are_kept_however_often_garbage_is_collected() {
    check(&finish(Command::new(rust_host("references")).arg("stress")));
}

#[test]
fn references_that_no_host_can_have_are_refused() {
    let node = "(type $node (struct (field (mut i32))))";
    for (module, kind, expected) in [
        (
            r#"(import "host" "take" (func $take (param nullref))) (export "take" (func $take))"#,
            "header",
            "takes or returns what no embedder can have",
        ),
        (
            r#"(import "host" "node" (global (ref $node)))"#,
            "staticlib",
            "an imported global of references without null to what is the guest's (host.node)",
        ),
        (
            r#"(import "host" "function" (global (mut (ref func))))"#,
            "staticlib",
            "an imported global of references without null to what is the guest's (host.function)",
        ),
    ] {
        let bench = Bench::new();
        let module = bench.write("guest.wat", format!("(module {node} {module})"));
        let output = finish(wasmc().arg(&module).args(["--emit", kind, "-o"]).arg(bench.path("output")));
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(expected), "{expected}: {}\n{said}", output.status);
    }
}

#[test]
fn what_a_guest_throws_is_caught_by_it_or_told_to_its_host() {
    check(&finish(Command::new(rust_host("exceptions")).arg("100")));
}

#[test]
fn what_a_guest_does_is_counted_and_interrupted() {
    check(&finish(&mut Command::new(rust_host("metering"))));
}

/// Minutes: what the tests above do a few times, as often as a server would in some hours.
#[test]
#[ignore = "takes minutes"]
fn hundred_thousand_traps_of_each_kind_and_a_million_instances() {
    check(&finish(Command::new(rust_host("basics")).args(["100000", "1000", "1000000"])));
    check(&finish(Command::new(rust_host("exceptions")).arg("100000")));
    check(&finish(Command::new(rust_host("metering")).arg("100000")));
}

#[test]
fn a_tool_that_watches_memory_finds_nothing_wrong() {
    // A trap is an error to it, as most are faults, and it has no room for a thousand memories. The stack of a guest
    // may lie near that of a thread: it is not to take one for the other.
    let options = ["--quiet", "--error-exitcode=9", "--max-stackframe=32768"];
    check(&finish(Command::new("valgrind").args(options).arg(rust_host("basics")).args(["0", "10", "0"])));
}

#[test]
fn each_instance_has_wasi_of_its_own() {
    let scratch = Bench::new();
    let programs = root().join("fixtures/programs/wasi");
    check(&finish(Command::new(rust_host("wasi")).arg(scratch.folder.path()).arg(programs)));
}
