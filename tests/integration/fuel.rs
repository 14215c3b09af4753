//! Programs that may execute so many instructions.

use crate::cross::{self, AARCH64, RISCV64};
use crate::support::{Bench, Machine, finish, root, text, wasmc};
use std::process::Command;
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// Runs a program with so much fuel; returns its status and what it said.
fn run(module: &str, fuel: u64, machine: Machine) -> (Option<i32>, String) {
    let bench = Bench::new();
    let fuel = fuel.to_string();
    let options = [machine.options, &["--fuel", &fuel]].concat();
    let output = finish(&mut machine.start(&bench.compile_text(module, &options)));
    (output.status.code(), text(&output.stderr))
}

/// A loop of 10 turns, with a call of a function that calls a small one; a branch table, and what it goes to.
const PROGRAM: &str = r#"(module
    (table 1 funcref) (elem (i32.const 0) $indirect) (type $t (func))
    (func $small (drop (i32.const 1)))
    (func $indirect (call $small))
    (func (export "_start") (local $i i32)
        (loop $next
            (call_indirect (type $t) (i32.const 0))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
        (block $target (br_table $target $target (local.get $i)))
        (drop (local.get $i))))"#;

/// A loop that keeps what is left in a register, around a call that takes some; and one whose turns vectors make.
const LOOPS: &str = r#"(module (memory 1)
    (func $count (param i32)
        (if (local.get 0) (then (call $count (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "_start") (local $i i32)
        (loop $next
            (block $odd
                (block $even (br_table $even $odd (i32.and (local.get $i) (i32.const 1))))
                (call $count (i32.const 2)))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
        (local.set $i (i32.const 0))
        (loop $fill
            (i32.store (local.get $i) (local.get $i))
            (br_if $fill (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 400))))))"#;

/// Here, in several ways, and on the machines that are emulated.
fn machines() -> impl Iterator<Item = Machine> {
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| cross::is_there(machine));
    let options: [&[&str]; 4] = [&[], &["-O0"], &["--opt", "no-inline"], &["--opt", "no-vector"]];
    options.into_iter().map(Machine::with).chain(emulated)
}

#[test]
fn loops_take_the_same_on_every_target() {
    // Entry: i32.const, local.set. A turn: four up to br_table, and seven behind $odd. Behind $even, in half of them:
    // i32.const, call, and six for each of three calls. A turn of $fill: three up to i32.store, four for the counter,
    // and three for the branch.
    let units = 2 + 10 * (4 + 7) + 5 * (2 + 3 * 6) + 100 * (3 + 4 + 3);
    for machine in machines() {
        assert_eq!(run(LOOPS, units, machine), (Some(0), String::new()), "{machine:?}");
        let (status, said) = run(LOOPS, units - 1, machine);
        assert_eq!(status, Some(TRAP_EXIT_STATUS), "{machine:?}");
        assert!(said.starts_with("wasm trap: out of fuel\n"), "{machine:?}: {said}");
    }
}

#[test]
fn the_same_suffices_on_every_target() {
    // Entry: local.get, br_table. A turn: i32.const, call_indirect, and seven for condition and branch; $indirect:
    // call, and the two instructions of $small. Behind the target: local.get, drop.
    let units = 2 + 10 * (2 + 7 + (1 + 2)) + 2;
    for machine in machines() {
        assert_eq!(run(PROGRAM, units, machine), (Some(0), String::new()), "{machine:?}");
        let (status, said) = run(PROGRAM, units - 1, machine);
        assert_eq!(status, Some(TRAP_EXIT_STATUS), "{machine:?}");
        assert!(said.starts_with("wasm trap: out of fuel\nbacktrace:\n    0: _start"), "{machine:?}: {said}");
    }
}

/// What is translated in place of a call takes what the call would: before it, where the part of the caller begins.
#[test]
fn what_is_inlined_takes_the_same() {
    // Fails with another trap as soon as a turn too many begins; $store takes 3 units besides the call, and is inlined.
    let module = r#"(module (memory 1)
        (func $store (param i32) (i32.store (local.get 0) (i32.const 1)))
        (func (export "_start") (local $i i32)
            (loop $next
                (if (i32.eq (local.get $i) (i32.const 40)) (then unreachable))
                (call $store (local.get $i))
                (local.set $i (i32.add (local.get $i) (i32.const 4)))
                (br $next))))"#;
    // A turn: five for the `if`, two and three for the call, four for the counter, the branch. The eleventh fails.
    let turn = 5 + (2 + 3) + 4 + 1;
    for options in [&[][..], &["-O0"], &["--opt", "no-inline"]] {
        for (fuel, trap) in [(11 * turn, "unreachable\n"), (11 * turn - 1, "out of fuel\n")] {
            let (status, said) = run(module, fuel, Machine::with(options));
            assert_eq!(status, Some(TRAP_EXIT_STATUS), "{options:?}");
            assert!(said.starts_with(&format!("wasm trap: {trap}")), "{options:?} with {fuel}: {said}");
        }
    }
}

