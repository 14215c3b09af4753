//! The programs under `fixtures/programs`, and those of others where they have been downloaded: what they print, how
//! they end, what they leave in the folders they were granted.

use crate::support::{Bench, Machine, check_all, finish, text};
use crate::traps;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wasmc_tests::emulators;
use wasmc_tests::manifest::{self, Run};

/// One run of a program.
pub struct Case {
    /// Program and run.
    pub name: String,
    /// The module.
    pub wasm: PathBuf,
    /// What the run's paths start from.
    folder: PathBuf,
    /// What it is given, and what is expected of it.
    pub run: Run,
}

impl Case {
    /// The same of another module.
    pub fn with_module(&self, wasm: PathBuf) -> Self {
        Self { name: self.name.clone(), wasm, folder: self.folder.clone(), run: self.run.clone() }
    }

    /// What it reads from standard input.
    pub fn stdin(&self) -> Vec<u8> {
        self.contents(self.run.stdin.as_deref())
    }

    /// What it must write to standard output.
    pub fn stdout(&self) -> Vec<u8> {
        self.contents(self.run.stdout.as_deref())
    }

    /// A path of the table.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Runs it by a command that starts its image.
    pub fn run_by(&self, command: &mut Command) -> Result<Output, String> {
        command.args(&self.run.args).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        match &self.run.stdin {
            Some(stdin) => {
                let stdin = File::open(self.folder.join(stdin)).map_err(|error| format!("{}: {error}", self.name))?;
                command.stdin(stdin).output().map_err(|error| format!("{}: {error}", self.name))
            }
            None => Ok(finish(command)),
        }
    }

    /// Compiles it for this machine, with its grants; returns the image.
    pub fn compile(&self, bench: &Bench) -> PathBuf {
        bench.compile(&self.wasm, &grants(self, &bench.path("scratch"), &[]))
    }

    fn contents(&self, path: Option<&Path>) -> Vec<u8> {
        let read = |path| std::fs::read(self.folder.join(path)).expect("the table names files that exist");
        path.map(read).unwrap_or_default()
    }
}

pub fn own() -> Vec<Case> {
    let folder = manifest::programs_folder();
    let programs = manifest::programs(None).expect("the table of programs is well-formed");
    let cases = programs.into_iter().flat_map(|program| {
        let (name, wasm, folder) = (program.name, folder.join(program.wasm), folder.clone());
        program.run.into_iter().map(move |run| Case {
            name: format!("{name}/{}", run.name),
            wasm: wasm.clone(),
            folder: folder.clone(),
            run,
        })
    });
    cases.collect()
}

fn downloaded() -> Vec<Case> {
    let programs = manifest::downloaded(None).expect("the table of programs is well-formed");
    let present = programs.into_iter().filter(|program| program.module().is_file());
    let cases = present.flat_map(|program| {
        let wasm = program.module();
        let name = program.name.clone();
        program.run.into_iter().map(move |run| Case {
            name: format!("{name}/{}", run.name),
            wasm: wasm.clone(),
            folder: manifest::downloaded_folder(),
            run,
        })
    });
    cases.collect()
}

#[test]
fn programs_behave_as_expected() {
    check_all(&own(), |case| check(case, Machine::default()));
}

#[test]
fn programs_behave_the_same_without_optimisation() {
    check_all(&own(), |case| check(case, Machine::with(&["-O0"])));
}

#[test]
fn programs_behave_the_same_with_explicit_bounds_checks() {
    check_all(&own(), |case| check(case, Machine::with(&["--bounds=explicit", "--spectre=on"])));
}

/// A target whose memories lie at addresses that the runtime chooses.
const FREE_MEMORY: &[&str] =
    &["--target", concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/targets/free_memory.toml")];

#[test]
fn programs_and_traps_behave_the_same_with_memory_at_any_address() {
    check_all(&own(), |case| check(case, Machine::with(FREE_MEMORY)));
    check_all(&traps::traps(), |trap| traps::check(trap, Machine::with(FREE_MEMORY)));
}

#[test]
fn paths_are_walked_where_the_kernel_does_not_resolve_them() {
    let mut cases = own();
    cases.retain(|case| !case.run.dirs.is_empty() || case.run.scratch.is_some());
    check_all(&cases, |case| check(case, Machine { options: &[], emulator: emulators::WITHOUT_OPENAT2 }));
}

#[test]
fn programs_of_others_behave_as_expected() {
    let cases = downloaded();
    if cases.is_empty() {
        // `cargo xtask test` downloads them first; a plain `cargo test` works without a network.
        eprintln!("skipped: no programs downloaded; run `cargo xtask programs`");
        return;
    }
    check_all(&cases, |case| check(case, Machine::default()));
}

/// Compiles the program with the run's grants, runs it, and compares everything the table says.
pub fn check(case: &Case, machine: Machine) -> Result<(), String> {
    check_with(case, machine, &Bench::new(), |image| machine.start(image)).map(drop)
}

/// As [`check`], in a folder of the caller's, by a command of the caller's that starts the image. Returns the image.
pub fn check_with(
    case: &Case,
    machine: Machine,
    bench: &Bench,
    start: impl FnOnce(&Path) -> Command,
) -> Result<PathBuf, String> {
    let scratch = bench.path("scratch");
    let image = bench.compile(&case.wasm, &grants(case, &scratch, machine.options));
    check_run(case, &mut start(&image), &scratch)?;
    Ok(image)
}

/// Runs the program by a command that starts it, and compares everything the table says; `scratch` is its folder.
pub fn check_run(case: &Case, start: &mut Command, scratch: &Path) -> Result<(), String> {
    let Case { name, run, .. } = case;
    let output = case.run_by(start)?;
    let stderr = text(&output.stderr);
    let fail = |what: String| Err(format!("{name}: {what}\n{stderr}"));
    if output.status.code() != Some(run.status) {
        return fail(format!("ended with {} instead of {}", output.status, run.status));
    }
    if let Some(missing) = run.stderr.iter().find(|expected| !stderr.contains(*expected)) {
        return fail(format!("standard error lacks {missing:?}"));
    }
    if run.stderr.is_empty() && !stderr.is_empty() {
        return fail("standard error is not empty".to_string());
    }
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{name}: {}: {error}", path.display()));
    let expected = run.stdout.as_ref().map(|path| read(&case.folder.join(path))).transpose()?.unwrap_or_default();
    if !run.any_stdout && output.stdout != expected {
        return fail(format!("standard output differs:\n{}", text(&output.stdout)));
    }
    for (file, expected) in &run.files {
        if read(&scratch.join(file))? != read(&case.folder.join(expected))? {
            return fail(format!("{file} differs from {}", expected.display()));
        }
    }
    Ok(())
}

/// The run's grants as options of the compiler; makes its scratch folder.
pub fn grants(case: &Case, scratch: &Path, options: &[&str]) -> Vec<String> {
    let mut args: Vec<String> = options.iter().map(ToString::to_string).collect();
    for dir in &case.run.dirs {
        args.extend(["--dir".to_string(), case.folder.join(dir).display().to_string()]);
    }
    for embed in &case.run.embed {
        args.extend(["--embed".to_string(), case.folder.join(embed).display().to_string()]);
    }
    if let Some(guest) = &case.run.scratch {
        std::fs::create_dir(scratch).expect("a folder in a temporary folder");
        args.extend(["--dir".to_string(), format!("{}::{guest}", scratch.display())]);
    }
    for (name, value) in &case.run.env {
        args.extend(["--env".to_string(), format!("{name}={value}")]);
    }
    args
}
