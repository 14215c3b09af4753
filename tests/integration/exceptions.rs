//! Exceptions as users see them: what is said where nothing catches one, what they cost where nothing throws, threads,
//! and the memory of those that are kept. What they do otherwise is in `fixtures/scripts/exceptions.wast`.

use crate::cross::{self, AARCH64, RISCV64};
use crate::support::{Bench, Machine, finish, text};
use crate::threads::module;
use object::{Object, ObjectSymbol};
use std::process::{Command, Output};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// How a program ended, and what it said.
fn end(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

#[test]
fn what_nothing_catches_says_what_it_is() {
    // Passes through functions, one of which has a handler of another tag, and a tail call.
    let module = r#"(module
        (tag $failure (export "failed") (param i32 i64 f32 f64 externref))
        (tag $other)
        (func $inner (param i32)
            (throw $failure (local.get 0) (i64.const -9) (f32.const 1) (f64.const -1) (ref.null extern)))
        (func $middle (param i32)
            (block $handler (try_table (catch $other $handler) (call $inner (local.get 0)) (return))))
        (func (export "_start") (call $middle (i32.const -7))))"#;
    let expected = "wasm exception: failure(-7, -9, f32 0x3f800000, f64 0xbff0000000000000, externref)\n\
                    wasm trap: uncaught exception\n\
                    backtrace:\n    0: inner (0x55)\n    1: middle (0x64)\n    2: _start (0x6e)\n";
    let emulated = [AARCH64, RISCV64].into_iter().filter(|&machine| cross::is_there(machine));
    for machine in [Machine::default(), Machine::with(&["-O0"])].into_iter().chain(emulated) {
        let bench = Bench::new();
        let output = finish(&mut machine.start(&bench.compile_text(module, machine.options)));
        assert_eq!(end(&output), (Some(TRAP_EXIT_STATUS), expected.to_owned()), "{machine:?}");
    }
}

#[test]
fn a_tag_without_a_name_has_its_number() {
    let bench = Bench::new();
    let image = bench.compile_text(
        "(module (tag) (tag (param v128)) (func (export \"_start\") \
        (throw 1 (v128.const i32x4 1 2 3 4))))",
        &[],
    );
    let said = text(&finish(&mut Command::new(image)).stderr);
    assert!(said.starts_with("wasm exception: tag[1](v128 0x200000001 0x400000003)\n"), "{said}");
}

/// A module with a tag, where `body` is that of the function that the program starts with.
fn with_tag(body: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (tag $e (param i32))
            (func $harmless (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
            (func $throws (param i32) (result i32) (throw $e (local.get 0)))
            (func (export "_start") {body}))"#
    )
}

