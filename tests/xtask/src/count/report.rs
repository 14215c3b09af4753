//! The tables of counts, in Markdown.

use std::fmt::Write;

use super::machine::Machine;
use super::measure::{self, Row};
use crate::markdown::{geometric_mean, number, table};
use crate::peers::wasmtime;
use crate::toolchain::{CLANG, NATIVE_FLAGS};

/// What a column takes from a row.
type Column = fn(&Row) -> Option<f64>;

/// Columns of ratios.
const RATIOS: [(&str, Column); 4] = [
    ("instructions / native", |row| measure::ratio(row.ours.instructions, row.native?.instructions)),
    ("blocks / native", |row| measure::ratio(row.ours.blocks, row.native?.blocks)),
    ("instructions / wasmtime", |row| measure::ratio(row.ours.instructions, row.wasmtime?.instructions)),
    ("blocks / wasmtime", |row| measure::ratio(row.ours.blocks, row.wasmtime?.blocks)),
];

/// What all tables have in common; `command` is the one that made them, `versions` are those of the tools.
pub fn heading(command: &str, versions: &[String]) -> String {
    let mut text = format!("# Counts\n\nBy `{command}`, with\n\n");
    versions.iter().for_each(|version| text.push_str(&format!("- {version}\n")));
    text.push('\n');
    text.push_str(
        "Executed instructions and blocks, ours divided by those of native code and of Wasmtime: less than 1 is less \
         work.\nA block is one of QEMU's translation blocks: it ends at a branch, at a system call, or where a page \
         does. What the\nempty program takes in the same way is subtracted from every count, so that start-up is in \
         none of them. Text is\nwhat the module itself became, in bytes and without the runtime.\n",
    );
    text.push_str("\nThe programs are in `target/count`.\n");
    text
}

/// The table of one machine, programs where we lose most first, and what could not be counted.
pub fn section(machine: &Machine, rows: &[Row], failures: &[String]) -> String {
    let has_wasmtime = rows.iter().any(|row| row.wasmtime.is_some());
    let mut text = format!("\n## {}\n\n", machine.name);
    let _ = writeln!(text, "- ours: `wasmc --target {} --cpu {}`", machine.target, machine.cpu);
    let _ = writeln!(text, "- native: `{CLANG} {} {}`", machine.native.clang.join(" "), NATIVE_FLAGS.join(" "));
    if has_wasmtime {
        let _ = writeln!(text, "- wasmtime: {}, its default settings for the emulated CPU", wasmtime::VERSION);
    }
    let _ = writeln!(text, "- emulated: `{}`\n", machine.emulator.join(" "));

    let ratios = if has_wasmtime { &RATIOS[..] } else { &RATIOS[..2] };
    let mut lines = vec![vec!["program".to_owned(), "our instructions, millions".to_owned()]];
    lines[0].extend(ratios.iter().map(|(name, _)| (*name).to_owned()));
    lines[0].push("text".to_owned());
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by(|a, b| loss(b).total_cmp(&loss(a)));
    for row in &rows {
        let mut line = vec![row.name.clone(), number(Some(row.ours.instructions as f64 / 1e6), 1)];
        line.extend(ratios.iter().map(|(_, column)| number(column(row), 3)));
        line.push(row.text.to_string());
        lines.push(line);
    }
    let mut last = vec!["geometric mean, sum".to_owned(), String::new()];
    for (_, column) in ratios {
        let values: Vec<_> = rows.iter().filter_map(|row| column(row)).collect();
        last.push(number(geometric_mean(&values), 3));
    }
    last.push(rows.iter().map(|row| row.text).sum::<u64>().to_string());
    lines.push(last);
    text += &table(&lines);
    if !failures.is_empty() {
        text += "\nNot counted:\n\n";
        failures.iter().for_each(|failure| text += &format!("- {}\n", failure.trim_end().replace('\n', "\n  ")));
    }
    text
}

/// How much more than native code we execute; without that, than Wasmtime.
fn loss(row: &Row) -> f64 {
    let [(_, native), _, (_, wasmtime), _] = RATIOS;
    native(row).or_else(|| wasmtime(row)).unwrap_or_default()
}
