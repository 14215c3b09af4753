//! Hosts in C and C++.

use super::hosts::{emit, wasi_library};
use crate::support::{Bench, finish, root, text};
use std::process::Command;
use wasmc_tests::emulators;

/// The number of the guest's export `tell`.
const TELL: &str = "-DTELL=8";

/// A folder with library and header of the guest of `basics`.
fn bench() -> Bench {
    bench_of("basics", &[])
}

/// A folder with library and header of the guest of another folder.
fn bench_of(name: &str, options: &[&str]) -> Bench {
    let bench = Bench::new();
    let source = match name {
        "basics" => "basics/guest.wat",
        "exceptions" => "exceptions/throwing.wat",
        "granted" | "wasi" => "granted/granted.wat",
        "imports" => "imports/importing.wat",
        "results" => "results/returning.wat",
        "objects" => "objects/objects.wat",
        "references" => "references/references.wat",
        "externs" => "references/externs.wat",
        "graphs" => "snapshots/graphs.wat",
        "liar" => "liar/liar.wat",
        "things" => "things/things.wat",
        "values" => "values/values.wat",
        _ => "metering/metering.wat",
    };
    let source = root().join("fixtures/library").join(source);
    let module = bench.write("guest.wat", std::fs::read(source).expect("the guest is there"));
    emit(&module, "staticlib", &bench.path("libguest.a"), options);
    emit(&module, "header", &bench.path("guest.h"), options);
    bench
}

/// Hosts for other machines: target, compiler, emulator.
const MACHINES: [(&str, &str, &str); 2] = [
    ("aarch64-linux", "aarch64-linux-gnu-gcc", emulators::AARCH64_LINUX),
    ("riscv64-linux", "riscv64-linux-gnu-gcc", emulators::RISCV64_LINUX),
];

/// Guests that throw, that import more than functions, that are returned values of every type, that make objects, whose
/// work is limited, or whose host has references to what is theirs, and components: the name of their host among those
/// in C, and what the guest is compiled with.
const GUESTS: [(&str, &[&str]); 12] = [
    ("exceptions", &[]),
    ("granted", &[]),
    ("imports", &[]),
    ("results", &[]),
    ("metering", &["--fuel", "1000", "--epoch"]),
    ("objects", &["--max-gc-heap", "8M"]),
    ("references", &[]),
    ("externs", &[]),
    ("graphs", &[]),
    ("liar", &[]),
    ("things", &[]),
    ("values", &[]),
];

#[test]
fn exceptions_results_and_limits_are_part_of_the_header() {
    for (name, options) in GUESTS {
        compile(&bench_of(name, options), &format!("{name}.c"), "gcc", &["-std=c99", "-pedantic", "-O2", "-pthread"]);
    }
}

#[test]
fn headers_of_components_are_cpp17_and_lose_no_memory() {
    for name in ["granted", "liar", "things", "values", "wasi"] {
        let bench = bench_of(name, &[]);
        compile(&bench, &format!("{name}.c"), "g++", &["-x", "c++", "-std=c++17", "-O1"]);
        let options = ["--quiet", "--error-exitcode=9", "--leak-check=full", "--max-stackframe=32768"];
        let output = finish(Command::new("valgrind").args(options).arg(bench.path("host")));
        assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("done\n", ""), "{name}");
    }
}

#[test]
fn each_instance_has_wasi_of_its_own() {
    compile(&bench_of("wasi", &[]), "wasi.c", "gcc", &["-std=c99", "-pedantic", "-O2"]);
}

#[test]
fn exceptions_results_and_limits_are_the_same_on_other_machines() {
    for (target, compiler, emulator) in MACHINES {
        for (name, options) in GUESTS {
            let bench = bench_of(name, &[options, &["--target", target]].concat());
            let host = root().join(format!("fixtures/library/c/{name}.c"));
            let mut command = Command::new(compiler);
            command.args(["-static", "-O1", "-pthread", "-I"]).arg(bench.folder.path()).arg(host);
            command.arg(bench.path("libguest.a")).arg("-o").arg(bench.path("host"));
            let output = finish(&mut command);
            assert!(output.status.success(), "{compiler}: {}", text(&output.stderr));
            assert_eq!(runs_on(emulator, &bench, &[]), "", "{target}");
        }
    }
}

