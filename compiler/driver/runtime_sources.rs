// The sources of the runtime, for the build script here and for `cargo xtask runtimes`: a runtime that was built from other
// sources than those that the compiler is built with must not be embedded.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the runtime is built from, relative to the root of the repository.
pub const SOURCES: [&str; 7] = [
    "compiler/abi/Cargo.toml",
    "compiler/abi/src",
    "runtime-lib/.cargo",
    "runtime-lib/Cargo.lock",
    "runtime-lib/Cargo.toml",
    "runtime-lib/include",
    "runtime-lib/src",
];

/// Name of the file beside a runtime's archive that holds the fingerprint of its sources.
pub const FINGERPRINT: &str = "sources";

/// Gives the cargo that builds the runtime for `triple` an environment in which nothing but `runtime-lib/.cargo/config.toml` says
/// how: flags of the build around it would take the place of those there. Some of them rustc takes only where `RUSTC_BOOTSTRAP`
/// is 1.
pub fn set_environment(cargo: &mut Command, triple: &str) {
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_cargo = name.starts_with("CARGO") && name != "CARGO_HOME";
        if of_cargo || name.starts_with("RUSTC") || name.ends_with("RUSTFLAGS") || name.starts_with("DEP_") {
            cargo.env_remove(&*name);
        }
    }
    if triple.starts_with("aarch64-") && triple.contains("-linux") {
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
}

/// A number that changes with the sources: FNV-1a over paths and contents, in the order of the paths.
pub fn fingerprint(root: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    SOURCES.iter().try_for_each(|source| list(&root.join(source), &mut files))?;
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file);
        add(name.to_string_lossy().replace('\\', "/").as_bytes());
        add(&fs::read(&file)?);
    }
    Ok(format!("{hash:016x}\n"))
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    fs::read_dir(path)?.try_for_each(|entry| list(&entry?.path(), files))
}
