//! Wasmtime's command, which takes components too, where it is on PATH.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Invocation, Peer, Subject};
use crate::process::{self, Finished};

/// `wasmtime compile` and `wasmtime run --allow-precompiled`.
pub struct WasmtimeCli {
    command: PathBuf,
}

impl WasmtimeCli {
    /// Found where it is on PATH.
    pub fn find() -> Option<Self> {
        process::find("wasmtime").map(|command| WasmtimeCli { command })
    }
}

impl Peer for WasmtimeCli {
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
        let mut command = Command::new(&self.command);
        command.arg("compile").arg(&subject.wasm).arg("-o").arg(artifact);
        process::tool(command)?;
        Ok(())
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(&self.command);
        command.args(["run", "--allow-precompiled"]);
        for grant in &invocation.grants {
            command.arg("--dir").arg(grant.argument());
        }
        for (name, value) in &invocation.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command.arg(artifact).args(&invocation.args);
        process::run(command, invocation.stdin.as_deref())
    }
}
