//! `cargo xtask applications`: fetches the sources of programs of others and builds each as a module, in
//! `target/applications`. `fixtures/applications/applications.toml` lists them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::manifest::{self, Application, GoModule};
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
    for GoModule { name, package } in table.module.iter().filter(|it| is_wanted(&it.name)) {
        match build_module(name, package) {
            Ok(size) => println!("{name:<16}{size:>10} bytes  {}", module(name).display()),
            Err(error) => failed.push(format!("{name}: {error:#}")),
        }
    }
    ensure!(failed.is_empty(), "not built:\n{}", failed.join("\n"));
    Ok(())
}

fn build(source: &Source) -> Result<usize> {
    let wasm = toolchain::build_wasm(source)?;
    let path = module(&source.name);
    fs::create_dir_all(path.parent().context("a module lies in a folder")?)?;
    fs::write(path, &wasm)?;
    Ok(wasm.len())
}

fn build_module(name: &str, package: &str) -> Result<u64> {
    let path = module(name);
    fs::create_dir_all(path.parent().context("a module lies in a folder")?)?;
    toolchain::build_go_package(package, &path)?;
    Ok(fs::metadata(path)?.len())
}

/// Where the module of an application is, once it is built.
pub fn module(name: &str) -> PathBuf {
    manifest::root().join("target/applications").join(name).with_extension("wasm")
}

#[cfg(test)]
mod tests {
    use crate::manifest::{self, Language};
    use std::collections::BTreeSet;
    use std::fs;

    /// Every driver is there, no two programs share a name, and every package has its licence stated and its checksum.
    #[test]
    fn the_table_is_complete() {
        let table = manifest::applications().unwrap();
        let lock = fs::read_to_string(manifest::applications_folder().join("Cargo.lock")).unwrap();
        let mut names: BTreeSet<String> =
            manifest::programs(None).unwrap().into_iter().map(|program| program.name).collect();
        let sources: BTreeSet<&str> = table.source.iter().map(|source| &*source.package).collect();
        let mut used = BTreeSet::new();
        for application in &table.application {
            let name = &application.name;
            let driver = match application.language {
                Language::C => format!("c/{name}.c"),
                Language::Rust => format!("rust/{name}.rs"),
                Language::Go => format!("go/{name}.go"),
                other => panic!("{name} is in {other:?}"),
            };
            assert!(manifest::applications_folder().join(&driver).is_file(), "{driver} is missing");
            assert!(names.insert(name.clone()), "two programs are called {name}");
            let paths = application.files.iter().chain(&application.include);
            used.extend(paths.filter_map(|path| Some(path.split_once('/')?.0)));
        }
        assert_eq!(used, sources);
        for source in &table.source {
            assert!(!source.licence.is_empty(), "{} has no licence", source.package);
            assert!(lock.contains(&format!("name = \"{}\"", source.package)), "{} is not locked", source.package);
        }
    }
}
