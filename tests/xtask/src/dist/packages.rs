//! Whether every crate packages with all that it includes: wasmc is built from the packages alone.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;

use super::metadata::Metadata;
use crate::workspaces::cargo;
use crate::{manifest, process};

/// Packages all crates and builds the command from them, in `folder`.
pub fn check(folder: &Path) -> Result<()> {
    let metadata = Metadata::read(&[])?;
    process::step(cargo().args(["package", "--quiet", "--workspace", "--allow-dirty", "--no-verify"]))?;

    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let mut workspace = String::from("[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n");
    for package in metadata.members() {
        let name = format!("{}-{}", package.name, package.version);
        let path = metadata.target_directory.join("package").join(format!("{name}.crate"));
        let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        tar::Archive::new(GzDecoder::new(file)).unpack(folder)?;
        workspace += &format!("{} = {{ path = \"{name}\" }}\n", package.name);
    }
    // The profile is that of the repository, so that what the packages depend on is not built again.
    let root = fs::read_to_string(manifest::root().join("Cargo.toml"))?;
    let start = root.find("\n[profile.").context("the workspace has a profile")?;
    workspace += &root[start..];
    fs::write(folder.join("Cargo.toml"), workspace)?;
    fs::copy(manifest::root().join("Cargo.lock"), folder.join("Cargo.lock"))?;

    let arguments = ["build", "--quiet", "--release", "--bin", "wasmc", "--target-dir"];
    process::step(cargo().current_dir(folder).args(arguments).arg(&metadata.target_directory))
}
