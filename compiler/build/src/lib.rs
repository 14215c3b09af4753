//! What a build script calls to compile a WebAssembly module to a native executable for the target it builds for:
//!
//! ```no_run
//! // build.rs
//! wasmc_build::Build::new("guest/app.wasm").directory("data", "/data").compile();
//! ```
//!
//! The program can then be embedded by `include_bytes!(concat!(env!("OUT_DIR"), "/app"))`, or installed beside.

use std::env;
use std::path::{Path, PathBuf};
use wasmc::embed::{self, Embed};
use wasmc::grants::Grant;
use wasmc::{Error, Phases, Request, Sources, Target, compile, files};

/// A module to be compiled.
#[derive(Clone, Debug)]
pub struct Build {
    module: PathBuf,
    target: Option<String>,
    output_folder: Option<PathBuf>,
    grants: Vec<Grant>,
    embeds: Vec<Embed>,
    arguments: Vec<String>,
    strip: bool,
}

impl Build {
    /// A module in binary or text format; a relative path starts from the package's folder.
    pub fn new(module: impl Into<PathBuf>) -> Self {
        Self {
            module: module.into(),
            target: None,
            output_folder: None,
            grants: Vec::new(),
            embeds: Vec::new(),
            arguments: Vec::new(),
            strip: false,
        }
    }

    /// Compiles for this target instead of the one that cargo builds for: see `wasmc targets`.
    #[must_use]
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Writes the program to this folder instead of cargo's `OUT_DIR`.
    #[must_use]
    pub fn output_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.output_folder = Some(folder.into());
        self
    }

    /// Lets the program use the directory `host`, under the name `guest`.
    #[must_use]
    pub fn directory(mut self, host: impl Into<String>, guest: impl Into<String>) -> Self {
        self.grants.push(Grant::Directory { host: host.into(), guest: guest.into(), read_only: false });
        self
    }

    /// Makes the directory `host` part of the program, which can read it under the name `guest`.
    #[must_use]
    pub fn embed(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.embeds.push(Embed { host: host.into(), guest: guest.into() });
        self
    }

    /// Sets an environment variable for the program.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.grants.push(Grant::Variable(name.into(), value.into()));
        self
    }

    /// Gives the program an argument, on bare metal, where nobody does when it starts.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Leaves the symbol table out.
    #[must_use]
    pub fn strip(mut self) -> Self {
        self.strip = true;
        self
    }

    /// Compiles the module, tells cargo to do so again when it changes, and returns the path of the program: the
    /// module's name without extension.
    ///
    /// # Panics
    /// Where the module cannot be compiled, with the compiler's message: so a build script fails.
    pub fn compile(self) -> PathBuf {
        println!("cargo::rerun-if-changed={}", self.module.display());
        for embed in &self.embeds {
            println!("cargo::rerun-if-changed={}", embed.host.display());
        }
        self.try_compile().unwrap_or_else(|error| panic!("\n{error}\n"))
    }

    /// As [`Build::compile`], for use outside build scripts.
    ///
    /// # Errors
    /// Where the module cannot be compiled.
    pub fn try_compile(self) -> Result<PathBuf, Error> {
        let target = self.target.or_else(|| env::var("TARGET").ok());
        let request = Request {
            grants: self.grants,
            arguments: self.arguments,
            embeds: self.embeds,
            embed_time: embed::source_date_epoch()?,
            strip: self.strip,
            ..Request::default()
        };
        let options = request.settle(Target::find(target.as_deref(), None)?, false)?;
        let folder = self.output_folder.or_else(|| env::var_os("OUT_DIR").map(PathBuf::from));
        let output = folder
            .unwrap_or_default()
            .join(self.module.file_stem().unwrap_or_else(|| Path::new("program").as_os_str()));
        let name = self.module.display().to_string();
        let sources = Sources { name, module: files::read(&self.module)?, natives: Vec::new() };
        let image = compile(sources, &options, &mut Phases::new(false))?;
        files::write(&output, &image, true)?;
        Ok(output)
    }
}
