//! The time that each phase of a compilation takes, and its progress.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A compilation that takes longer than this shows its progress.
const LONG: Duration = Duration::from_millis(700);
/// Time between two updates.
const INTERVAL: Duration = Duration::from_millis(100);

/// Times the phases of a compilation.
#[derive(Debug)]
pub struct Phases {
    start: Instant,
    times: Vec<(String, Duration)>,
    notes: Vec<String>,
    warnings: Vec<String>,
    terminal: bool,
}

impl Phases {
    /// Starts the clock. With `progress`, long phases show how far they are, if standard error is a terminal.
    pub fn new(progress: bool) -> Self {
        let terminal = progress && io::stderr().is_terminal();
        Self { start: Instant::now(), times: Vec::new(), notes: Vec::new(), warnings: Vec::new(), terminal }
    }

    /// Runs a phase.
    pub fn run<R>(&mut self, name: &'static str, phase: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = phase();
        self.times.push((name.into(), start.elapsed()));
        result
    }

    /// Runs a phase that has `total` steps, each of which calls [`Progress::step`].
    pub fn run_steps<R>(&mut self, name: &'static str, total: usize, phase: impl FnOnce(&Progress) -> R) -> R {
        let progress = Progress {
            name,
            total,
            done: AtomicUsize::new(0),
            next: Mutex::new(self.terminal.then(|| self.start + LONG)),
        };
        let result = self.run(name, || phase(&progress));
        progress.clear();
        result
    }

    /// Adds a part of the last phase to the table: the time that it took on all threads together.
    pub fn part(&mut self, name: &str, time: Duration) {
        self.times.push((format!("  {name}"), time));
    }

    /// Adds a line to the table.
    pub fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    /// Adds what its user should know although the compilation goes on.
    pub fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    /// What [`Self::warn`] was told.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The table of phases.
    pub fn table(&self) -> String {
        let row = |name: &str, time: Duration| format!("{name:<12}{:>10.2} ms\n", time.as_secs_f64() * 1e3);
        let mut table: String = self.times.iter().map(|(name, time)| row(name, *time)).collect();
        table.push_str(&row("total", self.start.elapsed()));
        table.extend(self.notes.iter().map(|note| format!("{note}\n")));
        table
    }
}

/// Adds up the time that something takes on several threads.
#[derive(Debug, Default)]
pub struct Stopwatch(AtomicU64);

impl Stopwatch {
    /// Runs `work` and adds the time that it takes.
    pub fn time<R>(&self, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.0.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// The time so far.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// The progress of a phase.
#[derive(Debug)]
pub struct Progress {
    name: &'static str,
    total: usize,
    done: AtomicUsize,
    /// When to show it next; `None` for never.
    next: Mutex<Option<Instant>>,
}

impl Progress {
    /// One step is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let Ok(mut next) = self.next.try_lock() else { return };
        let now = Instant::now();
        if next.is_some_and(|next| next <= now) {
            *next = Some(now + INTERVAL);
            let percent = done * 100 / self.total.max(1);
            show(&format!("\r\x1b[K{}: {done} of {} functions ({percent} %)", self.name, self.total));
        }
    }

    fn clear(&self) {
        if self.next.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            show("\r\x1b[K");
        }
    }
}

/// Errors are ignored: progress is not part of the result.
fn show(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
