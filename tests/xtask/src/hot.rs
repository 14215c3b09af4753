//! `cargo xtask hot NAME`: which functions and loops of a program execute most instructions, of our code and of native
//! code from the same source.
//!
//! An emulator counts how often each block is executed; the disassembler says what is in it. A loop is the code between
//! a branch and an earlier address that it goes back to.

mod disassembly;
mod loops;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::builder::PossibleValuesParser;

use crate::count;
use crate::count::counter::Counter;
use crate::count::machine::{self, MACHINES, Machine};
use crate::count::measure::{Bench, Subject};
use crate::manifest;
use crate::markdown::table;
use crate::subjects;
use crate::toolchain::build_native;
use disassembly::Program;

/// The options of `cargo xtask hot`.
#[derive(clap::Args)]
pub struct Options {
    /// The program, a fixture or an application.
    name: String,

    /// The CPU.
    #[arg(long, default_value = MACHINES[0].name)]
    #[arg(value_parser = PossibleValuesParser::new(MACHINES.map(|machine| machine.name)))]
    cpu: String,

    /// How many functions to show loops of.
    #[arg(long, value_name = "N", default_value_t = 1)]
    functions: usize,

    /// The compiler.
    #[arg(long, value_name = "PATH", default_value = "target/release/wasmc")]
    wasmc: PathBuf,

    /// More options for it, such as `--opt=no-hoist`.
    #[arg(last = true)]
    options: Vec<String>,
}

/// How many functions are listed.
const LISTED: usize = 12;

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let machine = MACHINES.iter().find(|machine| machine.name == options.cpu).context("there is no such CPU")?;
    machine::check(&[machine])?;
    let programs = subjects::all(Some(&options.name))?;
    let program = programs.iter().find(|program| program.name == options.name);
    let subject = count::subject(program.with_context(|| format!("there is no program {}", options.name))?);
    let subject = subject.with_context(|| format!("{} has no run to be counted", options.name))??;
    ensure!(options.wasmc.is_file(), "{} is missing: cargo build --release --bin wasmc", options.wasmc.display());

    let counter = Counter::new(&manifest::root().join("target/count"))?;
    let mut bench = count::bench(machine, &options.wasmc, &counter)?;
    bench.options.clone_from(&options.options);
    let ours = bench.executable(&subject)?;
    println!("{}", section("wasmc", &ours, &bench, &subject, options.functions)?);
    let native = subject.source.map(|source| build_native(source, machine.native)).transpose()?.flatten();
    match native {
        Some(native) => println!("{}", section("native", &native, &bench, &subject, options.functions)?),
        None => println!("There is no native code to compare with."),
    }
    Ok(())
}

/// What one executable does.
fn section(compiler: &str, path: &Path, bench: &Bench<'_>, subject: &Subject<'_>, functions: usize) -> Result<String> {
    let machine: &Machine = bench.machine;
    let (counts, blocks) = bench.counter.profile(machine.emulator, path, &subject.invocation)?;
    let mut program = Program::read(path)?;
    program.add(&blocks);
    let mut text = format!("## {} by {compiler} on {}\n\n", subject.name, machine.name);
    let _ = writeln!(
        text,
        "{}: {:.1} million instructions, {:.1} million blocks\n",
        path.display(),
        counts.instructions as f64 / 1e6,
        counts.blocks as f64 / 1e6
    );
    let share = |executed: u64| executed as f64 * 100.0 / counts.instructions.max(1) as f64;
    let hottest = program.hottest();
    let mut lines = vec![["function", "instructions, millions", "share, %"].map(str::to_owned).to_vec()];
    for function in hottest.iter().take(LISTED) {
        let executed = function.executed();
        let name = function.name.clone();
        lines.push(vec![name, format!("{:.1}", executed as f64 / 1e6), format!("{:.1}", share(executed))]);
    }
    text += &table(&lines);
    for function in hottest.iter().take(functions) {
        let range = loops::hottest(&function.instructions);
        let code = &function.instructions[range];
        let executed = code.iter().map(|instruction| instruction.times).sum();
        let _ = writeln!(text, "\n### {}: {:.1} % of all instructions\n\n```text", function.name, share(executed));
        text += &loops::listing(code);
        text += "```\n";
    }
    Ok(text)
}
