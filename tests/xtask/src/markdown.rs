//! Tables in Markdown, aligned well enough to be read on a terminal, and the numbers in them.

use std::fmt::Write;

/// The geometric mean; nothing of nothing.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

/// A cell with a number, or a dash where there is none.
pub fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

/// A table: the first line is the heading, the first column aligned left, the others right.
pub fn table(lines: &[Vec<String>]) -> String {
    let columns = lines[0].len();
    let widths: Vec<_> =
        (0..columns).map(|column| lines.iter().map(|line| line[column].len()).max().unwrap_or(0).max(2)).collect();
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        for (column, cell) in line.iter().enumerate() {
            let width = widths[column];
            let _ = if column == 0 { write!(text, "| {cell:<width$} ") } else { write!(text, "| {cell:>width$} ") };
        }
        text.push_str("|\n");
        if index == 0 {
            for (column, width) in widths.iter().enumerate() {
                let dashes = "-".repeat(width + 1);
                text.push_str(&if column == 0 { format!("|:{dashes}") } else { format!("|{dashes}:") });
            }
            text.push_str("|\n");
        }
    }
    text
}
