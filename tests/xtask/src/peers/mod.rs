//! The compilers that fixtures are compiled with: wasmc itself and what it is compared with. Each turns a program into
//! some artifact and runs that artifact.

mod native;
mod wasm2c;
mod wasmc;
pub mod wasmtime;
mod wasmtime_cli;
mod wasmtime_library;

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;

pub use native::Native;
pub use wasm2c::Wasm2c;
pub use wasmc::Wasmc;
pub use wasmtime::Wasmtime;
pub use wasmtime_cli::WasmtimeCli;
pub use wasmtime_library::WasmtimeLibrary;

use crate::manifest::Run;
use crate::process::Finished;
use crate::toolchain::Source;

/// What is compiled.
pub struct Subject<'a> {
    pub name: &'a str,
    pub wasm: PathBuf,
    /// Its source, where that is at hand.
    pub source: Option<&'a Source>,
}

/// What compilers may use of a processor: what all of its kind have, or all that this machine's has.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Features {
    Baseline,
    Host,
}

/// How it is run, with all paths made absolute.
pub struct Invocation {
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub grants: Vec<Grant>,
    pub stdin: Option<PathBuf>,
    /// The scratch folder, which goes with this value.
    pub scratch: Option<TempDir>,
}

/// A folder of the host and the name under which the program sees it.
pub struct Grant {
    pub host: PathBuf,
    pub guest: String,
}

impl Invocation {
    /// The invocation that `run` describes, its paths starting from `folder`.
    pub fn new(run: &Run, folder: &Path) -> Result<Self> {
        let mut grants = Vec::new();
        for dir in &run.dirs {
            let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
            grants.push(Grant { host: folder.join(host), guest: guest.to_owned() });
        }
        let scratch = run.scratch.as_ref().map(|_| tempfile::tempdir()).transpose()?;
        if let (Some(guest), Some(scratch)) = (&run.scratch, &scratch) {
            grants.push(Grant { host: scratch.path().to_owned(), guest: guest.clone() });
        }
        Ok(Invocation {
            args: run.args.clone(),
            env: run.env.clone().into_iter().collect(),
            grants,
            stdin: run.stdin.as_ref().map(|path| folder.join(path)),
            scratch,
        })
    }
}

impl Grant {
    /// As command lines write it: `HOST::GUEST`.
    pub fn argument(&self) -> String {
        format!("{}::{}", self.host.display(), self.guest)
    }
}

/// A way to compile and run programs.
pub trait Peer {
    /// How reports name it.
    fn name(&self) -> &'static str;

    /// What it uses of the processor, and its version where that matters.
    fn features(&self) -> String;

    /// Whether it can compile and run this program.
    fn supports(&self, subject: &Subject) -> bool;

    /// Compiles into `artifact`. The grants matter only where they are baked in.
    fn compile(&self, subject: &Subject, invocation: &Invocation, artifact: &Path) -> Result<()>;

    /// Runs what was compiled.
    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished>;
}
