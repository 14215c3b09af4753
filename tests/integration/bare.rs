//! Programs on bare metal, on QEMU's `virt` machines.
//!
//! Where the runtime of a target is not built in, or its emulator is not there, a test says so and checks nothing:
//! `cargo xtask test` provides both where it can.

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

const AARCH64: Machine = Machine { options: &["--target", "aarch64-none"], emulator: emulators::AARCH64_NONE };
const RISCV64: Machine = Machine { options: &["--target", "riscv64-none"], emulator: emulators::RISCV64_NONE };
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
    let needs_more = ["threads/", "thread_instances/", "memory64/"];
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

/// A trap must say what it says on this machine's system: the same lines, but for the number of frames that are not shown.
fn check_trap(trap: &Trap, machine: Machine) -> Result<(), String> {
    let module = root().join("fixtures/traps").join(&trap.name).with_extension("wat");
    let here = {
        let bench = Bench::new();
        finish(&mut Command::new(bench.compile(&module, &["--bounds=explicit"])))
    };
    let there = run(machine, &module, &[] as &[&str], &[]);
    let lines = |output: String| -> Vec<String> {
        output.lines().filter(|line| !line.ends_with(" more")).map(str::to_owned).collect()
    };
    let expected = lines(text(&here.stdout) + &text(&here.stderr));
    let got = lines(text(&there.stdout));
    if there.status.code() != here.status.code() || got != expected {
        let (status, got, expected) = (there.status, got.join("\n"), expected.join("\n"));
        return Err(format!("{}: ended with {status}:\n{got}\ninstead of:\n{expected}", trap.name));
    }
    Ok(())
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

/// Runs a module in text format on both machines; the machine's name with what it wrote and how it ended.
fn on_both(module: &str, options: &[&str], input: &[u8]) -> Vec<(&'static str, String, Option<i32>)> {
    let bench = Bench::new();
    let module = bench.write("module.wat", module);
    let there = BOTH.into_iter().filter(|&machine| is_there(machine));
    there
        .map(|machine| {
            let output = run(machine, &module, options, input);
            (machine.options[1], text(&output.stdout), output.status.code())
        })
        .collect()
}

/// A program that ends with the status that its code leaves on the stack.
fn ends_with(code: &str) -> String {
    let imports = [
        ("proc_exit", "(param i32)"),
        ("clock_time_get", "(param i32 i64 i32) (result i32)"),
        ("random_get", "(param i32 i32) (result i32)"),
        ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"),
        ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
        ("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)"),
        ("proc_raise", "(param i32) (result i32)"),
    ];
    let imports: String = imports
        .iter()
        .map(|(name, ty)| format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} {ty}))"#))
        .collect();
    format!(
        r#"(module {imports} (memory (export "memory") 1) {code} (func (export "_start") (call $proc_exit (call $run))))"#
    )
}

#[test]
fn memory_grows_to_its_capacity() {
    let module = ends_with(
        "(func $run (result i32)
            (i32.store (i32.const 65532) (i32.const 77))
            (if (i32.ne (memory.grow (i32.const 100)) (i32.const 1)) (then (return (i32.const 1))))
            (if (i32.ne (i32.load (i32.const 65532)) (i32.const 77)) (then (return (i32.const 2))))
            (if (i32.load (i32.const 6000000)) (then (return (i32.const 3))))
            (if (i32.ne (memory.grow (i32.const 924)) (i32.const -1)) (then (return (i32.const 4))))
            (if (i32.ne (memory.grow (i32.const 923)) (i32.const 101)) (then (return (i32.const 5))))
            (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (return (i32.const 6))))
            (i32.store (i32.const 67108860) (i32.const 42))
            (i32.load (i32.const 67108860)))",
    );
    for (machine, said, status) in on_both(&module, &[], &[]) {
        assert_eq!((said.as_str(), status), ("", Some(42)), "{machine}");
    }
    for (machine, said, status) in on_both(&module, &["--max-memory=200M"], &[]) {
        assert!(said.contains("200 MiB") && said.contains("--max-memory"), "{machine}: {said}");
        assert_eq!(status, Some(1), "{machine}");
    }
}