/// Which of the runtime's functions for exceptions a program has that calls `function` with a handler.
fn parts(function: &str) -> Vec<String> {
    let body = format!(
        "(block $h (result i32) (try_table (result i32) (catch $e $h) (call {function} (i32.const 3)))) (call $exit)"
    );
    let bench = Bench::new();
    let image = std::fs::read(bench.compile_text(&with_tag(&body), &[])).unwrap();
    let file = object::File::parse(&*image).unwrap();
    let is_part = |name: &&str| ["wasmc_unwind", "wasmc_throw", "wasmc_keep"].iter().any(|part| name.starts_with(part));
    let mut names: Vec<String> =
        file.symbols().filter_map(|symbol| symbol.name().ok()).filter(is_part).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn handlers_of_calls_that_cannot_throw_cost_nothing() {
    assert_eq!(parts("$harmless"), [""; 0]);
    assert_eq!(parts("$throws"), ["wasmc_throw", "wasmc_unwind_init", "wasmc_unwind_tables"]);
}

#[test]
fn threads_throw_and_catch_for_themselves() {
    // Each of 8 threads throws 10,000 times what it alone knows, through a few frames.
    let thread = r#"(local $n i32) (local $sum i32)
        (local.set $n (i32.const 10000))
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (call $catch (local.get $argument) (local.get $n))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (if (i32.ne (local.get $sum) (i32.mul (local.get $argument) (i32.const 10000))) (then unreachable))
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))"#;
    let functions = r#"
        (tag $e (param i64 i32))
        (func $throw (param $value i32) (param $depth i32)
            (if (i32.eqz (local.get $depth)) (then (throw $e (i64.const 1) (local.get $value))))
            (call $throw (local.get $value) (i32.sub (local.get $depth) (i32.const 1)))
            (drop (i32.load (i32.const 0))))
        (func $catch (param $value i32) (param $n i32) (result i32) (local $r exnref)
            (block $h (result i64 i32 exnref)
                (try_table (catch_ref $e $h) (call $throw (local.get $value) (i32.and (local.get $n) (i32.const 7))))
                (unreachable))
            (local.set $r)
            (local.set $value)
            (drop)
            (local.get $value))"#;
    let main = r#"
        (loop $more
            (if (i32.le_s (call $spawn (i32.add (local.get $i) (i32.const 1))) (i32.const 0)) (then unreachable))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
        (loop $again
            (if (i32.lt_u (local.tee $i (i32.atomic.load (i32.const 0))) (i32.const 8))
                (then (call $wait (i32.const 0) (local.get $i)) (br $again))))"#;
    let module = module(thread, main).replacen("(func $wait", &format!("{functions} (func $wait"), 1);
    let bench = Bench::new();
    let output = finish(&mut Command::new(bench.compile_text(&module, &["--timeout=60s"])));
    assert_eq!(end(&output), (Some(0), String::new()));
}

#[test]
fn what_a_thread_does_not_catch_ends_the_process() {
    let module = module(
        "(throw $e (local.get $argument))",
        "(drop (call $spawn (i32.const 5))) (call $wait (i32.const 0) (i32.const 0))",
    );
    let module = module.replacen("(func $wait", "(tag $e (param i32)) (func $wait", 1);
    let bench = Bench::new();
    let output = finish(&mut Command::new(bench.compile_text(&module, &["--timeout=60s"])));
    let (status, said) = end(&output);
    assert_eq!(status, Some(TRAP_EXIT_STATUS), "{said}");
    assert!(said.starts_with("wasm exception: e(5)\nwasm trap: uncaught exception\nbacktrace:\n"), "{said}");
}

/// A program that keeps references to `kept` exceptions in a table, round after round.
fn keeps(kept: u32, rounds: u32) -> String {
    let all = kept * rounds;
    format!(
        r#"(module
            (tag $e (param i64))
            (table $table {kept} exnref)
            (func $throw (param i64) (throw $e (local.get 0)))
            (func $catch (param i64) (result exnref)
                (try_table (result exnref) (catch_all_ref 0) (call $throw (local.get 0)) (unreachable)))
            (func (export "_start") (local $i i32)
                (loop $next
                    (table.set $table (i32.rem_u (local.get $i) (i32.const {kept}))
                        (call $catch (i64.extend_i32_u (local.get $i))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $next (i32.lt_u (local.get $i) (i32.const {all}))))))"#
    )
}

#[test]
fn exceptions_that_nothing_refers_to_leave_room_for_others() {
    let bench = Bench::new();
    let image = bench.compile_text(&keeps(1000, 1000), &["--max-memory=4MiB"]);
    assert_eq!(end(&finish(&mut Command::new(image))), (Some(0), String::new()));
}

#[test]
fn exceptions_end_where_memory_does() {
    let bench = Bench::new();
    let image = bench.compile_text(&keeps(1_000_000, 1), &["--max-memory=12MiB"]);
    let (status, said) = end(&finish(&mut Command::new(image)));
    assert_eq!(status, Some(TRAP_EXIT_STATUS), "{said}");
    assert!(said.starts_with("wasm trap: out of memory for exceptions\n"), "{said}");
}
