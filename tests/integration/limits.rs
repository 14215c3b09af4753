//! What a program gets besides files and variables, and how much: streams, sockets, limits.

use crate::bad_input::refuse;
use crate::support::{Bench, finish, root, text, wasmc};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wasmc_abi::grants::TIMEOUT_EXIT_STATUS;

fn fixture(path: &str) -> PathBuf {
    root().join("fixtures/programs").join(path)
}

#[test]
fn standard_streams_can_be_taken_away() {
    let bench = Bench::new();
    let cat = fixture("cat/cat.wasm");
    let input = || std::fs::File::open(fixture("files/poem.txt")).unwrap();
    let image = bench.compile(&cat, &["--no-stdin"]);
    let output = Command::new(image).stdin(input()).output().unwrap();
    assert_eq!(text(&output.stdout), "");
    let image = bench.compile(&cat, &[] as &[&str]);
    let output = Command::new(&image).stdin(input()).env("WASMC_GRANTS", "--no-stdout").output().unwrap();
    assert_eq!(text(&output.stdout), "");
    assert!(text(&Command::new(&image).stdin(input()).output().unwrap().stdout).lines().count() > 1);
    let image = bench.compile(&fixture("exit_status/exit_status.wasm"), &["--no-stderr"]);
    let output = finish(Command::new(image).arg("3"));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(3), String::new()));
}

#[test]
fn what_takes_the_place_of_a_stream_that_was_taken_away_is_a_file_like_any() {
    let bench = Bench::new();
    // Renumbers a file to standard output, and writes to it.
    let image = bench.compile_text(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "\10\00\00\00\05\00\00\00shown")
            (func (export "_start")
                (if (i32.ne (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4)) (i32.const 8))
                    (then (call $exit (i32.const 1))))
                (if (call $renumber (i32.const 2) (i32.const 1)) (then (call $exit (i32.const 2))))
                (if (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4))
                    (then (call $exit (i32.const 3))))
                (if (call $close (i32.const 0)) (then (call $exit (i32.const 4))))))"#,
        &["--no-stdout", "--no-stdin"],
    );
    let output = finish(&mut Command::new(image));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), "shown".to_owned()));
}

const ENDLESS: &str = r#"(module
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (func (export "_start") (loop $again (drop (call $yield)) (br $again))))"#;

#[test]
fn a_program_that_runs_too_long_is_ended() {
    let bench = Bench::new();
    let check = |mut command: Command| {
        let start = Instant::now();
        let output = finish(&mut command);
        assert_eq!(output.status.code(), Some(TIMEOUT_EXIT_STATUS), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("--timeout"), "{}", text(&output.stderr));
        assert!(start.elapsed() >= Duration::from_millis(200));
    };
    check(Command::new(bench.compile_text(ENDLESS, &["--timeout=200ms"])));
    // Who starts it can only make it less.
    let mut command = Command::new(bench.compile_text(ENDLESS, &["--timeout=1h"]));
    command.env("WASMC_GRANTS", "--timeout 200ms");
    check(command);
    // Without WASI too.
    check(Command::new(
        bench.compile_text(r#"(module (func (export "_start") (loop $again (br $again))))"#, &["--timeout=200ms"]),
    ));
}

#[test]
fn a_wrong_limit_is_refused() {
    for option in ["--timeout=0", "--timeout=soon", "--max-open-files=2", "--listen=nowhere"] {
        let output = finish(wasmc().arg(fixture("hello/hello.wasm")).arg(option));
        assert_eq!(output.status.code(), Some(2), "{option}");
    }
    let bench = Bench::new();
    let image = bench.compile_text(ENDLESS, &[]);
    let output = finish(Command::new(image).env("WASMC_GRANTS", "--timeout soon"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("'soon'"), "{}", text(&output.stderr));
}

#[test]
fn a_program_opens_no_more_files_than_it_may() {
    let bench = Bench::new();
    let folder = Bench::new();
    folder.write("file", "");
    // Opens files until that fails, and ends with how many it has opened.
    let image = bench.compile_text(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "file")
            (global $count (mut i32) (i32.const 0))
            (func (export "_start")
                (loop $again
                    (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) (i32.const 0)
                            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))
                        (then (call $exit (global.get $count))))
                    (global.set $count (i32.add (global.get $count) (i32.const 1)))
                    (br_if $again (i32.lt_u (global.get $count) (i32.const 100))))
                (call $exit (i32.const 101))))"#,
        &["--max-open-files=10", &format!("--dir={}::/data", folder.folder.path().display())],
    );
    assert_eq!(finish(&mut Command::new(image)).status.code(), Some(6));
}

const SERVER: &str = r#"(module
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\05\00\00\00hello")
    (func (export "_start")
        (if (call $accept (i32.const 3) (i32.const 0) (i32.const 0)) (then (call $exit (i32.const 1))))
        (drop (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 4)))))"#;

