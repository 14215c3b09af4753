//! The source itself, compiled by the native C compiler at -O2 (or by rustc). It has no sandbox: granted folders are
//! replaced by their host names in the arguments, and back in the output.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Invocation, Peer, Subject};
use crate::manifest::Language;
use crate::process::{self, Finished, Time};
use crate::toolchain;

/// A native build of the same source.
pub struct Native;

impl Native {
    /// Found where there is a C compiler.
    pub fn find() -> Option<Self> {
        toolchain::native_c_compiler().map(|_| Native)
    }
}

impl Peer for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn supports(&self, subject: &Subject) -> bool {
        let language = subject.program.and_then(|program| program.language().ok());
        language.is_some_and(|language| language != Language::Text)
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<Time> {
        toolchain::build_native(subject.program.context("no source")?, artifact)
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(artifact);
        command.env_clear().envs(invocation.env.iter().cloned());
        for argument in &invocation.args {
            let grant = invocation.grants.iter().find(|grant| argument.starts_with(&grant.guest));
            command.arg(match grant {
                Some(grant) => argument.replacen(&grant.guest, &grant.host.to_string_lossy(), 1),
                None => argument.clone(),
            });
        }
        let mut finished = process::run(command, invocation.stdin.as_deref())?;
        for output in [&mut finished.stdout, &mut finished.stderr] {
            restore_guest_names(output, invocation);
        }
        Ok(finished)
    }
}

/// Replaces the host names of granted folders by their guest names, longest first.
fn restore_guest_names(output: &mut Vec<u8>, invocation: &Invocation) {
    let Ok(mut text) = String::from_utf8(output.clone()) else { return };
    let mut grants: Vec<_> = invocation.grants.iter().collect();
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.host.as_os_str().len()));
    for grant in grants {
        text = text.replace(&*grant.host.to_string_lossy(), &grant.guest);
    }
    *output = text.into_bytes();
}
