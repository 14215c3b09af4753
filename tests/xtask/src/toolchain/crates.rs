//! Where cargo has the sources of the packages that applications are made of.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::manifest;
use crate::process;
use crate::workspaces::cargo_in;

/// The folders of packages, by their names.
pub struct Crates(BTreeMap<String, PathBuf>);

/// The part of what `cargo metadata` prints that is read here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

impl Crates {
    /// Has cargo fetch what is not there yet. It compares each package with its checksum in `Cargo.lock`.
    pub fn fetch() -> Result<Self> {
        let mut cargo = cargo_in("fixtures/applications");
        cargo.args(["metadata", "--format-version=1", "--locked", "--all-features", "--quiet"]);
        let Metadata { packages } = serde_json::from_slice(&process::tool(cargo)?.stdout)?;
        let folder = |package: Package| Some((package.name, package.manifest_path.parent()?.to_owned()));
        let crates = Crates(packages.into_iter().filter_map(folder).collect());
        for source in manifest::applications()?.source {
            ensure!(crates.0.contains_key(&source.package), "Cargo.toml does not name {}", source.package);
        }
        Ok(crates)
    }

    /// The place of `package/path`.
    pub fn path(&self, path: &str) -> Result<PathBuf> {
        let (package, rest) = path.split_once('/').unwrap_or((path, ""));
        let folder = self.0.get(package).with_context(|| format!("{package} is no package of Cargo.toml"))?;
        Ok(folder.join(rest))
    }

    /// The files of a pattern: a path, or one that names several by `{a,b}` or all C files of a folder by `*.c`.
    pub fn files(&self, pattern: &str) -> Result<Vec<PathBuf>> {
        if let Some(folder) = pattern.strip_suffix("/*.c") {
            let folder = self.path(folder)?;
            let entries = fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
            let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
            files.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
            files.sort();
            return Ok(files);
        }
        alternatives(pattern)?.iter().map(|path| self.path(path)).collect()
    }
}

/// What a pattern with at most one `{a,b}` stands for.
fn alternatives(pattern: &str) -> Result<Vec<String>> {
    let Some((start, rest)) = pattern.split_once('{') else { return Ok(vec![pattern.to_owned()]) };
    let Some((names, end)) = rest.split_once('}') else { bail!("{pattern}: the brace is not closed") };
    Ok(names.split(',').map(|name| format!("{start}{name}{end}")).collect())
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    #[test]
    fn braces_name_several_files() {
        assert_eq!(alternatives("a/b.c").unwrap(), ["a/b.c"]);
        assert_eq!(alternatives("a/{b,cd}.c").unwrap(), ["a/b.c", "a/cd.c"]);
        assert!(alternatives("a/{b").is_err());
    }
}
