//! The compilers that make the fixtures: C, C++ and Rust to WASI, and the same to native programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::manifest::{self, Language, Program};
use crate::process::{self, Time};

/// How every C program is compiled; each adds its own flags after these. Debug information is dropped, function names
/// are kept for backtraces.
const C_FLAGS: [&str; 5] = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wl,--strip-debug"];

/// The C compiler.
pub const CLANG: &str = "clang-19";

/// Emscripten's C++ compiler, whose C++ library has exceptions.
const EMPP: &str = "em++";

/// Its configuration in Debian's package, which says that its libraries are there already; they are not.
const EMSCRIPTEN_CONFIG: &str = "/usr/share/emscripten/.emscripten";

/// How every C++ program is compiled.
const CPP_FLAGS: [&str; 7] =
    ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fwasm-exceptions", "-sSTANDALONE_WASM", "--profiling-funcs"];

/// Where Debian's wasi-libc has its libraries.
const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Debian's Rust compiler, whose library sources `-Zbuild-std` compiles.
const RUSTC: &str = "/usr/bin/rustc";

/// Says what to install where something needed for `languages` is missing.
pub fn check(languages: &[Language]) -> Result<()> {
    let exists = |path: &str| Path::new(path).exists();
    let mut missing = Vec::new();
    if languages.contains(&Language::C) {
        if process::find(CLANG).is_none() {
            missing.push("clang-19");
        }
        if process::find("wasm-ld-19").is_none() {
            missing.push("lld-19");
        }
        if !exists("/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a") {
            missing.push("libclang-rt-19-dev-wasm32");
        }
    }
    if languages.contains(&Language::Cpp) && process::find(EMPP).is_none() {
        missing.push("emscripten");
    }
    if languages.contains(&Language::Rust) {
        if !exists(RUSTC) {
            missing.push("rustc-web");
        }
        if !exists("/usr/lib/rustlib/src/rust/library/std/src/lib.rs") {
            missing.push("rust-web-src");
        }
    }
    let compiled = languages.contains(&Language::C) || languages.contains(&Language::Rust);
    if compiled && !exists(&format!("{WASI_LIBC}/libc.a")) {
        missing.push("wasi-libc");
    }
    ensure!(missing.is_empty(), "tools are missing; install them by\n    apt-get install {}", missing.join(" "));
    Ok(())
}

/// Builds the module of `program`.
pub fn build_wasm(program: &Program) -> Result<Vec<u8>> {
    match program.language()? {
        Language::C => build_c(program),
        Language::Cpp => build_cpp(program),
        Language::Rust => build_rust(program),
        Language::Text => Ok(fs::read(manifest::programs_folder().join(&program.source))?),
    }
}

fn build_c(program: &Program) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let mut clang = Command::new(CLANG);
    clang.arg("--target=wasm32-wasi").args(C_FLAGS).args(&program.flags);
    clang.arg(&program.source).arg("-o").arg(&wasm).current_dir(manifest::programs_folder());
    let finished = process::tool(clang)?;
    ensure!(finished.stderr.is_empty(), "{}:\n{}", program.name, String::from_utf8_lossy(&finished.stderr));
    Ok(fs::read(wasm)?)
}

/// Builds the guest of an example, which is in C and uses no library.
pub fn build_guest(source: &Path) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("guest.wasm");
    let mut clang = Command::new(CLANG);
    clang.args(["--target=wasm32", "-mbulk-memory", "-nostdlib", "-Wl,--no-entry"]).args(C_FLAGS);
    clang.arg(source).arg("-o").arg(&wasm);
    process::tool(clang)?;
    Ok(fs::read(wasm)?)
}

/// Builds the guest of an example that is the cargo package in `folder`, of this name.
pub fn build_guest_package(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let flags = [
        format!("-Clinker={}", rust_lld()?.display()),
        format!("--remap-path-prefix={}=/cargo", cargo_home()),
        format!("--remap-path-prefix={}=/guest", folder.display()),
    ];
    build_for_wasm("wasm32-unknown-unknown", folder, &[], &flags, name)
}

fn cargo_home() -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"))
}