#[test]
fn clocks_run_and_sleep_takes_its_time() {
    // Not before 2020, and 30 milliseconds of sleep take less than 30 seconds.
    let module = ends_with(
        "(func $now (param i32) (result i64)
            (drop (call $clock_time_get (local.get 0) (i64.const 1) (i32.const 256)))
            (i64.load (i32.const 256)))
        (func $run (result i32) (local $start i64)
            (if (i64.lt_u (call $now (i32.const 0)) (i64.const 1577836800000000000)) (then (return (i32.const 1))))
            (local.set $start (call $now (i32.const 1)))
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 30000000))
            (if (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 256)) (then (return (i32.const 2))))
            (local.set $start (i64.sub (call $now (i32.const 1)) (local.get $start)))
            (if (i64.lt_u (local.get $start) (i64.const 30000000)) (then (return (i32.const 3))))
            (i32.add (i32.const 4) (i64.lt_u (local.get $start) (i64.const 30000000000))))",
    );
    for (machine, said, status) in on_both(&module, &[], &[]) {
        assert_eq!((said.as_str(), status), ("", Some(5)), "{machine}");
    }
}

#[test]
fn random_bytes_come_from_the_seed() {
    let module = ends_with(
        "(func $run (result i32)
            (drop (call $random_get (i32.const 0) (i32.const 9)))
            (i32.xor (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const 8))))",
    );
    let of_seed = |seed: &str| on_both(&module, &[seed], &[]);
    assert_eq!(of_seed("--seed=7"), of_seed("--seed=7"));
    assert!(of_seed("--seed=7").iter().zip(of_seed("--seed=8")).all(|(first, second)| first.2 != second.2));
}

/// A read ends with the input there is; the next one finds its end, and the one after that what follows.
#[test]
fn input_ends_and_goes_on() {
    let module = ends_with(
        "(func $read (result i32)
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 100))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.load (i32.const 8)))
        (func $all (result i32) (local $sum i32) (local $len i32)
            (loop $more
                (local.set $len (call $read))
                (local.set $sum (i32.add (local.get $sum) (local.get $len)))
                (br_if $more (local.get $len)))
            (local.get $sum))
        (func $run (result i32) (i32.add (i32.mul (call $all) (i32.const 10)) (call $all)))",
    );
    for (machine, _, status) in on_both(&module, &[], b"12345\x04123") {
        assert_eq!(status, Some(53), "{machine}");
    }
}

#[test]
fn what_is_not_there_answers_with_an_error() {
    const BADF: i32 = 8;
    const NOTSUP: i32 = 58;
    let open =
        "(data (i32.const 0) \"name\") (func $run (result i32) (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 256)))";
    let stop = "(func $run (result i32) (call $proc_raise (i32.const 18)))";
    let end = "(func $run (result i32) (call $proc_raise (i32.const 6)))";
    for (code, expected) in [(open, BADF), (stop, NOTSUP), (end, 128 + 6)] {
        for (machine, said, status) in on_both(&ends_with(code), &[], &[]) {
            assert_eq!((said.as_str(), status), ("", Some(expected)), "{machine}");
        }
    }
}

/// There is one thread: a wait passes its time, and one without an end is told from a program that hangs.
#[test]
fn waiting_for_other_threads() {
    let module = |timeout: &str| {
        format!(
            r#"(module
                (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
                (memory (export "memory") 1 1 shared)
                (func (export "_start") (call $proc_exit
                    (i32.add (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const {timeout}))
                        (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))))"#
        )
    };
    for (machine, said, status) in on_both(&module("1000000"), &[], &[]) {
        assert_eq!((said.as_str(), status), ("", Some(2)), "{machine}");
    }
    for (machine, said, status) in on_both(&module("-1"), &[], &[]) {
        assert!(said.starts_with("wasm trap: "), "{machine}: {said}");
        assert_eq!(status, Some(134), "{machine}");
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

#[test]
fn a_raw_image_begins_with_the_first_instruction() {
    for machine in BOTH.into_iter().filter(|&machine| is_there(machine)) {
        let bench = Bench::new();
        let image = bench.compile_text(HELLO, &[machine.options, &["--emit=bin"]].concat());
        let output = start(machine, &bench, &image, &[]);
        assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("Hello, world!\n", Some(0)), "{machine:?}");
    }
}

/// Native code that writes to code, executes data or follows a null pointer is stopped, and said to be at fault.
#[test]
fn memory_is_protected_from_native_code() {
    const SOURCE: &str = "
        static unsigned data[4];
        void env_poke(int what) {
            if (what == 0) *(volatile unsigned *)(void *)env_poke = 0;
            if (what == 1) ((void (*)(void))(void *)data)();
            if (what == 2) *(volatile unsigned *)16 = 0;
        }";
    for (machine, board) in [(AARCH64, &RASPI3B), (RISCV64, &SIFIVE_U)] {
        if !is_board_there(board, machine) {
            continue;
        }
        let bench = Bench::new();
        let (source, object) = (bench.write("poke.c", SOURCE), bench.path("poke.o"));
        let mut clang = Command::new("clang-19");
        let compiled =
            finish(clang.args(board.flags).args(["-ffreestanding", "-c"]).arg(source).arg("-o").arg(&object));
        assert!(compiled.status.success(), "{}", text(&compiled.stderr));
        for what in 0..3 {
            let module = format!(
                r#"(module (import "env" "poke" (func $poke (param i32))) (memory 1)
                    (func (export "_start") (call $poke (i32.const {what})) (drop (i32.load (i32.const 0)))))"#
            );
            let options = [machine.options, &[object.to_str().expect("the path is text")]].concat();
            let output = start(machine, &bench, &bench.compile_text(&module, &options), &[]);
            let said = text(&output.stdout);
            assert!(said.starts_with("wasmc: internal fault: ") && said.lines().count() == 1, "{what}: {said}");
            assert_eq!(output.status.code(), Some(134), "{what}");
        }
    }
}

