//! What build scripts call.

use crate::support::{Bench, finish, root, text};
use std::process::Command;
use wasmc_build::Build;

#[test]
fn a_build_script_makes_a_program() {
    let bench = Bench::new();
    let module = root().join("fixtures/programs/wasi/environ.wasm");
    let build = Build::new(module).target("x86_64-unknown-linux-gnu").output_folder(bench.folder.path());
    let program = build.variable("FROM_BUILD", "yes").strip().executable();
    assert_eq!(program, bench.path("environ"));
    let output = finish(Command::new(program).env_clear());
    assert!(text(&output.stdout).contains("FROM_BUILD=yes"), "{}", text(&output.stderr));
}

#[test]
fn a_module_that_does_not_compile_is_an_error() {
    let bench = Bench::new();
    let module = bench.write("module.wat", "(module)");
    let error = Build::new(module).output_folder(bench.folder.path()).try_executable().unwrap_err();
    assert!(error.to_string().contains("_start"), "{error}");
}
