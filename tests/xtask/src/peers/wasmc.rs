//! wasmc itself, through its command.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Features, Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished};

/// The command this repository builds.
pub struct Wasmc {
    command: PathBuf,
    features: Features,
}

impl Wasmc {
    /// Found where it has been built in release mode.
    pub fn find(features: Features) -> Option<Self> {
        let command = manifest::root().join("target/release/wasmc");
        command.is_file().then_some(Wasmc { command, features })
    }
}

impl Peer for Wasmc {
    fn name(&self) -> &'static str {
        "wasmc"
    }

    fn features(&self) -> String {
        match self.features {
            Features::Host => "`--cpu native`".to_owned(),
            Features::Baseline => "the default CPU of its target".to_owned(),
        }
    }

    fn supports(&self, _: &Subject) -> bool {
        true
    }

    fn compile(&self, subject: &Subject, invocation: &Invocation, artifact: &Path) -> Result<()> {
        let mut command = Command::new(&self.command);
        command.arg(&subject.wasm).arg("-o").arg(artifact);
        if self.features == Features::Host {
            command.args(["--cpu", "native"]);
        }
        for grant in &invocation.grants {
            command.arg("--dir").arg(grant.argument());
        }
        for (name, value) in &invocation.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        process::tool(command).map(|_| ())
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(artifact);
        command.args(&invocation.args);
        process::run(command, invocation.stdin.as_deref())
    }
}
