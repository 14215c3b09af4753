//! The folder that records a difference.

use super::variation::Variation;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A difference, and the module that makes it.
pub struct Reproduction<'a> {
    /// Name of the folder.
    pub name: String,
    /// What differs.
    pub what: &'a str,
    /// Options it was compiled under.
    pub variation: &'a Variation,
    /// The module as it was generated.
    pub original: &'a [u8],
    /// A smaller one.
    pub smallest: &'a [u8],
}

impl Reproduction<'_> {
    /// Writes the folder inside another; returns its path.
    ///
    /// # Errors
    /// Where files cannot be written.
    pub fn write(&self, beneath: &Path) -> io::Result<PathBuf> {
        let folder = beneath.join(&self.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("original.wasm"), self.original)?;
        fs::write(folder.join("module.wasm"), self.smallest)?;
        if let Ok(text) = wasmprinter::print_bytes(self.smallest) {
            fs::write(folder.join("module.wat"), text)?;
        }
        let path = folder.join("module.wasm");
        let again = format!("cargo xtask fuzz {}", path.display());
        fs::write(folder.join("README"), format!("{}\n\noptions: {}\nagain: {again}\n", self.what, self.variation))?;
        Ok(folder)
    }
}