#[test]
fn handles_are_used_within_what_is_there() {
    for host in ["references", "externs"] {
        let bench = bench_of(host, &[]);
        compile(&bench, &format!("{host}.c"), "g++", &["-x", "c++", "-std=c++98", "-Wno-long-long"]);
        let stressed = finish(Command::new(bench.path("host")).arg("stress"));
        assert_eq!(text(&stressed.stdout), "done\n", "{host}: {:?}", stressed.status);
        // The collector looks through stacks, where not all has been written.
        let options = ["--quiet", "--error-exitcode=9", "--undef-value-errors=no", "--max-stackframe=32768"];
        let watched = finish(Command::new("valgrind").args(options).arg(bench.path("host")));
        assert_eq!((text(&watched.stdout).as_str(), text(&watched.stderr).as_str()), ("done\n", ""), "{host}");
    }
}

/// Runs the host that has been built, on an emulator; returns what it says before it is done.
fn runs_on(emulator: &str, bench: &Bench, arguments: &[&str]) -> String {
    let mut words = emulator.split(' ');
    let mut emulated = Command::new(words.next().expect("it has a name"));
    let output = finish(emulated.args(words).arg(bench.path("host")).args(arguments));
    let said = text(&output.stdout);
    let before = said.strip_suffix("done\n");
    assert!(before.is_some(), "{emulator}: {said} {:?} {}", output.status, text(&output.stderr));
    before.unwrap_or_default().to_owned()
}

#[test]
fn libraries_for_other_machines_run_there() {
    let mut digests = Vec::new();
    for (target, compiler, emulator) in MACHINES {
        let bench = Bench::new();
        let guest = std::fs::read_to_string(root().join("fixtures/library/basics/guest.wat")).unwrap();
        // Not every CPU has vectors.
        let guest: Vec<&str> = guest.lines().filter(|line| !line.contains("v128")).collect();
        let module = bench.write("guest.wat", guest.join("\n"));
        let options = ["--target", target];
        emit(&module, "staticlib", &bench.path("libguest.a"), &options);
        emit(&module, "header", &bench.path("guest.h"), &options);
        for host in ["host.c", "fiber.c"] {
            let host = root().join("fixtures/library/c").join(host);
            let mut command = Command::new(compiler);
            command.args(["-static", "-O1", "-pthread", "-DWITH_THREADS", "-DWITHOUT_VECTORS", TELL, "-I"]);
            command.arg(bench.folder.path()).arg(host).arg(bench.path("libguest.a")).arg("-o").arg(bench.path("host"));
            let output = finish(&mut command);
            assert!(output.status.success(), "{compiler}: {}", text(&output.stderr));
            let digest = runs_on(emulator, &bench, &["snapshots"]);
            digests.extend(Some(digest).filter(|digest| !digest.is_empty()));
        }
    }
    assert!(digests.len() == 2 && digests[0] == digests[1], "snapshots are the same everywhere: {digests:?}");
}

/// Compiles and links a host of `fixtures/library/c` with these words; runs the program where it is one.
fn compile(bench: &Bench, name: &str, compiler: &str, words: &[&str]) {
    let host = root().join("fixtures/library/c").join(name);
    let mut command = Command::new(compiler);
    command.args(["-Wall", "-Wextra", "-Werror", "-I"]).arg(bench.folder.path()).args(words).arg(host);
    // Whatever language the host is in, the library is no source.
    command.args(["-x", "none"]).arg(bench.path("libguest.a"));
    if name == "wasi.c" {
        command.arg(wasi_library());
    }
    let output = finish(command.arg("-o").arg(bench.path("host")));
    assert!(output.status.success(), "{compiler} {words:?}: {}", text(&output.stderr));
    if !words.contains(&"-shared") {
        let output = finish(Command::new(bench.path("host")).arg("snapshots"));
        assert!(text(&output.stdout).ends_with("done\n"), "{compiler} {words:?}: {output:?}");
    }
}

