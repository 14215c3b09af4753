// How the runtime is built, for the build script here and for `cargo xtask runtimes`: for which targets, from which
// sources, with which flags. A runtime that was built from other sources than those of the compiler must not be
// embedded.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runtimes by name, and the triple for which rustc builds each.
pub const TARGETS: [(&str, &str); 7] = [
    ("aarch64-linux", "aarch64-unknown-linux-musl"),
    ("aarch64-macos", "aarch64-apple-darwin"),
    ("aarch64-none", "aarch64-unknown-none"),
    ("riscv64-linux", "riscv64gc-unknown-linux-musl"),
    ("riscv64-none", "riscv64gc-unknown-none-elf"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-macos", "x86_64-apple-darwin"),
];

/// The runtimes of a target: what distinguishes the names of their files, and the feature that each is built with. The
/// second is that of components.
pub const VARIANTS: [(&str, &str); 2] = [("", "runtime"), ("-component", "component")];

/// Name of the archive that a build makes.
pub const LIBRARY: &str = "libwasmc_runtime.a";

/// What the runtime is built from, relative to the root of the repository.
const SOURCES: [&str; 6] = [
    "Cargo.lock",
    "compiler/abi/Cargo.toml",
    "compiler/abi/src",
    "compiler/driver/runtime_build.rs",
    "runtime-lib/Cargo.toml",
    "runtime-lib/src",
];

/// Where `cargo xtask runtimes` puts what it builds, relative to the root of the repository: a folder for each runtime.
pub const FOLDER: &str = "target/runtimes";

/// Name of the file beside a runtime's archive that holds the fingerprint of its sources.
pub const FINGERPRINT: &str = "sources";

/// The profile, as cargo's environment variables: small code in one piece. There is no unwinding.
const PROFILE: [(&str, &str); 6] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
];

/// Frame pointers let a trap's backtrace pass through the runtime; nothing unwinds, so unwind tables would be dead
/// weight.
const FLAGS: [&str; 2] = ["-Cforce-frame-pointers=yes", "-Cforce-unwind-tables=no"];

/// Landing pads and signed return addresses for programs compiled with `--cfi`: hints, which the others and older
/// processors pass over. No stable option of rustc makes them.
const BRANCH_PROTECTION: &str = "-Zbranch-protection=bti,pac-ret";

/// The cargo that builds the runtime with a feature, whose package is `folder`, for `triple`, in `target_dir`.
pub fn build(cargo: impl AsRef<OsStr>, folder: &Path, (triple, feature): (&str, &str), target_dir: &Path) -> Command {
    let mut command = command(cargo, "rustc", folder, (triple, feature), target_dir);
    command.args(["--crate-type", "staticlib"]);
    command
}

/// The cargo that does what `subcommand` says with the runtime. It follows this file, and no settings of a build around
/// it.
pub fn command(
    cargo: impl AsRef<OsStr>,
    subcommand: &str,
    folder: &Path,
    (triple, feature): (&str, &str),
    target_dir: &Path,
) -> Command {
    let mut command = Command::new(cargo);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_cargo = name.starts_with("CARGO") && name != "CARGO_HOME";
        if of_cargo || name.starts_with("RUSTC") || name.ends_with("RUSTFLAGS") || name.starts_with("DEP_") {
            command.env_remove(&*name);
        }
    }
    let mut flags = FLAGS.to_vec();
    if triple.starts_with("aarch64-") && triple.contains("-linux") {
        flags.push(BRANCH_PROTECTION);
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command.envs(PROFILE).env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    command.current_dir(folder).args([subcommand, "--lib", "--features", feature, "--release"]);
    command.args(["--target", triple, "--target-dir"]).arg(target_dir);
    command
}

/// Where a build in `target_dir` leaves the archive.
pub fn output(target_dir: &Path, triple: &str) -> PathBuf {
    target_dir.join(triple).join("release").join(LIBRARY)
}

/// Whether the library `core` for `triple` came with `rustc`.
pub fn has_core(rustc: impl AsRef<OsStr>, triple: &str) -> bool {
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", triple]).output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned()).unwrap_or_default();
    let is_core = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("libcore-");
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(is_core))
}

/// The files that the runtime is built from in the repository `root`, sorted.
///
/// # Errors
/// Where a folder cannot be read.
pub fn sources(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    SOURCES.iter().try_for_each(|source| list(&root.join(source), &mut files))?;
    files.sort();
    Ok(files)
}

/// Adds the files in `path`, or `path` itself where it is one.
///
/// # Errors
/// Where a folder cannot be read.
pub fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    fs::read_dir(path)?.try_for_each(|entry| list(&entry?.path(), files))
}

/// A number that changes with the sources in the repository `root`: FNV-1a over paths and contents, in the order of the
/// paths.
///
/// # Errors
/// Where they cannot be read.
pub fn fingerprint(root: &Path) -> io::Result<String> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in sources(root)? {
        let name = file.strip_prefix(root).unwrap_or(&file);
        add(name.to_string_lossy().replace('\\', "/").as_bytes());
        add(&fs::read(&file)?);
    }
    Ok(format!("{hash:016x}\n"))
}
