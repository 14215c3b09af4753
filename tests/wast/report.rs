//! Results of scripts, and the table of them.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What became of one script.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// Assertions that hold.
    pub passed: usize,
    /// What does not hold: line and explanation.
    pub failures: Vec<(usize, String)>,
    /// Assertions not tested, by reason.
    pub skipped: BTreeMap<String, usize>,
}

impl Report {
    /// All assertions, and failures of what is none.
    pub fn assertions(&self) -> usize {
        self.passed + self.failures.len() + self.skipped.values().sum::<usize>()
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failures.extend(other.failures.iter().cloned());
        for (reason, count) in &other.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
    }

    fn row(&self) -> String {
        let reasons: Vec<String> = self.skipped.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
        let (all, failed) = (self.assertions(), self.failures.len());
        format!("| {} | {all} | {} | {failed} | {} |\n", self.name, self.passed, reasons.join("; "))
    }
}

const HEAD: &str = "| script | assertions | passed | failed | skipped |\n|---|--:|--:|--:|---|\n";

/// The table: a row for each script, sums for each folder, and for all.
pub fn table(reports: &[Report]) -> String {
    let mut folders: BTreeMap<&str, Report> = BTreeMap::new();
    let mut all = Report { name: "**all**".into(), ..Report::default() };
    for report in reports {
        let folder = report.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let sum = folders.entry(folder).or_insert_with(|| Report { name: folder.into(), ..Report::default() });
        sum.add(report);
        all.add(report);
    }
    let mut text = format!("# Results of the official test suite\n\n{HEAD}");
    folders.values().chain([&all]).for_each(|sum| text += &sum.row());
    write!(text, "\n## Scripts\n\n{HEAD}").expect("writing to a string never fails");
    reports.iter().for_each(|report| text += &report.row());
    text
}

/// The failures, a line each.
pub fn failures(reports: &[Report]) -> String {
    let lines = reports.iter().flat_map(|report| {
        report.failures.iter().map(move |(line, message)| format!("{}:{line}: {message}\n", report.name))
    });
    lines.collect()
}
