//! Wasmtime as a library of Python, which can be granted folders; `wasmtime.py` beside this file does the work.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use tempfile::NamedTempFile;

use super::wasmtime::read_report;
use super::{Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished};

/// The Python package `wasmtime`.
pub struct WasmtimeLibrary {
    python: PathBuf,
}

impl WasmtimeLibrary {
    /// Found where `python3` can import the package.
    pub fn find() -> Option<Self> {
        let python = process::find("python3")?;
        let mut command = Command::new(&python);
        command.args(["-c", "import wasmtime"]);
        let finished = process::run(command, None).ok()?;
        (finished.status == 0).then_some(WasmtimeLibrary { python })
    }

    fn script(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(manifest::root().join("tests/xtask/src/peers/wasmtime.py")).arg(verb);
        command
    }
}

impl Peer for WasmtimeLibrary {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn features(&self) -> String {
        "what this machine has".to_owned()
    }

    fn supports(&self, _: &Subject) -> bool {
        true
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<()> {
        let report = NamedTempFile::new()?;
        let mut command = self.script("compile");
        command.arg(&subject.wasm).arg(artifact).arg(report.path());
        process::tool(command).map(|_| ())
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let report = NamedTempFile::new()?;
        let mut command = self.script("run");
        command.arg(artifact).arg(report.path());
        for grant in &invocation.grants {
            command.arg("--dir").arg(grant.argument());
        }
        for (name, value) in &invocation.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command.arg("--").args(&invocation.args);
        let finished = process::run(command, invocation.stdin.as_deref())?;
        let text = fs::read_to_string(report.path())?;
        ensure!(!text.is_empty(), "Wasmtime failed: {}", String::from_utf8_lossy(&finished.stderr));
        Ok(Finished { time: read_report(&text)?, ..finished })
    }
}
