//! wasm2c and a C compiler at -O2, with the little of WASI that `wasm2c_wasi.c` beside this file provides. Written for
//! wabt 1.0.32, the version Debian 12 has; later ones name the imports differently.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished, Time};
use crate::toolchain;

/// Where Debian's wabt has the run-time part of what wasm2c writes.
const RUNTIME: &str = "/usr/share/wabt/wasm2c";

/// The command and the C compiler that takes what it writes.
pub struct Wasm2c {
    command: PathBuf,
    compiler: &'static str,
}

impl Wasm2c {
    /// Found where the command, its runtime and a C compiler are there.
    pub fn find() -> Option<Self> {
        let command = process::find("wasm2c")?;
        let compiler = toolchain::native_c_compiler()?;
        Path::new(RUNTIME).join("wasm-rt-impl.c").is_file().then_some(Wasm2c { command, compiler })
    }
}

impl Peer for Wasm2c {
    fn name(&self) -> &'static str {
        "wasm2c"
    }

    /// Not text, not SIMD, and of programs of others only the one whose imports are all there.
    fn supports(&self, subject: &Subject) -> bool {
        let simd = subject.program.is_some_and(|program| program.flags.iter().any(|flag| flag == "-msimd128"));
        let binary = subject.wasm.extension().is_some_and(|extension| extension == "wasm");
        binary && !simd && (subject.program.is_some() || subject.name == "boolector")
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<Time> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("guest.c");
        let mut wasm2c = Command::new(&self.command);
        wasm2c.args(["-n", "guest"]).arg(&subject.wasm).arg("-o").arg(&source);
        let translate = process::tool(wasm2c)?.time;

        let mut cc = Command::new(self.compiler);
        cc.args(["-O2", "-w", "-I", RUNTIME, "-I"]).arg(folder.path()).arg(&source);
        cc.arg(manifest::root().join("tests/xtask/src/peers/wasm2c_wasi.c"));
        cc.arg(Path::new(RUNTIME).join("wasm-rt-impl.c")).args(["-lm", "-o"]).arg(artifact);
        let compile = process::tool(cc)?.time;
        Ok(Time { wall: translate.wall + compile.wall, user: translate.user + compile.user })
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        let mut command = Command::new(artifact);
        command.args(&invocation.args);
        process::run(command, invocation.stdin.as_deref())
    }
}
