//! Builds the runtime for every target whose `core` the toolchain has, and embeds it. In the repository, runtimes that
//! `cargo xtask runtimes` has built are taken first.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "runtime_build.rs"]
mod runtime_build;

fn main() {
    let triple = variable("TARGET");
    let rustc = variable("RUSTC");
    watch_toolchain(&rustc);
    let package = Package::find();
    let mut table = String::from("&[\n");
    for (name, cross_triple) in runtime_build::TARGETS {
        let is_native = is_name_of(&triple, name);
        if is_native {
            println!("cargo::rustc-env=WASMC_NATIVE_TARGET={name}");
        }
        let triple = if is_native { &triple } else { cross_triple };
        let [archive, component] = runtime_build::VARIANTS.map(|variant| {
            let archive = package.built_before(name, variant.0).or_else(|| {
                let can_build = is_native || runtime_build::has_core(&rustc, triple);
                can_build.then(|| package.build(triple, variant, &rustc))
            });
            archive.map_or("None".into(), |file| format!("Some(include_bytes!({file:?}))"))
        });
        writeln!(
            table,
            "    Runtime {{ name: {name:?}, triple: {triple:?}, archive: {archive}, component: {component} }},"
        )
        .expect("it fits");
    }
    table.push_str("]\n");
    let out = out_dir().join("runtimes.rs");
    fs::write(&out, table).unwrap_or_else(|error| panic!("cannot write {}: {error}", out.display()));
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}

fn out_dir() -> PathBuf {
    PathBuf::from(variable("OUT_DIR"))
}

/// Whether the target called `name` is what rustc calls `triple`.
fn is_name_of(triple: &str, name: &str) -> bool {
    let architecture = triple.split('-').next().unwrap_or_default().replace("riscv64gc", "riscv64");
    let system = if triple.contains("-linux") { "linux" } else { "macos" };
    name == format!("{architecture}-{system}")
}

/// Has this script run again when rustup adds a target: it lists them in a file.
fn watch_toolchain(rustc: &str) {
    let output = std::process::Command::new(rustc).args(["--print", "sysroot"]).output();
    let sysroot =
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned()).unwrap_or_default();
    let components = Path::new(&sysroot).join("lib/rustlib/components");
    if components.exists() {
        println!("cargo::rerun-if-changed={}", components.display());
    }
}

/// The package of the runtime, where cargo can build it.
struct Package {
    folder: PathBuf,
    /// The repository, where it lies there, and the fingerprint of its sources.
    repository: Option<(PathBuf, String)>,
    /// More arguments for cargo.
    arguments: Vec<String>,
}

impl Package {
    /// The package in the repository; or a copy of one from a registry, as cargo writes to the folder it builds in.
    fn find() -> Self {
        let runtime = PathBuf::from(variable("DEP_WASMC_RUNTIME_FOLDER"));
        let abi = PathBuf::from(variable("DEP_WASMC_ABI_FOLDER"));
        match runtime.parent() {
            Some(root) if abi == root.join("compiler/abi") => Self::in_repository(root, runtime.clone()),
            _ => Self::copy(&runtime, &abi),
        }
    }

    fn in_repository(root: &Path, folder: PathBuf) -> Self {
        println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());
        for file in runtime_build::sources(root).expect("the runtime's sources can be read") {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        // Cargo runs this script in every build while something that it waits for does not exist.
        let built = root.join(runtime_build::FOLDER);
        fs::create_dir_all(&built).unwrap_or_else(|error| panic!("cannot create {}: {error}", built.display()));
        println!("cargo::rerun-if-changed={}", built.display());
        let fingerprint = runtime_build::fingerprint(root).expect("the runtime's sources can be read");
        Self { folder, repository: Some((root.to_owned(), fingerprint)), arguments: vec!["--locked".into()] }
    }

    fn copy(runtime: &Path, abi: &Path) -> Self {
        println!("cargo::rerun-if-changed={}", runtime.display());
        println!("cargo::rerun-if-changed={}", abi.display());
        let folder = out_dir().join("source");
        let mut files = Vec::new();
        runtime_build::list(runtime, &mut files).expect("the runtime's sources can be read");
        for file in files {
            let to = folder.join(file.strip_prefix(runtime).expect("they lie there"));
            let mut bytes = fs::read(&file).expect("the runtime's sources can be read");
            if to == folder.join("Cargo.toml") {
                // The copy belongs to no workspace that the build folder may lie in.
                bytes.extend_from_slice(b"\n[workspace]\n");
            }
            fs::create_dir_all(to.parent().expect("it is a file")).expect("the build folder can be written to");
            fs::write(&to, bytes).expect("the build folder can be written to");
        }
        // The very sources that the compiler is built with.
        let patch = format!("patch.crates-io.wasmc-abi.path='{}'", abi.display());
        Self { folder, repository: None, arguments: vec!["--config".into(), patch] }
    }

    /// The archive of a runtime that `cargo xtask runtimes` has built from the sources as they are now.
    fn built_before(&self, name: &str, suffix: &str) -> Option<PathBuf> {
        let (root, fingerprint) = self.repository.as_ref()?;
        let folder = root.join(runtime_build::FOLDER).join(format!("{name}{suffix}"));
        let built_from = fs::read_to_string(folder.join(runtime_build::FINGERPRINT)).ok()?;
        let archive = folder.join(runtime_build::LIBRARY);
        (built_from == *fingerprint && archive.exists()).then_some(archive)
    }

    /// Builds the runtime for `triple`, by the compiler that this build uses.
    fn build(&self, triple: &str, (suffix, feature): (&str, &str), rustc: &str) -> PathBuf {
        let target_dir = out_dir().join(format!("runtime{suffix}"));
        let mut cargo = runtime_build::build(variable("CARGO"), &self.folder, (triple, feature), &target_dir);
        cargo.env("RUSTC", rustc).args(&self.arguments);
        let status = cargo.status().unwrap_or_else(|error| panic!("cannot start cargo: {error}"));
        assert!(status.success(), "the runtime does not build for {triple}");
        runtime_build::output(&target_dir, triple)
    }
}
