//! The source itself, compiled by clang at -O3, rustc or Go's compiler. It has no sandbox: granted folders are replaced
//! by their host names in the arguments, and back in the output.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Features, Invocation, Peer, Subject};
use crate::manifest::Language;
use crate::process::{self, Finished};
use crate::toolchain::{self, NATIVE_FLAGS, NativeCpu};

/// A native build of the same source.
pub struct Native {
    cpu: &'static NativeCpu,
}

impl Native {
    /// Found where there is a C compiler for this machine.
    pub fn find(features: Features) -> Option<Self> {
        let cpu = NativeCpu::of_host(features == Features::Host).ok()?;
        toolchain::native_c_compiler().map(|_| Native { cpu })
    }
}

impl Peer for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn features(&self) -> String {
        let go: Vec<_> =
            self.cpu.go.unwrap_or_default().iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!(
            "C by `clang-19 {} {}`, Rust by `rustc {}`, Go with `{}`",
            self.cpu.clang.join(" "),
            NATIVE_FLAGS.join(" "),
            self.cpu.rust.flags.join(" "),
            go.join(" ")
        )
    }

    fn supports(&self, subject: &Subject) -> bool {
        subject.source.is_some_and(|source| source.language != Language::Text)
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<()> {
        let built = toolchain::build_native(subject.source.context("no source")?, self.cpu)?;
        fs::copy(built.context("it cannot be built for this CPU")?, artifact)?;
        Ok(())
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