/// What fills and copies takes a unit for 16 bytes of memory, or one element, besides its own.
#[test]
fn lengths_count() {
    for (bulk, units) in [
        ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 1600))", 4 + 100),
        ("(memory.copy (i32.const 0) (i32.const 1) (i32.const 15))", 4),
        ("(memory.init $data (i32.const 0) (i32.const 0) (i32.const 33))", 4 + 2),
        ("(table.fill (i32.const 0) (ref.null func) (i32.const 7))", 4 + 7),
        ("(drop (table.grow (ref.null func) (i32.const 50)))", 4 + 50),
        ("(call $fills)", 1 + 4 + 10),
        ("(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 160)))", 4 + 10),
    ] {
        let module = format!(
            "(module (memory 1) (table 10 100 funcref) (data $data \"{}\")
             (func $fills (memory.fill (i32.const 0) (i32.const 1) (i32.const 160)))
             (func (export \"_start\") {bulk}))",
            "x".repeat(40)
        );
        assert_eq!(run(&module, units, Machine::default()), (Some(0), String::new()), "{bulk}");
        let (status, said) = run(&module, units - 1, Machine::default());
        assert!(status == Some(TRAP_EXIT_STATUS) && said.starts_with("wasm trap: out of fuel\n"), "{bulk}: {said}");
    }
}

#[test]
fn what_never_ends_is_ended() {
    for endless in [
        "(loop $again (br $again))",
        "(loop $again (call $f) (br $again))",
        "(call $forever)",
        "(loop $again (block $out (loop $inner (br_if $inner (i32.const 0)) (br $out))) (br $again))",
        "(try_table (call $throws)) (loop $again (block $caught (try_table (catch_all $caught) (call $throws))) \
         (br $again))",
    ] {
        let module = format!(
            "(module (tag $e) (func $f) (func $throws (if (i32.const 0) (then (throw $e))))
             (func $forever (return_call $forever)) (func (export \"_start\") {endless}))"
        );
        let (status, said) = run(&module, 100_000, Machine::default());
        assert_eq!(status, Some(TRAP_EXIT_STATUS), "{endless}");
        assert!(said.starts_with("wasm trap: out of fuel\n"), "{endless}: {said}");
    }
}

/// A program of some size takes what it takes, whatever the options: what a bisection finds is the same.
#[test]
fn optimisation_changes_nothing() {
    let bench = Bench::new();
    let program = root().join("fixtures/programs/levenshtein/levenshtein.wasm");
    let is_enough = |fuel: u64, level: &str| {
        let image = bench.path("program");
        let mut command = wasmc();
        command.arg(&program).args(["--fuel", &fuel.to_string(), level, "-o"]).arg(&image);
        assert!(finish(&mut command).status.success());
        finish(Command::new(&image).arg("1")).status.success()
    };
    let (mut low, mut high) = (0_u64, 1 << 34);
    while high - low > 1 {
        let middle = low.midpoint(high);
        match is_enough(middle, "-O2") {
            true => high = middle,
            false => low = middle,
        }
    }
    assert!(low > 1000 && is_enough(high, "-O0") && !is_enough(low, "-O0"), "{high}");
}

#[test]
fn what_cannot_count_says_so() {
    let bench = Bench::new();
    let module = bench.write("app.wat", "(module (func (export \"_start\")))");
    let output = finish(wasmc().arg(&module).arg("--epoch"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("`--epoch` is for libraries") && said.contains("--timeout"), "{said}");
    let threads = root().join("fixtures/programs/threads/threads.wasm");
    let output = finish(wasmc().arg(&threads).args(["--fuel", "5", "-o"]).arg(bench.path("threads")));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("threads cannot count its fuel") && said.contains("--timeout"), "{said}");
}
