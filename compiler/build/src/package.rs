//! Guests that are cargo packages.

use crate::error::Error;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Tells cargo to run the build script again when the package changes.
pub fn watch(folder: &Path) {
    for part in ["Cargo.toml", "Cargo.lock", "build.rs", "src"] {
        let path = folder.join(part);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}

/// Builds the package in `folder` for the first target that is there; returns its module. What cargo writes meanwhile
/// goes to a folder in `output`.
///
/// # Errors
/// Where the toolchain has none of the targets, the package does not build, or makes no module, or several.
pub fn module(folder: &Path, targets: &[&'static str], output: &Path) -> Result<PathBuf, Error> {
    let target = target(targets)?;
    let target_dir = output.join("guest-target");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--release", "--target", target, "--target-dir"]).arg(&target_dir);
    cargo.arg("--manifest-path").arg(folder.join("Cargo.toml")).stdin(Stdio::null());
    for (name, _) in env::vars_os().filter(|(name, _)| is_for_this(&name.to_string_lossy())) {
        cargo.env_remove(&name);
    }
    let release = target_dir.join(target).join("release");
    // Cargo puts there what the package makes now; what it made before under another name is in the way.
    for old in modules(&release) {
        let _ = std::fs::remove_file(old);
    }
    let result = cargo.output().map_err(|error| Error::new(format!("error: cannot start cargo: {error}")))?;
    if !result.status.success() {
        let said = String::from_utf8_lossy(&result.stderr);
        return Err(Error::new(format!("error: the guest in {} does not build\n{said}", folder.display())));
    }
    let mut modules = modules(&release);
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

/// The modules in a folder, if it is there.
fn modules(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten();
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut modules: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|is| is == "wasm")).collect();
    modules.sort();
    modules
}

/// Whether a variable is what cargo says to this build script, which is not for the guest. What users set is.
fn is_for_this(name: &str) -> bool {
    const PREFIXES: [&str; 6] =
        ["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "DEP_", "RUSTC_WORKSPACE"];
    const NAMES: [&str; 8] = [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_MAKEFLAGS",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "OUT_DIR",
        "RUSTFLAGS",
        "TARGET",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The first target that the toolchain has.
fn target(targets: &[&'static str]) -> Result<&'static str, Error> {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).stdin(Stdio::null()).output();
    let sysroot = output.map_err(|error| Error::new(format!("error: cannot start rustc: {error}")))?.stdout;
    let libraries = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib");
    targets.iter().copied().find(|target| libraries.join(target).join("lib").is_dir()).ok_or_else(|| {
        Error::new(format!(
            "error: the toolchain has no target for guests\nhelp: `rustup target add {}`",
            targets.join("`, or `rustup target add ")
        ))
    })
}
