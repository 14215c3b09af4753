//! The same few hundred generated modules in every run, compiled in many ways: compiled code does what an interpreter
//! does.

use crate::cross::{AARCH64, RISCV64, is_there};
use crate::support::{check_all, wasmc};
use std::collections::BTreeSet;
use std::time::Duration;
use wasmc_tests::fuzz::across::{self, Comparison};
use wasmc_tests::fuzz::campaign::{Campaign, Limit, summary};
use wasmc_tests::fuzz::components::campaign as of_components;
use wasmc_tests::fuzz::components::case::Case;
use wasmc_tests::fuzz::components::component::between;
use wasmc_tests::fuzz::components::generate;
use wasmc_tests::fuzz::components::judge::{End, Engines};
use wasmc_tests::fuzz::random::Random;
use wasmc_tests::fuzz::variation::Variation;

#[test]
fn generated_modules_do_what_an_interpreter_does() {
    let variations = Variation::all(None).expect("the host's toolchain is there");
    let folder = tempfile::tempdir().expect("a folder");
    let campaign = Campaign {
        seed: 1,
        limit: Limit::Batches(20),
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

/// Each on this machine, some of them on the others.
#[test]
fn every_pass_can_be_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |variations: &[Variation], seed, batches| {
        let limit = Limit::Batches(batches);
        let campaign = Campaign { seed, limit, jobs: 2, variations, folder: folder.path(), progress: false };
        let findings = campaign.run();
        assert!(findings.differences.is_empty(), "{}", findings.differences.join("\n\n"));
        assert!(findings.tally.modules > 10, "{} modules", findings.tally.modules);
    };
    let variations = Variation::without_each_pass(None).expect("the host's toolchain is there");
    for (seed, variation) in variations.chunks(1).enumerate() {
        check(variation, seed as u64, 1);
    }
    for machine in [AARCH64, RISCV64].into_iter().filter(|&machine| is_there(machine)) {
        let variations = Variation::without_each_pass(Some(machine.options[1])).expect("its runtime is built in");
        check(&variations, 1, 4);
    }
}

#[test]
fn all_targets_agree_on_every_bit() {
    if !is_there(AARCH64) || !is_there(RISCV64) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let targets = Comparison::of_targets().expect("the toolchains are there");
    let (tally, differences) = across::search(&targets, 1, (Duration::MAX, 8), 2, folder.path());
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
    let (tally, differences) = across::search(&heaps, 1, (Duration::MAX, 6), 2, folder.path());
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(tally.modules > 50 && tally.returned > 50, "{tally:?}");
}

/// The command, on this machine, and libraries in hosts in C. Other implementations are asked by `cargo xtask fuzz --
/// --components`.
fn engines() -> Engines {
    Engines::new(wasmc().get_program().into(), None, "")
}

#[test]
fn values_arrive_in_generated_components() {
    let folder = tempfile::tempdir().expect("a folder");
    let findings = of_components::search(&engines(), (1, Limit::Batches(60)), 2, folder.path());
    assert!(findings.differences.is_empty(), "{}", findings.differences.join("\n\n"));
    assert!(findings.calls > 150 && findings.traps.len() > 5, "{}", findings.summary());
}

/// Every kind of lie, once each, ends with a trap.
#[test]
fn lies_of_generated_components_are_noticed() {
    let engines = engines();
    let mut kinds = BTreeSet::new();
    let mut cases: Vec<Case> = (0..5000).map(|seed| generate::case(&mut Random::nested(3, seed))).collect();
    cases.retain(|case| case.lie.is_some_and(|lie| kinds.insert(lie)));
    check_all(&cases, |case| engines.judge(case, &[]).map_or(Ok(()), Err));
    assert!(kinds.len() > 15, "{kinds:?}");
}

/// A caller that expects other values than the callee returns, and the other way around, notices.
#[test]
fn generated_components_notice_other_values() {
    let engines = engines();
    let mut noticed = 0;
    for seed in 0..40 {
        let case = generate::case(&mut Random::nested(2, seed));
        let mut other = case.clone();
        let changed = other.functions.iter_mut().any(|function| {
            let values = function.result.iter_mut().chain(&mut function.args);
            values.into_iter().any(generate::change)
        });
        if case.lie.is_some() || !changed {
            continue;
        }
        for component in [between(&case, &other), between(&other, &case)] {
            for (who, end) in engines.run(&component, &[]).expect("it can be started") {
                let is_noticed = matches!(&end, End::Other(said) if said.contains("integer divide by zero"));
                assert!(is_noticed, "{who}: {end}: {case:#?}");
            }
            noticed += 1;
        }
    }
    assert!(noticed > 10, "{noticed}");
}
