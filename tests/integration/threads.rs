//! Threads of wasi-threads at their limits: the end of the process, the end of memory, signals.

use crate::support::{Bench, finish, text};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// A module with a shared memory and a thread that runs `thread` while the main thread runs `main`.
pub fn module(thread: &str, main: &str) -> String {
    format!(
        r#"(module
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1 1 shared)
            (func $wait (param $address i32) (param $value i32)
                (drop (memory.atomic.wait32 (local.get $address) (local.get $value) (i64.const -1))))
            (func (export "wasi_thread_start") (param $number i32) (param $argument i32) {thread})
            (func (export "_start") (local $i i32) {main}))"#
    )
}

/// Runs an image with so much address space, in MiB.
fn limited(image: &std::path::Path, mebibytes: u32) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -v {}; exec \"$0\"", mebibytes << 10)).arg(image);
    command
}

#[test]
fn a_thread_ends_the_process() {
    let module = module(
        "(call $exit (i32.const 7))",
        "(drop (call $spawn (i32.const 0))) (call $wait (i32.const 0) (i32.const 0))",
    );
    let bench = Bench::new();
    let output = finish(&mut Command::new(bench.compile_text(&module, &[])));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(7), ""));
}

#[test]
fn a_wait_that_times_out_after_another_leaves_the_queue_whole() {
    // One thread waits, then the main thread for a while, then another thread. Two remain to be woken.
    let module = module(
        "(call $wait (i32.const 0) (i32.const 0))",
        "(if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
         (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 30_000_000)))
         (if (i32.ne (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1_000_000)) (i32.const 2))
            (then unreachable))
         (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
         (loop $more
            (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1_000_000)))
            (local.set $i (i32.add (local.get $i) (memory.atomic.notify (i32.const 0) (i32.const 1))))
            (br_if $more (i32.lt_u (local.get $i) (i32.const 2))))",
    );
    let bench = Bench::new();
    let output = finish(&mut Command::new(bench.compile_text(&module, &["--timeout=20s"])));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn where_no_more_threads_can_be_started_the_program_is_told() {
    // Every thread waits for ever. Each has 8 MiB of stack.
    let module = module(
        "(call $wait (i32.const 0) (i32.const 0))",
        "(loop $more
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0))
                (then (call $exit (i32.add (i32.const 100) (i32.gt_u (local.get $i) (i32.const 10))))))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))",
    );
    let bench = Bench::new();
    let image = bench.compile_text(&module, &["--bounds=explicit"]);
    let output = finish(&mut limited(&image, 256));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(101), ""));
}

#[test]
fn ten_thousand_threads_take_no_more_memory_than_a_few() {
    // Four at a time: each counts itself; the main thread waits for the fourth.
    let module = module(
        "(drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
         (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))",
        "(local $seen i32)
         (loop $round
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
            (local.set $i (i32.add (local.get $i) (i32.const 4)))
            (loop $all
                (local.set $seen (i32.atomic.load (i32.const 4)))
                (if (i32.lt_u (local.get $seen) (local.get $i))
                    (then (call $wait (i32.const 4) (local.get $seen)) (br $all))))
            (br_if $round (i32.lt_u (local.get $i) (i32.const 10000))))",
    );
    let bench = Bench::new();
    let image = bench.compile_text(&module, &["--bounds=explicit"]);
    // Room for some thirty stacks.
    let output = finish(&mut limited(&image, 256));
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn signals_do_not_shorten_waits() {
    // Ends with the result of the wait: 2 where its time is over.
    let module = module("", "(call $exit (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 300_000_000)))");
    let bench = Bench::new();
    let image = bench.compile_text(&module, &[]);
    let start = Instant::now();
    let mut child = Command::new(image).stdin(Stdio::null()).spawn().expect("the image starts");
    for signal in ["-STOP", "-CONT", "-STOP", "-CONT"] {
        std::thread::sleep(Duration::from_millis(20));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()));
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
}

/// Eight threads, the main one included, wait until all are there, and then trap.
fn trapping_at_once() -> String {
    let meet = "(drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
        (loop $more (br_if $more (i32.lt_u (i32.atomic.load (i32.const 4)) (i32.const 8)))) unreachable";
    let main = format!(
        "(loop $more (drop (call $spawn (i32.const 0)))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 7)))) {meet}"
    );
    module(meet, &main)
}

/// Runs the program so many times: each time it ends as after one trap.
fn check_traps_at_once(runs: u32) {
    let bench = Bench::new();
    let image = bench.compile_text(&trapping_at_once(), &[]);
    for _ in 0..runs {
        let output = finish(&mut Command::new(&image));
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(TRAP_EXIT_STATUS), "{}: {stderr}", output.status);
        assert_eq!(stderr.matches("wasm trap: unreachable").count(), 1, "{stderr}");
    }
}

#[test]
fn of_threads_that_trap_at_once_one_reports() {
    check_traps_at_once(50);
}

#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn of_threads_that_trap_at_once_one_reports_each_of_a_thousand_times() {
    check_traps_at_once(1000);
}

/// Starts threads that wait until there is an error, and ends with their number.
const COUNTS_THREADS: &str = "(loop $more
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then (call $exit (local.get $i))))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))";

#[test]
fn no_more_threads_run_than_may() {
    let module = module("(call $wait (i32.const 0) (i32.const 0))", COUNTS_THREADS);
    let bench = Bench::new();
    let image = bench.compile_text(&module, &["--max-threads=5"]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(4), "the first counts");
    let image = bench.compile_text(&module, &["--max-threads=1"]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(0));
}

#[test]
fn stacks_of_threads_count_as_memory() {
    let module = module("(call $wait (i32.const 0) (i32.const 0))", COUNTS_THREADS);
    let bench = Bench::new();
    // Each thread has a stack of 256 KiB, one for signals of 64 KiB, and a page or two of its own.
    let image = bench.compile_text(&module, &["--max-memory=2M", "--stack-size=256K"]);
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(5));
}
