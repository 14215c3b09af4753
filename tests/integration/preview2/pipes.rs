//! Standard output that is a pipe which nobody reads, or reads slowly: what a program may write never blocks, and
//! waiting agrees with that.

use super::text::component;
use crate::support::{Bench, Machine, finish, wasmc};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::time::Duration;

/// Bytes that the program writes in all: more than a pipe holds.
const BYTES: usize = 300_000;

/// Writes as long as it may, in pieces of several lengths; says so; then waits each time until it may write again.
const WRITER: &str = r#"(module
  (import "libc" "memory" (memory 1))
  (import "wasi:cli/stdout" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams" "[method]output-stream.check-write" (func $check_write (param i32 i32)))
  (import "wasi:io/streams" "[method]output-stream.write" (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams" "[method]output-stream.blocking-write-and-flush" (func $flush (param i32 i32 i32 i32)))
  (import "wasi:io/streams" "[method]output-stream.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:io/poll" "[method]pollable.block" (func $block (param i32)))
  (data (i32.const 0) "full\n")
  (global $out (mut i32) (i32.const 0))
  (global $left (mut i32) (i32.const BYTES))
  (func $ok (if (i32.load8_u (i32.const 64)) (then unreachable)))
  (func $permit (result i32)
    (call $check_write (global.get $out) (i32.const 64))
    (call $ok)
    (i32.load (i32.const 72)))
  ;; Writes up to `len` bytes, as many as are left and permitted.
  (func $some (param $len i32) (param $permit i32)
    (if (i32.gt_u (local.get $len) (local.get $permit)) (then (local.set $len (local.get $permit))))
    (if (i32.gt_u (local.get $len) (global.get $left)) (then (local.set $len (global.get $left))))
    (call $write (global.get $out) (i32.const 1024) (local.get $len) (i32.const 64))
    (call $ok)
    (global.set $left (i32.sub (global.get $left) (local.get $len))))
  (func (export "run") (result i32)
    (local $permit i32) (local $count i32) (local $pollable i32)
    (global.set $out (call $stdout))
    (block $full
      (loop $writing
        (br_if $full (i32.eqz (local.tee $permit (call $permit))))
        ;; 4096, 3413, 2730, ... bytes
        (call $some (i32.sub (i32.const 4096) (i32.mul (i32.rem_u (local.get $count) (i32.const 6)) (i32.const 683)))
          (local.get $permit))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $writing)))
    (call $flush (call $stderr) (i32.const 0) (i32.const 5) (i32.const 64))
    (call $ok)
    (local.set $pollable (call $subscribe (global.get $out)))
    (loop $waiting
      (call $block (local.get $pollable))
      (if (i32.eqz (local.tee $permit (call $permit))) (then unreachable))
      (call $some (i32.const 4096) (local.get $permit))
      (br_if $waiting (global.get $left)))
    (i32.const 0)))"#;

#[test]
fn what_may_be_written_to_a_pipe_never_blocks() {
    let bench = Bench::new();
    let image = bench.path("image");
    let source = bench.write("writer.wat", component(&WRITER.replace("BYTES", &BYTES.to_string()), "utf8"));
    // Where a write blocks, nobody reads on, and the time ends the program.
    let compiled = finish(wasmc().arg(source).arg("-o").arg(&image).arg("--timeout=60"));
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let mut program = Machine::default().start(&image);
    let mut program = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (stdout, stderr) = (program.stdout.take(), program.stderr.take());
    let (mut stdout, mut stderr) = (stdout.expect("a pipe"), BufReader::new(stderr.expect("a pipe")));
    let mut line = String::new();
    stderr.read_line(&mut line).expect("it can be read");
    assert_eq!(line, "full\n");
    let mut read = 0;
    let mut some = [0; 1000];
    for _ in 0..40 {
        std::thread::sleep(Duration::from_millis(2));
        read += stdout.read(&mut some).expect("it can be read");
    }
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).expect("it can be read");
    let mut said = String::new();
    stderr.read_to_string(&mut said).expect("it can be read");
    let status = program.wait().expect("it ends");
    assert_eq!((status.code(), read + rest.len(), said), (Some(0), BYTES, String::new()));
}
