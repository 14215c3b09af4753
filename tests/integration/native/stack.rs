//! Native code has stack enough, or the program ends with "call stack exhausted": it never goes past the guard.

use super::toolchain::{self, SYSTEM};
use crate::bad_input::refuse;
use crate::support::{Bench, finish, text};
use std::process::Output;

/// A function with a frame of so many KiB, of which it touches the lowest bytes alone.
fn host(kib: u32) -> String {
    format!(
        "#include \"wasmc.h\"\nWASMC_EXPORT(env_host, \"(i32) -> i32\");
        __attribute__((noinline)) int env_host(int x) {{
            volatile char buffer[{kib} * 1024];
            for (int i = 0; i < 4096; i++) buffer[i] = 0x41;
            return buffer[x] - 0x40;
        }}"
    )
}

/// A module that goes to a depth and calls the function there.
const MODULE: &str = r#"(module (import "env" "host" (func $h (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func $down (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (call $h (i32.const 0)))
            (else (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))))
    (func (export "_start") (call $exit (call $down (i32.const DEPTH)))))"#;

/// Where the stack is small it is for the module alone: native code has its own part.
#[test]
fn a_frame_fits_however_small_the_stack_of_the_module() {
    for toolchain in toolchain::all() {
        let bench = Bench::new();
        let object = toolchain.compile_one(bench.folder.path(), &host(200), &["-O1", "-fPIC"]);
        let options = [toolchain.machine.options, &["--stack-size=128K", object.to_str().unwrap()]].concat();
        let image = bench.compile_text(&MODULE.replace("DEPTH", "10"), &options);
        let output = finish(&mut toolchain.machine.start(&image));
        assert_eq!((text(&output.stderr), output.status.code()), (String::new(), Some(1)));
    }
}

/// From few calls to more than the stack of a mebibyte has room for.
const DEPTHS: [&str; 7] = ["1", "6000", "12000", "18000", "24000", "30000", "200000"];

/// The status of a program whose function returned 1, or that trapped for lack of stack.
fn ended_well(output: Output) -> i32 {
    let said = text(&output.stderr);
    let status = output.status.code().unwrap_or(-1);
    let trapped = said.starts_with("wasm trap: call stack exhausted\n") && status == 134;
    assert!(trapped || status == 1, "{} {said}", output.status);
    status
}

/// At some depth little is left: then the call traps, or the access below the stack. There is no depth at which the
/// function writes elsewhere.
#[test]
fn no_frame_goes_past_the_guard() {
    for toolchain in toolchain::all() {
        let bench = Bench::new();
        let object = toolchain.compile_one(bench.folder.path(), &host(900), &["-O1", "-fPIC"]);
        let options = [toolchain.machine.options, &["--stack-size=1M", object.to_str().unwrap()]].concat();
        let statuses = DEPTHS.map(|depth| {
            let image = bench.compile_text(&MODULE.replace("DEPTH", depth), &options);
            ended_well(finish(&mut toolchain.machine.start(&image)))
        });
        assert_eq!((statuses[0], statuses[6]), (1, 134), "{statuses:?}");
    }
}

/// In another thread, too, whose stack others follow.
#[test]
fn no_frame_goes_past_the_guard_of_a_thread() {
    const THREADS: &str = r#"(module (import "env" "host" (func $h (param i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (import "env" "memory" (memory 1 1 shared))
        (func $down (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (call $h (i32.const 0)))
                (else (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))))
        (func (export "wasi_thread_start") (param i32 i32) (call $exit (call $down (local.get 1))))
        (func (export "_start") (drop (call $spawn (i32.const DEPTH))) (loop $l (br $l))))"#;
    let bench = Bench::new();
    let object = SYSTEM.compile_one(bench.folder.path(), &host(900), &["-O1", "-fPIC"]);
    let options = ["--stack-size=1M", object.to_str().unwrap()];
    let statuses = DEPTHS.map(|depth| {
        let image = bench.compile_text(&THREADS.replace("DEPTH", depth), &options);
        ended_well(finish(&mut std::process::Command::new(image)))
    });
    assert_eq!((statuses[0], statuses[6]), (1, 134), "{statuses:?}");
}

#[test]
fn a_frame_that_skips_the_guard_is_refused_by_name() {
    for toolchain in toolchain::all() {
        for level in ["-O0", "-O2"] {
            let folder = Bench::new();
            let object = toolchain.compile_one(folder.folder.path(), &host(3000), &[level, "-fPIC"]);
            let bench = Bench::new();
            let module = bench.write("module.wat", MODULE.replace("DEPTH", "1"));
            let options = toolchain.machine.options.iter().map(ToString::to_string);
            let options: Vec<String> = options.chain([object.display().to_string()]).collect();
            let said = refuse(&bench, &module, &options).unwrap();
            for word in ["host.o", "env_host", "bytes of stack", "-fstack-clash-protection"] {
                assert!(said.contains(word), "{word:?} is missing: {said}");
            }
        }
    }
}

#[test]
fn a_large_frame_whose_pages_are_touched_is_accepted() {
    let bench = Bench::new();
    let options = ["-O1", "-fPIC", "-fstack-clash-protection"];
    let object = SYSTEM.compile_one(bench.folder.path(), &host(3000), &options);
    let image = bench.compile_text(&MODULE.replace("DEPTH", "1"), &[object.to_str().unwrap()]);
    assert_eq!(finish(&mut std::process::Command::new(image)).status.code(), Some(1));
    let image = bench.compile_text(&MODULE.replace("DEPTH", "1"), &["--stack-size=1M", object.to_str().unwrap()]);
    assert_eq!(finish(&mut std::process::Command::new(image)).status.code(), Some(134));
}
