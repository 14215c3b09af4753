//! `cargo xtask wit`: makes the tables of WASI 0.2's functions and types, `compiler/abi/src/preview2/generated`, from
//! the WIT texts that the crate [`CRATE`] carries.

mod rows;
mod types;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wit_parser::{Interface, Resolve};

use crate::manifest;
use crate::process;

/// The published crate that has the texts in its folder `wit`, and its version.
const CRATE: (&str, &str) = ("wasip2", "2.0.1+wasi-0.2.12");

/// The packages of WASI, in the order of their rows.
const PACKAGES: [&str; 6] = ["io", "cli", "clocks", "random", "filesystem", "sockets"];

/// What programs export, and do not import.
const EXPORTED: &str = "wasi:cli/run";

/// The options of `cargo xtask wit`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Change nothing; fail if a file is not what the texts say.
    #[arg(long)]
    check: bool,
    /// The folder with the texts; by default, that of the published crate.
    #[arg(long, value_name = "FOLDER")]
    texts: Option<PathBuf>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let texts = match &options.texts {
        Some(folder) => folder.clone(),
        None => published_texts(temporary.path())?,
    };
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    resolve.push_dir(&texts).with_context(|| format!("reading {}", texts.display()))?;
    let interfaces = interfaces(&resolve);
    ensure!(!interfaces.is_empty(), "{} has no packages of WASI", texts.display());

    let made = temporary.path().join("made");
    fs::create_dir(&made)?;
    fs::write(made.join("mod.rs"), rows::index(&resolve, &interfaces, &PACKAGES))?;
    fs::write(made.join("types.rs"), types::all(&resolve, &interfaces))?;
    for package in PACKAGES {
        let of_package = interfaces.iter().filter(|(name, _)| package_of(name) == package);
        fs::write(made.join(format!("{package}.rs")), rows::of_package(&resolve, package, of_package)?)?;
    }
    put(&made, &manifest::root().join("compiler/abi/src/preview2/generated"), options.check)
}

/// Formats the files and puts them where they belong.
fn put(made: &Path, target: &Path, check: bool) -> Result<()> {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path"]).arg(manifest::root()).arg(made.join("mod.rs"));
    process::tool(rustfmt)?;
    fs::create_dir_all(target)?;
    for entry in fs::read_dir(made)? {
        let entry = entry?;
        let (text, to) = (fs::read(entry.path())?, target.join(entry.file_name()));
        let same = fs::read(&to).is_ok_and(|present| present == text);
        ensure!(same || !check, "{} is not what the texts say: cargo xtask wit", to.display());
        if !same {
            fs::write(&to, text)?;
            println!("wrote {}", to.display());
        }
    }
    Ok(())
}

/// The folder of the crate's texts, which cargo fetches where it does not have it.
fn published_texts(scratch: &Path) -> Result<PathBuf> {
    let (name, version) = CRATE;
    let manifest = scratch.join("Cargo.toml");
    let text = format!(
        "[package]\nname = \"texts\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n\
         [dependencies]\n{name} = {{ version = \"={version}\", default-features = false }}\n[workspace]\n"
    );
    fs::write(&manifest, text)?;
    fs::write(scratch.join("lib.rs"), "")?;
    let mut cargo = crate::workspaces::cargo();
    cargo.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    let metadata: serde_json::Value = serde_json::from_slice(&process::tool(cargo)?.stdout)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.find(|package| package["name"] == name).context("cargo did not fetch the crate")?;
    let manifest = package["manifest_path"].as_str().context("no manifest")?;
    Ok(Path::new(manifest).with_file_name("wit"))
}

/// An interface, after its name without version.
type Named<'a> = (String, &'a Interface);

/// The interfaces that programs import, in the order of [`PACKAGES`], each as its package has them.
fn interfaces(resolve: &Resolve) -> Vec<Named<'_>> {
    let mut interfaces = Vec::new();
    for package in PACKAGES {
        let of_package = resolve.packages.iter().map(|(_, package)| package);
        let of_package = of_package.filter(|found| found.name.namespace == "wasi" && found.name.name == package);
        for (name, &id) in of_package.flat_map(|package| &package.interfaces) {
            interfaces.push((format!("wasi:{package}/{name}"), &resolve.interfaces[id]));
        }
    }
    interfaces.retain(|(name, _)| name != EXPORTED);
    interfaces
}

/// The package of an interface: `io` of `wasi:io/streams`.
fn package_of(interface: &str) -> &str {
    interface.trim_start_matches("wasi:").split('/').next().unwrap_or_default()
}

/// The name of an interface as an identifier: `io_streams` of `wasi:io/streams`.
fn identifier(name: &str) -> String {
    name.trim_start_matches("wasi:").replace(|character: char| !character.is_ascii_alphanumeric(), "_")
}

/// The first lines of a file: what it has.
fn head(what: &str) -> String {
    format!("//! {what}\n//!\n//! Made by `cargo xtask wit`: do not change it by hand.\n\n")
}
