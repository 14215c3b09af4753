//! Wasmtime without Python around it: the library in its Python package, under `wasmtime.c` beside this file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::{Features, Invocation, Peer, Subject};
use crate::manifest;
use crate::process::{self, Finished, Time};
use crate::toolchain::{digest, kept};
use crate::wheels::{self, Wheel};

/// The version, of which `wasmtime.c` knows the interface.
pub const VERSION: &str = "50.0.1";

/// A machine that Wasmtime runs on, perhaps an emulated one.
pub struct Platform {
    /// How the wheel for it is named.
    wheel: &'static str,
    /// The library's place inside the wheel.
    library: &'static str,
    /// The C compiler for it.
    compiler: &'static str,
    /// What Wasmtime calls it, with what all processors have that code for a baseline uses.
    baseline: &'static [&'static str],
}

/// x86-64.
pub const X86_64: Platform = Platform {
    wheel: "manylinux1_x86_64",
    library: "wasmtime/linux-x86_64/_libwasmtime.so",
    compiler: "cc",
    baseline: &["x86_64-unknown-linux-gnu", "has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"],
};

/// 64-bit ARM.
pub const AARCH64: Platform = Platform {
    wheel: "manylinux2014_aarch64",
    library: "wasmtime/linux-aarch64/_libwasmtime.so",
    compiler: "aarch64-linux-gnu-gcc",
    baseline: &["aarch64-unknown-linux-gnu"],
};

impl Platform {
    /// This machine's.
    pub fn of_host() -> Option<&'static Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(&X86_64),
            "aarch64" => Some(&AARCH64),
            _ => None,
        }
    }
}

/// Where what a platform needs is kept.
fn package(platform: &Platform) -> PathBuf {
    manifest::root().join("target/wasmtime").join(format!("{VERSION}-{}", platform.compiler))
}

/// The library for a platform, which is downloaded where it is not there yet.
pub fn library(platform: &Platform) -> Result<PathBuf> {
    let package = package(platform);
    let library = package.join(platform.library);
    if !library.is_file() {
        let requirement = format!("wasmtime=={VERSION}");
        let wheel = Wheel { requirement: &requirement, sha256: None, platform: Some(platform.wheel) };
        wheels::fetch(&wheel, platform.library, &package)?;
    }
    Ok(library)
}

/// The program that compiles and runs modules.
pub struct Wasmtime {
    platform: &'static Platform,
    command: PathBuf,
    features: Features,
}

impl Wasmtime {
    /// Compiles the program, which may download the library.
    pub fn make(platform: &'static Platform, features: Features) -> Result<Self> {
        let library = library(platform)?;
        let libraries = library.parent().context("the library lies in a folder")?;
        let source = manifest::root().join("tests/xtask/src/peers/wasmtime.c");
        // `wasmtime` is a folder there.
        let command = package(platform).join("wasmtime-c");
        kept(&command, &digest(&fs::read(&source)?), |command| {
            let mut cc = Command::new(platform.compiler);
            cc.arg("-O2").arg(&source).arg("-o").arg(command).arg("-L").arg(libraries).arg("-l:_libwasmtime.so");
            cc.arg("-Xlinker").arg("-rpath").arg("-Xlinker").arg(libraries);
            process::tool(cc).map(|_| ())
        })?;
        Ok(Wasmtime { platform, command, features })
    }

    /// The command that compiles a module under an emulator, which may be none, with more words at its end.
    pub fn compiler(&self, emulator: &[&str], wasm: &Path, artifact: &Path) -> Command {
        let mut words: Vec<OsString> = emulator.iter().map(OsString::from).collect();
        words.push(self.command.clone().into());
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("compile").arg(wasm).arg(artifact);
        command
    }

    /// The command that compiles a module for what all processors of this machine's kind have.
    pub fn compiler_for_baseline(&self, wasm: &Path, artifact: &Path) -> Command {
        let mut command = self.compiler(&[], wasm, artifact);
        command.args(self.platform.baseline);
        command
    }

    /// What runs a compiled module, its arguments after it.
    pub fn program(&self, artifact: &Path) -> [OsString; 3] {
        [self.command.clone().into(), "run".into(), artifact.into()]
    }
}

impl Peer for Wasmtime {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn features(&self) -> String {
        match self.features {
            Features::Host => format!("{VERSION}, its default: what this machine has"),
            Features::Baseline => format!("{VERSION}, `{}`", self.platform.baseline.join(" ")),
        }
    }

    /// Not programs that are granted something.
    fn supports(&self, _: &Subject) -> bool {
        true
    }

    fn compile(&self, subject: &Subject, _: &Invocation, artifact: &Path) -> Result<()> {
        let command = match self.features {
            Features::Host => self.compiler(&[], &subject.wasm, artifact),
            Features::Baseline => self.compiler_for_baseline(&subject.wasm, artifact),
        };
        process::tool(command).map(|_| ())
    }

    fn run(&self, artifact: &Path, invocation: &Invocation) -> Result<Finished> {
        ensure!(invocation.grants.is_empty() && invocation.env.is_empty(), "it is granted nothing here");
        let report = NamedTempFile::new()?;
        let [program, words @ ..] = self.program(artifact);
        let mut command = Command::new(program);
        command.args(words).args(&invocation.args).env("WASMTIME_REPORT", report.path());
        let finished = process::run(command, invocation.stdin.as_deref())?;
        let text = fs::read_to_string(report.path())?;
        ensure!(!text.is_empty(), "Wasmtime failed: {}", String::from_utf8_lossy(&finished.stderr));
        Ok(Finished { time: read_report(&text)?, ..finished })
    }
}

/// Reads what `wasmtime.c` or `wasmtime.py` has measured of itself.
pub fn read_report(text: &str) -> Result<Time> {
    #[derive(Deserialize)]
    struct Report {
        wall: f64,
        user: f64,
    }
    let report: Report = toml::from_str(text).context("reading what Wasmtime has measured")?;
    Ok(Time { wall: Duration::from_secs_f64(report.wall), user: Duration::from_secs_f64(report.user) })
}
