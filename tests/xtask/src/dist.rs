//! `cargo xtask dist`: what is released, in `target/dist`: an archive, and a wheel for `pip install`. Each holds one
//! `wasmc` with all runtimes, its manual page and completions, and the licences of everything inside. Both are the same
//! bytes for the same contents.

mod archive;
mod check;
mod development;
mod licence_texts;
mod metadata;
mod packages;
mod wheel;
mod zip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspaces::cargo;
use crate::{manifest, process, runtimes};
use metadata::Metadata;

/// The options of `cargo xtask dist`.
#[derive(clap::Args)]
pub struct Options {
    /// Also unpack the archive, install the wheel into an empty virtual environment, and compile with both; package all
    /// crates and build wasmc from the packages.
    #[arg(long)]
    check: bool,
}

/// The package that holds the command.
const PACKAGE: &str = "wasmc-compiler";

/// Shells, what the completions for each are called, and where an installation prefix has them.
const SHELLS: [(&str, &str, &str); 3] = [
    ("bash", "wasmc.bash", "share/bash-completion/completions/wasmc"),
    ("fish", "wasmc.fish", "share/fish/vendor_completions.d/wasmc.fish"),
    ("zsh", "_wasmc", "share/zsh/site-functions/_wasmc"),
];

/// Seconds since 1970 that all files are dated with: the beginning of 1980, before which ZIP has no time.
const DATE: u64 = 315_532_800;

/// A file of a release.
struct File {
    name: String,
    bytes: Vec<u8>,
    is_executable: bool,
}

impl File {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), is_executable: false }
    }
}

/// What is released, by whatever means.
struct Release {
    version: String,
    description: String,
    license: String,
    /// What rustc calls the system that the command runs on.
    host: String,
    command: Vec<u8>,
    readme: Vec<u8>,
    manual: Vec<u8>,
    /// In the order of [`SHELLS`].
    completions: Vec<Vec<u8>>,
    /// C headers for native code that programs are linked with.
    headers: Vec<File>,
    /// What hosts in C link that have WASI.
    wasi: Vec<u8>,
    licences: Vec<File>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    runtimes::run(&runtimes::Options::default())?;
    let metadata = Metadata::read(&[])?;
    let command = build(&metadata)?;
    let release = Release::collect(&metadata, &command)?;
    let folder = metadata.target_directory.join("dist");
    fs::create_dir_all(&folder)?;
    let archive = write(&folder.join(archive::name(&release)), &archive::pack(&release)?)?;
    let wheel = write(&folder.join(wheel::name(&release)?), &wheel::pack(&release)?)?;
    if options.check {
        check::archive(&archive, &release)?;
        check::wheel(&wheel)?;
        packages::check(&folder.join("packages"))?;
        println!("all checks passed");
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    println!("{:>8} KiB  {}", bytes.len() / 1024, path.display());
    Ok(path.to_owned())
}

/// Builds the command, and the library that lies beside it; says where it is.
fn build(metadata: &Metadata) -> Result<PathBuf> {
    process::step(cargo().args(["build", "--quiet", "--release", "--locked", "--lib", "--bin", "wasmc"]))?;
    Ok(metadata.target_directory.join("release/wasmc"))
}

impl Release {
    fn collect(metadata: &Metadata, command: &Path) -> Result<Self> {
        let package = metadata.package(PACKAGE)?;
        let printed = |words: &[&str]| -> Result<Vec<u8>> {
            let mut wasmc = Command::new(command);
            wasmc.args(words);
            Ok(process::tool(wasmc)?.stdout)
        };
        let targets = String::from_utf8(printed(&["targets"])?)?;
        ensure!(!targets.contains("not built in"), "wasmc lacks runtimes:\n{targets}");
        let header = |name: &str| -> Result<File> {
            let path = manifest::root().join("runtime-lib/include").join(name);
            Ok(File::new(name, fs::read(&path).with_context(|| format!("reading {}", path.display()))?))
        };
        Ok(Self {
            version: package.version.clone(),
            description: package.description.clone().unwrap_or_default(),
            license: package.license.clone().unwrap_or_default(),
            host: rustc(&["--print", "host-tuple"])?,
            command: fs::read(command)?,
            readme: fs::read(manifest::root().join("README.md"))?,
            manual: printed(&["man"])?,
            completions: SHELLS.iter().map(|(shell, ..)| printed(&["completions", shell])).collect::<Result<_>>()?,
            headers: vec![header("wasmc.h")?, header("wasmc_board.h")?],
            wasi: fs::read(command.with_file_name("libwasmc_wasi.a"))?,
            licences: licence_texts::collect()?,
        })
    }
}

/// What rustc prints.
fn rustc(words: &[&str]) -> Result<String> {
    let mut rustc = Command::new("rustc");
    rustc.args(words);
    Ok(String::from_utf8(process::tool(rustc)?.stdout)?.trim_end().to_owned())
}
