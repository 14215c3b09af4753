//! Runs scripts, several at a time.

use super::program::ScriptProgram;
use super::question::Verdict;
use super::report::Report;
use super::spectest;
use super::steps::{Step, with_steps};
use super::suites::{Script, withdrawn};
use super::toolchain::Toolchain;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Bytes of stack for a thread that compiles: scripts nest deeply on purpose.
const STACK_SIZE: usize = 256 << 20;

/// Runs scripts, `jobs` at a time; reports are in the order of the scripts.
pub fn run_all(scripts: &[Script], toolchain: &Toolchain, jobs: usize) -> Vec<Report> {
    // A panic is reported as a failure of the assertion that met it.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(vec![Report::default(); scripts.len()]);
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let work = || {
                while let Some((index, script)) = take(scripts, &next) {
                    let report = run(script, toolchain);
                    reports.lock().unwrap_or_else(PoisonError::into_inner)[index] = report;
                }
            };
            thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, work).expect("threads can be started");
        }
    });
    std::panic::set_hook(hook);
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn take<'s>(scripts: &'s [Script], next: &AtomicUsize) -> Option<(usize, &'s Script)> {
    let index = next.fetch_add(1, Relaxed);
    scripts.get(index).map(|script| (index, script))
}

/// Runs a script.
pub fn run(script: &Script, toolchain: &Toolchain) -> Report {
    let report = spectest::binary(&script.language)
        .and_then(|spectest| with_steps(&script.text, |steps| run_steps(steps, &spectest, script, toolchain)));
    let mut report = report.unwrap_or_else(|error| Report { failures: vec![(0, error)], ..Report::default() });
    report.name = script.name.clone();
    report.failures.sort();
    report
}

fn run_steps(steps: &[Step<'_>], spectest: &[u8], script: &Script, toolchain: &Toolchain) -> Report {
    let mut program = ScriptProgram::new(steps, spectest, &script.language, toolchain);
    let verdicts: Vec<Verdict<'_>> = steps.iter().map(|step| program.step(&step.directive)).collect();
    let outcomes = program.execute(&script.name);
    let mut report = Report::default();
    for (step, verdict) in steps.iter().zip(verdicts) {
        let verdict = match verdict {
            Verdict::Pending(question) => match &outcomes {
                Ok(outcomes) => question.answer(outcomes),
                Err(error) => Verdict::Fail(error.clone()),
            },
            verdict => verdict,
        };
        let verdict = match (verdict, withdrawn(&script.name, step.line)) {
            (Verdict::Fail(_), Some(reason)) => Verdict::Skip(reason.into()),
            (verdict, _) => verdict,
        };
        match verdict {
            Verdict::Fail(message) => report.failures.push((step.line, message)),
            Verdict::Skip(reason) if step.is_assertion() => *report.skipped.entry(reason).or_default() += 1,
            Verdict::Pass if step.is_assertion() => report.passed += 1,
            _ => {}
        }
    }
    report
}
