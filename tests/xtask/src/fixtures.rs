//! `cargo xtask fixtures`: rebuilds the committed modules from their sources.

use std::fs;

use anyhow::{Result, ensure};

use crate::manifest::{self, Language};
use crate::toolchain;

/// The options of `cargo xtask fixtures`.
#[derive(clap::Args)]
pub struct Options {
    /// Only programs whose name contains this.
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,

    /// Change nothing; fail if a module differs from what its source gives.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let programs = manifest::programs(options.filter.as_deref())?;
    let languages = programs.iter().map(manifest::Program::language).collect::<Result<Vec<_>>>()?;
    toolchain::check(&languages)?;

    let mut differing = 0;
    for (program, language) in programs.iter().zip(languages) {
        if language == Language::Text {
            continue;
        }
        let path = manifest::programs_folder().join(&program.wasm);
        let built = toolchain::build_wasm(program)?;
        let committed = fs::read(&path).ok();
        let verdict = match &committed {
            Some(bytes) if *bytes == built => "same".to_owned(),
            Some(bytes) => format!("differs, had {} bytes", bytes.len()),
            None => "new".to_owned(),
        };
        println!("{:<16}{:>8} bytes  {verdict}", program.name, built.len());
        if committed.as_deref() != Some(&*built) {
            differing += 1;
            if !options.check {
                fs::write(path, built)?;
            }
        }
    }
    ensure!(!options.check || differing == 0, "{differing} modules differ from what their sources give");
    Ok(())
}
