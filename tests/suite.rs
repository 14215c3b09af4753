//! The specification's test suite: every assertion holds, or is skipped for a stated reason.

use wasmc_tests::wast::{report, run, suites, toolchain::Toolchain};

#[test]
fn official_suite() {
    let toolchain = Toolchain::new(None, None, &[]).expect("the host's toolchain is there");
    let reports = run::run_all(&suites::official(), &toolchain, 2);
    let failures = report::failures(&reports);
    assert!(failures.is_empty(), "{failures}");
}
