//! The programs that are measured: fixtures, applications with drivers of ours, and modules of others.

use std::path::PathBuf;

use anyhow::Result;

use crate::applications::module;
use crate::manifest::{self, Run};
use crate::toolchain::{Crates, Source};

/// A program with its inputs.
pub struct Measured {
    pub name: String,
    pub wasm: PathBuf,
    /// Where it is at hand.
    pub source: Option<Source>,
    /// Where the paths of runs start from.
    pub folder: PathBuf,
    /// A run that takes long enough to be timed.
    pub bench: Option<Run>,
    /// A lighter one, whose instructions are counted.
    pub count: Option<Run>,
}

/// All whose name is, or contains, `filter`, and of those that must be built or downloaded first the ones that are.
pub fn all(filter: Option<&str>) -> Result<Vec<Measured>> {
    let mut measured = fixtures(filter)?;
    measured.extend(of_others(filter)?);
    Ok(measured)
}

fn fixtures(filter: Option<&str>) -> Result<Vec<Measured>> {
    let folder = manifest::programs_folder();
    let measured = manifest::programs(filter)?.into_iter().map(|program| {
        Ok(Measured {
            wasm: folder.join(&program.wasm),
            source: Some(Source::of_program(&program)?),
            folder: folder.clone(),
            name: program.name,
            bench: program.bench,
            count: program.count,
        })
    });
    measured.collect()
}

/// Those that are mostly other people's code.
pub fn of_others(filter: Option<&str>) -> Result<Vec<Measured>> {
    let mut measured = applications(filter)?;
    for program in manifest::downloaded(filter)? {
        if !program.module().is_file() {
            println!("{} is not downloaded: cargo xtask programs", program.name);
            continue;
        }
        measured.push(Measured {
            wasm: program.module(),
            name: program.name,
            source: None,
            folder: manifest::downloaded_folder(),
            bench: program.bench,
            count: None,
        });
    }
    Ok(measured)
}

fn applications(filter: Option<&str>) -> Result<Vec<Measured>> {
    let mut table = manifest::applications()?.application;
    table.retain(|application| filter.is_none_or(|filter| application.name.contains(filter)));
    let (built, missing): (Vec<_>, Vec<_>) =
        table.into_iter().partition(|application| module(&application.name).is_file());
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|application| &*application.name).collect();
        println!("{} are not built: cargo xtask applications", names.join(", "));
    }
    if built.is_empty() {
        return Ok(Vec::new());
    }
    let crates = Crates::fetch()?;
    let run = |times: u32| Run { args: vec![times.to_string()], ..Run::default() };
    let measured = built.iter().map(|application| {
        Ok(Measured {
            name: application.name.clone(),
            wasm: module(&application.name),
            source: Some(Source::of_application(application, &crates)?),
            folder: manifest::applications_folder(),
            bench: Some(run(application.bench)),
            count: application.count.map(run),
        })
    });
    measured.collect()
}
