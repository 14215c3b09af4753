//! The licences of everything in a release: ours, those of all packages linked with the command and the runtime, and
//! those of Rust's own library. A package without the text of its licence is an error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::metadata::{Metadata, Package};
use super::{File, PACKAGE, rustc};
use crate::manifest;

/// How the names of files that state a licence begin.
const NAMES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// Where a toolchain has the licences of what its library consists of.
const LIBRARY: &str = "share/doc/rust/COPYRIGHT-library.html";

/// The files that a release must carry.
pub fn collect() -> Result<Vec<File>> {
    let host = rustc(&["--print", "host-tuple"])?;
    let command = Metadata::read(&["--filter-platform", &host])?;
    let runtime = Metadata::read(&["--features", "wasmc-runtime/runtime"])?;
    let mut packages = command.linked(PACKAGE)?;
    packages.extend(runtime.linked("wasmc-runtime")?);
    packages.retain(|package| package.source.is_some());

    let library = Path::new(&rustc(&["--print", "sysroot"])?).join(LIBRARY);
    let ours = |name: &str| -> Result<File> { Ok(File::new(name, fs::read(manifest::root().join(name))?)) };
    Ok(vec![
        ours("LICENSE-APACHE")?,
        ours("LICENSE-MIT")?,
        File::new("THIRD-PARTY-LICENSES", third_party(&packages)?),
        File::new(
            "RUST-LIBRARY-LICENSES.html",
            fs::read(&library).with_context(|| format!("reading {}", library.display()))?,
        ),
    ])
}

/// Every licence text once, below the packages it is that of.
fn third_party(packages: &[&Package]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let mut found = texts_of(package)?;
        if found.is_empty() {
            for sibling in packages.iter().filter(|other| is_sibling(package, other)) {
                found.extend(texts_of(sibling)?);
            }
        }
        if found.is_empty() {
            found.extend(declared_text(package)?);
        }
        let license = package.license.as_deref().unwrap_or("its own licence");
        let line = format!("{} {} ({license})", package.name, package.version);
        ensure!(!found.is_empty(), "{line} has no licence text, nor has another package of its repository");
        for text in found {
            let packages = texts.entry(text).or_default();
            if !packages.contains(&line) {
                packages.push(line.clone());
            }
        }
    }
    let mut blocks: Vec<_> = texts.into_iter().map(|(text, packages)| (packages, text)).collect();
    blocks.sort();
    let mut whole =
        String::from("wasmc and the programs it makes contain the following packages, under these licences.\n");
    for (packages, text) in blocks {
        let line = "=".repeat(80);
        write!(whole, "\n{line}\n{}\n{line}\n\n{text}\n", packages.join("\n"))?;
    }
    Ok(whole)
}

/// Whether two packages come from one repository, so that they are under one licence, whose text not all of them
/// repeat. Some do not say where they come from: those have the version, the licence and the first part of the name of
/// another.
fn is_sibling(package: &Package, other: &Package) -> bool {
    if package.repository.is_some() {
        return other.repository == package.repository;
    }
    let family = |package: &Package| package.name.split('-').next().map(str::to_owned);
    family(package) == family(other) && package.version == other.version && package.license == other.license
}

/// The text of the licence that a package declares without repeating it, where it is one of ours.
fn declared_text(package: &Package) -> Result<Option<String>> {
    let declared = |id: &str| {
        package.license.as_deref().is_some_and(|license| license.split([' ', '/', '(', ')']).any(|word| word == id))
    };
    let file = match () {
        () if declared("MIT") => "LICENSE-MIT",
        () if declared("Apache-2.0") => "LICENSE-APACHE",
        () => return Ok(None),
    };
    let text = fs::read_to_string(manifest::root().join(file))?;
    let from = package.repository.as_deref().unwrap_or("a registry");
    let lines = text.lines().filter(|line| !line.starts_with("Copyright"));
    let text = lines.collect::<Vec<_>>().join("\n");
    Ok(Some(format!("Copyright (c) the authors of {} ({from})\n\n{}", package.name, text.trim())))
}

/// The licence texts in a package's folder.
fn texts_of(package: &Package) -> Result<Vec<String>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            texts.push(fs::read_to_string(&path)?.replace("\r\n", "\n").trim().to_owned());
        }
    }
    Ok(texts)
}
