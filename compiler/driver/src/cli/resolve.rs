//! Options as they are meant: typed ones, with what the target and the machine say where they are silent.

use super::args::{BoundsChoice, CommonArgs, ConfineChoice, OptLevel};
use crate::confine::Confine;
use crate::grants::Grant;
use crate::options::{Emit, Options};
use crate::target::Target;
use crate::{Error, embed, files};
use std::path::Path;
use wasmc_abi::confinement::Mode;
use wasmc_codegen::Bounds;
use wasmc_frontend::Features;
use wasmc_frontend::features::FEATURES;
use wasmc_link::Input;

/// Resolves options.
///
/// # Errors
/// Where one names what does not exist.
pub fn options(args: &CommonArgs, emit: Emit, strip: bool, linker: Option<&Path>) -> Result<Options, Error> {
    let target = Target::find(args.target.as_deref(), args.cpu.as_deref())?;
    let default = Options::for_target(target);
    let codegen = wasmc_codegen::Options {
        opt_level: opt_level(args.opt_level),
        bounds: args.bounds.map_or(default.codegen.bounds, bounds),
        spectre: args.spectre.unwrap_or(false),
        cfi: args.cfi,
        max_memory: args.max_memory.map(|size| size.0),
        stack_size: args.stack_size.map_or(default.codegen.stack_size, |size| size.0),
        ..default.codegen
    };
    Ok(Options {
        emit,
        codegen,
        features: features(args)?,
        grants: grants(args),
        confine: Confine { mode: args.confine.map(confine_mode), allowed: args.allowed_calls.clone() },
        embeds: args.embeds.clone(),
        embed_time: embed::source_date_epoch()?,
        arguments: args.arguments.clone(),
        seed: args.seed,
        strip,
        linker: linker.map(Path::to_path_buf),
        jobs: args.jobs.unwrap_or(default.jobs),
        ..default
    })
}

fn opt_level(level: OptLevel) -> wasmc_codegen::OptLevel {
    match level {
        OptLevel::O0 => wasmc_codegen::OptLevel::None,
        OptLevel::O1 | OptLevel::O2 | OptLevel::O3 => wasmc_codegen::OptLevel::Speed,
        OptLevel::Os => wasmc_codegen::OptLevel::SpeedAndSize,
    }
}

fn bounds(choice: BoundsChoice) -> Bounds {
    match choice {
        BoundsChoice::Guard => Bounds::Guard,
        BoundsChoice::Explicit => Bounds::Explicit,
    }
}

fn confine_mode(choice: ConfineChoice) -> Mode {
    match choice {
        ConfineChoice::Default => Mode::Default,
        ConfineChoice::Strict => Mode::Strict,
        ConfineChoice::Off => Mode::Off,
    }
}

fn features(args: &CommonArgs) -> Result<Features, Error> {
    let mut features = Features::default();
    for switch in &args.features {
        if !features.set(&switch.name, switch.on) {
            return Err(Error::new(format!("unknown feature `{}`", switch.name)).help("`wasmc -W help` lists them"));
        }
    }
    Ok(features)
}

fn grants(args: &CommonArgs) -> Vec<Grant> {
    let streams = [args.no_stdin, args.no_stdout, args.no_stderr].into_iter().zip(0..);
    let off = streams.filter(|(is_off, _)| *is_off).map(|(_, number)| Grant::NoStream(number));
    let limits = args.max_open_files.map(Grant::MaxOpenFiles).into_iter();
    let limits = limits.chain(args.timeout.map(|duration| Grant::Timeout(duration.0)));
    let named = args.directories.iter().chain(&args.files).chain(&args.variables).cloned();
    named
        .chain(args.inherit_env.then_some(Grant::InheritedEnvironment))
        .chain(off)
        .chain(args.addresses.iter().copied().map(Grant::Listen))
        .chain(limits)
        .collect()
}

/// What `-W help` says.
pub fn feature_list() -> String {
    let width = FEATURES.iter().map(|feature| feature.name.len()).max().unwrap_or(0);
    let line = |name: &str, state: &str, summary: &str| format!("{name:<width$}  {state:<3}  {summary}\n");
    FEATURES.iter().map(|each| line(each.name, if each.default { "on" } else { "off" }, each.summary)).collect()
}

/// Reads a native object or archive.
///
/// # Errors
/// Where it cannot be read.
pub fn native(path: &Path) -> Result<Input, Error> {
    Ok(Input { name: path.display().to_string(), bytes: files::read(path)?.into() })
}
