//! Native objects and archives that satisfy imports by the C calling convention.

mod boundary;
mod objects;
mod signatures;
mod stack;
mod toolchain;

use crate::bad_input::refuse;
use crate::support::{Bench, finish, root, text};
use std::path::{Path, PathBuf};
use std::process::Command;

const MODULE: &str = r#"(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (import "env" "scale" (func $scale (param f64 f32 i64) (result f64)))
  (import "env" "store" (func $store (param i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (table funcref (elem $add))
  (func (export "_start")
    (call $store (i32.const 100) (i32.const 30))
    (call $exit
      (i32.add (i32.load (i32.const 100))
        (i32.add (call_indirect (param i32 i32) (result i32) (i32.const 1) (i32.const 2) (i32.const 0))
          (i32.add (call $add (i32.const 3) (i32.const 4))
            (i32.trunc_f64_s (call $scale (f64.const 1.5) (f32.const 2) (i64.const 3)))))))))"#;

const HOST: &str = r#"
#include "wasmc.h"
WASMC_EXPORT(env_add, "(i32, i32) -> i32");
WASMC_EXPORT(env_scale, "(f64, f32, i64) -> f64");
WASMC_EXPORT(env_store, "(i32, i32) -> ()");
static uint32_t calls[4];
uint32_t env_add(uint32_t a, uint32_t b) { calls[a & 3]++; return a + b; }
double env_scale(double a, float b, int64_t c) { return a * b * c; }
void env_store(uint32_t at, uint32_t value) { *(uint32_t *)((char *)wasmc_memory_base() + at) = value; }
"#;

fn object(bench: &Bench, flags: &[&str]) -> PathBuf {
    let source = bench.write("host.c", HOST);
    let object = bench.path("host.o");
    let mut command = Command::new("cc");
    command.args(["-O1", "-c", "-ffreestanding"]).args(flags).arg("-I").arg(root().join("runtime-lib/include"));
    let output = finish(command.arg(source).arg("-o").arg(&object));
    assert!(output.status.success(), "{}", text(&output.stderr));
    object
}

fn status(image: &Path) -> Option<i32> {
    finish(&mut Command::new(image)).status.code()
}

#[test]
fn an_object_defines_imports() {
    let bench = Bench::new();
    let object = object(&bench, &["-fPIC"]);
    assert_eq!(status(&bench.compile_text(MODULE, &[object.to_str().unwrap()])), Some(30 + 3 + 7 + 9));
}

#[test]
fn an_archive_defines_imports() {
    let bench = Bench::new();
    let object = object(&bench, &["-fPIC"]);
    let archive = bench.path("libhost.a");
    assert!(finish(Command::new("ar").arg("rcs").arg(&archive).arg(object)).status.success());
    assert_eq!(status(&bench.compile_text(MODULE, &[archive.to_str().unwrap()])), Some(30 + 3 + 7 + 9));
}

#[test]
fn an_object_that_is_not_position_independent_is_refused() {
    let folder = Bench::new();
    let object = object(&folder, &["-fno-pic", "-fno-pie", "-mcmodel=small"]);
    let bench = Bench::new();
    let module = bench.write("module.wat", MODULE);
    let stderr = refuse(&bench, &module, &[object.display().to_string()]).unwrap();
    assert!(stderr.contains("-fPIC"), "{stderr}");
}

#[test]
fn types_that_c_does_not_have_are_refused() {
    let folder = Bench::new();
    let object = object(&folder, &["-fPIC"]);
    for ty in ["(param i32) (result i32 i32)", "(param v128)"] {
        let bench = Bench::new();
        let text = format!(r#"(module (import "env" "add" (func {ty})) (func (export "_start")))"#);
        let module = bench.write("module.wat", text);
        let stderr = refuse(&bench, &module, &[object.display().to_string()]).unwrap();
        assert!(stderr.contains("a native function"), "{stderr}");
    }
}

/// The module imports functions that follow another convention than tail calls do.
#[test]
fn functions_of_the_host_and_of_objects_are_tail_called() {
    for toolchain in toolchain::all() {
        let bench = Bench::new();
        let source = "#include \"wasmc.h\"\nWASMC_EXPORT(env_exit, \"(i32) -> ()\");\n\
                      void env_exit(int status) { wasmc_exit(status); }";
        let object = toolchain.compile_one(bench.folder.path(), source, &["-O1", "-fPIC"]);
        for import in ["\"wasi_snapshot_preview1\" \"proc_exit\"", "\"env\" \"exit\""] {
            for call in [
                "(return_call $exit (i32.const 42))",
                "(return_call_indirect (type $t) (i32.const 42) (i32.const 0))",
                "(return_call_ref $t (i32.const 42) (ref.func $exit))",
            ] {
                let module = format!(
                    "(module (type $t (func (param i32))) (import {import} (func $exit (type $t))) (memory 1)
                    (table funcref (elem $exit)) (func $last {call}) (func (export \"_start\") (return_call $last)))"
                );
                let options = [toolchain.machine.options, &[object.to_str().unwrap()]].concat();
                let image = bench.compile_text(&module, &options);
                assert_eq!(finish(&mut toolchain.machine.start(&image)).status.code(), Some(42), "{module}");
            }
        }
    }
}
