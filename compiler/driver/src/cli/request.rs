//! The request that typed options make.

use super::args::CommonArgs;
use super::values::{BoundsChoice, ConfineChoice, LeftOut, OptLevel, UnknownImports};
use crate::embed;
use crate::error::Error;
use crate::grants::{Grant, ProgramLimits};
use crate::limits::Limits;
use crate::options::{Preinit, Request};
use crate::profile;
use std::path::Path;
use std::time::Duration;
use wasmc_abi::confinement::Mode;
use wasmc_codegen::Bounds;
use wasmc_codegen::passes::Passes;
use wasmc_frontend::Features;
use wasmc_frontend::program::Missing;

/// What the options common to all that compiles ask for, of the module in a file.
///
/// # Errors
/// Where one names a feature that does not exist, or the environment dates embedded files wrongly.
pub fn of(args: &CommonArgs, module: &Path) -> Result<Request, Error> {
    Ok(Request {
        opt_level: opt_level(args.opt_level),
        passes: Passes::without(args.passes_left_out.iter().map(|&LeftOut(pass)| pass)),
        bounds: args.bounds.map(bounds),
        spectre: args.spectre.unwrap_or(false),
        deterministic: args.deterministic,
        fuel: args.fuel,
        epoch: args.epoch,
        cfi: args.cfi,
        program_limits: ProgramLimits {
            max_memory: args.max_memory.map(|size| size.0),
            max_table_elements: args.max_table_elements,
            max_gc_heap: args.max_gc_heap.map(|size| size.0),
            max_threads: args.max_threads,
            sealed: args.sealed,
        },
        stack_size: args.stack_size.map(|size| size.0),
        features: features(args)?,
        missing: missing(args.unknown_imports),
        trusts_natives: args.trust_native,
        grants: grants(args),
        confine: args.confine.map(confine_mode),
        allowed_calls: args.allowed_calls.clone(),
        embeds: args.embeds.clone(),
        embed_time: embed::source_date_epoch()?,
        arguments: args.arguments.clone(),
        seed: args.seed,
        limits: Limits {
            compile_memory: args.max_compile_memory.map(|size| size.0),
            image: args.max_image.map(|size| size.0),
        },
        jobs: args.jobs,
        cache: args.cache.clone(),
        profile_to: args.profile_generate.clone().map(|path| path.unwrap_or_else(|| profile::default_path(module))),
        profiles: args.profiles.clone(),
        ..Request::default()
    })
}

/// What the module is to do when it is compiled.
pub fn preinit(args: &CommonArgs) -> Option<Preinit> {
    let timeout = args.preinit_timeout.map_or(60_000, |duration| duration.0);
    Some(Preinit { export: args.preinit.clone()?, timeout: Duration::from_millis(timeout) })
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

fn missing(choice: UnknownImports) -> Option<Missing> {
    match choice {
        UnknownImports::Error => None,
        UnknownImports::Trap => Some(Missing::Trap),
        UnknownImports::Default => Some(Missing::Default),
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
        .chain(args.network.iter().cloned())
        .chain(args.allow_ip_name_lookup.then_some(Grant::NameLookup))
        .chain(limits)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use clap::Parser;

    fn typed(options: &[&str]) -> Result<Request, Error> {
        let words = ["wasmc", "app.wasm"].iter().chain(options);
        of(&Cli::try_parse_from(words).expect("the options are spelled right").compile.common, Path::new("app.wasm"))
    }

    #[test]
    fn what_is_not_typed_is_left_to_the_target() {
        let request = typed(&[]).unwrap();
        assert_eq!((request.opt_level, request.bounds, request.stack_size), (Default::default(), None, None));
        assert_eq!((request.confine, request.seed, request.jobs), (None, None, None));
        assert!(request.grants.is_empty() && request.embeds.is_empty() && !request.cfi && !request.spectre);
    }

    #[test]
    fn grants_keep_the_order_of_their_kinds() {
        let request = typed(&["--timeout=5m", "--no-stderr", "--env=A=1", "--file=b/c:ro", "--dir=d::/d"]).unwrap();
        let file = Grant::File { directory: "b/".into(), name: "c".into(), guest: "b/c".into(), read_only: true };
        let directory = Grant::Directory { host: "d".into(), guest: "/d".into(), read_only: false };
        let variable = Grant::Variable("A".into(), "1".into());
        assert_eq!(request.grants, [directory, file, variable, Grant::NoStream(2), Grant::Timeout(300_000)]);
    }

    #[test]
    fn sizes_and_choices() {
        let words = ["--bounds=explicit", "--max-memory=64M", "--stack-size=1MiB", "--confine=strict", "-Os"];
        let request = typed(&words).unwrap();
        assert_eq!(request.bounds, Some(Bounds::Explicit));
        assert_eq!((request.program_limits.max_memory, request.stack_size), (Some(64 << 20), Some(1 << 20)));
        assert_eq!(request.confine, Some(Mode::Strict));
        assert_eq!(request.opt_level, wasmc_codegen::OptLevel::SpeedAndSize);
    }

    #[test]
    fn a_feature_must_exist() {
        assert!(typed(&["-W", "simd=n"]).is_ok());
        let error = typed(&["-W", "teleportation"]).unwrap_err().to_string();
        assert!(error.contains("`teleportation`") && error.contains("-W help"), "{error}");
    }
}
