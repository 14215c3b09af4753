//! Programs on bare metal, on QEMU's `virt` machines.
//!
//! Where the runtime of a target is not built in, or its emulator is not there, a test says so and checks nothing:
//! `cargo xtask test` provides both where it can.

mod boards;
mod library;
mod wasi;

use crate::cross::is_there;
use crate::programs::{self, Case};
use crate::support::{Bench, Machine, check_all, finish, root, text};
use crate::traps;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};
use wasmc_tests::emulators;
use wasmc_tests::manifest::Trap;

/// QEMU's machine of 64-bit ARM.
pub const AARCH64: Machine = Machine { options: &["--target", "aarch64-none"], emulator: emulators::AARCH64_NONE };
/// That of RISC-V.
pub const RISCV64: Machine = Machine { options: &["--target", "riscv64-none"], emulator: emulators::RISCV64_NONE };
const RISCV64_WITH_VECTORS: Machine = Machine {
    options: &["--target", "riscv64-none", "--cpu", "rv64gcv"],
    emulator: emulators::RISCV64_NONE_WITH_VECTORS,
};

const BOTH: [Machine; 2] = [AARCH64, RISCV64];

/// The byte that ends the input of the runtime's consoles.
const END_OF_INPUT: u8 = 4;

/// Compiles a module and runs it with some input on its console. Everything that it writes arrives as standard output.
fn run(machine: Machine, module: &Path, options: &[impl AsRef<OsStr>], input: &[u8]) -> Output {
    let bench = Bench::new();
    let fixed = machine.options.iter().map(OsStr::new);
    let options: Vec<&OsStr> = fixed.chain(options.iter().map(AsRef::as_ref)).collect();
    start(machine, &bench, &bench.compile(module, &options), input)
}

