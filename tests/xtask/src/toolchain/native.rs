//! Native programs, for this machine and for others: static, so that an emulator needs nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::kept::{digest, kept};
use super::{CLANG, Go, RUSTC, Source};
use crate::manifest::{self, Language};
use crate::process;

/// How C is compiled for every CPU.
pub const NATIVE_FLAGS: [&str; 4] = ["-std=gnu11", "-O3", "-w", "-static"];

/// A CPU, as each compiler calls it.
pub struct NativeCpu {
    pub name: &'static str,
    pub clang: &'static [&'static str],
    pub rust: RustTarget,
    /// Variables of the environment for Go, which is left out elsewhere.
    pub go: Option<&'static [(&'static str, &'static str)]>,
}

/// A target of rustc.
pub struct RustTarget {
    pub triple: &'static str,
    pub flags: &'static [&'static str],
    /// The linker, if not the one that rustc chooses.
    pub linker: Option<&'static str>,
}

/// x86-64 with what processors have had since 2009.
pub const X86_64_V2: NativeCpu = NativeCpu {
    name: "x86-64-v2",
    clang: &["--target=x86_64-linux-gnu", "-march=x86-64-v2"],
    rust: RustTarget { triple: "x86_64-unknown-linux-gnu", flags: &["-Ctarget-cpu=x86-64-v2"], linker: None },
    go: Some(&[("GOARCH", "amd64"), ("GOAMD64", "v2")]),
};

/// Any 64-bit ARM.
pub const ARMV8_A: NativeCpu = NativeCpu {
    name: "armv8-a",
    clang: &["--target=aarch64-linux-gnu", "-march=armv8-a"],
    rust: RustTarget {
        triple: "aarch64-unknown-linux-gnu",
        flags: &["-Ctarget-feature=-outline-atomics"],
        linker: Some("aarch64-linux-gnu-gcc"),
    },
    go: Some(&[("GOARCH", "arm64")]),
};

/// RISC-V with what Linux needs.
pub const RV64GC: NativeCpu = NativeCpu {
    name: "rv64gc",
    clang: &["--target=riscv64-linux-gnu", "-march=rv64gc"],
    rust: RustTarget { triple: "riscv64gc-unknown-linux-gnu", flags: &[], linker: Some("riscv64-linux-gnu-gcc") },
    go: Some(&[("GOARCH", "riscv64")]),
};

/// RISC-V with operations on bits.
pub const RVA22: NativeCpu = NativeCpu {
    name: "rva22",
    clang: &["--target=riscv64-linux-gnu", "-march=rv64gc_zba_zbb_zbs"],
    rust: RustTarget {
        triple: "riscv64gc-unknown-linux-gnu",
        flags: &["-Ctarget-feature=+zba,+zbb,+zbs"],
        linker: Some("riscv64-linux-gnu-gcc"),
    },
    go: None,
};

/// x86-64 with everything that this machine has.
const X86_64_NATIVE: NativeCpu = NativeCpu {
    name: "native",
    clang: &["--target=x86_64-linux-gnu", "-march=native"],
    rust: RustTarget { triple: "x86_64-unknown-linux-gnu", flags: &["-Ctarget-cpu=native"], linker: None },
    go: Some(&[("GOARCH", "amd64"), ("GOAMD64", "v3")]),
};

/// 64-bit ARM likewise.
const AARCH64_NATIVE: NativeCpu = NativeCpu {
    name: "native",
    clang: &["--target=aarch64-linux-gnu", "-mcpu=native"],
    rust: RustTarget { triple: "aarch64-unknown-linux-gnu", flags: &["-Ctarget-cpu=native"], linker: None },
    go: Some(&[("GOARCH", "arm64")]),
};

