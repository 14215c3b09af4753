//! The compilers that make programs: C, C++, Rust and Go to WASI, and the same to native programs.

mod crates;
mod go;
mod kept;
mod native;
mod source;
mod wasm;

use std::path::Path;

use anyhow::{Result, ensure};

pub use crates::Crates;
pub use go::Go;
pub use kept::{digest, kept};
pub use native::{ARMV8_A, NATIVE_FLAGS, NativeCpu, RV64GC, RVA22, X86_64_V2, build_native, native_c_compiler};
pub use source::Source;
pub use wasm::{build_go_package, build_guest, build_guest_package, build_wasm};

use crate::manifest::Language;
use crate::process;
use wasm::{EMPP, WASI_LIBC};

/// The C compiler.
pub const CLANG: &str = "clang-19";

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
