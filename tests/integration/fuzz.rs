//! The same few hundred generated modules in every run, compiled in many ways: compiled code does what an interpreter
//! does.

use crate::cross::{AARCH64, RISCV64, is_there};
use std::time::Duration;
use wasmc_tests::fuzz::across::{self, Comparison};
use wasmc_tests::fuzz::campaign::{Campaign, Limit, summary};
use wasmc_tests::fuzz::variation::Variation;

#[test]
fn generated_modules_do_what_an_interpreter_does() {
    let variations = Variation::all(None).expect("the host's toolchain is there");
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = Campaign {
        seed: 1,
        limit: Limit::Batches(16),
        jobs: 2,
        variations: &variations,
        folder: folder.path(),
        progress: false,
    };
    let start = std::time::Instant::now();
    let findings = campaign.run();
    assert!(findings.differences.is_empty(), "{}", findings.differences.join("\n\n"));
    // Nearly all modules are compared, and calls end in many ways.
    let tally = &findings.tally;
    let counts = summary(&findings, start.elapsed());
    assert!(tally.modules > 300 && tally.skipped < 20, "{counts}");
    assert!(tally.returned > 1000 && tally.states > 1000 && tally.traps.len() > 4, "{counts}");
}

#[test]
fn all_targets_agree_on_every_bit() {
    if !is_there(AARCH64) || !is_there(RISCV64) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let targets = Comparison::of_targets().expect("the toolchains are there");
    let (tally, differences) = across::search(&targets, 1, (Duration::MAX, 6), 2, folder.path());
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(tally.modules > 80 && tally.returned > 100, "{tally:?}");
}

#[test]
fn collections_change_no_result() {
    if !is_there(AARCH64) || !is_there(RISCV64) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let heaps = Comparison::of_heaps().expect("the toolchains are there");
    let (tally, differences) = across::search(&heaps, 1, (Duration::MAX, 4), 2, folder.path());
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(tally.modules > 50 && tally.returned > 50, "{tally:?}");
}