impl NativeCpu {
    /// This machine's: with all that it has, or with what all of its kind have.
    pub fn of_host(with_all: bool) -> Result<&'static Self> {
        match (std::env::consts::ARCH, with_all) {
            ("x86_64", false) => Ok(&X86_64_V2),
            ("x86_64", true) => Ok(&X86_64_NATIVE),
            ("aarch64", false) => Ok(&ARMV8_A),
            ("aarch64", true) => Ok(&AARCH64_NATIVE),
            (other, _) => bail!("{other} is not known here"),
        }
    }
}

/// Builds a program for a CPU and returns where it is; `None` where it cannot be built for that.
pub fn build_native(source: &Source, cpu: &NativeCpu) -> Result<Option<PathBuf>> {
    let output = manifest::root().join("target/native").join(cpu.name).join(&source.name);
    fs::create_dir_all(output.parent().context("a program lies in a folder")?)?;
    match source.language {
        Language::C => build_c(CLANG, &NATIVE_FLAGS, source, cpu, &output)?,
        Language::Cpp => {
            let compiler = native_cpp_compiler().context("no native C++ compiler: install clang-19 or g++")?;
            build_c(compiler, &["-std=c++17", "-O3", "-w", "-static"], source, cpu, &output)?;
        }
        Language::Rust => build_rust(source, cpu, &output)?,
        Language::Go => {
            let Some(variables) = cpu.go else { return Ok(None) };
            let mut go = Go::get()?.build(&output);
            go.args(&source.files).current_dir(&source.folder);
            go.env("GOOS", "linux").envs(variables.iter().copied());
            process::tool(go)?;
        }
        Language::Text => return Ok(None),
    }
    Ok(Some(output))
}

fn build_c(compiler: &str, flags: &[&str], source: &Source, cpu: &NativeCpu, output: &Path) -> Result<()> {
    let mut cc = Command::new(compiler);
    cc.args(cpu.clang).args(flags);
    source.add_to(&mut cc);
    // Files of others have their version in their path; those of ours change.
    let mut made_from = format!("{cc:?}");
    let ours = source.files.iter().filter(|path| path.is_relative() || path.starts_with(manifest::root()));
    let headers = (source.folder == manifest::applications_folder()).then(|| PathBuf::from("c/drive.h"));
    for file in ours.chain(&headers) {
        made_from += &digest(&fs::read(source.folder.join(file))?);
    }
    kept(output, &made_from, |output| {
        cc.arg("-o").arg(output).arg("-lm");
        process::tool(cc).map(|_| ())
    })
}

/// Builds a binary of a package by the compiler that makes its module, too.
fn build_rust(source: &Source, cpu: &NativeCpu, output: &Path) -> Result<()> {
    let RustTarget { triple, flags, linker } = cpu.rust;
    let built = manifest::root().join("target/native").join(cpu.name).join("cargo");
    let mut words: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    words.push("-Ctarget-feature=+crt-static".to_owned());
    words.extend(linker.map(|linker| format!("-Clinker={linker}")));
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--target", triple, "--bin", &source.name]);
    if linker.is_some() {
        // Debian has the library for this machine alone.
        cargo.arg("-Zbuild-std=std,panic_abort");
    }
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", RUSTC).env("CARGO_ENCODED_RUSTFLAGS", words.join("\x1f"));
    cargo.env("CARGO_TARGET_DIR", &built).current_dir(&source.folder);
    process::tool(cargo)?;
    let binary = built.join(triple).join("release").join(&source.name);
    ensure!(binary.is_file(), "cargo did not write {}", binary.display());
    fs::copy(binary, output)?;
    Ok(())
}

/// The compiler for native builds of C++.
fn native_cpp_compiler() -> Option<&'static str> {
    ["clang++-19", "clang++", "g++", "c++"].into_iter().find(|name| process::find(name).is_some())
}

/// The compiler for native builds: the one that makes the modules, where it is there.
pub fn native_c_compiler() -> Option<&'static str> {
    [CLANG, "clang", "gcc", "cc"].into_iter().find(|name| process::find(name).is_some())
}
