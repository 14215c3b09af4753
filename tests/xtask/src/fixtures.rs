//! `cargo xtask fixtures`: rebuilds the committed modules from their sources.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::manifest::{self, Language};
use crate::toolchain::{self, Source};

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

/// Where the examples of libraries are.
const EXAMPLES: &str = "compiler/build/examples";

/// Their guests in C, each beside its module.
const GUESTS: [&str; 5] =
    ["c_host/primes", "http_filter/rules", "image_filter/filter", "plugins/count", "plugins/shout"];

/// Their guest in Rust: its module, its package, and what that is called.
const GUEST_PACKAGE: (&str, &str, &str) = ("decoder/inflate", "decoder/guest", "inflate");

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let programs = manifest::programs(options.filter.as_deref())?;
    let languages = programs.iter().map(manifest::Program::language).collect::<Result<Vec<_>>>()?;
    let is_wanted = |name: &str| options.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let guests: Vec<&str> = GUESTS.into_iter().filter(|name| is_wanted(name)).collect();
    let package = Some(GUEST_PACKAGE).filter(|(name, ..)| is_wanted(name));
    let others = guests.first().map(|_| Language::C).into_iter().chain(package.map(|_| Language::Rust));
    toolchain::check(&languages.iter().copied().chain(others).collect::<Vec<_>>())?;

    let mut modules = Modules { check: options.check, differing: 0 };
    for (program, _) in programs.iter().zip(languages).filter(|(_, language)| *language != Language::Text) {
        let path = manifest::programs_folder().join(&program.wasm);
        modules.compare(&program.name, &path, &toolchain::build_wasm(&Source::of_program(program)?)?)?;
    }
    let examples = manifest::root().join(EXAMPLES);
    for name in guests {
        let path = examples.join(name);
        modules.compare(name, &path.with_extension("wasm"), &toolchain::build_guest(&path.with_extension("c"))?)?;
    }
    if let Some((name, folder, package)) = package {
        let built = toolchain::build_guest_package(&examples.join(folder), package)?;
        modules.compare(name, &examples.join(name).with_extension("wasm"), &built)?;
    }
    let Modules { check, differing } = modules;
    ensure!(!check || differing == 0, "{differing} modules differ from what their sources give");
    Ok(())
}

/// What has become of the modules.
struct Modules {
    check: bool,
    differing: usize,
}

impl Modules {
    /// Says whether a module that was just built is the committed one, and makes it that.
    fn compare(&mut self, name: &str, path: &Path, built: &[u8]) -> Result<()> {
        let committed = fs::read(path).ok();
        let verdict = match &committed {
            Some(bytes) if bytes == built => "same".to_owned(),
            Some(bytes) => format!("differs, had {} bytes", bytes.len()),
            None => "new".to_owned(),
        };
        println!("{name:<24}{:>8} bytes  {verdict}", built.len());
        if committed.as_deref() != Some(built) {
            self.differing += 1;
            if !self.check {
                fs::write(path, built)?;
            }
        }
        Ok(())
    }
}
