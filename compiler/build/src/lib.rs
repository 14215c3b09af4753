//! What a build script calls to have a WebAssembly module as part of a Rust program: compiled to native code, in a
//! sandbox, with typed bindings.
//!
//! ```no_run
//! // build.rs
//! wasmc_build::Build::new("guest.wasm").compile();
//! ```
//!
//! ```ignore
//! // src/main.rs
//! wasmc_embed::include!(guest);
//!
//! let mut guest = guest::Instance::new(())?;
//! println!("{}", guest.add(1, 2)?);
//! ```
//!
//! The crate `wasmc-embed` is the program's own dependency, this one that of its build script. The compiler is an
//! installed `wasmc` of the same version: what the environment variable `WASMC` names, or the first in `PATH`. With the
//! feature `bundled`, it is part of the build script where none is installed.
//!
//! An installed compiler takes about a second for a guest of 1 MB, and no time where nothing has changed. A bundled one
//! is compiled with the build script first, once, which takes minutes; cargo does not optimise it unless Cargo.toml has
//! `opt-level = 2` in `[profile.dev.build-override]`, and in that of `release`.
//!
//! [`Build::executable`] makes a program of a WASI command instead.
//!
//! - `source`: where a module comes from, `package`: guests that are cargo packages,
//! - `command`: the compiler, `cache`: what need not be compiled again.

mod cache;
mod command;
mod error;
mod package;
mod source;

pub use error::Error;

use source::Source;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A module to be compiled.
///
/// ```no_run
/// // build.rs
/// wasmc_build::Build::new("guest.wasm").compile();
/// ```
#[derive(Clone, Debug)]
pub struct Build {
    source: Source,
    name: Option<String>,
    target: Option<String>,
    output_folder: Option<PathBuf>,
    arguments: Vec<OsString>,
    watched: Vec<PathBuf>,
}

impl Build {
    /// A module or a component in binary or text format; a relative path starts from the package's folder.
    ///
    /// ```
    /// wasmc_build::Build::new("guest.wasm");
    /// ```
    pub fn new(module: impl Into<PathBuf>) -> Self {
        Self::from(Source::File(module.into()))
    }

    /// The module that cargo makes of another package, in this folder: for `wasm32-wasip1` where the toolchain has it,
    /// or else for `wasm32-unknown-unknown`.
    ///
    /// ```no_run
    /// wasmc_build::Build::from_package("../guest").compile();
    /// ```
    pub fn from_package(folder: impl Into<PathBuf>) -> Self {
        Self::from(Source::Package(folder.into(), source::MODULES))
    }

    /// A component that the cargo package in a folder makes, which is built for `wasm32-wasip2`.
    ///
    /// ```no_run
    /// wasmc_build::Build::from_component_package("../guest").compile();
    /// ```
    pub fn from_component_package(folder: impl Into<PathBuf>) -> Self {
        Self::from(Source::Package(folder.into(), source::COMPONENTS))
    }

    fn from(source: Source) -> Self {
        Self { source, name: None, target: None, output_folder: None, arguments: Vec::new(), watched: Vec::new() }
    }

