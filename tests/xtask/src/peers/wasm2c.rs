//! wasm2c and clang at -O3, with the little of WASI that `wasm2c_wasi.c` beside this file provides. Written for wabt
//! 1.0.32, the version Debian 12 has; later ones name the imports differently.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Features, Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished};
use crate::toolchain::{self, NativeCpu, digest, kept};

/// Where Debian's wabt has the run-time part of what wasm2c writes.
const RUNTIME: &str = "/usr/share/wabt/wasm2c";

/// The command and the C compiler that takes what it writes.
pub struct Wasm2c {
    command: PathBuf,
    compiler: &'static str,
    cpu: &'static NativeCpu,
}

impl Wasm2c {
    /// Found where the command, its runtime and a C compiler are there.
    pub fn find(features: Features) -> Option<Self> {
        let command = process::find("wasm2c")?;
        let compiler = toolchain::native_c_compiler()?;
        let cpu = NativeCpu::of_host(features == Features::Host).ok()?;
        Path::new(RUNTIME).join("wasm-rt-impl.c").is_file().then_some(Wasm2c { command, compiler, cpu })
    }

    fn build(&self, wasm: &Path, artifact: &Path) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("guest.c");
        let mut wasm2c = Command::new(&self.command);
        wasm2c.args(["-n", "guest"]).arg(wasm).arg("-o").arg(&source);
        process::tool(wasm2c)?;

        let mut cc = Command::new(self.compiler);
        cc.args(self.cpu.clang).args(["-O3", "-w", "-I", RUNTIME, "-I"]).arg(folder.path()).arg(&source);
        cc.arg(wasi()).arg(Path::new(RUNTIME).join("wasm-rt-impl.c")).args(["-lm", "-o"]).arg(artifact);
        process::tool(cc).map(|_| ())
    }
}

fn wasi() -> PathBuf {
    manifest::root().join("tests/xtask/src/peers/wasm2c_wasi.c")
}

impl Peer for Wasm2c {
    fn name(&self) -> &'static str {
        "wasm2c"
    }

    fn features(&self) -> String {
        format!("`{} {} -O3`", self.compiler, self.cpu.clang.join(" "))
    }

    /// Not text, not SIMD, and of programs that are downloaded only the one whose imports are all there.
    fn supports(&self, subject: &Subject) -> bool {
        let binary = subject.wasm.extension().is_some_and(|extension| extension == "wasm");
        binary && subject.source.map_or(subject.name == "boolector", |source| !source.has_vectors())
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<()> {
        // It takes minutes for large modules.
        let built = manifest::root().join("target/wasm2c").join(self.cpu.name).join(subject.name);
        let inputs = [fs::read(&subject.wasm)?, fs::read(wasi())?].map(|bytes| digest(&bytes));
        kept(&built, &inputs.join("\n"), |built| self.build(&subject.wasm, built))?;
        fs::copy(built, artifact)?;
        Ok(())
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(artifact);
        command.args(&invocation.args);
        process::run(command, invocation.stdin.as_deref())
    }
}
