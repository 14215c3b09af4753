//! Builds the runtime for the machine that wasmc is built for and embeds it, beside those that `cargo xtask runtimes` has
//! built for other targets.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "runtime_sources.rs"]
mod runtime_sources;

const LIBRARY: &str = "libwasmc_runtime.a";

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the workspace exists");
    for sources in runtime_sources::SOURCES.iter().chain(&["targets"]) {
        println!("cargo::rerun-if-changed={}", root.join(sources).display());
    }
    let fingerprint = runtime_sources::fingerprint(&root).expect("the runtime's sources can be read");
    let triple = variable("TARGET");
    let mut table = String::from("&[\n");
    for target in target_names(&root.join("targets")) {
        let is_native = is_name_of(&triple, &target);
        if is_native {
            println!("cargo::rustc-env=WASMC_NATIVE_TARGET={target}");
        }
        let built = elsewhere_built(&root, &target, &fingerprint, is_native);
        let file = built.or_else(|| is_native.then(|| build_runtime(&root, &triple)));
        if let Some(file) = file {
            writeln!(table, "    ({target:?}, include_bytes!({file:?})),").expect("writing to a string");
        }
    }
    table.push_str("]\n");
    let out = PathBuf::from(variable("OUT_DIR")).join("runtimes.rs");
    fs::write(&out, table).unwrap_or_else(|error| panic!("cannot write {}: {error}", out.display()));
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

/// Names of the targets that have a file, sorted.
fn target_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut names: Vec<String> = files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// Whether the target called `name` is what rustc calls `triple`.
fn is_name_of(triple: &str, name: &str) -> bool {
    let architecture = triple.split('-').next().unwrap_or_default().replace("riscv64gc", "riscv64");
    let system = if triple.contains("-linux") { "linux" } else { "macos" };
    name == format!("{architecture}-{system}")
}

/// A runtime that `cargo xtask runtimes` has built from the sources as they are now.
fn elsewhere_built(root: &Path, target: &str, fingerprint: &str, is_native: bool) -> Option<PathBuf> {
    let folder = root.join("target/runtimes").join(target);
    let (file, sources) = (folder.join(LIBRARY), folder.join(runtime_sources::FINGERPRINT));
    println!("cargo::rerun-if-changed={}", sources.display());
    let built_from = fs::read_to_string(sources).ok()?;
    if built_from != fingerprint {
        if !is_native {
            println!(
                "cargo::warning=the runtime for {target} was built from other sources and is left out: run \
                 `cargo xtask runtimes`"
            );
        }
        return None;
    }
    println!("cargo::rerun-if-changed={}", file.display());
    file.exists().then_some(file)
}

/// Builds the runtime for `triple` by a cargo of its own, none of whose settings come from the build around it.
fn build_runtime(root: &Path, triple: &str) -> PathBuf {
    let target_dir = PathBuf::from(variable("OUT_DIR")).join("runtime");
    let mut cargo = Command::new(variable("CARGO"));
    // Started in its folder, so that the flags in its `.cargo/config.toml` apply.
    cargo.current_dir(root.join("runtime-lib"));
    cargo.args(["build", "--release", "--locked", "--target", triple, "--target-dir"]).arg(&target_dir);
    runtime_sources::set_environment(&mut cargo, triple);
    let status = cargo.status().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
    assert!(status.success(), "the runtime does not build for {triple}");
    target_dir.join(triple).join("release").join(LIBRARY)
}
