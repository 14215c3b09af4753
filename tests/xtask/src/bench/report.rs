//! The tables of a comparison, in Markdown.

use std::fmt::Write;
use std::time::Duration;

use crate::markdown::{geometric_mean, number, table};
use crate::process::Time;

/// All that was measured. The first peer is the one the others are compared with.
pub struct Report {
    peers: Vec<&'static str>,
    pub run: Vec<Row>,
    pub compile: Vec<Row>,
    /// What went wrong.
    pub notes: Vec<String>,
}

/// One program's measurements, a cell per peer.
pub struct Row {
    name: String,
    cells: Vec<Cell>,
}

#[derive(Clone)]
enum Cell {
    Times(Vec<Time>),
    Failed,
}

impl Row {
    /// A row with nothing measured yet.
    pub fn new(name: &str, peers: usize) -> Self {
        Row { name: name.to_owned(), cells: vec![Cell::Times(Vec::new()); peers] }
    }

    /// Adds a measurement to a cell.
    pub fn add(&mut self, column: usize, time: Time) {
        if let Cell::Times(times) = &mut self.cells[column] {
            times.push(time);
        }
    }

    /// Gives a cell up.
    pub fn fail(&mut self, column: usize) {
        self.cells[column] = Cell::Failed;
    }

    /// Whether a cell was given up.
    pub fn failed(&self, column: usize) -> bool {
        matches!(self.cells[column], Cell::Failed)
    }

    /// Whether a cell has a measurement above `limit`.
    pub fn slower_than(&self, limit: Duration, column: usize) -> bool {
        matches!(&self.cells[column], Cell::Times(times) if times.iter().any(|time| time.wall > limit))
    }

    /// The median of what `part` takes from the times, in milliseconds.
    fn median(&self, column: usize, part: Part) -> Option<f64> {
        let Cell::Times(times) = &self.cells[column] else { return None };
        let mut values: Vec<_> = times.iter().map(part).collect();
        values.sort();
        let middle = values.len() / 2;
        let upper = values.get(middle)?.as_secs_f64() * 1000.0;
        if values.len() % 2 == 1 {
            return Some(upper);
        }
        Some((values[middle - 1].as_secs_f64() * 1000.0 + upper) / 2.0)
    }

    /// How much of another peer's time the first one takes.
    fn ratio(&self, column: usize, part: Part) -> Option<f64> {
        let other = self.median(column, part)?;
        (other > 0.0).then_some(self.median(0, part)? / other)
    }
}

/// Which part of a time counts.
type Part = fn(&Time) -> Duration;

const PARTS: [(&str, Part); 2] = [("wall", |time| time.wall), ("user", |time| time.user)];

impl Report {
    /// An empty report over these peers.
    pub fn new(peers: Vec<&'static str>) -> Self {
        Report { peers, run: Vec::new(), compile: Vec::new(), notes: Vec::new() }
    }

    /// The whole report.
    pub fn markdown(&self) -> String {
        let mut text = String::from("# Comparison\n\n");
        let first = self.peers[0];
        let _ = writeln!(text, "Medians in milliseconds; ratios are {first} to the other, so less than 1 is faster.\n");
        for (title, rows) in [("Run time", &self.run), ("Compile time", &self.compile)] {
            if rows.is_empty() {
                continue;
            }
            for (part_name, part) in PARTS {
                let _ = writeln!(text, "## {title}, {part_name}\n\n{}", table(&self.lines(rows, part)));
            }
        }
        if !self.notes.is_empty() {
            text.push_str("## Not measured\n\n");
            for note in &self.notes {
                let _ = writeln!(text, "- {}", note.replace('\n', "\n  "));
            }
        }
        text
    }

    fn lines(&self, rows: &[Row], part: Part) -> Vec<Vec<String>> {
        let others = 1..self.peers.len();
        let mut heading = vec!["program".to_owned()];
        heading.extend(self.peers.iter().map(|peer| (*peer).to_owned()));
        heading.extend(self.peers[1..].iter().map(|peer| format!("/ {peer}")));

        let mut lines = vec![heading];
        for row in rows {
            let mut line = vec![row.name.clone()];
            line.extend((0..self.peers.len()).map(|column| number(row.median(column, part), 1)));
            line.extend(others.clone().map(|column| number(row.ratio(column, part), 2)));
            lines.push(line);
        }
        let mut last = vec!["geometric mean".to_owned()];
        last.extend(self.peers.iter().map(|_| String::new()));
        for column in others {
            let ratios: Vec<_> =
                rows.iter().filter_map(|row| row.ratio(column, part)).filter(|ratio| *ratio > 0.0).collect();
            last.push(number(geometric_mean(&ratios), 2));
        }
        lines.push(last);
        lines
    }
}
