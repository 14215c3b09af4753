//! How long programs take to start and to be compiled, compared with Wasmtime: it compiles before, too, and runs what
//! it compiled. One measurement of each in turn, so that both have the same machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::Bench;
use super::program::Program;
use super::tools::Tools;
use crate::markdown::{number, table};
use crate::process;

/// Compares all programs and prints the medians.
pub fn compare(
    bench: &Bench,
    programs: &[(&Program, PathBuf, &[&str])],
    tools: &Tools,
    (runs, compilations): (u32, u32),
) -> Result<()> {
    let mut lines = vec![["milliseconds", "wasmc", "Wasmtime", "ratio"].map(str::to_owned).to_vec()];
    for (program, component, args) in programs {
        let precompiled = component.with_extension("cwasm");
        let image = component.with_extension("image");
        let wasmtime = |words: &[&str]| {
            tools.wasmtime.command(&bench.folder).map(|mut command| {
                command.args(words);
                command
            })
        };
        if let Err(advice) = wasmtime(&[]) {
            println!("not compared with Wasmtime: {advice}");
            return Ok(());
        }
        let scratch = bench.scratch(program)?;
        let (mut compile, mut start) = (Pair::default(), Pair::default());
        for _ in 0..compilations {
            compile.own.push(process::tool(bench.compilation(program, component, &image, scratch.path()))?.time.user);
            if let Ok(mut command) = wasmtime(&["compile"]) {
                command.arg(component).arg("-o").arg(&precompiled);
                compile.other.push(process::tool(command)?.time.user);
            }
        }
        for _ in 0..runs {
            start.own.push(started(Command::new(&image), None, args)?);
            if let Ok(command) = wasmtime(&["run", "--allow-precompiled"]) {
                start.other.push(started(command, Some(&precompiled), args)?);
            }
        }
        lines.push(start.line(&format!("{}: start", program.name)));
        lines.push(compile.line(&format!("{}: processor time to compile", program.name)));
    }
    println!("\n{}", table(&lines));
    Ok(())
}

fn started(mut command: Command, component: Option<&Path>, args: &[&str]) -> Result<Duration> {
    command.args(component).args(args);
    Ok(process::tool(command)?.time.wall)
}

/// Measurements of both.
#[derive(Default)]
struct Pair {
    own: Vec<Duration>,
    other: Vec<Duration>,
}

impl Pair {
    fn line(&self, name: &str) -> Vec<String> {
        let (own, other) = (median(&self.own), median(&self.other));
        let ratio = own.zip(other).map(|(own, other)| own / other);
        vec![name.to_owned(), number(own, 1), number(other, 1), number(ratio, 2)]
    }
}

/// The median, in milliseconds.
fn median(times: &[Duration]) -> Option<f64> {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).map(|time| time.as_secs_f64() * 1000.0)
}
