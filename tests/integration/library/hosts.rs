//! Programs that embed libraries, built as their users would.

use crate::support::{Bench, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes programs in Rust.
pub struct RustHost;

impl RustHost {
    /// Builds the program of `fixtures/library/NAME`, which embeds these guests, by cargo.
    pub fn build(name: &str, guests: &[PathBuf]) -> PathBuf {
        Self::build_with(name, guests, &[])
    }

    /// As [`Self::build`], with options for the guests.
    pub fn build_with(name: &str, guests: &[PathBuf], options: &[&str]) -> PathBuf {
        let folder = root().join("fixtures/library").join(name);
        let bench = Bench::new();
        let mut links = String::new();
        for module in guests {
            let guest = module.file_stem().expect("it is a file").to_string_lossy();
            let library = bench.path(&format!("lib{guest}.a"));
            let bindings = bench.path(&format!("{guest}.rs"));
            emit(module, "staticlib", &library, options);
            emit(module, "rust", &bindings, &[]);
            links += &format!("println!(\"cargo::rustc-link-lib=static={guest}\");\n");
            let variable = format!("{}_BINDINGS", guest.to_uppercase());
            links += &format!("println!(\"cargo::rustc-env={variable}={}\");\n", bindings.display());
        }
        let search = format!("println!(\"cargo::rustc-link-search=native={}\");", bench.folder.path().display());
        bench.write("build.rs", format!("fn main() {{ {search}\n{links} }}"));
        bench.write("main.rs", std::fs::read(folder.join("main.rs")).expect("the host is there"));
        bench.write("Cargo.toml", manifest(name, ""));
        cargo_build(bench.folder.path(), &[]);
        target().join("debug").join(format!("host-{name}"))
    }
}

/// The manifest of a program whose sources are `main.rs` and `build.rs`.
pub fn manifest(name: &str, more: &str) -> String {
    let embed = root().join("compiler/embed");
    format!(
        "[package]\nname = \"host-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n\
         [[bin]]\nname = \"host-{name}\"\npath = \"main.rs\"\n\
         [dependencies]\nwasmc-embed = {{ path = {embed:?} }}\n{more}[workspace]\n"
    )
}

/// Where hosts are built, so that what they share is built once.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts")
}

/// Builds the package in a folder; returns what cargo said.
pub fn cargo_build(folder: &Path, environment: &[(&str, &Path)]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    // The very versions that the repository uses are there.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("it can be copied");
    cargo.args(["build", "--offline", "--target-dir"]).arg(target()).current_dir(folder);
    cargo.envs(environment.iter().copied());
    let output = finish(&mut cargo);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stderr)
}

/// Has the command make an output of a kind.
pub fn emit(module: &Path, kind: &str, to: &Path, options: &[&str]) {
    let output = finish(wasmc().arg(module).args(["--emit", kind, "-o"]).arg(to).args(options));
    assert!(output.status.success(), "{}", text(&output.stderr));
}
