//! The tables of the fixtures, each of which explains its fields: `fixtures/programs/programs.toml`,
//! `fixtures/downloaded/downloaded.toml`, `fixtures/applications/applications.toml`, `fixtures/traps/traps.toml`,
//! `fixtures/bad/bad.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A program of our own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Program {
    pub name: String,
    pub source: PathBuf,
    pub wasm: PathBuf,
    #[serde(default)]
    pub flags: Vec<String>,
    #[serde(default)]
    pub run: Vec<Run>,
    pub bench: Option<Run>,
    pub count: Option<Run>,
}

/// One execution of a program and what is expected of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Run {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub args: Vec<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub dirs: Vec<String>,
    #[serde(default)]
    pub embed: Vec<String>,
    pub scratch: Option<String>,
    pub stdin: Option<PathBuf>,
    #[serde(default)]
    pub files: BTreeMap<String, PathBuf>,
    pub stdout: Option<PathBuf>,
    #[serde(default)]
    pub any_stdout: bool,
    #[serde(default)]
    pub stderr: Vec<String>,
    #[serde(default)]
    pub status: i32,
    #[serde(default = "yes")]
    pub native: bool,
}

impl Default for Run {
    /// A run with nothing given and nothing expected, as the tables have it where they say nothing.
    fn default() -> Self {
        toml::from_str("").expect("every field has a default")
    }
}

/// A program of others: a WASI module inside a Python package.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Downloaded {
    pub name: String,
    pub package: String,
    pub version: String,
    /// The module's path inside the package.
    pub wasm: String,
    #[serde(default)]
    pub run: Vec<Run>,
    pub bench: Option<Run>,
}

/// What is in `applications.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Applications {
    pub go: GoToolchain,
    pub source: Vec<AppliedSource>,
    pub application: Vec<Application>,
    pub module: Vec<GoModule>,
}

/// A program of the Go toolchain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct GoModule {
    pub name: String,
    pub package: String,
}

/// The toolchain for Go: a wheel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct GoToolchain {
    pub package: String,
    pub version: String,
    pub sha256: String,
}

/// A crate whose C files are used.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct AppliedSource {
    pub package: String,
    pub licence: String,
}

/// Code of others with a driver of ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Application {
    pub name: String,
    pub language: Language,
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub include: Vec<String>,
    #[serde(default)]
    pub flags: Vec<String>,
    #[serde(default)]
    pub wasm_flags: Vec<String>,
    pub bench: u32,
    pub count: Option<u32>,
}

/// A module that traps.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Trap {
    pub name: String,
    pub reason: String,
    #[serde(default)]
    pub functions: Vec<String>,
    #[serde(default)]
    pub stdout: String,
}

/// An input that must be refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the table explains its fields")]
pub struct Bad {
    pub name: String,
    pub hex: Option<String>,
    pub text: Option<String>,
    #[serde(default)]
    pub args: Vec<String>,
    pub offset: Option<u64>,
    pub says: Vec<String>,
}

/// What a program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Language {
    C,
    Cpp,
    Rust,
    Go,
    Text,
}

impl Program {
    /// The language, by the source's extension.
    pub fn language(&self) -> Result<Language> {
        match self.source.extension().and_then(|extension| extension.to_str()) {
            Some("c") => Ok(Language::C),
            Some("cpp") => Ok(Language::Cpp),
            Some("rs") => Ok(Language::Rust),
            Some("wat") => Ok(Language::Text),
            _ => anyhow::bail!("{}: the source is neither .c, .cpp, .rs nor .wat", self.name),
        }
    }
}

impl Downloaded {
    /// The folder the package is unpacked in.
    pub fn folder(&self) -> PathBuf {
        root().join("target/programs").join(&self.name)
    }

    /// The module, once downloaded.
    pub fn module(&self) -> PathBuf {
        self.folder().join(&self.wasm)
    }
}

fn yes() -> bool {
    true
}

/// The root of the repository.
pub fn root() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("Cargo.lock").exists()).expect("tests and xtask lie in the repository")
}

/// The folder that the paths of `programs.toml` start from.
pub fn programs_folder() -> PathBuf {
    root().join("fixtures/programs")
}

/// The folder that the paths of `downloaded.toml` start from.
pub fn downloaded_folder() -> PathBuf {
    root().join("fixtures/downloaded")
}

/// The folder with the drivers of applications.
pub fn applications_folder() -> PathBuf {
    root().join("fixtures/applications")
}

/// The whole table of applications.
pub fn applications() -> Result<Applications> {
    read(&applications_folder().join("applications.toml"))
}

/// The programs whose name contains `filter`.
pub fn programs(filter: Option<&str>) -> Result<Vec<Program>> {
    #[derive(Deserialize)]
    struct Table {
        program: Vec<Program>,
    }
    let table: Table = read(&programs_folder().join("programs.toml"))?;
    Ok(table.program.into_iter().filter(|program| matches(&program.name, filter)).collect())
}

/// The downloaded programs whose name contains `filter`.
pub fn downloaded(filter: Option<&str>) -> Result<Vec<Downloaded>> {
    #[derive(Deserialize)]
    struct Table {
        program: Vec<Downloaded>,
    }
    let table: Table = read(&downloaded_folder().join("downloaded.toml"))?;
    Ok(table.program.into_iter().filter(|program| matches(&program.name, filter)).collect())
}

/// The modules that trap; their files lie in `fixtures/traps`.
pub fn traps() -> Result<Vec<Trap>> {
    #[derive(Deserialize)]
    struct Table {
        trap: Vec<Trap>,
    }
    Ok(read::<Table>(&root().join("fixtures/traps/traps.toml"))?.trap)
}

/// The inputs that must be refused.
pub fn bad() -> Result<Vec<Bad>> {
    #[derive(Deserialize)]
    struct Table {
        bad: Vec<Bad>,
    }
    Ok(read::<Table>(&root().join("fixtures/bad/bad.toml"))?.bad)
}

fn matches(name: &str, filter: Option<&str>) -> bool {
    filter.is_none_or(|filter| name.contains(filter))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
}
