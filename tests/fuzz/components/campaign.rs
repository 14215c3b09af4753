//! Many programs, until time is up; those that end as they should not go to a folder.

use super::case::{Case, Lie};
use super::component::component;
use super::generate;
use super::judge::Engines;
use crate::fuzz::campaign::Limit;
use crate::fuzz::random::Random;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What has been run.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Programs.
    pub programs: u64,
    /// Functions that were called.
    pub calls: u64,
    /// Programs that had to trap, by what was wrong.
    pub traps: BTreeMap<String, u64>,
    /// What went otherwise than it should.
    pub differences: Vec<String>,
}

impl Findings {
    /// What has been run, in one line.
    pub fn summary(&self) -> String {
        let traps: u64 = self.traps.values().sum();
        let differences = self.differences.len();
        format!("{} components, {} calls, {traps} had to trap; {differences} differences", self.programs, self.calls)
    }
}

/// More differences than these are not looked for.
const ENOUGH: usize = 20;

/// Runs programs of a seed on `jobs` threads.
pub fn search(engines: &Engines, (seed, limit): (u64, Limit), jobs: usize, folder: &Path) -> Findings {
    let (next, findings, start) = (AtomicU64::new(0), Mutex::new(Findings::default()), Instant::now());
    let work = || {
        loop {
            let number = next.fetch_add(1, Relaxed);
            let is_over = match limit {
                Limit::Time(time) => start.elapsed() >= time,
                Limit::Batches(batches) => number >= batches,
            };
            let mut random = Random::nested(seed, number);
            if is_over || lock(&findings).differences.len() >= ENOUGH {
                return;
            }
            let case = generate::case(&mut random);
            let options = &engines.options[random.below(engines.options.len())];
            let what = engines.judge(&case, options).map(|what| {
                let report = report(engines, case.clone(), (what, options), &folder.join(format!("{seed}-{number}")));
                eprintln!("{report}\n");
                report
            });
            let mut findings = lock(&findings);
            findings.programs += 1;
            findings.calls += case.functions.len() as u64;
            if let Some(lie) = case.lie {
                *findings.traps.entry(format!("{lie:?}")).or_default() += 1;
            }
            findings.differences.extend(what);
        }
    };
    std::thread::scope(|scope| {
        (0..jobs.max(1)).for_each(|_| drop(scope.spawn(work)));
    });
    findings.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock(findings: &Mutex<Findings>) -> std::sync::MutexGuard<'_, Findings> {
    findings.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a program smaller and records it.
fn report(engines: &Engines, mut case: Case, (what, options): (String, &[String]), folder: &Path) -> String {
    let what = shrink(engines, &mut case, options).unwrap_or(what);
    let mut text = format!("{what}\n  options: {}\n  component: {}", options.join(" "), folder.display());
    if let Err(error) = write(&case, &text, folder) {
        let _ = write!(text, " (not written: {error})");
    }
    text
}

/// Leaves out what makes no difference: functions, components between caller and callee, parameters.
fn shrink(engines: &Engines, case: &mut Case, options: &[String]) -> Option<String> {
    let mut said = None;
    let attempt = |smaller: Case, case: &mut Case, said: &mut Option<String>| {
        if let Some(what) = engines.judge(&smaller, options) {
            (*case, *said) = (smaller, Some(what));
            return true;
        }
        false
    };
    // Whoever lies about a lent handle stands between, and what is wrong may be about any parameter of the last call.
    while case.relays > 0 && case.lie != Some(Lie::KeepsBorrow) {
        let mut smaller = case.clone();
        smaller.relays -= 1;
        for function in &mut smaller.functions {
            function.encodings.remove(1);
        }
        if !attempt(smaller, case, &mut said) {
            break;
        }
    }
    let last = |case: &Case| case.functions.len() - usize::from(case.lie.is_some());
    let mut index = 0;
    while index < last(case) {
        let mut smaller = case.clone();
        smaller.functions.remove(index);
        if !attempt(smaller, case, &mut said) {
            index += 1;
        }
    }
    for function in 0..last(case) {
        let mut param = 0;
        while param < case.functions[function].args.len() {
            let mut smaller = case.clone();
            let changed = &mut smaller.functions[function];
            changed.args.remove(param);
            changed.ty.params.remove(param);
            changed.ty.names.remove(param);
            if !attempt(smaller, case, &mut said) {
                param += 1;
            }
        }
    }
    said
}

fn write(case: &Case, text: &str, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let binary = component(case);
    std::fs::write(folder.join("component.wasm"), &binary)?;
    if let Ok(text) = wasmprinter::print_bytes(&binary) {
        std::fs::write(folder.join("component.wat"), text)?;
    }
    std::fs::write(folder.join("README"), format!("{text}\n\n{case:#?}\n"))
}