fn start(machine: Machine, bench: &Bench, image: &Path, input: &[u8]) -> Output {
    let input = bench.write("input", [input, &[END_OF_INPUT]].concat());
    let mut command = machine.start(image);
    command.stdin(File::open(input).expect("the input was just written"));
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Whether the program can run at all, and its input can be told from its end.
fn is_possible(case: &Case) -> bool {
    let run = &case.run;
    let input = case.stdin();
    // Threads need a system, and one program more memory than a board has.
    let needs_more = ["threads/", "thread_instances/", "gc_threads/", "memory64/"];
    let needs_more = needs_more.iter().any(|program| case.name.starts_with(program));
    run.scratch.is_none() && !needs_more && !input.contains(&END_OF_INPUT)
}

fn check_program(case: &Case, machine: Machine) -> Result<(), String> {
    let name = &case.name;
    // Some recurse as deep as the stack of a system allows.
    let mut options = vec!["--stack-size=8M".to_string()];
    options.extend(case.run.args.iter().map(|argument| format!("--arg={argument}")));
    options.extend(case.run.env.iter().map(|(name, value)| format!("--env={name}={value}")));
    // Directories become part of the program.
    options.extend(case.run.embed.iter().map(|folder| format!("--embed={}", case.path(folder).display())));
    let read = case.run.dirs.iter().map(|folder| folder.trim_end_matches(":ro"));
    options.extend(read.map(|folder| format!("--dir={}:ro", case.path(folder).display())));
    let output = run(machine, &case.wasm, &options, &case.stdin());
    let console = &output.stdout;
    let fail = |what: String| Err(format!("{name}: {what}\n{}{}", text(console), text(&output.stderr)));
    if output.status.code() != Some(case.run.status) {
        return fail(format!("ended with {} instead of {}", output.status, case.run.status));
    }
    let expected = case.stdout();
    // Standard error may come before what standard output has kept back.
    let rest = console.strip_prefix(&*expected).or_else(|| console.strip_suffix(&*expected));
    if !case.run.any_stdout && rest.is_none() {
        return fail("standard output differs".into());
    }
    let errors = text(rest.unwrap_or_default());
    if let Some(missing) = case.run.stderr.iter().find(|line| !errors.contains(*line)) {
        return fail(format!("standard error lacks {missing:?}"));
    }
    if case.run.stderr.is_empty() && !case.run.any_stdout && !errors.is_empty() {
        return fail("there is more than the standard output".into());
    }
    Ok(())
}

/// A trap must print what it prints on this machine's system, but for the number of frames that are not shown.
fn check_trap(trap: &Trap, machine: Machine) -> Result<(), String> {
    let module = root().join("fixtures/traps").join(&trap.name).with_extension("wat");
    let here = {
        let bench = Bench::new();
        finish(&mut Command::new(bench.compile(&module, &["--bounds=explicit"])))
    };
    let there = run(machine, &module, &[] as &[&str], &[]);
    let expected = traps::shown(&[here.stdout, here.stderr].concat());
    let got = traps::shown(&there.stdout);
    traps::same(trap, &format!("{}\n{got}", there.status), &format!("{}\n{expected}", here.status))
}

fn check(machine: Machine, leave_out: &[&str]) {
    if !is_there(machine) {
        return;
    }
    let mut cases = programs::own();
    cases.retain(|case| is_possible(case) && !leave_out.iter().any(|program| case.name.starts_with(program)));
    check_all(&cases, |case| check_program(case, machine));
    let mut traps = traps::traps();
    traps.retain(|trap| !trap.name.contains("another_thread"));
    check_all(&traps, |trap| check_trap(trap, machine));
}

#[test]
fn programs_and_traps_on_aarch64() {
    check(AARCH64, &[]);
}

#[test]
fn programs_and_traps_on_riscv64() {
    check(RISCV64, &["simd/"]);
}

#[test]
fn vectors_on_riscv64() {
    if is_there(RISCV64_WITH_VECTORS) {
        let mut cases = programs::own();
        cases.retain(|case| case.name.starts_with("simd/"));
        check_all(&cases, |case| check_program(case, RISCV64_WITH_VECTORS));
    }
}

const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\0e\00\00\00Hello, world!\n")
    (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"#;

#[test]
fn a_hello_takes_at_most_16_kib() {
    for machine in BOTH.into_iter().filter(|&machine| is_there(machine)) {
        let bench = Bench::new();
        let image = bench.compile_text(HELLO, &[machine.options, &["--strip"]].concat());
        let size = std::fs::metadata(&image).unwrap().len();
        assert!(size <= 16 << 10, "{:?}: {size} bytes", machine.options);
        assert_eq!(text(&start(machine, &bench, &image, &[]).stdout), "Hello, world!\n");
    }
}

/// What the environment asks of the heap elsewhere, a variable that the program is granted asks here.
#[test]
fn collections_are_made_and_reported_on_request() {
    let name = "fixtures/programs/gc_graph/gc_graph.wat";
    let graph = std::fs::read_to_string(root().join(name)).unwrap();
    let graph =
        graph.replace("(i32.const 20000)", "(i32.const 300)").replace("(i32.const 1000000)", "(i32.const 3000)");
    for machine in BOTH.into_iter().filter(|&machine| is_there(machine)) {
        let bench = Bench::new();
        let image = bench.compile_text(&graph, &[machine.options, &["--env=WASMC_HEAP=stress,statistics"]].concat());
        let output = start(machine, &bench, &image, &[]);
        let said = text(&output.stdout);
        let minor = said.lines().filter(|line| line.starts_with("heap: minor collection, "));
        assert_eq!((output.status.code(), minor.count() > 1000), (Some(0), true), "{machine:?}: {said}");
    }
}

#[test]
fn a_raw_image_begins_with_the_first_instruction() {
    for machine in BOTH.into_iter().filter(|&machine| is_there(machine)) {
        let bench = Bench::new();
        let image = bench.compile_text(HELLO, &[machine.options, &["--emit=bin"]].concat());
        let output = start(machine, &bench, &image, &[]);
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("Hello, world!\n", Some(0)), "{machine:?}");
    }
}
