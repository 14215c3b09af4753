//! Programs for other machines, under QEMU's user mode emulation.
//!
//! Where the runtime of a target is not built in, or its emulator is not there, the test says so and checks nothing:
//! `cargo xtask test` provides both where it can.

use crate::bad_input::refuse;
use crate::support::{Bench, Machine, check_all, finish, root, text, wasmc};
use crate::{preview2, programs, traps};
use wasmc_tests::emulators;

/// 64-bit ARM.
pub const AARCH64: Machine = Machine { options: &["--target", "aarch64-linux"], emulator: emulators::AARCH64_LINUX };
/// 64-bit RISC-V.
pub const RISCV64: Machine = Machine { options: &["--target", "riscv64-linux"], emulator: emulators::RISCV64_LINUX };

/// Whether programs for a machine can be made and run here; says why not.
pub fn is_there(machine: Machine) -> bool {
    let target = machine.options[1];
    let listed = text(&finish(wasmc().arg("targets")).stdout);
    if !listed.contains(&format!("{target} (ready")) {
        eprintln!("skipped: the runtime for {target} is not built in; run `cargo xtask runtimes`");
        return false;
    }
    emulators::is_installed(machine.emulator)
}

fn check(machine: Machine, leave_out: &[&str]) {
    if is_there(machine) {
        let mut cases = programs::own();
        cases.retain(|case| !leave_out.iter().any(|program| case.name.starts_with(program)));
        check_all(&cases, |case| programs::check(case, machine));
        check_all(&traps::traps(), |trap| traps::check_and_compare(trap, machine));
    }
}

#[test]
fn programs_and_traps_on_aarch64() {
    check(AARCH64, &[]);
}

#[test]
fn programs_and_traps_on_riscv64() {
    // The baseline has no vectors: the compiler refuses the program.
    check(RISCV64, &["simd/"]);
}

#[test]
fn functions_of_wasi_0_2_on_both() {
    [AARCH64, RISCV64].into_iter().filter(|&machine| is_there(machine)).for_each(preview2::check_on);
}

#[test]
fn vectors_are_refused_where_the_cpu_has_none() {
    let simd = std::fs::read(root().join("fixtures/programs/simd/simd.wasm")).expect("the fixture is there");
    // Also where no instruction for vectors is.
    let others = [
        "(func $f (result i64 v128) unreachable)",
        "(func $f (param v128))",
        "(func $f (local v128))",
        "(global $g v128 (v128.const i64x2 1 2)) (func $f (drop (global.get $g)))",
        "(func $f (drop (block (result v128) unreachable)))",
        "(table 1 funcref) (func $f (drop (call_indirect (result v128) (i32.const 0))))",
    ];
    let text_of =
        |body: &str| format!("(module {body} (func (export \"_start\") (drop (ref.func $f))) (elem declare func $f))");
    for module in others.iter().map(|body| text_of(body).into_bytes()).chain([simd]) {
        let bench = Bench::new();
        let stderr =
            refuse(&bench, &bench.write("module", module), &["--target=riscv64-linux", "--emit=obj"].map(String::from))
                .unwrap();
        assert!(stderr.contains("vectors") && stderr.contains("--cpu"), "{stderr}");
    }
}

#[test]
fn what_is_never_used_may_have_vectors() {
    let bench = Bench::new();
    let module = r#"(module (type (func (param v128) (result v128))) (global v128 (v128.const i64x2 1 2))
        (func (result v128) (v128.const i64x2 3 4)) (func (export "_start")))"#;
    let image = bench.write("module.wat", module);
    let output =
        finish(wasmc().arg(image).args(["--target=riscv64-linux", "--emit=obj", "-o"]).arg(bench.path("image")));
    assert!(output.status.success(), "{}", text(&output.stderr));
}
