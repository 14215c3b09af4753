//! wasmc itself, through its command.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished, Time};

/// The command this repository builds.
pub struct Wasmc {
    command: PathBuf,
}

impl Wasmc {
    /// Found where it has been built in release mode.
    pub fn find() -> Option<Self> {
        let command = manifest::root().join("target/release/wasmc");
        command.is_file().then_some(Wasmc { command })
    }
}

impl Peer for Wasmc {
    fn name(&self) -> &'static str {
        "wasmc"
    }

    fn supports(&self, _: &Subject) -> bool {
        true
    }

    fn compile(&self, subject: &Subject, invocation: &Invocation, artifact: &Path) -> Result<Time> {
        let mut command = Command::new(&self.command);
        // Wasmtime and the C compilers are told to use this machine's instructions, too.
        command.arg(&subject.wasm).args(["--cpu", "native", "-o"]).arg(artifact);
        for grant in &invocation.grants {
            command.arg("--dir").arg(grant.argument());
        }
        for (name, value) in &invocation.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        Ok(process::tool(command)?.time)
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(artifact);
        command.args(&invocation.args);
        process::run(command, invocation.stdin.as_deref())
    }
}
