//! Batches of modules, until time is up.

use super::batch::{self, Difference, Tally};
use super::generate;
use super::loops;
use super::random::Random;
use super::reference::Reference;
use super::reproduction::Reproduction;
use super::shrink;
use super::variation::Variation;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Modules in one program.
const BATCH: usize = 24;

/// One module of so many consists of loops.
const OF_LOOPS: usize = 6;

/// Bytes of stack for a thread that compiles.
const STACK_SIZE: usize = 256 << 20;

/// Differences after which the search ends.
const ENOUGH: usize = 10;

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// After some time.
    Time(Duration),
    /// After so many batches: the same comparisons in every run.
    Batches(u64),
}

/// What a campaign has found.
#[derive(Default)]
pub struct Findings {
    /// What was compared.
    pub tally: Tally,
    /// Differences, each with the place of its reproduction.
    pub differences: Vec<String>,
}

/// A search for differences.
pub struct Campaign<'c> {
    /// The seed of all modules.
    pub seed: u64,
    /// When to stop.
    pub limit: Limit,
    /// Batches at the same time.
    pub jobs: usize,
    /// Ways to compile.
    pub variations: &'c [Variation],
    /// Where reproductions go.
    pub folder: &'c Path,
    /// Whether to print progress.
    pub progress: bool,
}

impl Campaign<'_> {
    /// Runs it.
    pub fn run(&self) -> Findings {
        let start = Instant::now();
        let (next, findings) = (AtomicU64::new(0), Mutex::new(Findings::default()));
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                let work = || self.work(&next, start, &findings);
                thread::Builder::new()
                    .stack_size(STACK_SIZE)
                    .spawn_scoped(scope, work)
                    .expect("threads can be started");
            }
        });
        findings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, next: &AtomicU64, start: Instant, findings: &Mutex<Findings>) {
        let reference = Reference::default();
        let mut reported = Instant::now();
        loop {
            let number = next.fetch_add(1, Relaxed);
            let is_over = match self.limit {
                Limit::Time(time) => start.elapsed() >= time,
                Limit::Batches(batches) => number >= batches,
            };
            if is_over || lock(findings).differences.len() >= ENOUGH {
                return;
            }
            let (tally, differences) = self.batch(number, &reference);
            let mut findings = lock(findings);
            findings.tally += tally;
            for difference in &differences {
                eprintln!("{difference}\n");
            }
            findings.differences.extend(differences);
            if self.progress && reported.elapsed() >= PROGRESS {
                reported = Instant::now();
                eprintln!("{:4} s: {}", start.elapsed().as_secs(), summary(&findings, start.elapsed()));
            }
        }
    }

    fn batch(&self, number: u64, reference: &Reference) -> (Tally, Vec<String>) {
        let mut random = Random::nested(self.seed, number);
        let variation = Variation::pick(self.variations, &mut random);
        let tail_calls = random.once_in(2);
        let module = |number| match number % OF_LOOPS {
            0 => loops::module(&mut random),
            _ => generate::module(&mut random, tail_calls),
        };
        let modules: Vec<Vec<u8>> = (0..BATCH).filter_map(module).collect();
        let name = format!("fuzz-{}-{number}", self.seed);
        let (tally, differences) = batch::compare(&modules, &name, variation, reference);
        let reports = differences.iter().map(|found| self.report(number, found, &modules, variation, reference));
        (tally, reports.collect())
    }

    /// Looks for a smaller module that still differs, and writes it to a folder.
    fn report(
        &self,
        batch: u64,
        found: &Difference,
        modules: &[Vec<u8>],
        variation: &Variation,
        reference: &Reference,
    ) -> String {
        let original = &modules[found.module];
        eprintln!("{}\n  options: {variation}\n  looking for a smaller module\n", found.what);
        let alone = shrink::difference(original, variation, reference);
        let smallest = alone.as_ref().map(|what| shrink::shrink(original, what, variation, reference));
        let still = smallest.as_ref().and_then(|wasm| shrink::difference(wasm, variation, reference));
        let what = match still.or(alone) {
            Some(what) => what,
            None => format!("only together with the other modules of batch {batch}: {}", found.what),
        };
        let reproduction = Reproduction {
            name: format!("{}-{batch}-{}", self.seed, found.module),
            what: &what,
            variation,
            original,
            smallest: smallest.as_deref().unwrap_or(original),
        };
        match reproduction.write(self.folder) {
            Ok(folder) => format!("{what}\n  options: {variation}\n  module: {}", folder.display()),
            Err(error) => format!("{what}\n  options: {variation}\n  cannot be written: {error}"),
        }
    }
}

fn lock(findings: &Mutex<Findings>) -> std::sync::MutexGuard<'_, Findings> {
    findings.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was compared, in one line.
pub fn summary(findings: &Findings, time: Duration) -> String {
    let Tally { modules, skipped, returned, traps, cut, states } = &findings.tally;
    let per_minute = *modules as f64 * 60.0 / time.as_secs_f64().max(0.001);
    let trapped: u64 = traps.values().sum();
    format!(
        "{modules} modules ({per_minute:.0} a minute), {returned} calls returned, {trapped} trapped, {states} states, \
         {cut} modules judged in part, {skipped} skipped; {} differences",
        findings.differences.len()
    )
}
