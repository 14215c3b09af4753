//! One program per reason to trap: the message in the specification's words, the backtrace, the exit status, and
//! nothing lost of what was written before.

use crate::support::{Bench, Machine, check_all, finish, root, text};
use std::process::{Command, Output};
use wasmc_tests::manifest::{self, Trap};

#[test]
fn every_trap_says_its_reason() {
    check_all(&traps(), |trap| check(trap, Machine::default()));
}

#[test]
fn every_trap_says_its_reason_without_optimisation() {
    check_all(&traps(), |trap| check(trap, Machine::with(&["-O0"])));
}

#[test]
fn every_trap_says_its_reason_with_explicit_bounds_checks() {
    check_all(&traps(), |trap| check(trap, Machine::with(&["--bounds=explicit"])));
}

/// Functions that are translated in place of calls have frames of their own, with the same offsets.
#[test]
fn every_trap_says_the_same_without_inlining() {
    check_all(&traps(), |trap| check_and_compare(trap, Machine::with(&["--opt", "no-inline"])));
}

#[test]
fn stripped_images_name_functions_in_backtraces() {
    let bench = Bench::new();
    let module = root().join("fixtures/traps/unreachable.wat");
    let output = finish(&mut Command::new(bench.compile(&module, &["--strip"])));
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("wasm trap: unreachable\n"), "{stderr}");
    assert!(stderr.contains("inner"), "{stderr}");
    assert_eq!(output.status.code(), Some(134));
}

/// What follows a call may trap too: then the side tables have two entries for one address of the code.
#[test]
fn backtraces_show_callers_at_their_calls() {
    let module = r#"(module
        (memory 1)
        (func $inner unreachable)
        (func $middle (param $address i32) (result i32)
            (i32.store (local.get $address) (i32.const 1))
            (call $inner)
            (i32.load (local.get $address)))
        (func (export "_start") (drop (call $middle (i32.const 0)))))"#;
    let bench = Bench::new();
    let output = finish(&mut Command::new(bench.compile_text(module, &[])));
    let binary = wasmc_frontend::to_binary(module.as_bytes()).expect("a module");
    let call_and_load = [0x10, 0, 0x20, 0, 0x28];
    let call = binary.windows(call_and_load.len()).position(|bytes| bytes == call_and_load).expect("the call");
    let stderr = text(&output.stderr);
    assert!(stderr.contains(&format!("1: middle ({call:#x})\n")), "the call is at {call:#x}\n{stderr}");
}

pub fn traps() -> Vec<Trap> {
    manifest::traps().expect("the table of traps is well-formed")
}

/// What the program of a trap writes, and how it ends.
fn run(trap: &Trap, machine: Machine) -> Output {
    let bench = Bench::new();
    let module = root().join("fixtures/traps").join(&trap.name).with_extension("wat");
    finish(&mut machine.start(&bench.compile(&module, machine.options)))
}

/// Fails unless a trap says on `machine` what the table has of it.
pub fn check(trap: &Trap, machine: Machine) -> Result<(), String> {
    check_output(trap, &run(trap, machine))
}

fn check_output(trap: &Trap, output: &Output) -> Result<(), String> {
    let stderr = text(&output.stderr);
    let fail = |what: &str| Err(format!("{}: {what}\n{stderr}", trap.name));
    if output.status.code() != Some(134) {
        return fail(&format!("ended with {}", output.status));
    }
    if text(&output.stdout) != trap.stdout {
        return fail(&format!("wrote {:?}", text(&output.stdout)));
    }
    if !stderr.starts_with(&format!("wasm trap: {}\n", trap.reason)) {
        return fail("another reason");
    }
    let mut lines = stderr.lines().skip(1);
    match trap.functions.iter().find(|function| !lines.any(|line| line.contains(function.as_str()))) {
        Some(function) => fail(&format!("the backtrace lacks {function}, or has it too early")),
        None => Ok(()),
    }
}

/// As [`check`], and fails unless the trap says the same as it does here.
pub fn check_and_compare(trap: &Trap, machine: Machine) -> Result<(), String> {
    let output = run(trap, machine);
    check_output(trap, &output)?;
    same(trap, &shown(&output.stderr), &shown(&run(trap, Machine::default()).stderr))
}

/// What a program has shown but for how many frames were left out, which depends on their size.
pub fn shown(output: &[u8]) -> String {
    text(output).lines().filter(|line| !line.ends_with(" more")).collect::<Vec<_>>().join("\n")
}

/// Fails unless a trap has shown what it shows here.
pub fn same(trap: &Trap, got: &str, expected: &str) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{}:\n{got}\ninstead of:\n{expected}", trap.name)) }
}
