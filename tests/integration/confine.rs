//! Programs give up the system calls and files that they do not need before they run.

use crate::bad_input::refuse;
use crate::programs::{self, Case};
use crate::support::{Bench, Machine, SYSTEM_CALL, check_all, finish, root, text, wasmc};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names of the system calls that a program keeps, as `wasmc inspect` prints them.
fn kept(image: &Path) -> BTreeSet<String> {
    let report = text(&finish(wasmc().arg("inspect").arg(image)).stdout);
    let line = report.lines().find_map(|line| line.strip_prefix("system calls: ")).unwrap_or_default();
    line.split(", ").map(str::to_owned).collect()
}

/// Names of the system calls in a log of strace, split where the filter is installed.
fn made(log: &str) -> (Vec<&str>, Vec<&str>) {
    let calls: Vec<&str> = log
        .lines()
        .filter_map(|line| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').split_once('('))
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .collect();
    let installed = calls.iter().position(|&name| name == "seccomp").map_or(calls.len(), |at| at + 1);
    let (before, after) = calls.split_at(installed);
    (before.to_vec(), after.to_vec())
}

#[test]
fn programs_make_no_other_system_calls_than_they_keep() {
    check_all(&programs::own(), |case: &Case| {
        let bench = Bench::new();
        let log = bench.path("log");
        let image = programs::check_with(case, Machine::default(), &bench, |image| {
            let mut command = Command::new("strace");
            command.args(["-f", "-o"]).arg(&log).arg(image);
            command
        })?;
        let log = std::fs::read_to_string(log).map_err(|error| error.to_string())?;
        let (before, after) = made(&log);
        if before.last() != Some(&"seccomp") {
            return Err(format!("{}: not confined", case.name));
        }
        let kept = kept(&image);
        match after.iter().find(|&&call| !kept.contains(call)) {
            Some(call) => Err(format!("{}: {call} is not in {kept:?}", case.name)),
            None => Ok(()),
        }
    });
}

#[test]
fn a_first_program_makes_few_system_calls() {
    let bench = Bench::new();
    let log = bench.path("log");
    let image = bench.compile(&root().join("fixtures/programs/hello/hello.wasm"), &[] as &[&str]);
    assert!(finish(Command::new("strace").arg("-o").arg(&log).arg(image)).status.success());
    let log = std::fs::read_to_string(log).unwrap();
    let (before, after) = made(&log);
    assert!(before.len() + after.len() <= 25, "{log}");
}

/// A module that calls a native function, grows its memory and opens files, so that it keeps calls for both.
const MODULE: &str = r#"(module
  (import "env" "run" (func $run (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $unused (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
    (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8))))
  (func (export "_start")
    (if (i32.eqz (memory.grow (i32.const 1))) (then (call $unused)))
    (call $exit (call $run))))"#;

/// What stands before a native function that makes system calls by hand.
const HOST: &str = r#"
#include <sys/syscall.h>
#include "wasmc.h"
WASMC_EXPORT(env_run, "() -> i32");
"#;

/// Runs a program whose native function has this body.
fn run(body: &str, args: &[&str]) -> Output {
    let bench = Bench::new();
    let source = bench.write("host.c", format!("{SYSTEM_CALL}{HOST}\nint env_run(void) {{ {body} }}\n"));
    let object: PathBuf = bench.path("host.o");
    let compiler = Command::new("cc")
        .args(["-O1", "-c", "-ffreestanding", "-fPIC", "-fno-stack-protector", "-I"])
        .arg(root().join("runtime-lib/include"))
        .arg(source)
        .arg("-o")
        .arg(&object)
        .output()
        .unwrap();
    assert!(compiler.status.success(), "{}", text(&compiler.stderr));
    let module = bench.write("module.wat", MODULE);
    let mut all: Vec<&str> = vec![object.to_str().unwrap()];
    all.extend(args);
    finish(&mut Command::new(bench.compile(&module, &all)))
}

const VIOLATION: i32 = wasmc_abi::confinement::VIOLATION_EXIT_STATUS;

#[test]
fn a_system_call_that_is_not_needed_ends_the_program() {
    let body = "return system_call(SYS_getppid, 0, 0, 0) > 0 ? 7 : 8;";
    let output = run(body, &["--confine=default"]);
    assert_eq!(output.status.code(), Some(VIOLATION), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("a system call that the program does not need"), "{}", text(&output.stderr));
    assert_eq!(run(body, &["--allow-syscall=getppid"]).status.code(), Some(7));
    assert_eq!(run(body, &[]).status.code(), Some(7), "native objects are not confined unless told so");
    assert_eq!(run(body, &["--confine=off"]).status.code(), Some(7));
}

#[test]
fn nothing_becomes_executable() {
    let body = "return system_call(SYS_mprotect, (long)wasmc_memory_base(), 65536, 5) == 0 ? 7 : 8;";
    assert_eq!(run(body, &["--confine=default"]).status.code(), Some(VIOLATION));
    let body = "return system_call(SYS_mprotect, (long)wasmc_memory_base(), 65536, 3) == 0 ? 7 : 8;";
    assert_eq!(run(body, &["--confine=default"]).status.code(), Some(7));
}

#[test]
fn files_outside_the_grants_are_out_of_reach() {
    let folder = Bench::new();
    folder.write("inside", "");
    let grant = format!("--dir={}::/data:ro", folder.folder.path().display());
    let opens = |path: &str, flags: &str| {
        let body = format!("return -(int)system_call(SYS_openat, -100, (long)\"{path}\", {flags}) & 0x7f;");
        let output = run(&body, &["--confine=strict", "--allow-syscall=openat", &grant]);
        assert_eq!(text(&output.stderr), "");
        output.status.code().unwrap()
    };
    const DENIED: i32 = 13;
    assert_eq!(opens("/etc/passwd", "0"), DENIED);
    let inside = folder.path("inside").display().to_string();
    assert!(opens(&inside, "0") > 100, "a descriptor, negated");
    assert_eq!(opens(&inside, "1"), DENIED, "the grant is for reading");
}

#[test]
fn what_is_off_is_not_in_the_image() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/cat/cat.wasm");
    let image = std::fs::read(bench.compile(&module, &["--confine=off"])).unwrap();
    let has = |name: &[u8]| image.windows(name.len()).any(|window| window == name);
    assert!(has(b"wasmc_memory_init"), "symbols are there");
    assert!(!has(b"wasmc_confine"));
}

#[test]
fn a_call_that_does_not_exist_cannot_be_allowed() {
    let bench = Bench::new();
    let module = bench.write("module.wat", r#"(module (func (export "_start")))"#);
    let stderr = refuse(&bench, &module, &["--allow-syscall=read_mind".to_string()]).unwrap();
    assert!(stderr.contains("read_mind"), "{stderr}");
}

#[test]
fn a_kernel_without_filters_stops_strict_programs_alone() {
    // QEMU's user mode is such a kernel.
    let module = root().join("fixtures/programs/hello/hello.wasm");
    let bench = Bench::new();
    let compiled = finish(
        wasmc().arg(&module).args(["--target=aarch64-linux", "--confine=strict", "-o"]).arg(bench.path("image")),
    );
    let emulated = Command::new("qemu-aarch64").arg(bench.path("image")).output();
    let (true, Ok(output)) = (compiled.status.success(), emulated) else {
        eprintln!("skipped: needs the runtime for aarch64-linux and qemu-aarch64");
        return;
    };
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--confine=strict"), "{}", text(&output.stderr));
}

#[test]
fn an_executable_tells_what_it_may_do() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/embed/embed.wasm");
    let tree = format!("--embed={}::/tree", root().join("fixtures/programs/embed/tree").display());
    let image = bench.compile(&module, &["--strip", "--dir=/srv::/data:ro", "--env=MODE=fast", &tree]);
    let report = text(&finish(wasmc().arg("inspect").arg(&image)).stdout);
    for fact in [
        "executable for ",
        "--dir /srv::/data:ro",
        "--env MODE=fast",
        "confinement: default",
        "openat2",
        "/tree/lines.txt: 14 bytes",
        "/tree/sub/link: link to ../lines.txt",
    ] {
        assert!(report.contains(fact), "{fact} is missing:\n{report}");
    }
    let foreign = finish(wasmc().arg("inspect").arg(std::env::current_exe().unwrap()));
    assert_eq!(foreign.status.code(), Some(1));
    assert!(text(&foreign.stderr).contains("not an executable made by wasmc"), "{}", text(&foreign.stderr));
}