#[test]
fn the_header_is_c99_and_cpp17() {
    let bench = bench();
    compile(&bench, "host.c", "gcc", &["-std=c99", "-pedantic", "-O1"]);
    compile(&bench, "host.c", "gcc", &["-std=c11", "-pedantic", "-O2", "-no-pie"]);
    compile(&bench, "host.c", "g++", &["-x", "c++", "-std=c++17", "-O2"]);
    compile(&bench, "host.c", "g++", &["-x", "c++", "-std=c++98", "-Wno-long-long"]);
}

#[test]
fn traps_on_threads_of_c_are_those_of_the_guest() {
    compile(&bench(), "host.c", "gcc", &["-std=c11", "-O1", "-pthread", "-DWITH_THREADS"]);
}

#[test]
fn a_guest_is_suspended_and_goes_on_on_another_thread() {
    compile(&bench(), "fiber.c", "gcc", &["-std=c11", "-O1", "-pthread", TELL]);
}

#[test]
fn a_library_can_be_part_of_a_shared_object_and_changes_nothing_that_is_only_read() {
    let bench = bench();
    compile(&bench, "host.c", "gcc", &["-shared", "-fPIC", "-Wl,-z,text"]);
    let dynamic = finish(Command::new("readelf").arg("-dW").arg(bench.path("host")));
    assert!(!text(&dynamic.stdout).contains("TEXTREL"));
    let symbols = finish(Command::new("readelf").arg("-sW").arg(bench.path("libguest.a")));
    let symbols = text(&symbols.stdout);
    let global: Vec<&str> =
        symbols.lines().filter(|line| line.contains(" GLOBAL ") || line.contains(" WEAK ")).collect();
    assert!(global.len() == 1 && global[0].ends_with(" guest_api"), "{global:?}");
}

#[test]
fn shared_libraries_are_used_as_static_ones() {
    const LIBRARIES: [&str; 2] = ["/usr/aarch64-linux-gnu", "/usr/riscv64-linux-gnu"];
    let this = ("x86_64-linux", "gcc", String::new());
    let others = MACHINES.into_iter().zip(LIBRARIES);
    let others = others.map(|((target, gcc, emulator), folder)| (target, gcc, format!("{emulator} -L {folder} ")));
    for (target, compiler, emulator) in std::iter::once(this).chain(others) {
        let bench = Bench::new();
        let guest = std::fs::read_to_string(root().join("fixtures/library/basics/guest.wat")).unwrap();
        let guest: Vec<&str> = guest.lines().filter(|line| !line.contains("v128")).collect();
        let module = bench.write("guest.wat", guest.join("\n"));
        for (kind, output) in [("sharedlib", "libguest.so"), ("header", "guest.h")] {
            emit(&module, kind, &bench.path(output), &["--target", target]);
        }
        let mut command = Command::new(compiler);
        command.args(["-O1", "-pthread", "-DWITH_THREADS", "-DWITHOUT_VECTORS", "-Wl,-rpath,$ORIGIN", "-I"]);
        command
            .arg(bench.folder.path())
            .arg(root().join("fixtures/library/c/host.c"))
            .arg("-L")
            .arg(bench.folder.path());
        let output = finish(command.arg("-lguest").arg("-o").arg(bench.path("host")));
        assert!(output.status.success(), "{compiler}: {}", text(&output.stderr));
        let host = bench.path("host").display().to_string();
        let words = format!("{emulator}{host}");
        let mut words = words.split(' ');
        let output = finish(Command::new(words.next().expect("it has a name")).args(words));
        assert_eq!(text(&output.stdout), "done\n", "{target}: {:?} {}", output.status, text(&output.stderr));
    }
}
