//! Where a module comes from.

use crate::error::Error;
use crate::package;
use std::path::{Path, PathBuf};

/// Targets of packages that make modules, the best first.
pub const MODULES: &[&str] = &["wasm32-wasip1", "wasm32-unknown-unknown"];

/// Those of packages that make components.
pub const COMPONENTS: &[&str] = &["wasm32-wasip2"];

/// Where a module comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// It is there.
    File(PathBuf),
    /// The package in this folder makes it, for the first of these targets that the toolchain has.
    Package(PathBuf, &'static [&'static str]),
}

impl Source {
    /// Tells cargo to run the build script again when it changes.
    pub fn watch(&self) {
        match self {
            Self::File(file) => println!("cargo::rerun-if-changed={}", file.display()),
            Self::Package(folder, _) => package::watch(folder),
        }
    }

    /// The module. What is written meanwhile goes to a folder in `output`.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn module(&self, output: &Path) -> Result<PathBuf, Error> {
        match self {
            Self::File(file) => Ok(file.clone()),
            Self::Package(folder, targets) => package::module(folder, targets, output),
        }
    }
}
