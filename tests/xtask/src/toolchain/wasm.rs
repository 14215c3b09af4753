//! The compilers to WASI: of C, C++, Rust and Go.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{CLANG, Go, RUSTC, Source};
use crate::manifest::{self, Language};
use crate::process;

/// How every C program is compiled; each adds its own flags after these. Debug information is dropped, function names
/// are kept for backtraces.
const C_FLAGS: [&str; 5] = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wl,--strip-debug"];

/// Emscripten's C++ compiler, whose C++ library has exceptions.
pub const EMPP: &str = "em++";

/// Its configuration in Debian's package, which says that its libraries are there already; they are not.
const EMSCRIPTEN_CONFIG: &str = "/usr/share/emscripten/.emscripten";

/// How every C++ program is compiled.
const CPP_FLAGS: [&str; 7] =
    ["-std=c++17", "-O2", "-Wall", "-Wextra", "-fwasm-exceptions", "-sSTANDALONE_WASM", "--profiling-funcs"];

/// Where Debian's wasi-libc has its libraries.
pub const WASI_LIBC: &str = "/usr/lib/wasm32-wasi";

/// Builds the module of a program.
pub fn build_wasm(source: &Source) -> Result<Vec<u8>> {
    match source.language {
        Language::C => build_c(source),
        Language::Cpp => build_cpp(source),
        Language::Rust => build_rust(source),
        Language::Go => build_go(source),
        Language::Text => Ok(fs::read(source.folder.join(&source.files[0]))?),
    }
}

fn build_c(source: &Source) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let mut clang = Command::new(CLANG);
    clang.arg("--target=wasm32-wasi").args(C_FLAGS).args(&source.wasm_flags);
    source.add_to(&mut clang);
    clang.arg("-o").arg(&wasm);
    let finished = process::tool(clang)?;
    ensure!(finished.stderr.is_empty(), "{}:\n{}", source.name, String::from_utf8_lossy(&finished.stderr));
    Ok(fs::read(wasm)?)
}

fn build_go(source: &Source) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let mut go = Go::get()?.build(&wasm);
    go.args(&source.files).current_dir(&source.folder);
    go.env("GOOS", "wasip1").env("GOARCH", "wasm");
    process::tool(go)?;
    Ok(fs::read(wasm)?)
}

/// Builds the module of a program that Go's toolchain has the source of.
pub fn build_go_package(package: &str, output: &Path) -> Result<()> {
    let mut go = Go::get()?.build(output);
    go.arg(package).env("GOOS", "wasip1").env("GOARCH", "wasm").current_dir(manifest::root().join("target"));
    process::tool(go).map(|_| ())
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
fn build_cpp(source: &Source) -> Result<Vec<u8>> {
    let cache = manifest::root().join("target/emscripten");
    fs::create_dir_all(&cache)?;
    let config = cache.join("config");
    let text = fs::read_to_string(EMSCRIPTEN_CONFIG).context("reading Emscripten's configuration")?;
    fs::write(&config, text.replace("FROZEN_CACHE = True", "FROZEN_CACHE = False"))?;
    let folder = tempfile::tempdir()?;
    let wasm = folder.path().join("program.wasm");
    let mut empp = Command::new(EMPP);
    empp.env("EM_CONFIG", config).env("EM_CACHE", cache).args(CPP_FLAGS).args(&source.wasm_flags);
    source.add_to(&mut empp);
    empp.arg("-o").arg(&wasm);
    process::tool(empp)?;
    Ok(fs::read(wasm)?)
}

fn build_rust(source: &Source) -> Result<Vec<u8>> {
    let flags = [
        format!("-Clinker={}", rust_lld()?.display()),
        "-Clink-self-contained=no".to_owned(),
        format!("-L{WASI_LIBC}"),
        format!("-Clink-arg={WASI_LIBC}/crt1-command.o"),
        "-Clink-arg=-lc".to_owned(),
        // The same bytes on every machine.
        format!("--remap-path-prefix={}=/cargo", cargo_home()),
        format!("--remap-path-prefix={}=/programs", source.folder.display()),
    ];
    let words = ["--bin", &*source.name];
    build_for_wasm("wasm32-wasip1", &source.folder, &words, &flags, &source.name)
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
