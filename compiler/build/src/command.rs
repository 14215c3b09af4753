//! The compiler: an installed one of the same version, or the one that is part of this crate.

use crate::error::Error;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs the compiler with arguments.
///
/// # Errors
/// What it says, or that there is none.
pub fn run(arguments: &[OsString]) -> Result<(), Error> {
    match installed()? {
        Some(wasmc) => run_installed(&wasmc, arguments),
        None => bundled(arguments),
    }
}

/// What a compilation depends on besides module and options: which compiler it is.
pub fn identity() -> String {
    let installed = installed().ok().flatten();
    let metadata = installed.as_ref().and_then(|path| path.metadata().ok());
    let changed = metadata.and_then(|metadata| Some((metadata.len(), metadata.modified().ok()?)));
    format!("{VERSION} {installed:?} {changed:?}")
}

/// The installed compiler: the one that `WASMC` names, which must be of this version, or the first in `PATH` that is.
fn installed() -> Result<Option<PathBuf>, Error> {
    if let Some(named) = env::var_os("WASMC") {
        let path = PathBuf::from(named);
        return match version(&path) {
            Some(version) if version == VERSION => Ok(Some(path)),
            Some(version) => Err(Error::new(format!(
                "error: WASMC names wasmc {version}, and wasmc-build is of version {VERSION}\n\
                 help: install that one: `cargo install wasmc-compiler --version {VERSION}`"
            ))),
            None => Err(Error::new(format!("error: WASMC is no wasmc: {}", path.display()))),
        };
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let candidates = env::split_paths(&folders).map(|folder| folder.join("wasmc")).filter(|path| path.is_file());
    Ok(candidates.into_iter().find(|path| version(path).as_deref() == Some(VERSION)))
}

fn version(wasmc: &Path) -> Option<String> {
    let output = Command::new(wasmc).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.strip_prefix("wasmc ")?.trim().to_owned())
}

fn run_installed(wasmc: &Path, arguments: &[OsString]) -> Result<(), Error> {
    let mut command = Command::new(wasmc);
    command.args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| Error::new(format!("error: {}: {error}", wasmc.display())))?;
    if output.status.success() {
        return Ok(());
    }
    let words = [wasmc.as_os_str()].into_iter().chain(arguments.iter().map(OsString::as_os_str));
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    Err(Error::new(format!("{}\n{line}", String::from_utf8_lossy(&output.stderr).trim_end())))
}

#[cfg(feature = "bundled")]
fn bundled(arguments: &[OsString]) -> Result<(), Error> {
    if env::var("OPT_LEVEL").is_ok() && cfg!(debug_assertions) {
        println!(
            "cargo::warning=wasmc-build compiles slowly, as its own dependencies are not optimised: \
             add `[profile.dev.build-override]` and `opt-level = 2` to Cargo.toml (and the same for release)"
        );
    }
    wasmc::cli::run(arguments.iter().cloned()).map_err(|error| Error::new(error.to_string()))
}

#[cfg(not(feature = "bundled"))]
fn bundled(_: &[OsString]) -> Result<(), Error> {
    Err(Error::new(format!(
        "error: no wasmc {VERSION} is installed\n\
         help: `cargo install wasmc-compiler --version {VERSION}`, or name one by the environment variable WASMC, or \
         have it be part of the build script: `wasmc-build = {{ version = \"{VERSION}\", features = [\"bundled\"] }}`"
    )))
}
