//! Wasmtime on 64-bit ARM: the library in its Python package for that machine, under `wasmtime.c` beside this file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::machine::{AARCH64_CC, AARCH64_ROOT, Machine};
use crate::{manifest, process, programs};

/// The version, of which `wasmtime.c` knows the interface.
pub const VERSION: &str = "50.0.1";
const PLATFORM: &str = "manylinux2014_aarch64";
/// The library's place inside the package.
const LIBRARY: &str = "wasmtime/linux-aarch64/_libwasmtime.so";

/// The program that compiles and runs modules.
pub struct Wasmtime {
    command: PathBuf,
}

impl Wasmtime {
    /// Downloads the library into `folder`, where it is not there yet, and compiles the program.
    pub fn make(folder: &Path) -> Result<Self> {
        let package = folder.join(format!("wasmtime-{VERSION}"));
        if !package.join(LIBRARY).is_file() {
            ensure!(process::find("python3").is_some(), "python3 is missing: apt-get install python3 python3-pip");
            programs::fetch_wheel(&format!("wasmtime=={VERSION}"), Some(PLATFORM), LIBRARY, &package)?;
        }
        let library = package.join(LIBRARY);
        let libraries = library.parent().expect("the library lies in a folder");
        let command = folder.join("wasmtime");
        let mut cc = Command::new(AARCH64_CC);
        cc.arg("-O2").arg(manifest::root().join("tests/xtask/src/count/wasmtime.c")).arg("-o").arg(&command);
        cc.arg("-L").arg(libraries).arg("-l:_libwasmtime.so");
        cc.arg("-Xlinker").arg("-rpath").arg("-Xlinker").arg(libraries);
        process::tool(cc)?;
        Ok(Wasmtime { command })
    }

    /// Compiles a module, for the machine that is emulated, as Wasmtime finds it when it runs there.
    pub fn compile(&self, machine: &Machine, wasm: &Path, artifact: &Path) -> Result<()> {
        let emulator = Self::emulator(machine);
        let mut command = Command::new(emulator[0]);
        command.args(&emulator[1..]).arg(&self.command).arg("compile").arg(wasm).arg(artifact);
        process::tool(command)?;
        Ok(())
    }

    /// What runs a compiled module, its arguments after it.
    pub fn program(&self, artifact: &Path) -> [OsString; 3] {
        [self.command.clone().into(), "run".into(), artifact.into()]
    }

    /// The machine's emulator, told where the C library is.
    pub fn emulator(machine: &Machine) -> Vec<&'static str> {
        [machine.emulator, &["-L", AARCH64_ROOT]].concat()
    }
}
