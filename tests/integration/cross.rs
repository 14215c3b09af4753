//! Programs for other machines, under QEMU's user mode emulation.
//!
//! Where the runtime of a target is not built in, or its emulator is not there, the test says so and checks nothing:
//! `cargo xtask test` provides both where it can.

use crate::support::{Machine, check_all, finish, text, wasmc};
use crate::{programs, traps};
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
        check_all(&traps::traps(), |trap| traps::check(trap, machine));
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
fn vectors_are_refused_where_the_cpu_has_none() {
    let bench = crate::support::Bench::new();
    let module = crate::support::root().join("fixtures/programs/simd/simd.wasm");
    let image = bench.path("image");
    let output = finish(wasmc().arg(module).args(["--target", "riscv64-linux", "--emit", "obj", "-o"]).arg(&image));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("vectors") && stderr.contains("--cpu"), "{stderr}");
    assert!(!image.exists());
}
