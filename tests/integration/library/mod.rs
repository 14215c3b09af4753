//! Libraries, in programs that embed them: `fixtures/library` has guests and hosts.

mod hosts;
mod in_c;
mod script;

use crate::support::{Bench, Machine, finish, root, text};
use hosts::RustHost;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The host of `basics`, built once.
fn basics() -> &'static Path {
    static HOST: OnceLock<PathBuf> = OnceLock::new();
    HOST.get_or_init(|| RustHost::build("basics", &[root().join("fixtures/library/basics/guest.wat")]))
}

#[test]
fn a_host_in_rust_calls_a_guest_in_every_way() {
    let output = finish(&mut Machine::default().start(basics()));
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""));
}

/// Runs the host of this name, which embeds `guest.wat` beside it, compiled with these options.
fn runs(name: &str, options: &[&str], arguments: &[&str]) {
    let host = RustHost::build_with(name, &[root().join(format!("fixtures/library/{name}/guest.wat"))], options);
    let output = finish(Machine::default().start(&host).args(arguments));
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""));
}

#[test]
fn what_a_guest_throws_is_caught_by_it_or_told_to_its_host() {
    runs("exceptions", &[], &["100"]);
}

#[test]
fn what_a_guest_does_is_counted_and_interrupted() {
    runs("metering", &["--fuel", "1000000", "--epoch"], &[]);
}

/// Minutes: what the tests above do a few times, as often as a server would in some hours.
#[test]
#[ignore = "takes minutes"]
fn hundred_thousand_traps_of_each_kind_and_a_million_instances() {
    let output = finish(Machine::default().start(basics()).args(["100000", "1000", "1000000"]));
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""));
    runs("exceptions", &[], &["100000"]);
    runs("metering", &["--fuel", "1000000", "--epoch"], &["100000"]);
}

#[test]
fn a_tool_that_watches_memory_finds_nothing_wrong() {
    let mut valgrind = Command::new("valgrind");
    // A trap is an error to it, as most are faults, and it has no room for a thousand memories. The stack of a guest
    // may lie near that of a thread: it is not to take one for the other.
    valgrind.args(["--quiet", "--error-exitcode=9", "--max-stackframe=32768"]).arg(basics()).args(["0", "10", "0"]);
    let output = finish(&mut valgrind);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("done\n", Some(0)), "{}", text(&output.stderr));
}

#[test]
fn each_instance_has_wasi_of_its_own() {
    let programs = ["environ", "files", "random", "readdir", "stat"];
    let guests: Vec<PathBuf> = programs
        .iter()
        .map(|name| root().join(format!("fixtures/programs/wasi/{name}.wasm")))
        .chain([root().join("fixtures/programs/exceptions/exceptions.wasm")])
        .collect();
    let host = RustHost::build("wasi", &guests);
    let scratch = Bench::new();
    let output = finish(Command::new(host).arg(scratch.folder.path()).arg(root().join("fixtures/programs/wasi")));
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""));
}