/// Has cargo build the package in `folder` with these words and flags of rustc; returns the module `name`.
fn build_for_wasm(target: &str, folder: &Path, words: &[&str], flags: &[String], name: &str) -> Result<Vec<u8>> {
    let output = manifest::root().join("target/fixtures");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort", "--target", target]).args(words);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", RUSTC).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    cargo.env("CARGO_TARGET_DIR", &output).current_dir(folder);
    process::tool(cargo)?;
    Ok(fs::read(output.join(target).join("release").join(name).with_extension("wasm"))?)
}

/// The first build of Emscripten's libraries takes minutes.
fn build_cpp(program: &Program) -> Result<Vec<u8>> {
    let cache = manifest::root().join("target/emscripten");
    fs::create_dir_all(&cache)?;
    let config = cache.join("config");
    let text = fs::read_to_string(EMSCRIPTEN_CONFIG).context("reading Emscripten's configuration")?;
    fs::write(&config, text.replace("FROZEN_CACHE = True", "FROZEN_CACHE = False"))?;
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let mut empp = Command::new(EMPP);
    empp.env("EM_CONFIG", config).env("EM_CACHE", cache).args(CPP_FLAGS).args(&program.flags);
    empp.arg(&program.source).arg("-o").arg(&wasm).current_dir(manifest::programs_folder());
    process::tool(empp)?;
    Ok(fs::read(wasm)?)
}

fn build_rust(program: &Program) -> Result<Vec<u8>> {
    let flags = [
        format!("-Clinker={}", rust_lld()?.display()),
        "-Clink-self-contained=no".to_owned(),
        format!("-L{WASI_LIBC}"),
        format!("-Clink-arg={WASI_LIBC}/crt1-command.o"),
        "-Clink-arg=-lc".to_owned(),
        // The same bytes on every machine.
        format!("--remap-path-prefix={}=/cargo", cargo_home()),
        format!("--remap-path-prefix={}=/programs", manifest::programs_folder().display()),
    ];
    let words = ["--bin", &*program.name];
    build_for_wasm("wasm32-wasip1", &manifest::programs_folder(), &words, &flags, &program.name)
}

/// The linker in rustup's toolchain, or else Debian's.
fn rust_lld() -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir"]).current_dir(manifest::root());
    let finished = process::tool(rustc)?;
    let libraries = PathBuf::from(String::from_utf8(finished.stdout)?.trim());
    let bundled = libraries.with_file_name("bin").join("rust-lld");
    if bundled.exists() {
        return Ok(bundled);
    }
    process::find("wasm-ld-19").context("no linker for Rust: install lld-19 or use rustup's toolchain")
}

/// Builds a program natively into `output`: C by clang or gcc, Rust by rustc. Wasm text has no native build.
pub fn build_native(program: &Program, output: &Path) -> Result<Time> {
    let mut command = match program.language()? {
        Language::C => {
            let compiler = native_c_compiler().context("no native C compiler: install clang-19 or gcc")?;
            let mut cc = Command::new(compiler);
            cc.args(["-std=gnu11", "-O2", "-w"]).arg(&program.source).arg("-o").arg(output).arg("-lm");
            cc
        }
        Language::Cpp => {
            let compiler = native_cpp_compiler().context("no native C++ compiler: install clang-19 or g++")?;
            let mut cpp = Command::new(compiler);
            cpp.args(["-std=c++17", "-O2", "-w"]).arg(&program.source).arg("-o").arg(output);
            cpp
        }
        Language::Rust => {
            // As Cargo.toml says it, but without cargo, which would find its work already done.
            let mut rustc = Command::new("rustc");
            rustc.args(["--edition=2024", "-Copt-level=3", "-Ccodegen-units=1", "-Clto", "-Cpanic=abort"]);
            rustc.arg(&program.source).arg("-o").arg(output);
            rustc
        }
        Language::Text => bail!("{} is Wasm text", program.name),
    };
    command.current_dir(manifest::programs_folder());
    Ok(process::tool(command)?.time)
}

/// The compiler for native builds of C++.
fn native_cpp_compiler() -> Option<&'static str> {
    ["clang++-19", "clang++", "g++", "c++"].into_iter().find(|name| process::find(name).is_some())
}

/// The compiler for native builds: the one that makes the modules, where it is there.
pub fn native_c_compiler() -> Option<&'static str> {
    [CLANG, "clang", "gcc", "cc"].into_iter().find(|name| process::find(name).is_some())
}
