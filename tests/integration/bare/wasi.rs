//! What WASI's functions do where there is no system: memory, clocks, random numbers, input, waiting.

use super::{BOTH, run};
use crate::cross::is_there;
use crate::support::{Bench, text};

/// Runs a module in text format on both machines; returns each machine's name, what was written and the exit status.
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
    let start = r#"(func (export "_start") (call $proc_exit (call $run)))"#;
    format!(r#"(module {imports} (memory (export "memory") 1) {code} {start})"#)
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
            (if (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 256))
                (then (return (i32.const 2))))
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

/// A read returns the input up to its end; the next one finds the end, and the one after that what follows.
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
    let open = "(data (i32.const 0) \"name\")
        (func $run (result i32) (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1)
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 256)))";
    let stop = "(func $run (result i32) (call $proc_raise (i32.const 18)))";
    let end = "(func $run (result i32) (call $proc_raise (i32.const 6)))";
    for (code, expected) in [(open, BADF), (stop, NOTSUP), (end, 128 + 6)] {
        for (machine, said, status) in on_both(&ends_with(code), &[], &[]) {
            assert_eq!((said.as_str(), status), ("", Some(expected)), "{machine}");
        }
    }
}

/// There is one thread: a wait with a timeout ends with it, and one without is reported, instead of hanging.
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
