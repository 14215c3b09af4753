//! `cargo xtask applications`: fetches the sources of programs of others and builds each as a module, in
//! `target/applications`. `fixtures/applications/applications.toml` lists them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::manifest::{self, Application};
use crate::toolchain::{self, Crates, Source};

/// The options of `cargo xtask applications`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only applications whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let table = manifest::applications()?;
    let is_wanted = |name: &str| options.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let wanted: Vec<&Application> = table.application.iter().filter(|it| is_wanted(&it.name)).collect();
    toolchain::check(&wanted.iter().map(|application| application.language).collect::<Vec<_>>())?;
    let crates = Crates::fetch()?;
    let mut failed = Vec::new();
    for application in wanted {
        let source = Source::of_application(application, &crates)?;
        match build(&source) {
            Ok(size) => println!("{:<16}{size:>10} bytes  {}", source.name, module(&source.name).display()),
            Err(error) => failed.push(format!("{}: {error:#}", source.name)),
        }
    }
    anyhow::ensure!(failed.is_empty(), "not built:\n{}", failed.join("\n"));
    Ok(())
}

fn build(source: &Source) -> Result<usize> {
    let wasm = toolchain::build_wasm(source)?;
    let path = module(&source.name);
    fs::create_dir_all(path.parent().context("a module lies in a folder")?)?;
    fs::write(path, &wasm)?;
    Ok(wasm.len())
}

/// Where the module of an application is, once it is built.
pub fn module(name: &str) -> PathBuf {
    manifest::root().join("target/applications").join(name).with_extension("wasm")
}
