//! The specification's test suite, and scripts of our own: every assertion holds, or is skipped for a stated reason.
//!
//! Versions and proposals repeat each other's scripts. On this machine each is run in its own language; elsewhere,
//! once.

use std::path::Path;
use wasmc_codegen::options::InstanceModel;
use wasmc_codegen::{Bounds, OptLevel};
use wasmc_tests::emulators;
use wasmc_tests::wast::suites::Script;
use wasmc_tests::wast::{report, run, suites, toolchain::Toolchain};

fn run(scripts: &[Script], toolchain: &Toolchain) {
    let reports = run::run_all(scripts, toolchain, 2);
    let failures = report::failures(&reports);
    assert!(failures.is_empty(), "{failures}");
    let passed: usize = reports.iter().map(|report| report.passed).sum();
    println!("{}: {passed} assertions of {} scripts hold", toolchain.target.name, scripts.len());
}

fn own_scripts() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scripts");
    suites::from_path(&folder).expect("the scripts can be read")
}

fn this_machine() -> Toolchain {
    Toolchain::new(None, None, &[]).expect("the host's toolchain is there")
}

/// The toolchain for another machine; `None`, with a word about it, where its runtime or its emulator is not there.
fn other_machine(target: &str, features: &[&str]) -> Option<Toolchain> {
    let features: Vec<String> = features.iter().map(ToString::to_string).collect();
    let toolchain = match Toolchain::new(Some(target), None, &features) {
        Ok(toolchain) => toolchain,
        Err(error) => {
            eprintln!("skipped: {error}");
            return None;
        }
    };
    emulators::is_installed(&toolchain.runner).then_some(toolchain)
}

/// What the official suite asks of a CPU beyond rv64gc: without extensions most is made of other instructions.
const RISCV_VECTORS: [&str; 1] = ["has_v"];

/// Every extension that code generation has a use for and the emulator knows.
const RISCV_FEATURES: [&str; 4] = ["has_v", "has_zba", "has_zbb", "has_zbs"];

#[test]
fn official_suite() {
    run(&suites::official(), &this_machine());
}

/// As libraries find the state of instances.
#[test]
fn official_suite_in_a_context() {
    let mut toolchain = this_machine();
    toolchain.options.model = InstanceModel::Context;
    run(&suites::distinct(suites::official()), &toolchain);
}

/// The same where no register is set aside.
#[test]
fn scripts_of_our_own_in_a_context() {
    let machines =
        [Some(this_machine()), other_machine("aarch64-linux", &[]), other_machine("riscv64-linux", &RISCV_FEATURES)];
    for mut toolchain in machines.into_iter().flatten() {
        toolchain.options.model = InstanceModel::Context;
        run(&own_scripts(), &toolchain);
    }
}

#[test]
fn official_suite_on_aarch64() {
    if let Some(toolchain) = other_machine("aarch64-linux", &[]) {
        run(&suites::distinct(suites::official()), &toolchain);
    }
}

#[test]
fn official_suite_on_riscv64() {
    if let Some(toolchain) = other_machine("riscv64-linux", &RISCV_VECTORS) {
        run(&suites::distinct(suites::official()), &toolchain);
    }
}

/// What the official suite leaves out, and inputs that once went wrong.
#[test]
fn scripts_of_our_own() {
    run(&own_scripts(), &this_machine());
    let others = [
        other_machine("aarch64-linux", &[]),
        other_machine("riscv64-linux", &RISCV_VECTORS),
        other_machine("riscv64-linux", &RISCV_FEATURES),
    ];
    for toolchain in others {
        toolchain.iter().for_each(|toolchain| run(&own_scripts(), toolchain));
    }
}

/// Garbage is collected at every allocation, on each machine.
#[test]
fn scripts_of_garbage_collection_under_stress() {
    let is_about_it = |script: &Script| {
        let has_folder = |folder| script.name.starts_with(folder);
        has_folder("gc/")
            || has_folder("exceptions/")
            || script.name.contains("/gc")
            || script.name.ends_with("gc.wast")
    };
    let scripts: Vec<Script> = suites::official().into_iter().chain(own_scripts()).filter(is_about_it).collect();
    let scripts = suites::distinct(scripts);
    assert!(scripts.len() > 10, "the scripts are there");
    let machines =
        [Some(this_machine()), other_machine("aarch64-linux", &[]), other_machine("riscv64-linux", &RISCV_FEATURES)];
    for toolchain in machines.into_iter().flatten() {
        let runner = format!("env WASMC_HEAP=stress {}", toolchain.runner);
        run(&scripts, &Toolchain { runner, ..toolchain });
    }
    let mut in_context = this_machine();
    in_context.options.model = InstanceModel::Context;
    in_context.runner = format!("env WASMC_HEAP=stress {}", in_context.runner);
    run(&scripts, &in_context);
}

/// On machines without a system. Runs in `cargo xtask test --full`.
#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn official_suite_on_bare_metal() {
    for toolchain in [other_machine("aarch64-none", &[]), other_machine("riscv64-none", &RISCV_FEATURES)] {
        toolchain.iter().for_each(|toolchain| run(&suites::official(), toolchain));
    }
}

/// The same under options that change all code. Runs in `cargo xtask test --full`.
#[test]
#[ignore = "takes minutes: `cargo xtask test --full`"]
fn official_suite_under_other_options() {
    let targets =
        [Some(this_machine()), other_machine("aarch64-linux", &[]), other_machine("riscv64-linux", &RISCV_FEATURES)];
    for mut toolchain in targets.into_iter().flatten() {
        let scripts: Vec<Script> = suites::official().into_iter().chain(own_scripts()).collect();
        toolchain.options.bounds = Bounds::Explicit;
        run(&scripts, &toolchain);
        toolchain.options.opt_level = OptLevel::None;
        run(&scripts, &toolchain);
        toolchain.options.bounds = Bounds::Guard;
        run(&scripts, &toolchain);
        toolchain.options.opt_level = OptLevel::SpeedAndSize;
        run(&scripts, &toolchain);
        if toolchain.target.name == "aarch64-linux" {
            toolchain.options.cfi = true;
            run(&scripts, &toolchain);
        }
    }
}
