//! `--timeout` ends a program whatever it does, and whatever its starter has done with signals and streams.

use crate::support::{Bench, Machine, check_all};
use std::fs::File;
use std::io::PipeWriter;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use wasmc_abi::grants::TIMEOUT_EXIT_STATUS;

/// What a program does until it is ended. All of them may start threads, use WASI and grow memory.
const PROGRAMS: [(&str, &str, &str); 14] = [
    ("computes", "", "(loop $again (br $again))"),
    ("sleeps", "", "(drop (call $poll (i32.const 512) (i32.const 200) (i32.const 1) (i32.const 300)))"),
    ("waits", "", "(drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const -1)))"),
    ("fills standard error", "", "(loop $again (drop (call $write (i32.const 2) (i32.const 16))) (br $again))"),
    ("fills standard output", "", "(loop $again (drop (call $write (i32.const 1) (i32.const 16))) (br $again))"),
    ("reads what nobody writes", "", "(loop $again (drop (call $read (i32.const 0) (i32.const 16))) (br $again))"),
    ("reads a FIFO", "", "(loop $again (drop (call $read (call $open) (i32.const 16))) (br $again))"),
    (
        "stops itself",
        "",
        "(loop $again (drop (call $raise (i32.const 18))) (drop (call $raise (i32.const 19)))
            (drop (call $raise (i32.const 20))) (drop (call $raise (i32.const 21))) (br $again))",
    ),
    ("grows", "", "(loop $again (drop (memory.grow (i32.const 1))) (br $again))"),
    (
        "computes on eight threads",
        "(loop $again (br $again))",
        "(drop (call $spawns (i32.const 8))) (loop $again (br $again))",
    ),
    (
        "waits on eight threads",
        "(drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const -1)))",
        "(drop (call $spawns (i32.const 8)))
            (drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const -1)))",
    ),
    ("starts threads", "", "(loop $again (drop (call $spawns (i32.const 8))) (br $again))"),
    (
        "starts threads that stay",
        "(drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const -1)))",
        "(loop $again (drop (call $spawns (i32.const 1))) (br $again))",
    ),
    (
        "traps when standard error is full",
        "(loop $again (drop (call $write (i32.const 2) (i32.const 16))) (br $again))",
        "(drop (call $spawns (i32.const 1)))
            (drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const 100_000_000))) unreachable",
    ),
];

/// A module whose main function is `main`, and whose threads run `thread`.
fn module(thread: &str, main: &str) -> String {
    format!(
        r#"(module
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_open"
                (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1 16384 shared)
            (data (i32.const 16) "\00\10\00\00\00\10\00\00")
            (data (i32.const 100) "fifo")
            (data (i32.const 528) "\01\00\00\00")
            (data (i32.const 536) "\00\40\7a\10\f3\5a\00\00")
            (func $write (param $fd i32) (param $iovec i32) (result i32)
                (call $fd_write (local.get $fd) (local.get $iovec) (i32.const 1) (i32.const 8)))
            (func $read (param $fd i32) (param $iovec i32) (result i32)
                (call $fd_read (local.get $fd) (local.get $iovec) (i32.const 1) (i32.const 8)))
            (func $open (result i32)
                (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0)
                    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
                (i32.load (i32.const 12)))
            (func $spawns (param $count i32) (result i32)
                (loop $more
                    (drop (call $spawn (i32.const 0)))
                    (br_if $more (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
                (local.get $count))
            (func (export "wasi_thread_start") (param i32 i32) {thread})
            (func (export "_start") {main}))"#
    )
}

/// Commands that start a program, with what they do to it.
const STARTERS: [&[&str]; 3] = [&[], &["env", "--block-signal"], &["env", "--ignore-signal"]];

/// A program, ready to be started.
struct Case {
    name: &'static str,
    image: PathBuf,
    starter: &'static [&'static str],
}

/// Starts it with streams that are never read or written.
fn start(case: &Case, folder: &Path) -> (Child, PipeWriter, [std::io::PipeReader; 2]) {
    let mut command = match case.starter.split_first() {
        Some((program, options)) => {
            let mut command = Command::new(program);
            command.args(options).arg(&case.image);
            command
        }
        None => Command::new(&case.image),
    };
    let (stdin, silent) = std::io::pipe().expect("a pipe");
    let (unread, stdout) = std::io::pipe().expect("a pipe");
    let (unread_too, stderr) = std::io::pipe().expect("a pipe");
    let child = command.current_dir(folder).stdin(stdin).stdout(stdout).stderr(stderr).spawn();
    (child.expect("the program starts"), silent, [unread, unread_too])
}

/// Waits until the program ends, so long at most.
fn wait(child: &mut Child, most: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + most;
    loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => return Some(status),
            None if Instant::now() > end => return None,
            None => sleep(Duration::from_millis(5)),
        }
    }
}

