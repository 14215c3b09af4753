//! What compiling may take: hostile modules stay within their budgets, and what goes beyond a limit is an error.

use crate::support::{Bench, finish, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wasmc_tests::hostile::shapes;

/// The program that compiles hostile modules, in processes that are counted apart from this one.
fn hostile(options: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostile"));
    command.args(["--wasmc".as_ref(), wasmc().get_program()]).args(options);
    let output = finish(&mut command);
    let table = text(&output.stdout);
    println!("{table}{}", text(&output.stderr));
    assert!(output.status.success(), "{table}");
    assert!(table.lines().count() > 30);
}

#[test]
fn hostile_modules_stay_within_their_budgets() {
    hostile(&["--divide", "8"]);
}

/// At scales at which the budgets bind. Runs in `cargo xtask test --full`.
#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn large_hostile_modules_stay_within_their_budgets() {
    hostile(&[]);
}

/// The module of a shape, in a folder of its own.
fn module(bench: &Bench, name: &str, scale: u32) -> PathBuf {
    let shapes = shapes::all();
    let shape = shapes.iter().find(|shape| shape.name == name).expect("there is such a shape");
    bench.write("module.wasm", (shape.make)(scale))
}

/// A compilation that must fail with an error that says all of `words`, and leave nothing behind.
fn check_refused(bench: &Bench, output: &Output, words: &[&str]) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {stderr}", output.status);
    assert!(stderr.starts_with("error: "), "{stderr}");
    words.iter().for_each(|word| assert!(stderr.contains(word), "{stderr}"));
    let files: Vec<_> = std::fs::read_dir(bench.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["module.wasm"]);
}

#[test]
fn compiling_takes_no_more_memory_than_it_may() {
    let bench = Bench::new();
    let module = module(&bench, "operators with long code", 20_000);
    let compile = |options: &[&str]| finish(wasmc().arg(&module).arg("-o").arg(bench.path("image")).args(options));
    for jobs in ["-j1", "-j4"] {
        let output = compile(&[jobs, "--max-compile-memory=60M"]);
        check_refused(&bench, &output, &["more than 62914560 bytes of memory", "--max-compile-memory"]);
    }
    let output = finish(wasmc().args(["run", "-j1", "--max-compile-memory=60M"]).arg(&module));
    check_refused(&bench, &output, &["--max-compile-memory"]);
    assert!(compile(&["--max-compile-memory=1G"]).status.success());
}

#[test]
fn images_are_no_larger_than_they_may_be() {
    let bench = Bench::new();
    let module = module(&bench, "a huge data segment", 1);
    let compile = |options: &[&str]| finish(wasmc().arg(&module).arg("-o").arg(bench.path("image")).args(options));
    check_refused(&bench, &compile(&["--max-image=1M"]), &["more than 1048576", "--max-image"]);
    assert!(compile(&["--max-image=2M"]).status.success());
}

/// A command that may have so many kilobytes of address space.
fn with_address_space(kilobytes: u64, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {kilobytes}; exec \"$@\""), "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

#[test]
fn a_system_without_memory_is_an_error() {
    let bench = Bench::new();
    let module = module(&bench, "operators with long code", 10_000);
    let image = bench.path("image");
    let mut refused = 0;
    for (kilobytes, jobs) in (100_000..500_000).step_by(20_000).zip(["-j1", "-j3"].into_iter().cycle()) {
        let output = finish(&mut with_address_space(kilobytes, wasmc().arg(&module).arg("-o").arg(&image).arg(jobs)));
        if output.status.success() {
            std::fs::remove_file(&image).unwrap();
        } else {
            check_refused(&bench, &output, &[]);
            refused += 1;
        }
    }
    assert!(refused > 0);
}

/// Runs an image, and returns its exit status.
fn status(image: &Path) -> Option<i32> {
    finish(&mut Command::new(image)).status.code()
}

/// A function is not optimised, or its registers are not; both do what they should.
#[test]
fn functions_that_would_take_too_long_are_compiled_otherwise() {
    let bench = Bench::new();
    let check = |body: &str, locals: &str, expected: i32| {
        let text = format!(
            "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32))) (memory 1)
                (data (i32.const 0) \"\\03\") (func (export \"_start\") (local {locals}) {body}))"
        );
        let module = bench.write("module.wat", text);
        let image = bench.path("image");
        let output = finish(wasmc().arg(&module).arg("-o").arg(&image).arg("-v"));
        let stderr = crate::support::text(&output.stderr);
        assert!(stderr.contains("not optimised, as that would take too long: function 1"), "{stderr}");
        assert_eq!(status(&image), Some(expected));
        let optimised = bench.compile(&module, &["-O0"]);
        assert_eq!(status(&optimised), Some(expected));
    };
    // The sum of 3 * i for 4,000 values of i, all of which live until the last is made: 23,994,000 modulo 256.
    let products: String = (0..4_000).map(|number| format!("(i32.mul (local.get 0) (i32.const {number}))\n")).collect();
    let sums = "i32.add ".repeat(3_999);
    let body = format!("(local.set 0 (i32.load8_u (i32.const 0))) {products} {sums}");
    check(&format!("{body} (i32.and (i32.const 255)) call $exit"), "i32", 23_994_000 % 256);
    // Loops around each other: the innermost turns 77 times, and each of the 1,999 others once.
    let loops = "(loop ".repeat(2_000);
    let ends = "(br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 77))))".repeat(2_000);
    check(&format!("{loops} {ends} (call $exit (i32.and (local.get 0) (i32.const 127)))"), "i32", (77 + 1_999) % 128);
}
