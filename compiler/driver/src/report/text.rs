//! A report as tables.

use super::{Function, Report, size};
use std::fmt::Write as _;
use wasmc_frontend::Shown;

/// Rows of each table.
const ROWS: usize = 40;

/// The tables of a report.
pub fn tables(report: &Report) -> String {
    let mut text = format!(
        "{} for {}: {} functions, {} bytes of machine code for {} bytes of WebAssembly, {} bytes of data\n",
        Shown(&report.name),
        report.target,
        report.functions.len(),
        report.native(),
        report.wasm(),
        report.data(),
    );
    text += "\nmachine code   share  functions  of\n";
    let native = report.native();
    for (name, functions) in report.groups().iter().take(ROWS) {
        let (bytes, share) = (size(functions), percent(size(functions), native));
        let _ = writeln!(text, "{bytes:>12} {share:>7} {:>10}  {}", functions.len(), Shown(name));
    }
    text += "\nmachine code   share  WebAssembly  function\n";
    for Function { name, wasm, native: bytes, .. } in report.functions.iter().take(ROWS) {
        let _ = writeln!(text, "{bytes:>12} {:>7} {wasm:>12}  {}", percent(*bytes, native), Shown(name));
    }
    if report.hot.is_some() {
        times(report, &mut text);
    }
    text
}

fn times(report: &Report, text: &mut String) {
    let executed = report.executed();
    *text += "\n  blocks run   share        calls  function\n";
    for Function { name, entered, executed: blocks, .. } in report.busiest().into_iter().take(ROWS) {
        let _ = writeln!(text, "{blocks:>12} {:>7} {entered:>12}  {}", percent(*blocks, executed), Shown(name));
    }
    *text += "\n       count  block\n";
    for block in report.hot.iter().flatten().take(ROWS) {
        let _ = writeln!(text, "{:>12}  {} + 0x{:x}", block.count, Shown(&block.function), block.offset);
    }
}

/// A part of a whole, in percent.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".into() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}
