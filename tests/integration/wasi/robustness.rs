//! Streams and file systems that do less than one hopes: closed, full, broken, slow, interrupted.

use super::{Program, assert_silent};
use crate::support::{Bench, finish, text};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stderr(Stdio::piped())
}

#[test]
fn a_closed_standard_output_is_no_descriptor_and_stays_none() {
    let program = Program::new("streams");
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"exec "$0" closed >&-"#]).arg(program.command(&[]).get_program());
    assert_silent(&finish(&mut shell));
}

#[test]
fn a_full_device_has_no_space() {
    let program = Program::new("streams");
    let full = File::options().write(true).open("/dev/full").unwrap();
    assert_silent(&quiet(&mut program.command(&["full"])).stdout(full).output().unwrap());
}

#[test]
fn a_pipe_that_nobody_reads_is_an_error_and_no_signal() {
    let program = Program::new("streams");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_silent(&quiet(&mut program.command(&["pipe"])).stdout(writer).output().unwrap());
}

#[test]
fn a_full_file_system_has_no_space_and_keeps_what_was_written() {
    let program = Program::new("streams");
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c"]);
    shell.arg(r#"mount -t tmpfs -o size=1m none "$1" || exit 77; exec "$0" disk"#);
    shell.arg(program.command(&[]).get_program()).arg(program.bench.path("scratch"));
    let output = finish(&mut shell);
    if output.status.code() != Some(0) && !text(&output.stderr).contains("streams.c") {
        eprintln!("skipped: nothing can be mounted here: {}", text(&output.stderr));
        return;
    }
    assert_silent(&output);
}

/// Says by its exit status whether the entry `.` of a granted directory has the number that `fd_filestat_get` tells.
const LISTS_ITSELF: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $filestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $entry i32)
        (if (call $filestat (i32.const 3) (i32.const 64)) (then (call $exit (i32.const 101))))
        (if (call $readdir (i32.const 3) (i32.const 1024) (i32.const 4096) (i64.const 0) (i32.const 8))
            (then (call $exit (i32.const 102))))
        (local.set $entry (i32.const 1024))
        (loop $next
            (if (i32.ne (i32.load offset=16 (local.get $entry)) (i32.const 1)) (then
                (local.set $entry
                    (i32.add (local.get $entry) (i32.add (i32.const 24) (i32.load offset=16 (local.get $entry)))))
                (br_if $next (i32.lt_u (local.get $entry) (i32.const 5120)))
                (call $exit (i32.const 103)))))
        (call $exit (i64.ne (i64.load offset=8 (local.get $entry)) (i64.load offset=72 (i32.const 0))))))"#;

#[test]
fn a_directory_has_one_number_where_file_systems_lie_in_layers() {
    let bench = Bench::new();
    let image = bench.compile_text(LISTS_ITSELF, &[] as &[&str]);
    let layers = bench.path("layers");
    fs::create_dir(&layers).unwrap();
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c"]);
    // The layers are file systems of their own: only then do the kernel's numbers differ.
    shell.arg(
        r#"cd "$1" && mount -t tmpfs none . && cd "$1" && mkdir below above both && mount -t tmpfs none below &&
        mkdir above/files above/work &&
        mount -t overlay -o lowerdir=below,upperdir=above/files,workdir=above/work none both || exit 77
        mkdir both/new && WASMC_GRANTS='--dir both/new' exec "$0""#,
    );
    let output = finish(shell.arg(image).arg(layers));
    if output.status.code() == Some(77) || text(&output.stderr).starts_with("unshare:") {
        eprintln!("skipped: nothing can be mounted here: {}", text(&output.stderr));
        return;
    }
    assert_silent(&output);
}

/// The lines that the program writes.
fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|line| format!("{}{}\n", 1_000_000 + line, ".".repeat(56)).into_bytes()).collect()
}

#[test]
fn nothing_is_lost_where_others_made_standard_output_not_wait() {
    let program = Program::new("streams");
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let mut command = program.command(&["lines", "20000"]);
    let mut child = quiet(&mut command).stdout(OwnedFd::from(theirs)).spawn().unwrap();
    drop(command);
    // Long enough for every buffer between to be full.
    std::thread::sleep(Duration::from_millis(100));
    let mut got = Vec::new();
    ours.read_to_end(&mut got).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(got, lines(20000));
}

/// Feeds a command and returns what it prints.
fn fed(command: &mut Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // In pieces of many sizes, so that reads are short.
            let mut rest = input;
            for size in (1..).map(|number| number * 7919 % 30011) {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                stdin.write_all(piece).unwrap();
                rest = after;
                if rest.is_empty() {
                    return;
                }
            }
        });
        child.wait_with_output().unwrap()
    });
    assert_silent(&output);
    output.stdout
}

#[test]
fn short_reads_and_writes_lose_nothing() {
    let program = Program::new("streams");
    let input = lines(40000);
    assert!(fed(&mut program.command(&["copy"]), &input) == input, "the copy differs");
}

#[test]
fn interrupted_calls_are_made_again() {
    let program = Program::new("streams");
    let input = lines(2000);
    let interrupted = |what: &str| {
        let mut command = Command::new("strace");
        command.args(["-o", "/dev/null", "-e", "trace=readv,writev,ppoll", "-e"]);
        command.arg("inject=readv,writev,ppoll:error=EINTR:when=1+2").arg(program.command(&[]).get_program()).arg(what);
        command
    };
    assert!(fed(&mut interrupted("copy"), &input) == input, "the copy differs");
    let mut child = interrupted("wait").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    child.stdin.take().unwrap().write_all(b"A").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(i32::from(b'A')));
}

#[test]
fn waiting_ends_with_what_is_waited_for() {
    let program = Program::new("streams");
    let mut child = program.command(&["wait"]).stdin(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert!(child.try_wait().unwrap().is_none(), "nothing has come yet");
    child.stdin.take().unwrap().write_all(b"z").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(i32::from(b'z')));
}

#[test]
fn a_program_may_ask_not_to_wait_for_a_stream_it_shares() {
    let program = Program::new("streams");
    let mut child = program
        .command(&["nonblock"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
    assert_silent(&child.wait_with_output().unwrap());
}

#[test]
fn an_interrupt_ends_the_program_and_loses_no_output() {
    let program = Program::new("streams");
    let mut command = program.command_heeding_signals(&["after"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut before = [0; 7];
    child.stdout.as_mut().unwrap().read_exact(&mut before).unwrap();
    assert_eq!(&before, b"before\n");
    let kill = format!("kill -INT {}", child.id());
    assert!(finish(Command::new("sh").args(["-c", &kill])).status.success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
}

#[test]
fn output_before_a_broken_pipe_has_arrived() {
    let program = Program::new("streams");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = program.command(&["lines", "100000"]);
    let mut child = quiet(&mut command).stdout(writer).spawn().unwrap();
    drop(command);
    let mut first = vec![0; 64 * 100];
    reader.read_exact(&mut first).unwrap();
    assert_eq!(first, lines(100));
    drop(reader);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(stderr.ends_with("errno 64\n"), "{stderr}");
    fs::remove_dir(program.bench.path("scratch")).unwrap();
}