#[test]
fn a_program_accepts_connections_where_it_was_granted_to() {
    for host in ["127.0.0.1", "[::1]"] {
        let Ok(free) = TcpListener::bind(format!("{host}:0")) else {
            eprintln!("skipped: this machine has no {host}");
            continue;
        };
        let address = free.local_addr().unwrap();
        drop(free);
        let bench = Bench::new();
        let image = bench.compile_text(SERVER, &[&format!("--listen={address}")]);
        let mut child = Command::new(image).stdin(Stdio::null()).spawn().unwrap();
        let connect = || TcpStream::connect(address).map_err(|_| std::thread::sleep(Duration::from_millis(20)));
        let mut connection = (0..100).find_map(|_| connect().ok()).expect("the program listens");
        let mut said = String::new();
        connection.read_to_string(&mut said).unwrap();
        assert_eq!(said, "hello");
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let bench = Bench::new();
    let output =
        finish(Command::new(bench.compile_text(SERVER, &[])).env("WASMC_GRANTS", format!("--listen {address}")));
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(stderr.contains(&address) && stderr.contains("address in use"), "{stderr}");
}

#[test]
fn a_program_that_accepts_nothing_gets_no_socket() {
    let bench = Bench::new();
    let module = bench.write("module.wat", ENDLESS);
    let stderr = refuse(&bench, &module, &["--listen=127.0.0.1:80".to_string()]).unwrap();
    assert!(stderr.contains("sock_accept"), "{stderr}");
}

#[test]
fn a_program_shows_its_grants() {
    let bench = Bench::new();
    let image = bench.compile(
        &fixture("cat/cat.wasm"),
        &["--dir=/tmp::/data:ro", "--env=A=b", "--no-stdin", "--max-open-files=20", "--timeout=5"],
    );
    let output = finish(Command::new(image).env("WASMC_GRANTS", "--dir /usr --inherit-env --show"));
    assert_eq!(output.status.code(), Some(0));
    let expected = "--dir /tmp::/data:ro\n--env A=b\n--no-stdin\n--max-open-files 20\n--timeout 5000ms\n\
                    --dir /usr::/usr\n--inherit-env\n";
    assert_eq!(text(&output.stderr), expected);
}

/// A module with a memory and a table that grow, which ends with `result`.
fn growing(result: &str) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1) (memory $other 1) (table $table 10 funcref)
            (func $grow (param $pages i32) (result i32) (memory.grow (local.get $pages)))
            (func $grow_other (param $pages i32) (result i32) (memory.grow $other (local.get $pages)))
            (func $grow_table (param $elements i32) (result i32)
                (table.grow $table (ref.null func) (local.get $elements)))
            (func (export "_start") (call $exit {result})))"#
    )
}

#[test]
fn memories_and_tables_share_what_the_program_may_have() {
    let bench = Bench::new();
    let ends = |result: &str, options: &[&str]| {
        let all = [&["-Wmulti-memory"], options].concat();
        finish(&mut Command::new(bench.compile_text(&growing(result), &all))).status.code()
    };
    // Of 32 pages, the memories start with one each; the table takes less than one.
    const LIMIT: &[&str] = &["--max-memory=2M"];
    assert_eq!(ends("(call $grow (i32.const 29))", LIMIT), Some(1));
    assert_eq!(ends("(call $grow (i32.const 30))", LIMIT), Some(255), "the table has some bytes");
    let both = "(i32.add (call $grow (i32.const 20)) (call $grow_other (i32.const 10)))";
    assert_eq!(ends(both, LIMIT), Some(0), "1, and -1 for what does not fit");
    assert_eq!(ends(both, &[]), Some(2));
    // 8 bytes for each element.
    assert_eq!(ends("(call $grow_table (i32.const 200000))", LIMIT), Some(10));
    assert_eq!(ends("(call $grow_table (i32.const 300000))", LIMIT), Some(255));
    let one_by_one = "(block (result i32)
        (loop $more (br_if $more (i32.ge_s (call $grow_table (i32.const 1000)) (i32.const 0))))
        (i32.div_u (table.size $table) (i32.const 1000)))";
    assert!(ends(one_by_one, LIMIT).is_some_and(|thousands| (120..=250).contains(&thousands)));
    assert_eq!(ends("(call $grow_table (i32.const 90))", &["--max-table-elements=100"]), Some(10));
    assert_eq!(ends("(call $grow_table (i32.const 91))", &["--max-table-elements=100"]), Some(255));
}

#[test]
fn a_program_that_starts_with_more_than_it_may_have_is_refused() {
    let bench = Bench::new();
    let module = bench.write("module.wat", growing("(i32.const 0)"));
    let stderr = refuse(&bench, &module, &["-Wmulti-memory", "--max-memory=100K"].map(String::from)).unwrap();
    assert!(stderr.contains("131152 bytes") && stderr.contains("--max-memory 131152"), "{stderr}");
    let stderr = refuse(&bench, &module, &["-Wmulti-memory", "--max-table-elements=9"].map(String::from)).unwrap();
    assert!(stderr.contains("table 0 starts with 10 elements"), "{stderr}");
}