/// A machine that an object of the user's and a target file describe.
struct Board {
    folder: &'static str,
    /// What clang compiles the object by.
    flags: &'static [&'static str],
    machine: Machine,
    /// What ends input on its console.
    end: u8,
}

const SIFIVE_U: Board = Board {
    folder: "fixtures/boards/sifive_u",
    flags: &["--target=riscv64-unknown-none-elf", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"],
    machine: Machine {
        options: &["--target", concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/boards/sifive_u/board.toml")],
        emulator: emulators::SIFIVE_U,
    },
    end: b'.',
};
const RASPI3B: Board = Board {
    folder: "fixtures/boards/raspi3b",
    flags: &["--target=aarch64-unknown-none", "-mcpu=cortex-a53"],
    machine: Machine {
        options: &["--target", concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/boards/raspi3b/board.toml")],
        emulator: emulators::RASPI3B,
    },
    end: END_OF_INPUT,
};

/// Whether a board can be tried here.
fn is_board_there(board: &Board, like: Machine) -> bool {
    emulators::is_installed("clang-19") && is_there(Machine { options: like.options, ..board.machine })
}

/// An object of the user's takes the place of the runtime's functions for the board, and a target file that of its memory.
fn check_board(board: &Board) {
    let bench = Bench::new();
    let object = bench.path("board.o");
    let mut clang = Command::new("clang-19");
    clang.args(board.flags).args(["-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror", "-c", "-I"]);
    clang.arg(root().join("runtime-lib/include")).arg(root().join(board.folder).join("board.c")).arg("-o").arg(&object);
    let compiled = finish(&mut clang);
    assert!(compiled.status.success(), "{}", text(&compiled.stderr));
    let check = |name: &str, input: &[u8], expected: &str, status: i32| {
        let options = [board.machine.options, &[object.to_str().expect("the path is text")]].concat();
        let image = bench.compile(&root().join(name), &options);
        let output = start(board.machine, &bench, &image, &[input, &[board.end]].concat());
        assert!(text(&output.stdout).starts_with(expected), "{name}: {}", text(&output.stdout));
        assert_eq!(output.status.code(), Some(status), "{name}");
    };
    check("fixtures/programs/greeting/greeting.wasm", b"", "Hello, world!\n", 0);
    check("fixtures/programs/json_format/json_format.wasm", b"[1, 2]", "[\n  1,\n  2\n]\n", 0);
    check("fixtures/traps/unreachable.wat", b"", "wasm trap: unreachable\n", 134);
    check("fixtures/traps/call_stack_exhausted.wat", b"", "wasm trap: call stack exhausted\n", 134);
}

#[test]
fn a_board_with_risc_v() {
    if is_board_there(&SIFIVE_U, RISCV64) {
        check_board(&SIFIVE_U);
    }
}

#[test]
fn a_board_with_aarch64() {
    if is_board_there(&RASPI3B, AARCH64) {
        check_board(&RASPI3B);
    }
}
