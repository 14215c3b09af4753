//! The specification's test suite, and scripts of our own: every assertion holds, or is skipped for a stated reason.

use std::path::Path;
use wasmc_tests::wast::suites::Script;
use wasmc_tests::wast::{report, run, suites, toolchain::Toolchain};

fn run(scripts: &[Script]) {
    let toolchain = Toolchain::new(None, None, &[]).expect("the host's toolchain is there");
    let reports = run::run_all(scripts, &toolchain, 2);
    let failures = report::failures(&reports);
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn official_suite() {
    run(&suites::official());
}

/// What the official suite leaves out: threads that run at the same time.
#[test]
fn scripts_of_our_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scripts");
    run(&suites::from_path(&folder).expect("the scripts can be read"));
}
