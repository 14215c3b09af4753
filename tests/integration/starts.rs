//! What a program takes over from whoever starts it: descriptors, limits of the system, the environment.

use crate::support::{Bench, finish, root, text};
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A shell that does something, and then becomes the image.
fn shell(before: &str, image: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{before} exec \"$0\"")).arg(image);
    command
}

/// Sleeps for a second, with all that WASI needs.
const SLEEPS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\01")
    (data (i32.const 24) "\00\ca\9a\3b")
    (func (export "_start") (drop (call $poll (i32.const 0) (i32.const 200) (i32.const 1) (i32.const 300)))))"#;

#[test]
fn descriptors_that_are_no_streams_are_closed() {
    let open = |options: &[&str]| {
        let bench = Bench::new();
        let image = bench.compile_text(SLEEPS, options);
        let before = "exec 3</dev/null 8</dev/zero 9</etc/passwd;";
        let mut child = shell(before, &image).stdin(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let list = std::fs::read_dir(format!("/proc/{}/fd", child.id())).unwrap();
        let mut numbers: Vec<u32> =
            list.map(|entry| entry.unwrap().file_name().to_string_lossy().parse().unwrap()).collect();
        numbers.sort_unstable();
        child.kill().unwrap();
        child.wait().unwrap();
        numbers
    };
    assert_eq!(open(&["--confine=strict"]), [0, 1, 2]);
    assert_eq!(open(&[]), [0, 1, 2]);
    assert_eq!(open(&["--dir=."]), [0, 1, 2, 3]);
    assert_eq!(open(&["--confine=off"])[..5], [0, 1, 2, 3, 8]);
}

/// Ends with what writing sixteen bytes to standard output answers.
const WRITES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\20\00\00\00\00\04\00\00")
    (func (export "_start")
        (loop $more (br_if $more (i32.eqz (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
        (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

#[test]
fn a_file_larger_than_the_system_allows_is_an_error_and_no_signal() {
    const FBIG: i32 = 22;
    let bench = Bench::new();
    let image = bench.compile_text(WRITES, &[]);
    let file = std::fs::File::create(bench.path("file")).unwrap();
    let output = shell("ulimit -f 8;", &image).stdout(file).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(FBIG), String::new()), "{}", output.status);
}

#[test]
fn no_number_but_zero_is_success() {
    let bench = Bench::new();
    // What a program in C would give `exit`, and the low 8 bits that its parent would see, but for 0.
    for (number, status) in
        [("0", 0), ("1", 1), ("255", 255), ("256", 255), ("257", 1), ("0xffff0000", 255), ("-2", 254)]
    {
        let module = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const {number}))))"#
        );
        let output = finish(&mut Command::new(bench.compile_text(&module, &[])));
        assert_eq!(output.status.code(), Some(status), "proc_exit({number})");
    }
}

#[test]
fn a_program_that_would_stop_is_told_that_it_cannot() {
    const NOTSUP: i32 = 58;
    let bench = Bench::new();
    for signal in 18..=21 {
        let module = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (func (export "_start") (call $exit (call $raise (i32.const {signal})))))"#
        );
        let image = bench.compile_text(&module, &["--timeout=20s"]);
        assert_eq!(finish(&mut Command::new(image)).status.code(), Some(NOTSUP), "signal {signal}");
    }
}

/// Writes its environment to standard output, a NUL after each variable.
const ENVIRONMENT: &str = r#"(module
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 100)
    (func (export "_start")
        (if (call $sizes (i32.const 0) (i32.const 20)) (then unreachable))
        (if (call $get (i32.const 64) (i32.const 1000000)) (then unreachable))
        (i32.store (i32.const 16) (i32.const 1000000))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))))"#;

#[test]
fn of_variables_with_one_name_the_strongest_is_seen_among_few_and_many() {
    let bench = Bench::new();
    let image = bench.compile_text(ENVIRONMENT, &["--inherit-env", "--env=FIRST=granted", "--env=N7=granted"]);
    for count in [10, 20_000] {
        let mut command = Command::new(&image);
        command.env_clear().env("FIRST", "inherited").stdout(Stdio::piped());
        let mut expected = "FIRST=granted\0N7=granted\0".to_owned();
        // The list is sorted, as the library sorts it.
        let mut names: Vec<String> = (0..count).map(|number| format!("N{number}")).collect();
        names.sort();
        for name in names {
            command.env(&name, "x");
            if name != "N7" {
                let _ = write!(expected, "{name}=x\0");
            }
        }
        let start = Instant::now();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}: {}", output.status, text(&output.stderr));
        assert!(text(&output.stdout) == expected, "the environment of {count} variables differs");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?} for {count} variables", start.elapsed());
    }
}

#[test]
fn a_sealed_program_is_granted_nothing_when_it_starts() {
    let bench = Bench::new();
    let hello = root().join("fixtures/programs/hello/hello.wasm");
    let run = |options: &[&str]| {
        let image = bench.compile(&hello, options);
        finish(Command::new(image).env("WASMC_GRANTS", "--show --no-such-option"))
    };
    assert_eq!(run(&[]).status.code(), Some(1));
    let output = run(&["--sealed"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(text(&output.stdout).starts_with("Hello"));
}
