//! `cargo xtask components`: components made by the tools of several languages, from sources in the repository, as
//! executables. What each must print is said where it is made.

mod languages;
mod measure;
mod preview1;
mod program;
mod servers;
mod texts;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use self::program::{Check, Program};
use self::servers::Servers;
use self::tools::Tools;
use crate::manifest;
use crate::markdown::table;
use crate::process;

/// The options of `cargo xtask components`.
#[derive(clap::Args)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,

    /// Folder in which npm has installed componentize-js and jco.
    #[arg(long, value_name = "FOLDER", default_value = "target/js")]
    npm: PathBuf,

    /// How often the start of programs is measured.
    #[arg(long, default_value_t = 15)]
    runs: u32,

    /// How often they are compiled for that.
    #[arg(long, default_value_t = 3)]
    compilations: u32,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let wasmc = manifest::root().join("target/release/wasmc");
    ensure!(wasmc.is_file(), "wasmc is missing: cargo build --release --bin wasmc");
    let folder = manifest::root().join("target/components");
    fs::create_dir_all(&folder)?;
    let tools = Tools::find(&options.npm);
    let mut programs = preview1::programs(&tools)?;
    programs.extend(texts::programs()?);
    programs.extend(languages::programs(&tools));
    programs.retain(|program| program.name.contains(&options.filter));

    let servers = Servers::start().context("starting servers to talk to")?;
    let bench = Bench { wasmc, folder, servers };
    let mut lines = vec![["program", "built by", "image", "result"].map(str::to_owned).to_vec()];
    let (mut missing, mut failures, mut measured) = (Vec::new(), Vec::new(), Vec::new());
    for program in &programs {
        eprintln!("{}", program.name);
        let path = bench.folder.join(program.file_name());
        let built = (program.build)(&path);
        let outcome = match built {
            Ok(None) => bench.check(program, &path),
            Ok(Some(advice)) => {
                missing.push(format!("{}: {advice}", program.name));
                lines.push(vec![program.name.clone(), program.built_by.clone(), "-".into(), "left out".into()]);
                continue;
            }
            Err(error) => Err(error.context("it cannot be built")),
        };
        let (image, result) = match outcome {
            Ok((size, count)) => (size.to_string(), format!("{count} runs as expected")),
            Err(error) => {
                failures.push(format!("{}: {error:#}", program.name));
                ("-".into(), "FAILED".into())
            }
        };
        if let Some(args) = program.measured {
            measured.push((program, path, args));
        }
        lines.push(vec![program.name.clone(), program.built_by.clone(), image, result]);
    }
    println!("\n{}", table(&lines));
    missing.iter().for_each(|line| println!("left out: {line}"));
    if !measured.is_empty() {
        measure::compare(&bench, &measured, &tools, (options.runs, options.compilations))?;
    }
    failures.iter().for_each(|failure| println!("failed: {failure}"));
    ensure!(failures.is_empty(), "{} of {} programs failed", failures.len(), programs.len());
    Ok(())
}

/// Where programs are compiled and run.
struct Bench {
    wasmc: PathBuf,
    folder: PathBuf,
    servers: Servers,
}

impl Bench {
    /// Compiles a program and runs all its checks; returns the size of the image, and how many checks there are.
    fn check(&self, program: &Program, component: &Path) -> Result<(u64, usize)> {
        let image = component.with_extension("image");
        let scratch = self.scratch(program)?;
        let finished = process::run(self.compilation(program, component, &image, scratch.path()), None)?;
        ensure!(finished.status == 0, "wasmc: {}", String::from_utf8_lossy(&finished.stderr));
        for check in &program.checks {
            self.run(check, &image).with_context(|| format!("run `{}`", check.args.join(" ")))?;
        }
        Ok((fs::metadata(&image)?.len(), program.checks.len()))
    }

    /// A folder with the files that a program is given.
    fn scratch(&self, program: &Program) -> Result<tempfile::TempDir> {
        let scratch = tempfile::tempdir()?;
        for (name, text) in &program.files {
            fs::write(scratch.path().join(name), text)?;
        }
        Ok(scratch)
    }

    fn compilation(&self, program: &Program, component: &Path, image: &Path, scratch: &Path) -> Command {
        let mut command = Command::new(&self.wasmc);
        let options = program.options.iter().map(|option| option.replace("{scratch}", &scratch.to_string_lossy()));
        command.arg(component).arg("-o").arg(image).args(options);
        command
    }

    fn run(&self, check: &Check, image: &Path) -> Result<()> {
        let port = self.servers.port().to_string();
        let mut command = Command::new(image);
        command.args(check.args.iter().map(|arg| arg.replace("{port}", &port)));
        let stdin = tempfile::NamedTempFile::new()?;
        fs::write(stdin.path(), &check.stdin)?;
        let finished = process::run(command, Some(stdin.path()))?;
        let said = || String::from_utf8_lossy(&finished.stderr).into_owned();
        ensure!(finished.status == check.status, "status {}, not {}:\n{}", finished.status, check.status, said());
        let stdout = String::from_utf8_lossy(&finished.stdout);
        ensure!(finished.stdout == check.stdout, "it prints\n{stdout}{}", said());
        Ok(())
    }
}
