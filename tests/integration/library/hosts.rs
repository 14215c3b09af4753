//! Programs that embed libraries, built as their users would.

use crate::support::{Bench, finish, root, text, wasmc};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes programs in Rust.
pub struct RustHost;

impl RustHost {
    /// Builds the program of `fixtures/library/NAME`, which embeds these guests of the folder, by cargo.
    pub fn build(name: &str, guests: &[&str]) -> PathBuf {
        let folder = root().join("fixtures/library").join(name);
        let bench = Bench::new();
        let mut links = String::new();
        for guest in guests {
            let library = bench.path(&format!("lib{guest}.a"));
            let bindings = bench.path(&format!("{guest}.rs"));
            let module = folder.join(format!("{guest}.wat"));
            emit(&module, "staticlib", &library);
            emit(&module, "rust", &bindings);
            links += &format!("println!(\"cargo::rustc-link-lib=static={guest}\");\n");
            let variable = format!("{}_BINDINGS", guest.to_uppercase());
            links += &format!("println!(\"cargo::rustc-env={variable}={}\");\n", bindings.display());
        }
        let search = format!("println!(\"cargo::rustc-link-search=native={}\");", bench.folder.path().display());
        bench.write("build.rs", format!("fn main() {{ {search}\n{links} }}"));
        bench.write("main.rs", std::fs::read(folder.join("main.rs")).expect("the host is there"));
        let embed = root().join("compiler/embed");
        let manifest = format!(
            "[package]\nname = \"host-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nbuild = \"build.rs\"\n\
             [[bin]]\nname = \"host-{name}\"\npath = \"main.rs\"\n\
             [dependencies]\nwasmc-embed = {{ path = {embed:?} }}\n[workspace]\n"
        );
        bench.write("Cargo.toml", manifest);
        cargo_build(bench.folder.path());
        target().join("debug").join(format!("host-{name}"))
    }
}

/// Where hosts are built, so that what they share is built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts")
}

fn cargo_build(folder: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--offline", "--quiet", "--target-dir"]).arg(target()).current_dir(folder);
    let output = finish(&mut cargo);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Has the command make an output of a kind.
pub fn emit(module: &Path, kind: &str, to: &Path) {
    let output = finish(wasmc().arg(module).args(["--emit", kind, "-o"]).arg(to));
    assert!(output.status.success(), "{}", text(&output.stderr));
}