    /// What the library, its bindings and their module are called, instead of what the module's file is.
    ///
    /// ```
    /// // In the program: `wasmc_embed::include!(filter);`
    /// wasmc_build::Build::new("build/filter-v2.wasm").name("filter");
    /// ```
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Compiles for this target instead of the one that cargo builds for: see `wasmc targets`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").target("aarch64-linux");
    /// ```
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Writes to this folder instead of cargo's `OUT_DIR`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").output_folder("target/guests");
    /// ```
    #[must_use]
    pub fn output_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.output_folder = Some(folder.into());
        self
    }

    /// Gives the compiler an option as `wasmc --help` lists them: what has no method here.
    ///
    /// ```
    /// wasmc_build::Build::new("guest.wasm").option("--deterministic").option("-Wsimd=n");
    /// ```
    #[must_use]
    pub fn option(mut self, option: impl Into<OsString>) -> Self {
        self.arguments.push(option.into());
        self
    }

    fn options(self, name: &str, value: String) -> Self {
        self.option(name).option(value)
    }

    /// Lets the program use the directory `host`, under the name `guest`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").directory("/srv/data", "/data");
    /// ```
    #[must_use]
    pub fn directory(self, host: impl Into<String>, guest: impl Into<String>) -> Self {
        self.options("--dir", format!("{}::{}", host.into(), guest.into()))
    }

    /// Lets the program read the directory `host`, under the name `guest`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").read_only_directory("/usr/share/zoneinfo", "/zoneinfo");
    /// ```
    #[must_use]
    pub fn read_only_directory(self, host: impl Into<String>, guest: impl Into<String>) -> Self {
        self.options("--dir", format!("{}::{}:ro", host.into(), guest.into()))
    }

    /// Lets the program use the file `host`, under the name `guest`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").file("/var/lib/app/state", "state");
    /// ```
    #[must_use]
    pub fn file(self, host: impl Into<String>, guest: impl Into<String>) -> Self {
        self.options("--file", format!("{}::{}", host.into(), guest.into()))
    }

    /// Lets the program read the file `host`, under the name `guest`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").read_only_file("/etc/app.toml", "app.toml");
    /// ```
    #[must_use]
    pub fn read_only_file(self, host: impl Into<String>, guest: impl Into<String>) -> Self {
        self.options("--file", format!("{}::{}:ro", host.into(), guest.into()))
    }

    /// Makes the directory `host` part of the program, which can read it under the name `guest`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").embed("templates", "/templates");
    /// ```
    #[must_use]
    pub fn embed(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        let host = host.into();
        self.watched.push(host.clone());
        self.options("--embed", format!("{}::{}", host.display(), guest.into()))
    }

    /// Sets an environment variable for the program.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").variable("MODE", "fast");
    /// ```
    #[must_use]
    pub fn variable(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options("--env", format!("{}={}", name.into(), value.into()))
    }

    /// Gives the program an argument, on bare metal, where nobody does when it starts.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").target("riscv64-none").argument("--verbose");
    /// ```
    #[must_use]
    pub fn argument(self, argument: impl Into<String>) -> Self {
        self.options("--arg", argument.into())
    }

    /// Leaves the symbol table out.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").strip();
    /// ```
    #[must_use]
    pub fn strip(self) -> Self {
        self.option("--strip")
    }

    /// Calls an exported function, which takes and returns nothing, when the module is compiled: each instance, or the
    /// program, begins with the memories, tables and globals that it leaves. It can call no imports.
    ///
    /// ```
    /// wasmc_build::Build::new("guest.wasm").preinit("make_tables");
    /// ```
    #[must_use]
    pub fn preinit(self, export: impl Into<String>) -> Self {
        self.options("--preinit", export.into())
    }

    /// Hardens control flow: see `wasmc --help`.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").target("aarch64-linux").cfi();
    /// ```
    #[must_use]
    pub fn cfi(self) -> Self {
        self.option("--cfi")
    }

    /// Has the program reach nothing but what is granted here, whatever is granted when it starts.
    ///
    /// ```
    /// wasmc_build::Build::new("app.wasm").read_only_directory("/srv/data", "/data").sealed();
    /// ```
    #[must_use]
    pub fn sealed(self) -> Self {
        self.option("--sealed")
    }

    /// Compiles the module to a library, makes bindings to it, and tells cargo to link the one and to run the build
    /// script again when the module changes. `wasmc_embed::include!(NAME);` has the bindings in the program, where NAME
    /// is what the module's file is called, or [`Build::name`].
    ///
    /// ```no_run
    /// wasmc_build::Build::new("guest.wasm").compile();
    /// ```
    ///
    /// # Panics
    /// Where the module cannot be compiled, with the compiler's message: so a build script fails.
    pub fn compile(self) {
        let library = self.watch().try_compile().unwrap_or_else(|error| panic!("\n{error}\n"));
        println!("cargo::rustc-link-search=native={}", library.folder.display());
        println!("cargo::rustc-link-lib=static={}", library.name);
    }

    /// As [`Build::compile`], for use outside build scripts: cargo is told nothing.
    ///
    /// ```
    /// fn guest() -> Result<wasmc_build::Library, wasmc_build::Error> {
    ///     wasmc_build::Build::new("guest.wasm").target("x86_64-linux").output_folder("out").try_compile()
    /// }
    /// ```
    ///
    /// # Errors
    /// Where the module cannot be compiled.
    pub fn try_compile(self) -> Result<Library, Error> {
        let module = self.module()?;
        let folder = self.folder();
        let name = match &self.name {
            Some(name) => name.clone(),
            None => stem(&module).replace('-', "_"),
        };
        let outputs = [folder.join(format!("lib{name}.a")), folder.join(format!("{name}.rs"))];
        let arguments = [self.common(), vec!["--name".into(), name.clone().into()]].concat();
        for (kind, output) in ["staticlib", "rust"].into_iter().zip(&outputs) {
            let words = ["--emit".into(), kind.into(), "-o".into(), output.clone().into_os_string()];
            let arguments = [vec![module.clone().into_os_string()], words.to_vec(), arguments.clone()].concat();
            cache::run(&module, output, &arguments)?;
        }
        let [library, bindings] = outputs;
        Ok(Library { name, folder, library, bindings })
    }

    /// Compiles the module to a program, tells cargo to do so again when it changes, and returns its path: the module's
    /// name without extension.
    ///
    /// The program can then be embedded by `include_bytes!(concat!(env!("OUT_DIR"), "/app"))`, or installed beside.
    ///
    /// ```no_run
    /// let program = wasmc_build::Build::new("app.wasm").executable();
    /// println!("cargo::rustc-env=APP={}", program.display());
    /// ```
    ///
    /// # Panics
    /// Where the module cannot be compiled, with the compiler's message: so a build script fails.
    pub fn executable(self) -> PathBuf {
        self.watch().try_executable().unwrap_or_else(|error| panic!("\n{error}\n"))
    }

    /// As [`Build::executable`], for use outside build scripts: cargo is told nothing.
    ///
    /// ```
    /// let build = wasmc_build::Build::new("no-such-module.wasm").output_folder("/tmp");
    /// assert!(build.try_executable().is_err());
    /// ```
    ///
    /// # Errors
    /// Where the module cannot be compiled.
    pub fn try_executable(self) -> Result<PathBuf, Error> {
        let module = self.module()?;
        let output = self.folder().join(stem(&module));
        let words = vec![module.clone().into_os_string(), "-o".into(), output.clone().into_os_string()];
        let arguments = [words, self.common()].concat();
        // What is embedded may have changed where the module has not.
        match self.watched.is_empty() {
            true => cache::run(&module, &output, &arguments)?,
            false => command::run(&arguments)?,
        }
        Ok(output)
    }

    /// Tells cargo when the build script must run again.
    fn watch(self) -> Self {
        self.source.watch();
        for path in &self.watched {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        println!("cargo::rerun-if-env-changed=WASMC");
        self
    }

    fn module(&self) -> Result<PathBuf, Error> {
        self.source.module(&self.folder())
    }

    fn folder(&self) -> PathBuf {
        let folder = self.output_folder.clone();
        folder.or_else(|| env::var_os("OUT_DIR").map(PathBuf::from)).unwrap_or_default()
    }

    /// What is asked for of every output: target and optimisation are cargo's, where nothing else is said.
    fn common(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        if let Some(target) = self.target.clone().or_else(|| env::var("TARGET").ok()) {
            arguments.extend(["--target".into(), target.into()]);
        }
        let is_level = |option: &OsString| option.to_string_lossy().starts_with("-O");
        let level = match env::var("OPT_LEVEL").as_deref() {
            _ if self.arguments.iter().any(is_level) => None,
            Ok("0") => Some("-O0"),
            Ok("s" | "z") => Some("-Os"),
            _ => None,
        };
        arguments.extend(level.map(OsString::from));
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

/// What [`Build::try_compile`] has made.
///
/// ```no_run
/// # fn main() -> Result<(), wasmc_build::Error> {
/// let made = wasmc_build::Build::new("guest.wasm").output_folder("out").try_compile()?;
/// assert_eq!(made.library, made.folder.join(format!("lib{}.a", made.name)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// What the library is called.
    pub name: String,
    /// The folder that it lies in.
    pub folder: PathBuf,
    /// The library.
    pub library: PathBuf,
    /// Its bindings.
    pub bindings: PathBuf,
}

fn stem(module: &Path) -> String {
    module.file_stem().map_or("program".into(), |stem| stem.to_string_lossy().into_owned())
}
