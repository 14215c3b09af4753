//! The table of a comparison, in Markdown.

use std::fmt::Write;
use std::time::Duration;

use super::statistics::Spread;
use crate::count::measure;
use crate::markdown::{geometric_mean, number, table};

/// All that was measured. The first peer is the one the others are compared with.
pub struct Report {
    peers: Vec<&'static str>,
    /// What each uses of the processor.
    features: Vec<String>,
    pub rows: Vec<Row>,
    /// What went wrong.
    pub notes: Vec<String>,
}

/// One program's measurements.
pub struct Row {
    pub name: String,
    /// The user time of each peer in each round.
    pub rounds: Vec<Vec<Option<Duration>>>,
    pub counts: Option<measure::Row>,
    peers: usize,
}

/// Columns of counts: what each takes from a row.
type Column = fn(&measure::Row) -> Option<f64>;

const COUNTS: [(&str, Column); 3] = [
    ("instr. / native", |row| measure::ratio(row.ours.instructions, row.native?.instructions)),
    ("blocks / native", |row| measure::ratio(row.ours.blocks, row.native?.blocks)),
    ("instr. / wasmtime", |row| measure::ratio(row.ours.instructions, row.wasmtime?.instructions)),
];

impl Row {
    /// A row with nothing measured yet.
    pub fn new(name: &str, peers: usize) -> Self {
        Row { name: name.to_owned(), rounds: Vec::new(), counts: None, peers }
    }

    /// The median of the first peer's time, in milliseconds.
    fn time(&self) -> Option<f64> {
        let times = self.rounds.iter().filter_map(|times| Some(times[0]?.as_secs_f64() * 1000.0));
        Spread::of(times.collect()).map(|spread| spread.median)
    }

    /// How much of another peer's time the first one takes.
    fn ratio(&self, column: usize) -> Option<Spread> {
        let ratios = self.rounds.iter().filter_map(|times| {
            let (ours, other) = (times[0]?.as_secs_f64(), times[column]?.as_secs_f64());
            (ours > 0.0 && other > 0.0).then(|| ours / other)
        });
        Spread::of(ratios.collect())
    }

    /// What the table is sorted by: how much we lose against the first peer that has a time.
    fn loss(&self) -> f64 {
        (1..self.peers).find_map(|column| self.ratio(column)).map_or(0.0, |spread| spread.median)
    }

    fn count(&self, column: Column) -> Option<f64> {
        self.counts.as_ref().and_then(column)
    }
}

impl Report {
    /// An empty report over these peers.
    pub fn new(peers: Vec<&'static str>, features: Vec<String>) -> Self {
        Report { peers, features, rows: Vec::new(), notes: Vec::new() }
    }

    /// The whole report.
    pub fn markdown(&self) -> String {
        let first = self.peers[0];
        let mut text = String::from("# Comparison\n\n");
        let _ = writeln!(
            text,
            "User time of {first} in milliseconds, and divided by that of the others: less than 1 is faster. Ratios \
             are medians over\n{} rounds, and in parentheses the range of their middle half. Programs where {first} \
             loses most come first.\n",
            self.rows.iter().map(|row| row.rounds.len()).max().unwrap_or(0)
        );
        for (peer, features) in self.peers.iter().zip(&self.features) {
            let _ = writeln!(text, "- {peer}: {features}");
        }
        let counted = self.rows.iter().any(|row| row.counts.is_some());
        if counted {
            text += "- counted: executed instructions and blocks, for the baseline, with a lighter input\n";
        }
        let _ = writeln!(text, "\n{}", table(&self.lines(if counted { &COUNTS } else { &[] })));
        if !self.notes.is_empty() {
            text.push_str("## Not measured\n\n");
            for note in &self.notes {
                let _ = writeln!(text, "- {}", note.trim_end().replace('\n', "\n  "));
            }
        }
        text
    }

    fn lines(&self, counts: &[(&str, Column)]) -> Vec<Vec<String>> {
        let others = 1..self.peers.len();
        let mut heading = vec!["program".to_owned(), "ms".to_owned()];
        heading.extend(self.peers[1..].iter().map(|peer| format!("/ {peer}")));
        heading.extend(counts.iter().map(|(name, _)| (*name).to_owned()));

        let mut lines = vec![heading];
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by(|a, b| b.loss().total_cmp(&a.loss()));
        for row in &rows {
            let mut line = vec![row.name.clone(), number(row.time(), 0)];
            line.extend(others.clone().map(|column| Spread::shown(row.ratio(column))));
            line.extend(counts.iter().map(|(_, column)| number(row.count(*column), 2)));
            lines.push(line);
        }
        let mean = |values: Vec<f64>| match geometric_mean(&values) {
            Some(mean) => format!("{mean:.3} of {}", values.len()),
            None => "-".to_owned(),
        };
        let mut last = vec!["geometric mean".to_owned(), String::new()];
        for column in others {
            last.push(mean(rows.iter().filter_map(|row| Some(row.ratio(column)?.median)).collect()));
        }
        for (_, column) in counts {
            last.push(mean(rows.iter().filter_map(|row| row.count(*column)).collect()));
        }
        lines.push(last);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Row};
    use std::time::Duration;

    #[test]
    fn ratios_are_taken_within_a_round_and_losses_come_first() {
        let mut report = Report::new(vec!["ours", "other"], vec![String::new(), String::new()]);
        for (name, rounds) in [("fast", [(50, 100), (100, 200), (80, 160)]), ("slow", [(30, 20), (60, 40), (15, 10)])] {
            let mut row = Row::new(name, 2);
            let time = |milliseconds| Some(Duration::from_millis(milliseconds));
            row.rounds.extend(rounds.map(|(ours, other)| vec![time(ours), time(other)]));
            report.rows.push(row);
        }
        let mut missing = Row::new("missing", 2);
        missing.rounds.push(vec![Some(Duration::from_millis(7)), None]);
        report.rows.push(missing);
        let lines = report.lines(&[]);
        assert_eq!(lines[1], ["slow", "30", "1.50 (1.50–1.50)"]);
        assert_eq!(lines[2], ["fast", "80", "0.50 (0.50–0.50)"]);
        assert_eq!(lines[3], ["missing", "7", "-"]);
        assert_eq!(lines[4], ["geometric mean", "", "0.866 of 2"]);
    }
}
