//! Where tests lie, and how cargo is told to build and run only some of them.
//!
//! Never by `--package`: that would change the features of dependencies, and compile them once more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::manifest;

/// Tests that cargo builds and runs together.
#[derive(Debug)]
pub struct Target {
    /// The options of cargo that select them.
    pub selection: Vec<String>,
    /// Whether they start the command `wasmc`.
    pub starts_wasmc: bool,
    /// Files and folders with their sources.
    sources: Vec<PathBuf>,
}

/// The tests of each crate: beside its sources, and those of its folder `tests`.
pub fn unit() -> Result<Target> {
    let crates = entries(&manifest::root().join("compiler"))?;
    let mut selection = vec!["--lib".to_owned(), "--bin=xtask".to_owned()];
    for folder in crates.iter().map(|folder| folder.join("tests")).filter(|folder| folder.is_dir()) {
        let files = entries(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
        selection.extend(files.filter_map(|path| Some(format!("--test={}", path.file_stem()?.to_str()?))));
    }
    let sources = ["compiler", "tests/xtask"].map(|folder| manifest::root().join(folder)).to_vec();
    Ok(Target { selection, starts_wasmc: false, sources })
}

/// The rules of the house, which depend on nothing.
pub fn house() -> Target {
    let sources = vec![manifest::root().join("tests/house")];
    Target { selection: vec!["--test=house".to_owned()], starts_wasmc: false, sources }
}

/// The part of `tests/Cargo.toml` that says what tests there are.
#[derive(Deserialize)]
struct Manifest {
    test: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    name: String,
    path: PathBuf,
}

/// Tests of the whole, through the command: those of `tests/Cargo.toml`, in its order.
pub fn pipeline() -> Result<Vec<Target>> {
    let folder = manifest::root().join("tests");
    let text = fs::read_to_string(folder.join("Cargo.toml")).context("reading tests/Cargo.toml")?;
    let manifest: Manifest = toml::from_str(&text).context("reading tests/Cargo.toml")?;
    let target = |test: Test| {
        let file = folder.join(&test.path);
        // `main.rs` has the files beside it as modules.
        let sources = if test.path.ends_with("main.rs") { file.parent().unwrap_or(&folder).to_owned() } else { file };
        Target { selection: vec![format!("--test={}", test.name)], starts_wasmc: true, sources: vec![sources] }
    };
    Ok(manifest.test.into_iter().map(target).collect())
}

/// Targets that can have a test with `name` in its name, as far as their sources tell without building them: no target
/// that has one is left out.
pub fn that_may_have(name: &str) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for target in [house(), unit()?].into_iter().chain(pipeline()?) {
        let mut names = BTreeSet::new();
        target.sources.iter().try_for_each(|path| collect(path, path, &mut names))?;
        if may_be_in(name, &names) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Adds what tests below `path` can have in their names: modules and functions of files with tests, and what those
/// files are called.
fn collect(root: &Path, path: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    if path.is_dir() {
        return entries(path)?.iter().try_for_each(|entry| collect(root, entry, names));
    }
    if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        if text.contains("#[test]") {
            let modules = path.strip_prefix(root).unwrap_or(path).with_extension("");
            names.extend(modules.iter().map(|name| name.to_string_lossy().into_owned()));
            names.extend(definitions(&text));
        }
    }
    Ok(())
}

/// Names of the modules and functions that a source defines.
fn definitions(source: &str) -> impl Iterator<Item = String> {
    let words = || source.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words().zip(words().skip(1)).filter(|(word, _)| matches!(*word, "fn" | "mod")).map(|(_, name)| name.to_owned())
}

/// Whether a path made of `names` can contain `part`.
fn may_be_in(part: &str, names: &BTreeSet<String>) -> bool {
    part.split("::").filter(|part| !part.is_empty()).all(|part| names.iter().any(|name| name.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Vec<String> {
        that_may_have(name).unwrap().into_iter().flat_map(|target| target.selection).collect()
    }

    #[test]
    fn a_name_selects_the_targets_that_have_it() {
        assert_eq!(found("a_name_selects_the_targets_that_have_it"), unit().unwrap().selection);
        assert_eq!(found("lengths_are_kept"), ["--test=house"]);
        assert_eq!(found("official_suite_on_aarch64"), ["--test=suite"]);
        assert_eq!(found("cli::completions_name"), ["--test=integration"]);
        assert_eq!(found("targets::tests::a_name"), unit().unwrap().selection);
        // Put together, so that it is not found here.
        assert_eq!(found(&["no", "test", "is", "called", "so"].concat()), [""; 0]);
    }

    #[test]
    fn functions_and_modules_name_tests() {
        let source = "mod inner { #[test]\nfn outcome() -> Result<()> { call(other) } }";
        assert_eq!(definitions(source).collect::<Vec<_>>(), ["inner", "outcome"]);
        let names = definitions(source).collect();
        assert!(may_be_in("come", &names) && may_be_in("inner::out", &names) && may_be_in("inner::", &names));
        assert!(!may_be_in("other", &names) && !may_be_in("inner::other", &names));
    }
}
