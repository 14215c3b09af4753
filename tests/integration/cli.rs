//! The command line: what a user types and sees.

use crate::support::{Bench, finish, root, text, wasmc};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn fixture(path: &str) -> PathBuf {
    root().join("fixtures/programs").join(path)
}

fn stdout_of(args: &[&str]) -> String {
    let output = finish(wasmc().args(args));
    assert!(output.status.success(), "wasmc {args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn help() {
    insta::assert_snapshot!("help", stdout_of(&["--help"]));
    insta::assert_snapshot!("help_run", stdout_of(&["run", "--help"]));
    insta::assert_snapshot!("help_features", stdout_of(&["-W", "help"]));
}

#[test]
fn targets() {
    let listed = stdout_of(&["targets"]);
    assert!(listed.contains("x86_64-linux"), "{listed}");
}

#[test]
fn completions_name_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout_of(&["completions", shell]);
        assert!(script.contains("max-memory"), "{shell}: {script}");
    }
}

#[test]
fn inspect_tells_what_a_module_needs() {
    let module = fixture("cat/cat.wasm");
    let report = stdout_of(&["inspect", module.to_str().unwrap()]);
    for fact in
        ["wasi_snapshot_preview1", "path_open", "(i32, i32, i32, i32) -> i32", "memory", "_start", "bulk-memory"]
    {
        let optional = fact == "bulk-memory";
        assert!(optional || report.contains(fact), "{fact} is missing:\n{report}");
    }
    let module = fixture("simd/simd.wasm");
    let report = stdout_of(&["inspect", module.to_str().unwrap()]);
    assert!(report.contains("simd"), "{report}");
}

#[test]
fn run_passes_arguments_input_and_status_on() {
    let hello = fixture("hello/hello.wasm");
    let arguments = std::fs::read_to_string(fixture("hello/arguments.out")).unwrap();
    let hello = hello.to_str().unwrap();
    assert_eq!(stdout_of(&["run", hello, "one", "two"]), arguments);
    assert_eq!(stdout_of(&["run", hello, "--", "one", "two"]), arguments);
    assert_eq!(stdout_of(&["run", "-O0", hello, "one", "two"]), arguments);
    let output = finish(wasmc().arg("run").arg(fixture("exit_status/exit_status.wasm")).args(["--", "3"]));
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn run_gives_the_program_everything_after_the_module() {
    let bench = Bench::new();
    // Ends with the number of bytes of its arguments.
    let module = bench.write(
        "module.wat",
        r#"(module
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start")
                (drop (call $sizes (i32.const 0) (i32.const 4)))
                (call $exit (i32.load (i32.const 4)))))"#,
    );
    let bytes = |args: &[&str]| finish(wasmc().arg("run").arg(&module).args(args)).status.code().unwrap_or(0);
    let none = bytes(&[]);
    for (args, seen) in [
        (&["one", "--dir", "x"][..], "one --dir x "),
        (&["--dir", "x", "one.o"], "--dir x one.o "),
        (&["--none-of-ours", "--help"], "--none-of-ours --help "),
        (&["-O0", "--", "x"], "-O0 -- x "),
        (&["--", "--dir", "x"], "--dir x "),
        (&["one", "--", "two"], "one -- two "),
    ] {
        assert_eq!(bytes(args) - none, seen.len() as i32, "{args:?}");
    }
}

#[test]
fn the_output_is_named_after_the_module() {
    let bench = Bench::new();
    std::fs::copy(fixture("hello/hello.wasm"), bench.path("greeting.wasm")).unwrap();
    let output = finish(wasmc().current_dir(bench.folder.path()).arg("greeting.wasm"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(finish(&mut Command::new(bench.path("greeting"))).status.success());
}

#[test]
fn a_module_comes_from_standard_input() {
    let bench = Bench::new();
    let image = bench.path("image");
    let module = std::fs::File::open(fixture("hello/hello.wasm")).unwrap();
    let output = wasmc().args(["-", "-o"]).arg(&image).stdin(module).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(finish(&mut Command::new(image)).status.success());
}

#[test]
fn nothing_of_the_environment_is_visible_unless_granted() {
    let bench = Bench::new();
    let module = fixture("wasi/environ.wasm");
    let visible = |args: &[&str], grants: Option<&str>| {
        let mut command = Command::new(bench.compile(&module, args));
        command.env_clear().env("SECRET", "42").env("HOME", "/home").stdin(Stdio::null());
        if let Some(grants) = grants {
            command.env("WASMC_GRANTS", grants);
        }
        text(&command.output().unwrap().stdout)
    };
    assert!(!visible(&[], None).contains("SECRET"));
    assert!(visible(&["--env", "SECRET"], None).contains("SECRET=42"));
    assert!(visible(&["--env", "SECRET=43"], None).contains("SECRET=43"));
    assert!(visible(&["--inherit-env"], None).contains("HOME=/home"));
    let granted = visible(&[], Some("--env SECRET"));
    assert!(granted.contains("SECRET=42") && !granted.contains("WASMC_GRANTS"), "{granted}");
    assert!(!visible(&["--inherit-env"], Some("--env SECRET")).contains("WASMC_GRANTS"));
}

#[test]
fn directories_are_granted_when_the_program_starts_too() {
    let bench = Bench::new();
    bench.write("note.txt", "granted\n");
    let image = bench.compile(&fixture("cat/cat.wasm"), &[] as &[&str]);
    let mut command = Command::new(image);
    command.arg("/data/note.txt").env("WASMC_GRANTS", format!("--dir {}::/data:ro", bench.folder.path().display()));
    let output = finish(&mut command);
    assert_eq!(text(&output.stdout), "granted\n", "{}", text(&output.stderr));
}

#[test]
fn phases_are_timed() {
    let bench = Bench::new();
    let output =
        finish(wasmc().arg(fixture("hello/hello.wasm")).arg("-o").arg(bench.path("image")).arg("--time-passes"));
    let stderr = text(&output.stderr);
    for phase in ["read", "compile", "object", "link", "total"] {
        assert!(stderr.contains(phase), "{phase} is missing:\n{stderr}");
    }
}

#[test]
fn no_other_program_is_started() {
    let bench = Bench::new();
    let log = bench.path("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-e", "trace=execve", "-o"]).arg(&log).arg(wasmc().get_program());
    command.arg(fixture("hello/hello.wasm")).arg("-o").arg(bench.path("image"));
    let output = finish(&mut command);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("execve(").count(), 1, "{log}");
}

#[test]
fn wasi_without_a_memory_finds_every_address_outside() {
    let bench = Bench::new();
    let image = bench.compile_text(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (func (export "_start")
                (call $exit (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4)))))"#,
        &[],
    );
    const FAULT: i32 = 21;
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(FAULT));
}

#[test]
fn wasi_works_on_the_memory_exported_under_its_name() {
    let bench = Bench::new();
    let image = bench.compile_text(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory 1) (memory $shown (export "memory") 1)
            (data (memory $shown) (i32.const 8) "\10\00\00\00\05\00\00\00shown")
            (func (export "_start") (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4)))))"#,
        &[],
    );
    assert_eq!(text(&finish(&mut Command::new(image)).stdout), "shown");
}
