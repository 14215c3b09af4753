//! Guests that are cargo packages.

use crate::error::Error;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Targets that a guest can be for, the best first.
const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-unknown-unknown"];

/// Tells cargo to run the build script again when the package changes.
pub fn watch(folder: &Path) {
    for part in ["Cargo.toml", "Cargo.lock", "build.rs", "src"] {
        let path = folder.join(part);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}

/// Builds the package in `folder`; returns its module. What cargo writes meanwhile goes to a folder in `output`.
///
/// # Errors
/// Where the toolchain has none of the targets, the package does not build, or makes no module, or several.
pub fn module(folder: &Path, output: &Path) -> Result<PathBuf, Error> {
    let target = target()?;
    let target_dir = output.join("guest-target");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--release", "--target", target, "--target-dir"]).arg(&target_dir);
    cargo.arg("--manifest-path").arg(folder.join("Cargo.toml")).stdin(Stdio::null());
    // What cargo says to this build script is not for the guest.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let of_cargo = text.starts_with("CARGO_") && text != "CARGO_HOME";
        if of_cargo || text.ends_with("RUSTFLAGS") || text.starts_with("RUSTC_WORKSPACE") || text == "TARGET" {
            cargo.env_remove(&name);
        }
    }
    let result = cargo.output().map_err(|error| Error::new(format!("error: cannot start cargo: {error}")))?;
    if !result.status.success() {
        let said = String::from_utf8_lossy(&result.stderr);
        return Err(Error::new(format!("error: the guest in {} does not build\n{said}", folder.display())));
    }
    let release = target_dir.join(target).join("release");
    let entries = release.read_dir().map_err(|error| Error::new(format!("error: {}: {error}", release.display())))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut modules: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|is| is == "wasm")).collect();
    modules.sort();
    match modules.len() {
        1 => Ok(modules.remove(0)),
        0 => Err(Error::new(format!(
            "error: the guest in {} makes no module\nhelp: it needs `src/main.rs`, or in Cargo.toml `[lib]` with \
             `crate-type = [\"cdylib\"]`",
            folder.display()
        ))),
        _ => Err(Error::new(format!("error: the guest makes several modules: {modules:?}\nhelp: name one by `new`"))),
    }
}

/// The best target that the toolchain has.
fn target() -> Result<&'static str, Error> {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).stdin(Stdio::null()).output();
    let sysroot = output.map_err(|error| Error::new(format!("error: cannot start rustc: {error}")))?.stdout;
    let libraries = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib");
    TARGETS.into_iter().find(|target| libraries.join(target).join("lib").is_dir()).ok_or_else(|| {
        Error::new(format!(
            "error: the toolchain has no target for guests\nhelp: `rustup target add {}`, or {}",
            TARGETS[0], TARGETS[1]
        ))
    })
}