/// Runs every program so many times; each must end in time and leave nothing.
fn check_programs(limit: Duration, rounds: usize) {
    /// How much later the end may be seen on a machine that does much else.
    const NOISE: Duration = Duration::from_secs(5);
    let bench = Bench::new();
    let fifo = Command::new("mkfifo").arg(bench.path("fifo")).status();
    assert!(fifo.is_ok_and(|status| status.success()));
    let mut cases = Vec::new();
    for (number, (name, thread, main)) in PROGRAMS.into_iter().enumerate() {
        let timeout = format!("--timeout={}ms", limit.as_millis());
        let options = [timeout.as_str(), "--dir=.", "--stack-size=64K", "--max-threads=256"];
        let image = bench.path(&format!("image{number}"));
        std::fs::rename(bench.compile_text(&module(thread, main), &options), &image).expect("the image is there");
        cases.extend(STARTERS.map(|starter| Case { name, image: image.clone(), starter }));
    }
    for _ in 0..rounds {
        check_all(&cases, |case| {
            let begin = Instant::now();
            let (mut child, _silent, _unread) = start(case, bench.folder.path());
            let status = wait(&mut child, limit + NOISE);
            let time = begin.elapsed();
            let what = format!("a program that {}, started by {:?}", case.name, case.starter);
            match status {
                Some(status) if status.code() != Some(TIMEOUT_EXIT_STATUS) => Err(format!("{what}: {status}")),
                Some(_) if time < limit => Err(format!("{what}: ended after {time:?}")),
                Some(_) => Ok(()),
                None => {
                    let _ = child.kill();
                    Err(format!("{what}: lives on"))
                }
            }
        });
    }
}

#[test]
fn programs_end_when_their_time_is_over() {
    check_programs(Duration::from_millis(250), 1);
}

#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn ten_thousand_programs_end_when_their_time_is_over() {
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| check_programs(Duration::from_secs(1), 20));
        }
    });
}

/// Ends with the status 0 where a terminal says that the program may not read it.
const READS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\00\10\00\00\00\10\00\00")
    (func (export "_start")
        (loop $again (br_if $again (i32.eqz (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 8)))))
        (loop $again (br $again))))"#;

#[test]
fn a_terminal_that_another_job_has_does_not_stop_the_program() {
    let bench = Bench::new();
    let image = bench.compile_text(READS, &["--timeout=250ms"]);
    let status = bench.path("status");
    // A shell with job control starts it in the background, where reading the terminal stops a process.
    let script = format!("set -m; {} & wait $!; echo $? > {}", image.display(), status.display());
    let mut shell = Command::new("script");
    shell.args(["-q", "-c"]).arg(format!("sh -c '{script}'")).arg("/dev/null");
    let mut child = shell.stdin(Stdio::piped()).stdout(File::create(bench.path("said")).unwrap()).spawn().unwrap();
    assert!(wait(&mut child, Duration::from_secs(10)).is_some(), "the program lives on");
    let status = std::fs::read_to_string(status).unwrap();
    assert_eq!(status.trim().parse(), Ok(TIMEOUT_EXIT_STATUS));
}

#[test]
fn a_fifo_is_opened_at_once_and_read_when_somebody_writes() {
    let bench = Bench::new();
    let fifo = Command::new("mkfifo").arg(bench.path("fifo")).status();
    assert!(fifo.is_ok_and(|status| status.success()));
    // Ends with the number of bytes read, or 100 and more where opening or reading fails.
    let main = "(call $exit (i32.add (call $read (call $open) (i32.const 16)) (i32.load (i32.const 8))))";
    let text = module("", main)
        .replace("(memory ", r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory "#);
    let image = bench.compile_text(&text, &["--dir=.", "--timeout=20s"]);
    let mut child = Machine::default().start(&image).current_dir(bench.folder.path()).spawn().unwrap();
    sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none(), "nobody has written yet");
    std::fs::write(bench.path("fifo"), "five!").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
}
