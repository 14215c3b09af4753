//! `cargo xtask count --passes`: what each pass of the optimiser changes.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::counter::Counts;
use super::measure::{Bench, Subject};
use super::parallel::in_parallel;
use crate::markdown::{geometric_mean, number, table};
use crate::process;

/// The table of one machine.
pub fn section(mut bench: Bench<'_>, subjects: &[&Subject<'_>]) -> Result<String> {
    bench.options.clear();
    let all = ours(&bench, subjects)?;
    let mut lines = vec![["left out", "instructions", "blocks", "most", "least"].map(str::to_owned).to_vec()];
    for pass in names(bench.wasmc)? {
        eprintln!("counting with {pass} on {}", bench.machine.name);
        bench.options = vec!["--opt".to_owned(), pass.clone()];
        let without = ours(&bench, subjects)?;
        lines.push(line(pass, subjects, &all, &without));
    }
    let mut text = format!("\n## {}: passes\n\n", bench.machine.name);
    let _ = writeln!(
        text,
        "Without a pass, divided by with all of them: geometric means over {} programs; more than 1 is what the pass \
         gains.\nMost and least are single programs' instructions.\n",
        subjects.len()
    );
    Ok(text + &table(&lines))
}

fn line(pass: String, subjects: &[&Subject<'_>], all: &[Counts], without: &[Counts]) -> Vec<String> {
    let ratios = |part: fn(&Counts) -> u64| -> Vec<f64> {
        let pairs = all.iter().zip(without);
        pairs.map(|(all, without)| part(without) as f64 / part(all).max(1) as f64).collect()
    };
    let instructions = ratios(|counts| counts.instructions);
    let blocks = ratios(|counts| counts.blocks);
    let named = |index: Option<usize>| {
        let shown = |index: usize| format!("{:.3} {}", instructions[index], subjects[index].name);
        index.map_or_else(|| "-".to_owned(), shown)
    };
    let by_ratio = |a: &usize, b: &usize| instructions[*a].total_cmp(&instructions[*b]);
    let most = (0..instructions.len()).max_by(by_ratio);
    let least = (0..instructions.len()).min_by(by_ratio);
    vec![pass, number(geometric_mean(&instructions), 4), number(geometric_mean(&blocks), 4), named(most), named(least)]
}

/// The counts of all programs, start-up included: it is the same in all.
fn ours(bench: &Bench<'_>, subjects: &[&Subject<'_>]) -> Result<Vec<Counts>> {
    let counted = in_parallel(subjects, |subject| {
        bench.ours(subject).map(|counted| counted.counts).with_context(|| subject.name.to_owned())
    })?;
    counted.into_iter().collect()
}

/// The names of passes, as the command lists them where it is given none of them.
fn names(wasmc: &Path) -> Result<Vec<String>> {
    let mut command = Command::new(wasmc);
    command.args(["--opt", "no-", "-"]);
    let finished = process::run(command, None)?;
    let message = String::from_utf8_lossy(&finished.stderr).into_owned();
    let names = names_in(&message);
    ensure!(!names.is_empty(), "{} lists no passes: {message}", wasmc.display());
    Ok(names)
}

fn names_in(message: &str) -> Vec<String> {
    let list = message.split_once("there is no such pass:").map_or("", |(_, list)| list);
    let line = list.lines().next().unwrap_or_default();
    line.split(',').map(|name| name.trim().to_owned()).filter(|name| name.starts_with("no-")).collect()
}

#[cfg(test)]
mod tests {
    use super::names_in;

    #[test]
    fn names_are_those_of_the_message() {
        let message = "error: invalid value 'no-' for '--opt': there is no such pass: no-carry, no-hoist\n\nFor more";
        assert_eq!(names_in(message), ["no-carry", "no-hoist"]);
        assert!(names_in("error: unexpected argument '--opt'").is_empty());
    }
}
